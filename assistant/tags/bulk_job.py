"""One run over many notes, in slices, from the first note to the report."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import HushError, VaultLocked
from assistant.events import BulkProgress, EventSink
from assistant.power.plan import Mode, Plan
from assistant.store import tag_label_rows, tag_learning_rows, tag_suggestion_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_suggestion_rows import Offer, Run
from assistant.store.vault import Vault
from assistant.tags.records import OFFERED, BulkReport
from assistant.tags.slices import Long

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.tags.learning import Learner, Looked
    from assistant.tags.model import Scored

_NOTES: Final = 8
"""Notes at once: some 40 ms, after which whoever asks for something comes first."""

_MOST: Final = 8  # tags that are suggested for a note
_PROGRESS_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 1.0  # between two looks whether the governor still pauses
_REST_SECONDS: Final = 0.1  # between two slices where the machine should be spared
_FAIR: Final = 100  # notes of which nobody said anything: so many tell how frequent tags are
_TALLY: Final = struct.Struct("<4q")


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the notes so far."""

    suggested: int = 0
    applied: int = 0
    silent: int = 0
    skipped: int = 0

    @classmethod
    def read(cls, connection: Connection, run_id: int) -> Tally:
        """As it was kept with the last notes of a run."""
        data = tag_label_rows.state(connection, _key(run_id))
        return cls(*_TALLY.unpack(data)) if data and len(data) == _TALLY.size else cls()

    def keep(self, connection: Connection, run_id: int) -> None:
        """Keep it for a run that is gone on with."""
        data = _TALLY.pack(self.suggested, self.applied, self.silent, self.skipped)
        tag_label_rows.keep_state(connection, _key(run_id), data)


@dataclass(slots=True)
class BulkJob:
    """Runs on the tag model's thread.

    What is suggested for some notes, and that they are done, is one transaction: so a run is gone
    on with after any end, and no note is done twice.

    Args:
        vault: Open for writing.
        clock: Names the moments, and measures the time between two events.
        publish: Gets ``BulkProgress``.
        plan: The governor's plan of the moment. A person waits for it: only a pause holds it.
        run_id: The run's.
        begin: Begins the run in the vault, or finds it there. Inside of a write.
        stop: Ends it between two slices.
        done: Gets the report.
    """

    vault: Vault
    clock: Clock
    publish: EventSink
    plan: Callable[[], Plan]
    run_id: int
    begin: Callable[[Connection], Run]
    stop: Cancel
    done: Future[BulkReport]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _run: Run | None = field(default=None, init=False)
    _tally: Tally = field(default_factory=Tally, init=False)
    _told: float = field(default=float("-inf"), init=False)

    def slices(self, learner: Learner) -> Long:
        """Do it; the report or the error is in ``done`` when it ends, however it does."""
        try:
            yield from self._work(learner)
        except GeneratorExit:
            self.settle()
            raise
        except VaultLocked:
            self.settle()
        except BaseException as error:
            with self._lock:
                if not self.done.done():
                    self.done.set_exception(error)
            if not isinstance(error, HushError):
                raise

    def settle(self, *, cancelled: bool = True) -> None:
        """Give the report, unless it was given. On any thread."""
        tally, run = self._tally, self._run
        report = BulkReport(
            self.run_id,
            run.done if run else 0,
            tally.suggested,
            tally.applied,
            tally.silent,
            tally.skipped,
            cancelled,
        )
        with self._lock:
            if not self.done.done():
                self.done.set_result(report)

    def _work(self, learner: Learner) -> Long:
        self.stop.listen(self.settle)  # nothing is done yet: whoever stops it need not wait
        if self.stop.asked:
            return

        def start(connection: Connection) -> tuple[Run, Tally]:
            return self.begin(connection), Tally.read(connection, self.run_id)

        self._run, self._tally = self.vault.write(start).result()
        self._tell(always=True)
        yield from self._held()
        for pause in learner.prepare():
            yield pause
            yield from self._held()
            if self.stop.asked:
                return
        self.stop.listen(None)
        unsaid: list[Sequence[Scored]] = []
        while not self.stop.asked:
            yield from self._held()
            if self.stop.asked or not self._some(learner, unsaid):
                break
            yield _REST_SECONDS if self.plan().mode is Mode.THROTTLED else 0.0
        self._end(learner, unsaid)

    def _held(self) -> Generator[float, None, None]:
        while self.plan().mode is Mode.PAUSED and not self.stop.asked:
            yield _LOOK_SECONDS

    def _some(self, learner: Learner, unsaid: list[Sequence[Scored]]) -> bool:
        """Do the next few notes; whether there were any."""
        run = self._run
        ids = self.vault.read(lambda c: _next(c, run)).result() if run else None
        if run is None or ids is None:
            self._run = None  # all that was learned is forgotten, and the run with it
            return False
        if not ids:
            return False
        learner.keep_up()
        looked = learner.look_at_all(ids, _MOST)
        unsaid += [one.scored for one in looked if not learner.is_decided(one.read.row.id)]
        after = replace(run, after_note=ids[-1], done=run.done + len(ids))
        now = self.clock.now()
        kept = self.vault.write(lambda c: _keep(c, after, self._tally, ids, looked, now)).result()
        if kept is None:
            self._run = None
            return False
        self._run, self._tally = after, kept
        self._tell()
        return True

    def _end(self, learner: Learner, unsaid: Sequence[Sequence[Scored]]) -> None:
        run = self._run
        if self.stop.asked or run is None:
            self.settle()
            return
        gone = max(0, run.total - run.done)  # deleted, or put into the trash, on the way
        self._tally = replace(self._tally, skipped=self._tally.skipped + gone)
        now = self.clock.now()
        self.vault.write(lambda c: _finish(c, run.id, now)).result()
        if run.note_ids is None and len(unsaid) >= _FAIR and learner.calibrating:
            learner.calibrating.expect(unsaid)
        self._tell(always=True, is_all=True)
        self.settle(cancelled=False)

    def _tell(self, *, always: bool = False, is_all: bool = False) -> None:
        run = self._run
        now = self.clock.elapsed()
        if run and (always or now - self._told >= _PROGRESS_SECONDS):
            self._told = now
            total = max(run.total, run.done)
            self.publish(BulkProgress(run.id, total if is_all else run.done, total))


