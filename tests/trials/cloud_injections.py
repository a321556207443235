"""Texts that want to be sent, wherever a text can come in: nothing leaves without a person.

The app is the real one, over a vault on the disk, with real net children and the real window. The
cloud is on, everything is offered, and the box that could be asked is trusted, so that one press
would be enough. That box counts what comes.
"""

from __future__ import annotations

import json
import os
import queue
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App
from assistant.asking.records import Attachment, Scope
from assistant.chat import Run
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Provider
from assistant.errors import HushError, InputRefused
from assistant.events import Event, ReplyEnded
from assistant.outside import as_it_is
from assistant.parts import Parts
from assistant.paths import Profile
from assistant.records import Message
from assistant.session import Session
from tests.cloud_server import CloudServer, Manner, saying, starter
from tests.fakes.door import CHEAP, PASSPHRASE
from tests.fakes.engine import FakeEngine
from tests.fakes.power import FakeProbe
from tests.fakes.secrets import FakeTextStore
from tests.trials.outcome import Outcome
from tests.unit.terminals import Terminal, no_keyring

FULL: Final = 129
QUICK: Final = 6
WAYS: Final = ("note", "attachment", "question", "output", "title", "cloud answer", "model list")

_FILE: Final = Path(__file__).parent.parent / "data" / "injections.json"
_SECONDS: Final = 60.0
_BOX: Final = Provider("", "Box", "", "small-1", own_network=True)


def texts() -> list[str]:
    """All of them."""
    read: list[str] = json.loads(_FILE.read_text())["texts"]
    return read


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Bring ``count`` texts in by every way, in the window and in the terminal.

    A round is one text; they are drawn anew, without one coming twice.
    """
    chosen = texts()
    random.Random(seed).shuffle(chosen)  # noqa: S311 # seeded
    chosen = chosen[:count]
    faults: list[str] = []
    approved = 0
    with CloudServer() as server:
        with house(folder / "profile", server) as rig:
            for number, text in enumerate(chosen):
                for way in WAYS:
                    approved += rig.bring(way, text)
                    faults += rig.faults(f"{way}, text {number} of seed {seed}", approved)
        for number, text in enumerate(chosen):
            _in_terminal(folder / "profile", server, text)
            if len(server.asked) != approved:
                faults.append(f"terminal, text {number} of seed {seed}: something was sent")
    numbers = {
        "texts brought in": len(chosen) * (len(WAYS) + 1),
        "requests that a person approved": approved,
        "requests that came": len(server.asked),
    }
    return Outcome(len(chosen), seed, tuple(faults), numbers)


class Rig:
    """The app with its window.

    Args:
        app: Running.
        session: Of its vault.
        server: The box.
        engine: Says what ``output`` holds.
        events: What the app said.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        server: CloudServer,
        events: queue.SimpleQueue[Event],
        output: list[str],
        show: Callable[[int], list[str]],
    ) -> None:
        assert session.cloud
        self.app, self.session, self.server = app, session, server
        self.cloud: CloudRoom = session.cloud
        self._events, self._output, self._show = events, output, show
        self._sheets: list[str] = []

    def bring(self, way: str, text: str) -> int:
        """Bring a text in, and show where it stands; how many requests were approved for that."""
        self._output[:] = ["It says something."]
        chat = self.session.chat
        if way == "cloud answer":
            return self._by_the_cloud(text)
        if way == "model list":
            return self._by_the_list(text)
        if way == "note":
            assert self.session.notes
            self.session.notes.create(text).result(_SECONDS)
            asked = chat.send(None, " ".join(text.split()[:6]) or "what?", scope=Scope())
        elif way == "attachment":
            asked = chat.send(None, "Sum this up.", attachments=[Attachment("a.txt", text)])
        elif way == "output":
            self._output[:] = [text]
            asked = chat.send(None, "What now?")
        else:
            asked = chat.send(None, text if way == "question" else "What now?")
        answer = self._ended(asked)
        if way == "title":
            self._tried(lambda: self.session.conversations.rename(answer.conversation_id, text))
        self._look_at(answer)
        return 0

    def faults(self, where: str, approved: int) -> list[str]:
        """What must not have happened, and did."""
        sheets, self._sheets = self._sheets, []
        came = len(self.server.asked)
        sent = [f"{where}: {came} requests came, {approved} were approved"]
        return [f"{where}: {sheet} opened" for sheet in sheets] + sent * (came != approved)

    def _by_the_cloud(self, text: str) -> int:
        """A provider's own answer wants another request."""
        self.server.manners = [Manner(pieces=saying(text))]
        preview = self.cloud.preview(AskFor(text="What is new?"), lambda: None).result(_SECONDS)
        composed = preview.settle(_composed(preview))
        assert self.session.network
        approval = self.session.network.approve(composed.request)
        answer = self._ended(self.cloud.send(composed, approval))
        self.cloud.leave(preview)
        self._look_at(answer)
        return 1

    def _by_the_list(self, text: str) -> int:
        """A provider's models have such names, and one of them is chosen."""
        self.server.models = (text, text[:200])
        provider = self.cloud.providers.known[0]
        assert self.session.network
        approval = self.session.network.approve(self.cloud.providers.test_request(provider))
        names: tuple[str, ...] = ()
        with suppress(InputRefused):  # no list of models
            names = self.cloud.providers.test(provider, approval).result(_SECONDS)
        for chosen in [replace(provider, model=name) for name in names]:
            self._tried(partial(self.cloud.providers.save, chosen, None))
        self.cloud.providers.save(provider, None).result(_SECONDS)
        return 1

    def _ended(self, asked: Run) -> Message:
        asked.saved.result(_SECONDS)
        while True:
            event = self._events.get(timeout=_SECONDS)
            if isinstance(event, ReplyEnded) and event.run_id == asked.id:
                return event.message

    def _look_at(self, answer: Message) -> None:
        """Show its chat, and press Enter wherever the keyboard is then."""
        self._sheets += self._show(answer.conversation_id)

    @staticmethod
    def _tried(work: Callable[[], Future[Any]]) -> None:
        """A name that cannot be is refused; that is well."""
        with suppress(HushError):
            work().result(_SECONDS)


