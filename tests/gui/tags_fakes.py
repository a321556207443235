"""Suggesting and tagging in bulk as the window gets them; notes and tags themselves are real."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from assistant.cancel import Cancel
from assistant.errors import HushError, NotFound, VaultLocked
from assistant.notes.names import folded
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from assistant.store.vault import Vault
from assistant.tags.managing import TagManager
from assistant.tags.records import (
    OFFERED,
    AppliedLine,
    Because,
    BulkProgress,
    BulkReport,
    Explanation,
    Reliability,
    Suggestion,
    Suggestions,
    UnfinishedRun,
    Waiting,
)
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock
from tests.gui.hands import Hands, dressed
from tests.gui.notes_fakes import NOON
from ui.bridge import Bridge
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT

T = TypeVar("T")
Pair = tuple[int, str]

NOTHING = Reliability((), 0, 0.0, None, 0.0)


def suggestion(tag: str, probability: float, *, new: bool = False) -> Suggestion:
    """A tag that may fit."""
    return Suggestion(tag, probability, probability, new)


class FakeSuggests:
    """Suggests what it was told to, but nothing that was decided or that the note has.

    Answers come from a thread of its own; ``hold`` keeps them back until ``release``.

    Args:
        notes: The notes.
    """

    def __init__(self, notes: NoteService) -> None:
        self.notes = notes
        self.found: dict[int, list[Suggestion]] = {}
        self.remark = ""
        self.because: tuple[Because, ...] = ()
        self.words: tuple[str, ...] = ()
        self.from_description = False
        self.shown = NOTHING
        self.asked: list[int] = []
        self.decided: dict[Pair, bool] = {}
        self.proposals: dict[int, list[Suggestion]] = {}
        self.problem: HushError | None = None  # what the next call fails with
        self._closed = False
        self._pool = ThreadPoolExecutor(1)
        self._open = threading.Event()
        self._open.set()

    # For the tests ------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep answers back."""
        self._open.clear()

    def release(self) -> None:
        """Give them."""
        self._open.set()

    def rest(self) -> None:
        """Wait until nothing is under way; not while answers are held."""
        if self._open.is_set():
            self._pool.submit(lambda: None).result(10)

    def close(self) -> None:
        """Let the thread go."""
        self._closed = True
        self.release()
        self._pool.shutdown()

    # As the service -----------------------------------------------------------------------

    def suggestions(self, note_id: int) -> Future[Suggestions]:
        self.asked.append(note_id)
        return self._answer(lambda: self._suggestions(note_id))

    def _suggestions(self, note_id: int) -> Suggestions:
        has = {folded(tag) for tag in self.notes.get(note_id).result(10).tags}
        rest = [
            one
            for one in self.found.get(note_id, ())
            if folded(one.tag) not in has and (note_id, folded(one.tag)) not in self.decided
        ]
        known = tuple(one for one in rest if not one.is_new)
        new = tuple(one for one in rest if one.is_new)
        return Suggestions(note_id, known, new, "" if rest else self.remark)

    def decide(self, note_id: int, tag: str, *, accepted: bool) -> Future[Note]:
        def work() -> Note:
            note = self.notes.get(note_id).result(10)
            self.decided[note_id, folded(tag)] = accepted
            return self.notes.tag(note_id, (*note.tags, tag)).result(10) if accepted else note

        return self._answer(work)

    def take_back(self, note_id: int, tag: str) -> Future[Note]:
        def work() -> Note:
            note = self.notes.get(note_id).result(10)
            if self.decided.pop((note_id, folded(tag)), False):
                tags = [one for one in note.tags if folded(one) != folded(tag)]
                return self.notes.tag(note_id, tags).result(10)
            return note

        return self._answer(work)

    def explain(self, note_id: int, tag: str) -> Future[Explanation]:
        def work() -> Explanation:
            one = next((one for one in self.found[note_id] if one.tag == tag), None)
            if one is None:
                raise NotFound("This tag is not suggested any more.")
            return Explanation(
                tag, one.probability, self.because, self.words, self.from_description
            )

        return self._answer(work)

    def reliability(self) -> Future[Reliability]:
        return self._answer(lambda: self.shown)

    def reset(self) -> Future[None]:
        def work() -> None:
            self.decided.clear()
            self.shown = NOTHING

        return self._answer(work)

    def propose(self, note_id: int, cancel: Cancel) -> Future[Suggestions]:
        def work() -> Suggestions:
            if not cancel.asked:
                self.found.setdefault(note_id, []).extend(self.proposals.pop(note_id, []))
            return self._suggestions(note_id)

        return self._answer(work)

    def _answer(self, work: Callable[[], T]) -> Future[T]:
        if self._closed:
            raise VaultLocked("The vault is closed.")
        problem, self.problem = self.problem, None

        def answer() -> T:
            self._open.wait(60)
            if problem:
                raise problem
            return work()

        return self._pool.submit(answer)


