"""Suggests tags for many notes, keeps what waits to be reviewed, and the log of what was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import InputRefused
from assistant.events import EventSink
from assistant.power.plan import Plan
from assistant.store import tag_learning_rows, tag_suggestion_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_learning_rows import BEFORE_ALL, Waited
from assistant.store.tag_suggestion_rows import Place, Run
from assistant.store.vault import Vault
from assistant.tags.bulk_job import BulkJob
from assistant.tags.deciding import Undos
from assistant.tags.records import AppliedLine, BulkReport, UnfinishedRun, Waiting
from assistant.tags.thread import ModelThread
from assistant.vaults import combined, done, repeated

Pair = tuple[int, str]
"""A note's id and a tag's name."""

Decide = Callable[[Connection, Sequence[Pair], int], int]

_AT_ONCE: Final = 20
"""Decisions in one transaction, after which whoever waits for the store comes first."""

_PAGE: Final = 300  # suggestions that are read at once
MOST_WAITING: Final = 50_000
"""Suggestions that are handed out to be reviewed, the most probable first."""


@dataclass(frozen=True, slots=True)
class BulkRun:
    """A run that was begun; its report, or why there is none, comes in ``done``."""

    id: int
    done: Future[BulkReport]


class BulkTagging:
    """Runs are done on the tag model's thread, one after the other; all else by the store.

    Args:
        vault: Open for writing.
        clock: Names the moments, and the runs.
        publish: Gets ``BulkProgress``, on that thread.
        model: Owns the model.
        undos: What taking back has to know; shared with ``TagService``.
        plan: The governor's plan of the moment. Only a pause holds a run.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        publish: EventSink,
        model: ModelThread,
        undos: Undos,
        plan: Callable[[], Plan],
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._publish = publish
        self._model = model
        self._undos = undos
        self._plan = plan
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Cancel, BulkRun]] = {}  # and waiting
        self._last_id = 0

    def start(
        self, ids: Sequence[int] | None = None, *, apply_above: float | None = None
    ) -> BulkRun:
        """Suggest tags for notes; what is suggested waits to be reviewed.

        Nothing that the person has answered is suggested again, and nothing that a note has.

        Args:
            ids: These notes; None: all outside of the trash.
            apply_above: Give tags that are at least so probable at once, from above 0 to 1; None:
                none. What is given stands in ``log``, and can be taken off with ``undo``.

        Raises:
            VaultLocked: it is closed.
            InputRefused: in the future; this is no probability.
            StorageFull: in the future; ``unfinished`` names the run.
        """
        chosen = None if ids is None else tuple(ids)
        now = self._clock.now()

        def begin(connection: Connection, run_id: int) -> Run:
            return tag_suggestion_rows.begin_run(connection, chosen, apply_above, now, run_id)

        with self._lock:
            self._last_id = max(self._last_id + 1, now)
            run_id = self._last_id
            if apply_above is not None and not 0.0 < apply_above <= 1.0:
                return _refused(run_id)
            return self._begin(run_id, begin)

    def resume(self, run_id: int) -> BulkRun:
        """Go on with a run that was cut off or cancelled.

        Raises:
            VaultLocked: it is closed.
            NotFound: in the future; there is no such run any more.
        """
        with self._lock:
            running = self._running.get(run_id)
            if running:
                return running[1]
            self._last_id = max(self._last_id, run_id)  # no later run is taken for it
            return self._begin(run_id, tag_suggestion_rows.run)

    def cancel(self, run_id: int) -> None:
        """Call a run off. What is suggested stays; its report comes within moments."""
        with self._lock:
            running = self._running.get(run_id)
        if running:
            running[0].ask()
            self._model.wake()

    def unfinished(self) -> Future[list[UnfinishedRun]]:
        """Runs that were cut off or cancelled, the latest first; not those that run now."""

        def work(connection: Connection) -> list[UnfinishedRun]:
            with self._lock:
                running = set(self._running)
            rows = tag_suggestion_rows.unfinished(connection)
            return [row for row in rows if row.run_id not in running]

        return self._vault.read(work)

    def forget(self, run_id: int) -> Future[None]:
        """Do not go on with a run that was cut off. What it suggested stays."""
        now = self._clock.now()
        return self._vault.write(lambda c: tag_suggestion_rows.end_run(c, run_id, now))

    def waiting(self, tag: str = "") -> Future[list[Waiting]]:
        """What is to be reviewed, the most probable first: of one tag, or of all."""
        place = BEFORE_ALL
        count = 0

        def page(connection: Connection) -> list[Waited]:
            nonlocal place, count
            found = tag_learning_rows.waiting_page(connection, tag, place, _PAGE)
            place = found[-1].place if found else place
            count += len(found)
            return found

        pages = repeated(
            lambda: self._vault.read(page),
            lambda found: len(found) == _PAGE and count < MOST_WAITING,
        )
        return combined([pages], lambda found: [_waiting(one) for some in found[0] for one in some])

    def waiting_tags(self) -> Future[list[tuple[str, int]]]:
        """The tags of which something is to be reviewed, and of each how much."""
        return self._vault.read(tag_suggestion_rows.waiting_tags)

    def accept(self, pairs: Sequence[Pair]) -> Future[int]:
        """Give notes the tags that wait for them; how many. What does not wait is left out."""
        return self._decide(pairs, tag_suggestion_rows.accept)

    def reject(self, pairs: Sequence[Pair]) -> Future[int]:
        """Note that these tags are not wanted for these notes; how many waited."""
        return self._decide(pairs, tag_suggestion_rows.reject)

    def accept_above(self, probability: float, tag: str = "") -> Future[int]:
        """Accept what waits and is at least so probable, of one tag or of all; how many."""
        now = self._clock.now()
        after: Place | None = tag_suggestion_rows.BEFORE_ALL

        def some(connection: Connection) -> int:
            nonlocal after
            count, after = tag_suggestion_rows.accept_above(
                connection, probability, tag, now, after or tag_suggestion_rows.BEFORE_ALL, _AT_ONCE
            )
            return count

        return self._told(repeated(lambda: self._vault.write(some), lambda _: after is not None))

    def log(self, limit: int = 200) -> Future[list[AppliedLine]]:
        """What was given without asking and is still there, the latest first."""
        return self._vault.read(lambda c: tag_suggestion_rows.log(c, limit))

    def undo(self, what: Sequence[Pair] | int) -> Future[int]:
        """Take tags off that were given without asking: these, or a whole run's; how many.

        Of some tags it is a decision against them: they are not suggested again. A run that is
        taken back whole says nothing of each.
        """
        if not isinstance(what, int):
            return self._decide(what, tag_suggestion_rows.undo)
        run_id = what
        return self._counted(lambda c: tag_suggestion_rows.undo_run(c, run_id, _AT_ONCE))

    def close(self) -> None:
        """Call off what runs: it can be gone on with. At once; before the model's thread ends."""
        with self._lock:
            running = list(self._running.values())
        for stop, _ in running:
            stop.ask()

    def _begin(self, run_id: int, begin: Callable[[Connection, int], Run]) -> BulkRun:
        """Queue a run. The lock is held."""
        stop: Cancel = Cancel()
        answer: Future[BulkReport] = Future()
        answer.set_running_or_notify_cancel()
        job = BulkJob(
            self._vault,
            self._clock,
            self._publish,
            self._plan,
            run_id,
            lambda c: begin(c, run_id),
            stop,
            answer,
        )
        run = BulkRun(run_id, _ended_first(answer, lambda: self._ended(run_id)))
        stop.listen(job.settle)  # while it waits for another one
        self._model.begin(job.slices)
        self._running[run_id] = (stop, run)
        return run

    def _ended(self, run_id: int) -> None:
        with self._lock:
            self._running.pop(run_id, None)

    def _decide(self, pairs: Sequence[Pair], decide: Decide) -> Future[int]:
        """A few at a time."""
        left = list(dict.fromkeys(pairs))
        now = self._clock.now()

        def some(connection: Connection) -> int:
            part = left[:_AT_ONCE]
            self._undos.waited(tag_learning_rows.waiting_runs(connection, part))
            return decide(connection, part, now)

        def goes_on(_: int) -> bool:
            del left[:_AT_ONCE]
            return bool(left)

        if not left:
            return done(0)
        return self._told(repeated(lambda: self._vault.write(some), goes_on))

    def _counted(self, some: Callable[[Connection], int]) -> Future[int]:
        return self._told(repeated(lambda: self._vault.write(some), lambda count: count > 0))

    def _told(self, counts: Future[list[int]]) -> Future[int]:
        """How many in all; the model learns of them."""
        counts.add_done_callback(lambda _: self._model.wake())
        return combined([counts], lambda found: sum(found[0]))


def _refused(run_id: int) -> BulkRun:
    answer: Future[BulkReport] = Future()
    answer.set_exception(
        InputRefused(
            "Tags can be given from a probability above 0 up to 1 on.", "Nothing was changed."
        )
    )
    return BulkRun(run_id, answer)


def _ended_first(answer: Future[BulkReport], ended: Callable[[], None]) -> Future[BulkReport]:
    """The same outcome, once nobody takes the run for one that goes on."""
    whole: Future[BulkReport] = Future()
    whole.set_running_or_notify_cancel()

    def hand_on(_: Future[BulkReport]) -> None:
        ended()
        error = answer.exception()
        if error:
            whole.set_exception(error)
        else:
            whole.set_result(answer.result())

    answer.add_done_callback(hand_on)
    return whole


def _waiting(one: Waited) -> Waiting:
    return Waiting(one.note_id, one.title, one.excerpt, one.tag, one.probability, one.score)