def _keep(
    connection: Connection,
    run: Run,
    tally: Tally,
    ids: Sequence[int],
    looked: Sequence[Looked],
    now: int,
) -> Tally | None:
    """Write down what is suggested for some notes, and that they are done.

    Returns:
        What came of all notes so far; None: there is no such run any more.
    """
    if not _is_there(connection, run):
        return None
    there = tag_learning_rows.titles(connection, ids)
    least = OFFERED if run.apply_above is None else min(OFFERED, run.apply_above)
    skipped = len(ids)
    for one in looked:
        note = one.read
        if note.row.id not in there or not one.is_worth_saying:
            continue
        skipped -= 1
        offers = [
            Offer(one.names[tag.tag_id], tag.probability, tag.score)
            for tag in one.scored
            if tag.probability >= least
        ]
        waiting, applied = tag_suggestion_rows.put(connection, run, note.row.id, offers, now)
        tally = replace(
            tally,
            suggested=tally.suggested + waiting,
            applied=tally.applied + applied,
            silent=tally.silent + (not waiting and not applied),
        )
    tally = replace(tally, skipped=tally.skipped + skipped)
    tag_suggestion_rows.advance(connection, run.id, run.after_note, run.done)
    tally.keep(connection, run.id)
    return tally


def _next(connection: Connection, run: Run) -> list[int] | None:
    """The next few notes; None: there is no such run any more."""
    if not _is_there(connection, run):
        return None
    return tag_suggestion_rows.next_notes(connection, run, _NOTES)


def _is_there(connection: Connection, run: Run) -> bool:
    row = connection.execute("SELECT 1 FROM tag_run WHERE id = ?", (run.id,)).fetchone()
    return row is not None


def _finish(connection: Connection, run_id: int, now: int) -> None:
    tag_suggestion_rows.end_run(connection, run_id, now)
    tag_learning_rows.keep_only(connection, _key(run_id), ())


def _key(run_id: int) -> str:
    return f"run/{run_id}/"