@dataclass
class FakeRun:
    """A run that was begun."""

    id: int
    ids: list[int]
    apply_above: float | None
    done: Future[BulkReport] = field(default_factory=Future)
    at: int = 0
    cancelled: bool = False


class FakeBulk:
    """A run goes on when the test says so: ``step`` looks at some notes, on another thread.

    Args:
        suggests: What is suggested for each.
        tell: Hears of progress.
    """

    def __init__(self, suggests: FakeSuggests, tell: Callable[[BulkProgress], object]) -> None:
        self.suggests = suggests
        self.cut_off: list[UnfinishedRun] = []
        self.run: FakeRun | None = None
        self.added: list[AppliedLine] = []
        self.rows: list[Waiting] = []
        self.problem: HushError | None = None
        self._tell = tell
        self._ids = itertools.count(1)

    # For the tests ------------------------------------------------------------------------

    def wait_for(self, *rows: tuple[int, str, str, float]) -> None:
        """Have these wait to be reviewed: note, its title, tag, probability."""
        for note_id, title, tag, probability in rows:
            excerpt = f"How {title} begins"
            self.rows.append(Waiting(note_id, title, excerpt, tag, probability, probability))
            of_note = self.suggests.found.setdefault(note_id, [])
            of_note.append(suggestion(tag, probability))

    def step(self, notes: int) -> None:
        """Look at so many notes more; after the last one it is over."""
        run = self.run
        assert run
        thread = threading.Thread(target=self._step, args=(run, notes))
        thread.start()
        thread.join()

    def _step(self, run: FakeRun, notes: int) -> None:
        for note_id in run.ids[run.at : run.at + notes]:
            self._look_at(run, note_id)
        run.at = min(run.at + notes, len(run.ids))
        self._tell(BulkProgress(run.id, run.at, len(run.ids)))
        if run.cancelled or run.at == len(run.ids):
            self._end(run)

    def _look_at(self, run: FakeRun, note_id: int) -> None:
        note = self.suggests.notes.get(note_id).result(10)
        for one in self.suggests.found.get(note_id, ()):
            if run.apply_above is not None and one.probability >= run.apply_above:
                self.suggests.notes.tag(note_id, (*note.tags, one.tag)).result(10)
                line = AppliedLine(note_id, note.title, one.tag, one.probability, NOON, run.id)
                self.added.append(line)
            elif one.probability >= OFFERED:
                row = Waiting(note_id, note.title, "", one.tag, one.probability, one.score)
                self.rows.append(row)

    def _end(self, run: FakeRun) -> None:
        applied = sum(1 for line in self.added if line.run_id == run.id)
        suggested = len(self.rows)
        self.run = None
        if run.at < len(run.ids):
            self.cut_off = [UnfinishedRun(run.id, NOON, run.at, len(run.ids), run.apply_above)]
        run.done.set_result(
            BulkReport(run.id, run.at, suggested, applied, 0, 0, run.at < len(run.ids))
        )

    # As the service -----------------------------------------------------------------------

    def start(
        self, ids: Sequence[int] | None = None, *, apply_above: float | None = None
    ) -> FakeRun:
        if self.problem:
            raise self.problem
        chosen = ids or [line.id for line in self.suggests.notes.list().result(10)]
        self.run = FakeRun(next(self._ids), list(chosen), apply_above)
        return self.run

    def resume(self, run_id: int) -> FakeRun:
        left = self.cut_off.pop(0)
        ids = [line.id for line in self.suggests.notes.list().result(10)]
        self.run = FakeRun(run_id, ids, left.apply_above, at=left.done)
        return self.run

    def cancel(self, run_id: int) -> None:
        run = self.run
        assert run
        assert run.id == run_id
        run.cancelled = True
        thread = threading.Thread(target=self._end, args=(run,))
        thread.start()
        thread.join()

    def unfinished(self) -> Future[list[UnfinishedRun]]:
        return self._answer(lambda: list(self.cut_off))

    def forget(self, run_id: int) -> Future[None]:
        def work() -> None:
            self.cut_off = [run for run in self.cut_off if run.run_id != run_id]

        return self._answer(work)

    def waiting(self, tag: str = "") -> Future[list[Waiting]]:
        def work() -> list[Waiting]:
            decided = self.suggests.decided
            rest = [r for r in self.rows if (r.note_id, folded(r.tag)) not in decided]
            return [row for row in rest if not tag or row.tag == tag]

        return self._answer(work)

    def accept(self, pairs: Sequence[Pair]) -> Future[int]:
        return self._decide(pairs, accepted=True)

    def reject(self, pairs: Sequence[Pair]) -> Future[int]:
        return self._decide(pairs, accepted=False)

    def _decide(self, pairs: Sequence[Pair], *, accepted: bool) -> Future[int]:
        if self.problem:
            problem, self.problem = self.problem, None
            failed: Future[int] = Future()
            failed.set_exception(problem)
            return failed
        for pair in pairs:
            self.suggests.decide(*pair, accepted=accepted)
        return self._answer(lambda: len(pairs))  # after them: it is one thread

    def log(self, limit: int = 200) -> Future[list[AppliedLine]]:
        return self._answer(lambda: self.added[:limit])

    def undo(self, what: Sequence[Pair] | int) -> Future[int]:
        def work() -> int:
            gone = [
                line
                for line in self.added
                if (line.run_id == what if isinstance(what, int) else _pair(line) in what)
            ]
            for line in gone:
                note = self.suggests.notes.get(line.note_id).result(10)
                tags = [tag for tag in note.tags if tag != line.tag]
                self.suggests.notes.tag(line.note_id, tags).result(10)
                self.added.remove(line)
            return len(gone)

        return self._answer(work)

    def _answer(self, work: Callable[[], T]) -> Future[T]:
        return self.suggests._answer(work)  # one thread for both, as the store is


