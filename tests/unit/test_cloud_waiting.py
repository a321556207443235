"""What waits for a network, who looks for one, and when nobody does."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import EVERY_SECONDS, STALE_SECONDS, Watching
from assistant.errors import CloudRefused, NotFound
from assistant.events import CloudChanged, Event
from assistant.net.online import Online
from assistant.records import FIRST_PRIVATE_ID
from assistant.store import cloud_rows
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.online import FakeOnline

KEY = bytes(range(32))
SOMEBODY = "a" * 16
SECONDS = 20.0  # to wait for another thread; never reached

# Keeps a question for later, says so, and is killed without closing anything.
KEEPS_AND_IS_KILLED = """
import os, signal, sys
from pathlib import Path
from assistant.cloud.waiting import WaitingList
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock

vault = Vault.open(Path(sys.argv[1]), bytes(range(32)))
WaitingList(vault, FakeClock()).add(int(sys.argv[2]), "a" * 16).result(20)
os.kill(os.getpid(), signal.SIGKILL)
"""


def ask(vault: Vault, text: str = "When?") -> int:
    """A question that stands; its id."""

    def work(connection: Connection) -> int:
        made = conversations.create(connection, "Trains", 1).id
        return messages.add_question(connection, made, None, text, 1).id

    return vault.write(work).result()


@dataclass
class Bench:
    """A list over a vault in memory."""

    vault: Vault = field(default_factory=Vault.in_memory)
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waiting = WaitingList(self.vault, self.clock, self.told.append)

    def add(self, question_id: int) -> int:
        """Keep one; the id of what waits."""
        self.clock.advance(1)
        return self.waiting.add(question_id, SOMEBODY).result(SECONDS).id


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Empty."""
    bench = Bench()
    yield bench
    bench.vault.close()


def test_what_waits_is_listed_the_oldest_first(bench: Bench) -> None:
    """With its text, and counted; each change is told."""
    first, second = ask(bench.vault, "First?"), ask(bench.vault, "Second?")
    bench.add(second)
    bench.add(first)
    bench.add(second)
    found = bench.waiting.list().result(SECONDS)
    assert [(one.question_id, one.text) for one in found] == [
        (second, "Second?"),
        (first, "First?"),
    ]
    assert found[0].at == bench.clock.now() - 2000
    assert bench.waiting.count == 2
    assert bench.told == [CloudChanged()] * 3


def test_dropping_and_asking_take_one_out(bench: Bench) -> None:
    """Nothing happens where it does not wait any more."""
    first, second = ask(bench.vault), ask(bench.vault)
    dropped = bench.add(first)
    bench.add(second)
    bench.waiting.drop(dropped).result(SECONDS)
    bench.waiting.drop(dropped).result(SECONDS)
    assert bench.waiting.count == 1
    bench.told.clear()
    for _ in range(2):
        bench.waiting.asked(second).result(SECONDS)
    assert bench.waiting.count == 0
    assert bench.told == [CloudChanged()], "nothing waited the second time"
    bench.waiting.asked(FIRST_PRIVATE_ID).result(SECONDS)


def test_a_private_question_is_refused(bench: Bench) -> None:
    """At once, in words, and nothing of it is written."""
    with pytest.raises(CloudRefused, match="private"):
        bench.waiting.add(FIRST_PRIVATE_ID + 3, SOMEBODY)
    assert bench.waiting.list().result(SECONDS) == ()


def test_a_question_that_is_gone(bench: Bench) -> None:
    """Cannot wait."""
    with pytest.raises(NotFound):
        bench.waiting.add(4711, SOMEBODY).result(SECONDS)
    assert bench.told == []


