"""When what is left of deleted words leaves the file: at once, on mains, after long, again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from assistant.errors import HushError, StorageFull, VaultLocked
from assistant.power.plan import Plan
from assistant.scrubber import Scrubber
from assistant.store import chore_rows
from assistant.store import conversation_rows as conversations
from assistant.store import draft_rows as drafts
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import done
from tests.fakes.clock import FakeClock
from tests.unit.indexed import RESTING

T = TypeVar("T")
KEY = bytes(range(32))
QUIET, HOUR, DAY = 60.0, 3600.0, 24 * 3600.0
LARGE = "INSERT INTO draft VALUES (1, hex(zeroblob(2500000)))"


class CountedVault(Vault):
    """A vault that counts its scrubs; ``answers`` take the place of the first of them."""

    answers: list[Future[bool]]
    scrubs = 0
    somebody_comes = False  # before the next scrub
    is_full = False

    def scrub(self, is_calm: Callable[[], bool] = lambda: True) -> Future[bool]:
        """What comes next."""
        self.scrubs += 1
        answers = getattr(self, "answers", [])
        if answers:
            return answers.pop(0)
        if self.somebody_comes:
            self.read(drafts.read_all).result(10)
        return super().scrub(is_calm)

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """Fails where the disk ``is_full``."""
        if not self.is_full:
            return super().write(work, patient=patient)
        failed: Future[T] = Future()
        failed.set_exception(StorageFull("The disk is full."))
        return failed


@dataclass
class Bench:
    """A scrubber over a vault on the disk, with no thread of its own."""

    vault: CountedVault
    clock: FakeClock = field(default_factory=FakeClock)
    plan: Plan = field(default_factory=Plan)
    told: list[HushError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scrubber = Scrubber(self.vault, self.clock, lambda: self.plan, self.told.append)

    def delete(self) -> None:
        """Something is deleted for good."""

        def work(connection: Connection) -> None:
            made = conversations.create(connection, "gone", 1).id
            conversations.mark_deleted(connection, made, 2)
            conversations.purge_deleted(connection, 3)

        self.vault.write(work).result(10)

    def edit(self) -> None:
        """Words are taken out of a note."""
        self.vault.write(chore_rows.note_edit).result(10)

    def grow(self) -> None:
        """The vault becomes a large one."""
        self.vault.write(lambda c: c.execute(LARGE).rowcount).result(10)

    def ask(self) -> None:
        """Somebody wants something of the vault."""
        self.vault.read(drafts.read_all).result(10)

    def turn(self) -> float:
        """A turn after a minute in which nobody asked for anything."""
        self.scrubber.turn()
        self.clock.advance(QUIET)
        return self.scrubber.turn()

    @property
    def is_due(self) -> bool:
        """Whether anything is left to do."""
        return self.vault.read(chore_rows.due, patient=True).result(10) is not None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """With an empty vault."""
    with CountedVault.open(tmp_path / "vault.db", KEY) as vault:
        yield Bench(vault)


def test_a_small_file_is_scrubbed_at_once(bench: Bench) -> None:
    """On battery, too: it takes less than half a second."""
    bench.plan = RESTING
    bench.delete()
    bench.scrubber.sweep().result(10)
    assert not bench.is_due
    bench.scrubber.sweep().result(10)
    assert bench.vault.scrubs == 1


def test_two_deletions_at_once_are_one_scrub(bench: Bench) -> None:
    """A start purges chats and notes."""
    bench.delete()
    # From within the store's thread: both look what is due before either scrubs.
    both = bench.vault.write(lambda _: [bench.scrubber.sweep() for _ in range(2)]).result(10)
    for swept in both:
        swept.result(10)
    assert not bench.is_due
    assert bench.vault.scrubs == 1


def test_a_large_file_waits_for_a_turn_on_mains(bench: Bench) -> None:
    """Who deleted something does not wait for it; on battery nothing is done, for a day."""
    bench.grow()
    bench.plan = RESTING
    bench.delete()
    bench.scrubber.sweep().result(10)
    bench.turn()
    assert bench.vault.scrubs == 0
    bench.plan = Plan()
    bench.turn()
    assert (bench.vault.scrubs, bench.is_due) == (1, False)


def test_a_large_file_waits_until_nobody_has_asked_for_a_minute(bench: Bench) -> None:
    """Its last half cannot be ended: what is saved then would wait for seconds."""
    bench.grow()
    bench.delete()
    assert bench.scrubber.turn() == QUIET
    bench.clock.advance(QUIET / 2)
    assert bench.scrubber.turn() == QUIET / 2
    bench.ask()
    bench.clock.advance(QUIET / 2)
    assert bench.scrubber.turn() == QUIET
    assert bench.vault.scrubs == 0
    bench.clock.advance(QUIET)
    bench.scrubber.turn()
    assert (bench.vault.scrubs, bench.is_due) == (1, False)


def test_who_asks_while_the_index_is_done_keeps_the_file_from_being_begun(bench: Bench) -> None:
    """What was done of the index stays done; the file waits for another quiet minute."""
    bench.grow()
    bench.delete()
    bench.vault.somebody_comes = True
    assert bench.turn() == 30.0
    assert bench.vault.read(chore_rows.words_are_anew, patient=True).result(10)
    assert bench.is_due
    bench.vault.somebody_comes = False
    bench.clock.advance(30)
    bench.turn()
    assert not bench.is_due


def test_a_deletion_waits_from_its_own_time(bench: Bench) -> None:
    """Not from that of words taken out of a note two days ago: on battery it waits for a day."""
    bench.grow()
    bench.plan = RESTING
    bench.edit()
    bench.turn()
    bench.clock.advance(2 * DAY)
    bench.delete()
    bench.turn()
    bench.clock.advance(DAY / 2)
    bench.delete()
    bench.turn()
    assert bench.vault.scrubs == 0
    bench.clock.advance(DAY / 2)
    bench.turn()
    assert (bench.vault.scrubs, bench.is_due) == (1, False)


def test_a_deletion_that_waits_for_long_goes_on_battery_too(bench: Bench) -> None:
    """How long is written down: another run goes on counting."""
    bench.grow()
    bench.plan = RESTING
    bench.delete()
    bench.turn()
    bench.clock.advance(DAY / 2)
    bench.scrubber = Scrubber(bench.vault, bench.clock, lambda: bench.plan)
    bench.turn()
    assert bench.is_due
    bench.clock.advance(DAY / 2)
    bench.turn()
    assert not bench.is_due


def test_a_clock_that_was_set_back_puts_nothing_off_for_ever(bench: Bench) -> None:
    """A day counts from now then, not from a time that may be years ahead."""
    bench.grow()
    bench.plan = RESTING
    bench.delete()
    future = bench.clock.now() + 10**12
    bench.vault.write(lambda c: chore_rows.note_since(c, future)).result(10)
    bench.scrubber.turn()
    bench.clock.advance(DAY)
    bench.turn()
    assert not bench.is_due


def test_what_gave_way_is_tried_again_ever_more_rarely(bench: Bench) -> None:
    """Half a minute later, then a minute, and so on, ten minutes at the most; then it is done."""
    bench.grow()
    bench.delete()
    bench.vault.answers = [done(False) for _ in range(7)]
    pauses = []
    while bench.is_due:
        pauses.append(bench.scrubber.turn() if pauses else bench.turn())
        assert bench.vault.scrubs == len(pauses)
        assert bench.scrubber.turn() in (pauses[-1], 300.0)  # too early
        assert bench.vault.scrubs == len(pauses)
        bench.clock.advance(pauses[-1])
    assert pauses[:7] == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]


def test_a_small_one_that_gave_way_is_tried_again(bench: Bench) -> None:
    """A backup was reading; nobody has to delete anything once more for it."""
    bench.delete()
    bench.vault.answers = [done(False)]
    bench.scrubber.sweep().result(10)
    assert bench.scrubber.turn() == 30.0
    bench.clock.advance(30)
    bench.scrubber.turn()
    assert not bench.is_due


def test_many_edits_are_one_scrub(bench: Bench) -> None:
    """An hour after the first, on mains; not one for each."""
    for _ in range(5):
        bench.edit()
        bench.scrubber.turn()
        bench.clock.advance(HOUR / 6)
    assert bench.vault.scrubs == 0
    bench.clock.advance(HOUR / 6)
    bench.plan = RESTING
    bench.scrubber.turn()
    assert bench.vault.scrubs == 0
    bench.plan = Plan()
    bench.scrubber.turn()
    assert (bench.vault.scrubs, bench.is_due) == (1, False)
    bench.edit()
    bench.scrubber.turn()
    assert bench.vault.scrubs == 1


def test_a_deletion_does_not_wait_for_the_hour_of_edits(bench: Bench) -> None:
    """And takes the edits along."""
    bench.edit()
    bench.scrubber.turn()
    bench.delete()
    bench.scrubber.sweep().result(10)
    assert (bench.vault.scrubs, bench.is_due) == (1, False)


@pytest.mark.logs_problems
def test_no_room_is_told_and_tried_an_hour_later(bench: Bench) -> None:
    """By the thread, which outlives it."""
    bench.grow()
    bench.delete()
    full: Future[bool] = Future()
    full.set_exception(StorageFull("The disk is full."))
    bench.vault.answers = [full]
    assert bench.turn() == HOUR
    assert [type(error) for error in bench.told] == [StorageFull]
    bench.clock.advance(HOUR)
    bench.scrubber.turn()
    assert not bench.is_due


@pytest.mark.logs_problems
def test_no_room_to_note_that_it_is_due(bench: Bench) -> None:
    """That is told, too, and once: the thread looks again an hour later."""
    bench.plan = RESTING
    bench.grow()
    bench.delete()
    bench.vault.is_full = True
    assert bench.scrubber.turn() == HOUR
    bench.scrubber.wake()
    assert bench.scrubber.turn() == HOUR
    assert [type(error) for error in bench.told] == [StorageFull]


def test_the_thread_goes_on_with_what_an_earlier_run_left(tmp_path: Path) -> None:
    """Half a minute after the start; closing ends it."""
    path = tmp_path / "vault.db"
    with CountedVault.open(path, KEY) as vault:
        before = Bench(vault)
        before.grow()
        before.delete()
    with CountedVault.open(path, KEY) as vault:
        bench = Bench(vault)
        bench.scrubber.start()
        assert bench.scrubber.turn() == 30.0
        while bench.is_due:
            bench.clock.advance(30)
            bench.scrubber.wake()
        bench.scrubber.close()
    with pytest.raises(VaultLocked):
        bench.scrubber.turn()
