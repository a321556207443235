"""Words that nobody approved, looked for in every packet of requests that somebody did approve.

The app is the real one, with real net children, through nginx with TLS to a server that answers.
tcpdump looks at both hops: before nginx, where all is encrypted, and behind it, where it is plain.
A control word of each question must be seen there each time, or the looking proves nothing.
"""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App
from assistant.asking.records import Attachment, Scope, ScopeKind
from assistant.chat import Run
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Composed, PartKind, Provider
from assistant.cloud.service import CloudService
from assistant.events import Event, ReplyEnded
from assistant.outside import as_it_is
from assistant.parts import Parts
from assistant.paths import Profile
from assistant.records import Message, MessageState
from assistant.session import Session
from tests.certificates import Authority, Certificate
from tests.cloud_server import CloudServer, starter
from tests.detectors.capturing import Capture, may_capture
from tests.detectors.streams import streams
from tests.fakes.door import CHEAP
from tests.fakes.engine import FakeEngine
from tests.fakes.power import FakeProbe
from tests.fakes.secrets import FakeTextStore
from tests.nginx import nginx
from tests.trials.outcome import Outcome, Unable
from tests.unit.terminals import no_keyring

FULL: Final = 100
QUICK: Final = 3

_SECONDS: Final = 60.0
_STREAMS: Final = b"\n\nthe streams:\n\n"
_PACKETS: Final = b"\n\nthe packets:\n\n"
_TIMETABLE: Final = "The harbour opens at six. Boats leave at seven."
_AT_ONCE: Final = 5  # requests in one capture: nobody reads it until its end
_KEY: Final = "sk-carried-4m2v9q8w7x"  # of the provider that is asked
_PLACES: Final = (
    *(f"note {n}" for n in range(6)),
    *("note in the trash", "title of a note", "tag", "tag in a text", "earlier state of a note"),
    *(f"question of another chat {n}" for n in range(4)),
    *(f"answer of another chat {n}" for n in range(4)),
    *("title of another chat", "title of this chat", "private question", "private answer"),
    *("deleted chat", "draft", "address of the catalogue"),
    *("folder of the profile", "passphrase", "another provider's name", "another provider's model"),
    *("another provider's key", "another provider's host", "hidden word", "earlier question"),
    *("earlier answer", "attachment that was left out", "e-mail address", "password"),
    *("name of a person", "another answer to the earlier question"),
)