def test_the_text_is_in_no_repr(bench: Bench) -> None:
    """Whatever logs what waits."""
    bench.add(ask(bench.vault, "A secret?"))
    assert "secret" not in repr(bench.waiting.list().result(SECONDS))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_what_waits_outlasts_a_kill(tmp_path: Path) -> None:
    """Encrypted, and counted by the next run before anybody asks."""
    path = tmp_path / "vault.db"
    with Vault.open(path, KEY) as vault:
        question = ask(vault, "A canary that sings?")
    killed = subprocess.run(
        [sys.executable, "-c", KEEPS_AND_IS_KILLED, str(path), str(question)],
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not [
        file.name for file in tmp_path.iterdir() if b"canary that sings" in file.read_bytes()
    ]
    with Vault.open(path, KEY) as vault:
        counted = threading.Event()
        waiting = WaitingList(vault, FakeClock())
        waiting.watch(counted.set)
        (found,) = waiting.list().result(SECONDS)
        assert (found.question_id, found.text) == (question, "A canary that sings?")
        assert counted.is_set()
        assert waiting.count == 1
        vault.read(cloud_rows.waiting).result(SECONDS)


# --- Watching -------------------------------------------------------------------------------------


@dataclass
class FakeWaiting:
    """So many wait."""

    count: int = 0

    def watch(self, counted: object) -> None:
        """Nobody is told: the tests wake it."""


class Steps:
    """A ``Wait`` that tells how long it is to wait, and goes on when it is let."""

    def __init__(self) -> None:
        self.pauses: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._go = threading.Semaphore(0)
        self._closed = False

    def __call__(self, news: threading.Event, pause: float | None) -> bool:
        """Wait for ``next``."""
        self.pauses.put(pause)
        if not self._closed:
            assert self._go.acquire(timeout=SECONDS)
        return True

    def next(self) -> float | None:
        """Let it look; how long it wants to wait then."""
        self._go.release()
        return self.pauses.get(timeout=SECONDS)

    def close(self) -> None:
        """Hold nothing up any more."""
        self._closed = True
        self._go.release()


@dataclass
class Watched:
    """Somebody who watches, step by step."""

    probe: FakeOnline = field(default_factory=FakeOnline)
    waiting: FakeWaiting = field(default_factory=FakeWaiting)
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[Event] = field(default_factory=list)
    is_on: bool = True
    steps: Steps = field(default_factory=Steps)

    def __post_init__(self) -> None:
        self.watching = Watching(
            *(self.probe, self.waiting, self.told.append, self.clock),
            lambda: self.is_on,
            wait=self.steps,
        )
        assert self.steps.pauses.get(timeout=SECONDS) is None, "it waits until it is woken"


@pytest.fixture
def watched() -> Iterator[Watched]:
    """On, with nothing that waits."""
    watched = Watched()
    yield watched
    watched.steps.close()
    watched.watching.close()


def test_nothing_is_read_while_nothing_waits(watched: Watched) -> None:
    """However often it is woken, and it goes back to waiting without end."""
    watched.probe.online = Online.YES
    assert [watched.steps.next() for _ in range(3)] == [None, None, None]
    assert (watched.probe.reads, watched.watching.known) == (0, Online.UNKNOWN)


def test_nothing_is_read_while_it_is_off(watched: Watched) -> None:
    """Whatever waits, and whoever wants to know."""
    watched.is_on = False
    watched.waiting.count = 1
    watched.watching.look()
    assert watched.steps.next() is None
    assert watched.probe.reads == 0


def test_it_tells_when_it_turned_and_only_then(watched: Watched) -> None:
    """While something waits it looks every half a minute."""
    watched.waiting.count = 1
    for online in (Online.NO, Online.NO, Online.YES, Online.YES, Online.UNKNOWN):
        watched.probe.online = online
        assert watched.steps.next() == EVERY_SECONDS
        assert watched.watching.known is online
        watched.clock.advance(EVERY_SECONDS)
    assert watched.probe.reads == 5
    assert watched.told == [CloudChanged()] * 3


def test_a_single_look(watched: Watched) -> None:
    """For somebody who is about to ask: once, with nothing that waits."""
    watched.probe.online = Online.NO
    watched.watching.look()
    assert watched.steps.next() is None
    assert watched.watching.known is Online.NO
    assert watched.steps.next() is None
    assert watched.probe.reads == 1


def test_what_was_read_long_ago_says_nothing(watched: Watched) -> None:
    """Nobody looked since."""
    watched.probe.online = Online.YES
    watched.watching.look()
    watched.steps.next()
    watched.clock.advance(STALE_SECONDS)
    found = [watched.watching.known]
    watched.clock.advance(1)
    found.append(watched.watching.known)
    assert found == [Online.YES, Online.UNKNOWN]


def test_closing_ends_it_and_the_probe(watched: Watched) -> None:
    """Twice is once."""
    watched.steps.close()
    for _ in range(2):
        watched.watching.close()
    assert watched.probe.closed
    assert not watched.watching._thread.is_alive()


def test_it_begins_when_something_is_kept_for_later(bench: Bench) -> None:
    """With a real list, and no step by step: the list wakes it, also with what an earlier run left.

    What it tells is told to nobody but the program: nothing is sent.
    """
    question = ask(bench.vault)
    bench.add(question)
    turned = threading.Event()
    for _ in ("left by an earlier run", "kept now"):
        probe = FakeOnline(Online.YES)
        waiting = WaitingList(bench.vault, bench.clock)
        watching = Watching(probe, waiting, lambda _: turned.set(), bench.clock, is_on=lambda: True)
        waiting.add(question, SOMEBODY).result(SECONDS)
        assert turned.wait(SECONDS)
        assert watching.known is Online.YES
        watching.close()
        turned.clear()
        waiting.asked(question).result(SECONDS)
