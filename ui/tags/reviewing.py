"""Wires the review to its service: runs, what waits, decisions and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QObject

from assistant.errors import HushError
from assistant.notes.records import Note, TagCount
from assistant.power.plan import Mode, Plan
from assistant.tags.records import AppliedLine, BulkProgress, BulkReport, UnfinishedRun, Waiting
from assistant.vaults import combined, followed, repeated
from ui.bridge import Bridge
from ui.days import local
from ui.latest import Latest
from ui.search.entries import Catalogue, Entry, EntryKind, Row
from ui.search.picker import Picker
from ui.tags import words
from ui.tags.review import ReviewPage
from ui.tags.review_model import Line, added_line, line_of
from ui.tags.scopes import ScopeKind, TagScope
from ui.tags.services import BulkRun, Pair, Suggests, TagsInBulk
from ui.vault.words import moment

T = TypeVar("T")

_UNDO_MILLISECONDS: Final = 30_000
_SAID_MILLISECONDS: Final = 8_000
_AT_ONCE: Final = 20  # decisions that are taken back at once: to hand over 20,000 takes a while
_LOG: Final = 5_000  # lines of what was added that are shown
_SHOWN: Final = 200  # tags in the picker, before anything is typed
_RUNS: Final = "Hush is looking at your notes already. Wait for it, or stop it first."


@dataclass(frozen=True, slots=True)
class ReviewWays:
    """What the review needs beside its services.

    Attributes:
        count: How many notes there are.
        open_note: Goes to a note.
        leave: Goes back to the notes.
        now: Milliseconds since 1970, UTC.
        plan: What the governor allows at this moment.
        changed: Hears that notes have other tags now.
    """

    count: Callable[[], Future[int]]
    open_note: Callable[[int], object]
    leave: Callable[[], object]
    now: Callable[[], int]
    plan: Callable[[], Plan | None]
    changed: Callable[[], object]


class Reviewing(QObject):
    """What a person does on the page of suggestions for many notes.

    Args:
        bulk: Suggests for many notes.
        suggests: Takes single decisions back.
        bridge: Brings outcomes to the GUI thread.
        page: Shows it.
        ways: Out of here.
    """

    def __init__(
        self,
        bulk: TagsInBulk,
        suggests: Suggests,
        bridge: Bridge,
        page: ReviewPage,
        ways: ReviewWays,
    ) -> None:
        super().__init__(page)
        self._bulk = bulk
        self._suggests = suggests
        self._bridge = bridge
        self._page = page
        self._ways = ways
        self._run: BulkRun | None = None
        self._is_arriving = False  # the person came, and what waits is still being read
        self._left_over: UnfinishedRun | None = None
        self._behind: list[int] = []  # runs that had been cut off when this one began
        self._told: set[int] = set()  # runs of which the person knows that they stopped
        self._lines, self._count, self._unfinished = (Latest(bridge) for _ in range(3))
        page.form.start_wanted.connect(self.start)
        page.form.resume_wanted.connect(self.resume)
        page.strip.stop_wanted.connect(self._stop)
        page.lines.accept_wanted.connect(self._accept)
        page.lines.reject_wanted.connect(self._reject)
        page.lines.take_off_wanted.connect(self._take_off)
        page.scope_wanted.connect(self._ask_scope)
        page.note_wanted.connect(lambda note_id: ways.open_note(note_id))
        page.left.connect(lambda: ways.leave())

    @property
    def is_working(self) -> bool:
        """Whether notes are being looked at."""
        return self._run is not None

    # Coming here --------------------------------------------------------------------------

    def arrive(self) -> None:
        """The person comes here: show what waits, or how to begin."""
        self._is_arriving = True
        self.refresh()

    def refresh(self) -> None:
        """Look again at what waits, what was added and what can be gone on with."""

        def came(found: tuple[list[Line], list[Line]]) -> None:
            waiting, log = found
            arriving, self._is_arriving = self._is_arriving, False
            self._page.show_lines(waiting, log)
            if arriving and (waiting or self._run):
                self._page.show_review()
            elif arriving and not log:
                self._page.show_form()
            if arriving and self._page.has_keyboard:
                self._page.take_focus()
            self._tell_left_over()

        self._expect(self._lines, self._read, came)
        self._expect(self._count, self._ways.count, self._page.form.show_notes)
        self._expect(self._unfinished, self._bulk.unfinished, self._offer_unfinished)

    def _read(self) -> Future[tuple[list[Line], list[Line]]]:
        """Read both, and have the lines made where they were read: 20,000 take a while."""
        waiting, log = self._bulk.waiting(), self._bulk.log(_LOG)
        both: list[Future[list[Waiting]] | Future[list[AppliedLine]]] = [waiting, log]
        now = local(self._ways.now())

        def made(_: object) -> tuple[list[Line], list[Line]]:
            added = [added_line(one, moment(local(one.at), now)) for one in log.result()]
            return [line_of(one) for one in waiting.result()], added

        return combined(both, made)

    def _offer_unfinished(self, runs: list[UnfinishedRun]) -> None:
        self._left_over = runs[0] if runs and not self._run else None
        self._page.form.show_unfinished(self._left_over)
        if not self._run:
            self._behind = [run.run_id for run in runs]
        self._tell_left_over()

    def _tell_left_over(self) -> None:
        """Once, where there are suggestions: the form, which says it too, is out of sight then."""
        run = self._left_over
        if run and run.run_id not in self._told and self._page.shows_review:
            self._told.add(run.run_id)
            resume = partial(self.resume, run.run_id)
            self._page.notice.say(words.unfinished(run), "Go on", resume)

    # A run --------------------------------------------------------------------------------

    def start(self, apply_above: float | None = None, ids: Sequence[int] | None = None) -> None:
        """Suggest tags for these notes; None: for all."""
        self._begin(lambda: self._bulk.start(ids, apply_above=apply_above))

    def resume(self, run_id: int) -> None:
        """Go on with a run that was cut off."""
        self._begin(lambda: self._bulk.resume(run_id))

    def _begin(self, begin: Callable[[], BulkRun]) -> None:
        if self._run:
            self._page.show_review()
            self._page.notice.say(_RUNS, milliseconds=_SAID_MILLISECONDS)
            return
        try:
            run = begin()
        except HushError as error:
            self._page.notice.say_error(error)
            return
        self._run, self._left_over = run, None
        self._page.form.show_unfinished(None)
        self._page.strip.show_progress(0, 0)
        self.hold(self._ways.plan())
        self._page.show_review()
        self._bridge.then(run.done, self._ended, self._failed)

    def show_progress(self, event: BulkProgress) -> None:
        """A run is further."""
        if self._run and event.run_id == self._run.id:
            self._page.strip.show_progress(event.done, event.total)

    def hold(self, plan: Plan | None) -> None:
        """Say what holds the run: only a pause does, for a person began it."""
        is_held = plan is not None and plan.mode is Mode.PAUSED
        self._page.strip.show_held(plan.words if plan and is_held else "")

    def _stop(self) -> None:
        if self._run:
            self._bulk.cancel(self._run.id)

    def _ended(self, report: BulkReport) -> None:
        self._told.add(report.run_id)
        if not report.cancelled:
            self._forget_behind(report.run_id)
        self._end_run()
        self._page.notice.say(words.ended(report))
        if report.applied:
            undo = partial(self._undo_run, report.run_id)
            self._page.notice.say(words.ended(report), "Take them off", undo)
            self._ways.changed()

    def _forget_behind(self, run_id: int) -> None:
        """All notes were looked at since: nobody is to go on with what was cut off before."""
        behind = [one for one in self._behind if one < run_id]
        self._told.update(behind)
        if behind:
            self._ask(
                lambda: combined([self._bulk.forget(one) for one in behind], len),
                lambda _: self.refresh(),
            )

    def _failed(self, error: HushError) -> None:
        self._end_run()
        self._page.notice.say_error(error)

    def _end_run(self) -> None:
        self._run = None
        self._page.strip.hide()
        self.refresh()
        self._page.show_review()

    # Deciding -----------------------------------------------------------------------------

    def _accept(self, pairs: Sequence[Pair]) -> None:
        self._decide(pairs, self._bulk.accept, words.accepted)

    def _reject(self, pairs: Sequence[Pair]) -> None:
        self._decide(pairs, self._bulk.reject, words.rejected)

    def _take_off(self, pairs: Sequence[Pair]) -> None:
        self._do(pairs, self._bulk.undo, lambda count: self._say(words.taken_off(count)))

    def _undo_run(self, run_id: int) -> None:
        def done(count: int) -> None:
            self._say(words.taken_off(count))
            self.refresh()

        self._ask(lambda: self._bulk.undo(run_id), done)

    def _decide(
        self,
        pairs: Sequence[Pair],
        decide: Callable[[Sequence[Pair]], Future[int]],
        say: Callable[[int], str],
    ) -> None:
        def done(count: int) -> None:
            undo = partial(self._take_back, pairs)
            self._page.notice.say(say(count), "Undo", undo, milliseconds=_UNDO_MILLISECONDS)
            self._ways.changed()

        self._do(pairs, decide, done)

    def _do(
        self,
        pairs: Sequence[Pair],
        act: Callable[[Sequence[Pair]], Future[int]],
        done: Callable[[int], None],
    ) -> None:
        if pairs:
            self._page.remove(pairs)
            self._ask(lambda: act(pairs), done)

    def _take_back(self, pairs: Sequence[Pair]) -> None:
        left, asked = list(pairs), list[Future[Note]]()

        def some() -> Future[None]:
            part = [self._suggests.take_back(note_id, tag) for note_id, tag in left[:_AT_ONCE]]
            del left[:_AT_ONCE]
            asked.extend(part)
            return _over(part)

        def done(_: int) -> None:
            self._ways.changed()
            self.refresh()

        def ask() -> Future[int]:
            return followed(repeated(some, lambda _: bool(left)), lambda _: combined(asked, len))

        self._ask(ask, done)

    def _say(self, sentence: str) -> None:
        self._page.notice.say(sentence)
        self._ways.changed()

    # Asking -------------------------------------------------------------------------------

    def _ask_scope(self) -> None:
        """Ask which tag to look at, where there is no room for a list of them."""
        page = self._page
        picker = Picker(page.window(), page.theme, "Show the suggestions of a tag", self._ways.now)
        tags = [one for one in page.all_scopes if one.kind is ScopeKind.TAG]
        rest = [one for one in page.all_scopes if one.kind is not ScopeKind.TAG]
        catalogue = Catalogue(tags=[TagCount(one.name, one.count) for one in tags])
        first = [
            Entry(EntryKind.COMMAND, one.kind.value, one.words, hint=f"{one.count:,}")
            for one in rest
        ]
        named = [
            Entry(EntryKind.TAG, one.name, one.words, hint=f"{one.count:,}")
            for one in tags[:_SHOWN]
        ]

        def show(query: str) -> None:
            begin: list[Row] = ["Suggestions", *first]
            if named:
                begin += ["Tags", *named]
            picker.show_rows(catalogue.rows(query) if query.strip() else begin)

        def choose(entry: Entry) -> None:
            kind = ScopeKind.TAG if entry.kind is EntryKind.TAG else ScopeKind(str(entry.key))
            name = str(entry.key) if kind is ScopeKind.TAG else ""
            page.choose(next((s for s in rest if s.kind is kind), TagScope(kind, 0, name)))

        picker.query_changed.connect(show)
        picker.chosen.connect(choose)
        show("")
        picker.open_high()

    def _ask(self, ask: Callable[[], Future[T]], done: Callable[[T], None]) -> None:
        def failed(error: HushError) -> None:
            self._page.notice.say_error(error)
            self.refresh()  # what was to be decided waits as before

        def broke_off(error: HushError) -> None:
            self._ways.changed()  # a part of it may be done
            failed(error)

        try:
            future = ask()
        except HushError as error:
            failed(error)
        else:
            self._bridge.then(future, done, broke_off)

    def _expect(
        self, latest: Latest, ask: Callable[[], Future[T]], done: Callable[[T], None]
    ) -> None:
        try:
            future = ask()
        except HushError as error:
            self._page.notice.say_error(error)
        else:
            latest.expect(future, done, self._page.notice.say_error)


def _over(parts: Sequence[Future[Note]]) -> Future[None]:
    """Done when all of these are, however each went: one that failed keeps no other from it."""
    over: Future[None] = Future()
    combined(parts, len).add_done_callback(lambda _: over.set_result(None))
    return over