@dataclass(slots=True)
class Nest:
    """The app, and what was hidden in it.

    Attributes:
        words: Each canary by where it is.
        provider: Who is asked.
        note: The one that is asked of.
        chat: Where it is asked.
    """

    app: App
    session: Session
    events: queue.SimpleQueue[Event]
    words: dict[str, str] = field(repr=False)
    answers: list[str] = field(repr=False)
    provider: Provider | None = None
    note: int = 0
    chat: int = 0


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Send ``count`` approved requests, and look for what was hidden in each packet.

    Raises:
        Unable: there is no nginx, or packets may not be looked at.
    """
    if not may_capture():
        raise Unable("needs tcpdump and the right to look at packets")
    dice = random.Random(seed)  # noqa: S311 # seeded
    words = {place: _word(dice, "kanarie") for place in _PLACES}
    controls = [_word(dice, "control") for _ in range(count)]
    certificate = Authority(folder).sign()
    plain = encrypted = b""
    with CloudServer() as server:
        more = f"location / {{ proxy_pass http://127.0.0.1:{server.port}; proxy_buffering off; }}"
        with (
            nginx(folder / "nginx", certificate, more) as front,
            _nest(folder / words["folder of the profile"], certificate, words) as nest,
        ):
            _hide(nest, front.url("v1"))
            sent: list[Composed] = []
            for at in range(0, count, _AT_ONCE):
                with Capture(server.port) as behind, Capture(front.port) as before:
                    sent += [_ask(nest, control) for control in controls[at : at + _AT_ONCE]]
                    plain += _whole(behind.end())
                    encrypted += _whole(before.end())
        faults = [
            *_seen("behind nginx", plain, words),
            *_seen("before nginx", encrypted, words),
            *_seen("at the server", _all_that_came(server), words),
            *_controls(plain, encrypted, controls),
            *_key(plain, encrypted, count),
        ]
        if [asked.body for asked in server.asked] != [one.request.body for one in sent]:
            faults.append("what came is not what was approved")
    numbers = {
        "canaries": len(words),
        "approved requests": len(sent),
        "requests that came": len(server.asked),
        "control words seen": sum(one.encode() in plain for one in controls),
        "bytes captured_mb": (len(plain) + len(encrypted)) / 1e6,
    }
    return Outcome(count, seed, tuple(faults), numbers)


@contextmanager
def _nest(folder: Path, certificate: Certificate, words: dict[str, str]) -> Iterator[Nest]:
    """The app over a new vault, with the cloud on."""
    answers: list[str] = []
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    parts = Parts(
        engine=lambda: FakeEngine(lambda _: answers[-1]),
        entrance=lambda profile, clock: Entrance(profile, clock, keyring=no_keyring, cost=CHEAP),
        probe=lambda _: FakeProbe(),
        outside=replace(as_it_is(), net=starter(certificate)),
        key_texts=FakeTextStore,
    )
    profile = Profile(folder)
    profile.prepare()
    app = App(profile, events.put, parts)
    try:
        address = f"https://{words['address of the catalogue']}.test/"
        settings = replace(app.settings, cloud=True, catalogue_address=address)
        app.save_settings(settings).result(_SECONDS)
        keys = FirstKeys(keyring=False, passphrase=words["passphrase"])
        session = app.create_vault(keys).result(_SECONDS)
        yield Nest(app, session, events, words, answers)
    finally:
        app.close()


def _hide(nest: Nest, address: str) -> None:
    """Put every canary where it belongs."""
    assert isinstance(nest.session.cloud, CloudService)
    nest.session.cloud.hidden.save([nest.words["hidden word"]]).result(_SECONDS)
    providers = nest.session.cloud.providers
    host = nest.words["another provider's host"]
    other = Provider(
        "",
        nest.words["another provider's name"],
        f"https://{host}.test/v1",
        nest.words["another provider's model"],
        own_network=False,
    )
    providers.save(other, nest.words["another provider's key"]).result(_SECONDS)
    box = Provider("", "Box", address, "small-1", own_network=True, is_default=True)
    nest.provider = providers.save(box, _KEY).result(_SECONDS)
    _hide_in_notes(nest)
    _hide_in_chats(nest)


def _hide_in_notes(nest: Nest) -> None:
    notes, words = nest.session.notes, nest.words
    assert notes
    for number in range(6):
        notes.create(f"Harbour {number}\nA secret {words[f'note {number}']}.").result(_SECONDS)
    gone = notes.create(f"Gone {words['note in the trash']}").result(_SECONDS)
    notes.trash([gone.id]).result(_SECONDS)
    tag = words["tag"]
    title = words["title of a note"]
    notes.create(f"A ship. #{words['tag in a text']}", title=title, tags=[tag]).result(_SECONDS)
    old = notes.create(f"Once {words['earlier state of a note']}").result(_SECONDS)
    notes.save(old.id, "Now something else", old.revision).result(_SECONDS)
    nest.note = notes.create(f"Timetable\n{_TIMETABLE}").result(_SECONDS).id


def _hide_in_chats(nest: Nest) -> None:
    words, session = nest.words, nest.session
    for number in range(4):
        answer = _turn(
            nest,
            f"About {words[f'question of another chat {number}']}?",
            f"It is {words[f'answer of another chat {number}']}.",
        )
    session.conversations.rename(answer.conversation_id, words["title of another chat"]).result(
        _SECONDS
    )
    _turn(nest, words["private question"], words["private answer"], private=True)
    gone = _turn(nest, words["deleted chat"], "Gone.")
    session.conversations.delete(gone.conversation_id).result(_SECONDS)
    session.drafts.save(None, words["draft"])
    earlier = _turn(
        nest,
        f"My name is Kanarie{words['name of a person'][7:].title()}, {words['earlier question']}.",
        words["another answer to the earlier question"],
    )
    nest.chat = earlier.conversation_id
    nest.answers.append(words["earlier answer"])
    _ended(nest, session.chat.regenerate(earlier.id))
    session.conversations.rename(nest.chat, words["title of this chat"]).result(_SECONDS)


def _turn(nest: Nest, question: str, answer: str, *, private: bool = False) -> Message:
    nest.answers.append(answer)
    return _ended(nest, nest.session.chat.send(None, question, private=private))


def _ended(nest: Nest, asked: Run) -> Message:
    asked.saved.result(_SECONDS)
    while True:
        event = nest.events.get(timeout=_SECONDS)
        if isinstance(event, ReplyEnded) and event.run_id == asked.id:
            return event.message


def _ask(nest: Nest, control: str) -> Composed:
    """Look at what would be sent, take out what is not to go, and press."""
    words, cloud, gate = nest.words, nest.session.cloud, nest.session.network
    assert cloud
    assert gate
    assert nest.provider
    person = f"Kanarie{words['name of a person'][7:].title()}"
    text = (
        f"When do boats leave, {control}? Tell {person} <{words['e-mail address']}@example.org>; "
        f"password: {words['password']}. My {words['hidden word']} waits."
    )
    files = [
        Attachment("a.txt", f"Left out: {words['attachment that was left out']}"),
        Attachment("Timetable", _TIMETABLE, nest.note),
    ]
    ask = AskFor(None, nest.chat, text, Scope(ScopeKind.NOTE, id=nest.note), tuple(files))
    preview = cloud.preview(ask, lambda: None, nest.provider.id).result(_SECONDS)
    for part in take_out(preview):
        preview.take_out(part)
    approved = preview.settle(_composed(preview).version)
    run = cloud.send(approved, gate.approve(approved.request))
    answer = _ended(nest, run)
    assert answer.state is MessageState.COMPLETE, answer.failure
    cloud.leave(preview)
    return approved


def take_out(preview: Preview) -> Sequence[str]:
    """What the person leaves out: all that was said before, and the file, but not the note."""
    return [
        part.id
        for part in preview.draft.parts
        if part.kind is PartKind.EARLIER
        or (part.kind is PartKind.ATTACHMENT and "Left" in part.text)
    ]


def _composed(preview: Preview) -> Composed:
    """What is there as soon as it is composed."""
    until = time.monotonic() + _SECONDS
    while (composed := preview.composed) is None:
        assert time.monotonic() < until, preview.problem
        time.sleep(0.005)
    return composed


def _word(dice: random.Random, beginning: str) -> str:
    """One of letters alone: what looks like a key would be swapped because it does."""
    return beginning + "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=14))


def _whole(packets: bytes) -> bytes:
    """The streams put together; and the packets as they are, for what is none of a stream."""
    return _STREAMS + streams(packets) + _PACKETS + packets


def _all_that_came(server: CloudServer) -> bytes:
    heads = (f"{one.path} {one.lines}".encode() for one in server.asked)
    return b"\n".join([*heads, *(one.body for one in server.asked)])


def _seen(where: str, packets: bytes, words: dict[str, str]) -> list[str]:
    lower = packets.lower()
    return [f"{where}: {place}" for place, word in words.items() if word.encode() in lower]


def _controls(plain: bytes, encrypted: bytes, controls: Sequence[str]) -> list[str]:
    """What was meant to go must be seen, or nothing above proves anything."""
    controls = [*controls, _TIMETABLE]
    return [
        *(
            f"control {n} was not seen"
            for n, one in enumerate(controls)
            if one.encode() not in plain
        ),
        *(
            f"control {n} was not encrypted"
            for n, one in enumerate(controls)
            if one.encode() in encrypted
        ),
    ]


def _key(plain: bytes, encrypted: bytes, count: int) -> list[str]:
    """It goes with each request, in its header, and nowhere else."""
    key = _KEY.encode()
    plain = b"".join(one.partition(_PACKETS)[0] for one in plain.split(_STREAMS))
    in_header = plain.lower().count(b"authorization: bearer " + key)
    faults = [f"the key was seen {in_header} times in its header"] * (in_header != count)
    faults += ["the key was seen elsewhere"] * (plain.count(key) != in_header)
    return faults + ["the key was not encrypted"] * (key in encrypted)