def _pair(line: AppliedLine) -> Pair:
    return line.note_id, line.tag


class TagsBench(Hands):
    """Real notes and tags in an encrypted database in memory, a window, and the fakes.

    Args:
        qtbot: Of the test.
    """

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.clock = FakeClock()
        self.vaults = Vaults(Vault.in_memory())
        self.notes = NoteService(self.vaults, self.clock)
        self.suggests = FakeSuggests(self.notes)
        self.bridge = Bridge()
        self.bulk = FakeBulk(self.suggests, self.bridge.sink)  # type: ignore[arg-type] # an event soon
        self.manager = TagManager(self.vaults, self.clock)
        self.went: list[Any] = []
        self.theme = Theme(LIGHT)
        self.window = dressed(self.theme)
        qtbot.addWidget(self.window)

    def note(self, text: str, *tags: str, title: str = "") -> int:
        """Put a note in; answers its id."""
        return self.notes.create(text, title=title, tags=tags).result(10).id

    def tags_of(self, note_id: int) -> set[str]:
        """The tags of a note, as it is kept."""
        return set(self.notes.get(note_id).result(10).tags)

    def furnish(self, place: QWidget) -> None:
        """Show a place."""
        self.window.furnish([place])
        with self.qtbot.waitActive(self.window):
            self.window.show()

    def settle(self) -> None:
        """Wait until everything that is under way is delivered and drawn."""
        for _ in range(5):  # a change, what is read after it, and what follows from that
            self.suggests.rest()
            self.manager.all().result(10)
            self.vaults.kept.write(lambda _: None).result(10)  # on another thread than reading
            self.vaults.kept.read(lambda _: None).result(10)
            QApplication.processEvents()
            self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    def close(self) -> None:
        """Let the threads go."""
        self.suggests.release()
        self.settle()
        self.bridge.close()
        self.suggests.close()
        self.notes.close()
        self.vaults.close()