@contextmanager
def house(folder: Path, server: CloudServer) -> Iterator[Rig]:
    """The app over a new vault, with a window, and a trusted box in it.

    Args:
        folder: For the profile.
        server: The box.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.trials.cloud_window import Shown  # Qt: only where a trial runs

    output = [""]
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    engine = FakeEngine(lambda _: output[0])
    engine.logprob = -3.0  # unsure of each word: all of it is offered elsewhere
    shown = Shown(events.put)
    profile = Profile(folder)
    profile.prepare()
    app = App(profile, shown.sink, _parts(lambda: engine))
    try:
        settings = replace(app.settings, cloud=True, offer_below=1.0)
        app.save_settings(settings).result(_SECONDS)
        keys = FirstKeys(keyring=False, passphrase=PASSPHRASE)
        session = app.create_vault(keys).result(_SECONDS)
        assert session.cloud
        box = replace(_BOX, address=server.own, is_default=True)
        kept = session.cloud.providers.save(box, None).result(_SECONDS)
        session.cloud.providers.trust(kept.id, trusted=True).result(_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            shown.furnish(app, session, pool)
            yield Rig(app, session, server, events, output, shown.open)
            shown.leave()
    finally:
        app.close()


def _parts(engine: Callable[[], FakeEngine]) -> Parts:
    return Parts(
        engine=engine,
        entrance=lambda profile, clock: Entrance(profile, clock, keyring=no_keyring, cost=CHEAP),
        probe=lambda _: FakeProbe(),
        outside=replace(as_it_is(), net=starter(None)),
        key_texts=FakeTextStore,
    )


class _Hush(Terminal):
    """A terminal whose commands could send."""

    def parts(self) -> Parts:
        return _parts(lambda: self.engine())


def _in_terminal(profile: Path, server: CloudServer, text: str) -> None:
    """The text is asked, the model says it again, and yes lies ready in the pipe."""
    hush = _Hush(profile)
    with suppress(SystemExit):  # the parser takes it for a mistake
        hush.run("ask", "--", text, piped="y\nyes\n" * 3)
        hush.run("ask", "--cloud", "--", text, piped="y\nyes\n" * 3)


def _composed(preview: Preview) -> int:
    """The version that is there as soon as it is composed."""
    until = time.monotonic() + _SECONDS
    while preview.composed is None:
        assert time.monotonic() < until, preview.problem
        time.sleep(0.01)
    return preview.composed.version
