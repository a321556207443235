"""Says canaries into Hush: ``python -m tests.trials.canary_child PROFILE SEED FIRST COUNT``.

Real services, a real log, a model that echoes. It stops after each stage until it is told to go on,
so that what lies on the disk then can be searched.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import string
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts, Session
from assistant.chat import Run
from assistant.engine.protocol import GenerationRequest
from assistant.errors import HushError
from assistant.events import Event, ReplyEnded
from assistant.log import start_log
from assistant.machine.crash import Crash, CrashReports, crashes_reported
from assistant.paths import Profile
from assistant.store import vault
from assistant.store.sqlcipher import Connection
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine, echo
from tests.trials.vaults import CHEAP

PASSPHRASE: Final = "correct horse battery staple"
REPLY_SECONDS: Final = 60.0
UNDO_IS_OVER: Final = 31.0  # seconds
BEGAN: Final = 1_800_000_000_000
HOUR: Final = 3_600_000  # ms; each run of Hush begins later than the one before
_FAILING: Final = "fail now"


def canary(seed: int, number: int) -> str:
    """A word that stands nowhere else, and of which no eight letters stand in another one."""
    dice = random.Random(f"canary {seed}/{number}")  # noqa: S311 - seeded
    return "".join(dice.choices(string.ascii_lowercase, k=24))


def is_private(number: int) -> bool:
    """Whether this one is said in a private conversation, and never written."""
    return number % 5 == 4


def is_kept(number: int) -> bool:
    """Whether this one is not deleted: so that the index has something to go on with."""
    return not is_private(number) and number % 5 == 3


class _Person:
    """Types, names, searches and deletes."""

    def __init__(
        self, session: Session, events: queue.SimpleQueue[Event], clock: FakeClock
    ) -> None:
        self._session = session
        self._events = events
        self._clock = clock

    def say(self, word: str, *, private: bool) -> int:
        """One conversation full of one word; returns its id."""
        chat, conversations = self._session.chat, self._session.conversations
        dice = random.Random(f"beside {word}")  # noqa: S311 - seeded
        beside = _words(dice, dice.randrange(150))
        run = chat.send(None, f"Tell me about {word}, please. {beside}", private=private)
        room = run.saved.result(REPLY_SECONDS).conversation.id
        answer = self._ended(run).message.id
        self._ended(chat.regenerate(answer))
        self._ended(chat.send(room, f"{_FAILING} {word}"))
        conversations.rename(room, f"About {word}").result(REPLY_SECONDS)
        if not private:
            self._session.drafts.save(room, f"and then {word}").result(REPLY_SECONDS)
            self._session.drafts.save(None, word).result(REPLY_SECONDS)
            self._session.drafts.save(None, "").result(REPLY_SECONDS)
        self._refused(word, room)
        found = conversations.list(word[:12]).result(REPLY_SECONDS)
        assert room in [conversation.id for conversation in found], "search finds it"
        return room

    def delete(self, rooms: list[int]) -> None:
        """Delete, let undo run out, purge."""
        for room in rooms:
            self._session.conversations.delete(room).result(REPLY_SECONDS)
        self._clock.advance(UNDO_IS_OVER)
        self._session.conversations.purge().result(REPLY_SECONDS)

    def _refused(self, word: str, room: int) -> None:
        """What is turned away may leave its trace in an error."""
        conversations = self._session.conversations
        for query in (f'"{word}" NEAR/3 *', f"{word}*) OR (", f"title:{word}^"):
            conversations.list(query).result(REPLY_SECONDS)
        with contextlib.suppress(HushError):
            self._session.chat.send(room, word * 100_000)
        with contextlib.suppress(HushError):
            conversations.rename(2**40, word).result(REPLY_SECONDS)

    def _ended(self, run: Run) -> ReplyEnded:
        while True:
            event = self._events.get(timeout=REPLY_SECONDS)
            if isinstance(event, ReplyEnded) and event.run_id == run.id:
                return event


def _words(dice: random.Random, count: int) -> str:
    """So many words that nobody looks for."""
    return " ".join("".join(dice.choices(string.ascii_lowercase, k=9)) for _ in range(count))


def _script(request: GenerationRequest) -> str:
    text = request.turns[-1].text
    if text.startswith(_FAILING):
        raise RuntimeError(text)  # a bug that quotes what was said
    return echo(request)


def main() -> None:
    """All stages."""
    profile = Profile(Path(sys.argv[1]))
    seed, first, count = (int(argument) for argument in sys.argv[2:5])
    if "careless" in sys.argv[5:]:
        setattr(vault, "scrub", _scrub_nothing)  # noqa: B010 - it is not exported
    profile.prepare()
    clock, events = FakeClock(BEGAN + first * HOUR), queue.SimpleQueue[Event]()
    parts = Parts(
        engine=lambda: FakeEngine(_script),
        clock=clock,
        entrance=lambda profile, clock, **others: Entrance(profile, clock, cost=CHEAP, **others),
    )
    reports = CrashReports(profile.crashes)
    with (
        start_log(profile.logs),
        crashes_reported("trial.bug", lambda crash: _written(reports, crash)),
        App(profile, events.put, parts) as app,
    ):
        if app.vault_status().result(REPLY_SECONDS).exists:
            session = app.open_vault(secret=PASSPHRASE).result(REPLY_SECONDS)
        else:
            keys = FirstKeys(keyring=False, passphrase=PASSPHRASE)
            session = app.create_vault(keys).result(REPLY_SECONDS)
        person = _Person(session, events, clock)
        rooms = {
            number: person.say(canary(seed, number), private=is_private(number))
            for number in range(first, first + count)
        }
        for number in rooms:
            _crash(canary(seed, number), number)
        app.backups.create().result(REPLY_SECONDS)
        _pause("said")
        person.delete([room for number, room in rooms.items() if not is_kept(number)])
        _pause("deleted")
        app.backups.forget_earlier().result(REPLY_SECONDS)
        _pause("forgotten")


def _scrub_nothing(
    connection: Connection, wanted: Callable[[], bool], is_calm: Callable[[], bool]
) -> Generator[None, None, bool]:
    """In the place of ``scrubbing.scrub``: call it done."""
    del connection, wanted, is_calm
    yield from ()
    return True


def _written(reports: CrashReports, crash: Crash) -> None:
    reports.write(crash)


def _crash(word: str, number: int) -> None:
    """An exception that nobody catches, on a thread of its own, quoting a word wherever it can.

    Each comes from another place, as it were: what was reported once is not reported again.
    """

    def fail() -> None:
        try:
            raise KeyError(word)
        except KeyError as error:
            problem = kinds[number % len(kinds)]
            problem.add_note(word)
            raise problem from error

    kinds: tuple[Exception, ...] = (
        RuntimeError(word),
        UnicodeDecodeError("utf-8", word.encode(), 0, 1, word),
        SyntaxError(word, (word, 1, 1, word)),
        ExceptionGroup(word, [ValueError(word), OSError(2, word, word)]),
    )
    thread = threading.Thread(target=fail, name=word)
    thread.start()
    thread.join()


def _pause(stage: str) -> None:
    os.write(sys.stdout.fileno(), f"{stage}\n".encode("ascii"))
    sys.stdin.readline()


if __name__ == "__main__":
    main()
