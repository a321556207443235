"""Wires import to its service: choosing, progress, going on, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.errors import HushError
from assistant.events import Event, ExportProgress, ImportProgress
from assistant.importing.records import ImportPlan, ImportReport, ImportRun, UnfinishedImport
from ui.bridge import Bridge
from ui.importing import stages, words
from ui.importing.desk import Desk, Tell
from ui.importing.exporting import ExportController
from ui.importing.reports import Reports
from ui.importing.stage import Stage
from ui.latest import Latest
from ui.window import Window

if TYPE_CHECKING:
    from assistant.importing.service import ImportService

_NAME: Final = "Import"
_NOTES: Final = "Notes (*.md *.markdown *.txt *.pdf *.docx *.zip);;All files (*)"
_CHATS: Final = "ChatGPT export (*.zip *.json);;All files (*)"
_STOPPED: Final = "The import stopped"
_NOT_LOOKED: Final = "This cannot be imported"
_TAGS: Final = "Hush can suggest tags for your notes."
_NOT_LEFT: Final = "The import that was cut off is still offered"


class ImportController:
    """One import at a time. It goes on when its panel is closed; the status line opens it again.

    Args:
        service: Imports and exports; None where the vault may not be written to.
        bridge: Brings outcomes to the GUI thread.
        window: Has the status line; the panel stands in front of it.
        show_notes: Goes to the notes.
        changed: Hears that there are other notes and chats now.
        tell: Says how it ended where the panel is closed.
    """

    def __init__(
        self,
        service: ImportService | None,
        bridge: Bridge,
        window: Window,
        show_notes: Callable[[], object],
        changed: Callable[[], object],
        tell: Tell,
    ) -> None:
        self._service = service
        self._bridge = bridge
        self._status = window.status
        self._show_notes = show_notes
        self._changed = changed
        self._desk = Desk(window, tell)
        self._looks = Latest(bridge)
        self._run: ImportRun | None = None
        self._progress: ImportProgress | None = None
        self._running: stages.Running | None = None  # what was shown of the run
        self._unfinished: Sequence[UnfinishedImport] = ()
        self._choice: Stage | None = None
        self._reports = Reports(service, bridge, self._desk, self._choose) if service else None
        self.exports = ExportController(service, bridge, self._desk)
        self._suggest_tags: Callable[[], object] | None = None
        self._add: Tell | None = None
        self._status.import_wanted.connect(self.open)

    @property
    def is_working(self) -> bool:
        """Whether an import or export is under way."""
        return self._run is not None or self.exports.is_working

    def offer_tags(self, suggest: Callable[[], object], add: Tell) -> None:
        """Offer to suggest tags after each import from now on.

        Args:
            suggest: Goes where that is done.
            add: Says it beside what is said of an import whose panel is closed.
        """
        self._suggest_tags, self._add = suggest, add

    def export(self) -> None:
        """Ask where the notes are to be written, then write them."""
        self.exports.open()

    def offer_unfinished(self) -> None:
        """Offer to go on with an import that was cut off, by the end of the program for one."""
        if not self._service:
            return

        def came(runs: list[UnfinishedImport]) -> None:
            self._unfinished = runs
            if runs and not self._run:
                sentence = words.unfinished_words(runs[0])
                self._desk.tell(sentence, "Go on", lambda: self._resume(runs[0].id))

        # Where it cannot be read now, the panel asks again.
        self._bridge.then(self._service.unfinished(), came, lambda _: None)

    def open(self) -> None:
        """Show the import that runs, else ask what to import."""
        desk = self._desk
        if desk.is_open:
            return
        if not self._service:
            desk.show(_NAME, stages.not_now(desk.theme, "Import", desk.close))
        elif self._run:
            self._show_running()
        else:
            self._choose()

    def take(self, path: Path) -> None:
        """Import this file or folder, once the person has seen what that means."""
        if self._run or not self._service:
            self.open()
        else:
            self._look(path)

    def handle(self, event: Event) -> None:
        """Take an event about what runs; others are passed over."""
        if isinstance(event, ExportProgress):
            self.exports.handle(event)
        elif isinstance(event, ImportProgress) and self._run and event.run_id == self._run.id:
            self._progress = event
            self._status.show_import(event)
            if self._is_shown and self._running:
                self._running.show(event.done, event.total)

    # The steps ----------------------------------------------------------------------------

    def _choose(self) -> None:
        self._show_choice()
        if self._service and self._reports:
            self._looks.expect(self._service.unfinished(), self._offer_again, lambda _: None)
            self._reports.look(self._choose_again)

    def _offer_again(self, runs: list[UnfinishedImport]) -> None:
        if runs != list(self._unfinished):
            self._unfinished = runs
            self._choose_again()

    def _choose_again(self) -> None:
        """Show the choice as it is by now, where it is still shown."""
        if self._choice and self._desk.stage is self._choice:
            self._show_choice()

    def _show_choice(self) -> None:
        desk = self._desk
        to = stages.Choices(
            lambda: desk.ask_folder("Choose a folder of notes", self._look),
            lambda: desk.ask_file("Choose a file", _NOTES, self._look),
            lambda: desk.ask_file("Choose an export of ChatGPT", _CHATS, self._look),
            lambda run: self._resume(run.id),
            self._leave_it,
            self._reports.show if self._reports else desk.close,
        )
        last = self._reports.last if self._reports else None
        self._choice = stages.choosing(desk.theme, self._unfinished, last, to)
        desk.show(_NAME, self._choice, self._look)

    def _leave_it(self, run: UnfinishedImport) -> None:
        """Do not go on with this one, ever; what is in stays."""
        if self._service:
            again = ("Choose something else", self._choose)
            self._bridge.then(
                self._service.forget(run.id),
                lambda _: self._choose() if self._desk.is_open else None,
                lambda error: self._desk.fail(_NAME, _NOT_LEFT, error, again),
            )

    def _look(self, path: Path) -> None:
        if not self._service:
            return
        future, desk = self._service.look(path), self._desk

        def cancel() -> None:
            future.cancel()
            self._choose()

        waiting = stages.looking(desk.theme, path, cancel)
        desk.show(_NAME, waiting)

        def came(plan: ImportPlan) -> None:
            if desk.stage is waiting:  # else the panel was closed meanwhile
                stage = stages.planned(
                    desk.theme, path, plan, lambda tags: self._start(path, tags), self._choose
                )
                desk.show(_NAME, stage)

        def failed(error: HushError) -> None:
            if desk.stage is waiting:
                desk.fail(_NAME, _NOT_LOOKED, error, ("Choose something else", self._choose))

        self._looks.expect(future, came, failed)

    def _start(self, path: Path, by_folder: bool | None) -> None:  # noqa: FBT001 - a value, not a flag
        self._begin(lambda service: service.start(path, by_folder=by_folder))

    def _resume(self, run_id: int) -> None:
        self._begin(lambda service: service.resume(run_id))

    def _begin(self, start: Callable[[ImportService], ImportRun]) -> None:
        """Begin an import in this way, unless another one runs."""
        if not self._service or self._run:
            return
        try:
            run = start(self._service)
        except HushError as error:
            self._desk.fail(_NAME, _STOPPED, error, ("Choose something else", self._choose))
        else:
            self._follow(run)

    def _follow(self, run: ImportRun) -> None:
        self._looks.forget()
        self._run, self._unfinished = run, ()
        self._progress = ImportProgress(run.id, 0, 0)
        self._status.show_import(self._progress)
        self._show_running()
        self._bridge.then(run.done, self._ended, lambda error: self._stopped(run.id, error))

    @property
    def _is_shown(self) -> bool:
        """Whether the run can be seen in the panel."""
        return self._running is not None and self._desk.stage is self._running.stage

    def _show_running(self) -> None:
        desk = self._desk
        self._running = stages.importing(desk.theme, desk.close, self._cancel)
        if self._progress:
            self._running.show(self._progress.done, self._progress.total)
        desk.show(_NAME, self._running.stage)

    def _cancel(self) -> None:
        if self._service and self._run:
            self._service.cancel(self._run.id)
        if self._running:
            self._running.show_stopping()

    def _ended(self, report: ImportReport) -> None:
        if self._end_run():
            self._show_report(report)
        else:
            sentence = words.report_line(report)
            self._desk.tell(sentence, "Show report", lambda: self._show_report(report))
            if self._add and self._tagger(report):
                self._add(_TAGS, "Suggest tags", self._leave_for_tags)

    def _stopped(self, run_id: int, error: HushError) -> None:
        """Half-way: the disk is full, say. What is in stays, and it can go on."""
        self._end_run()
        self._desk.fail(_NAME, _STOPPED, error, ("Go on", lambda: self._resume(run_id)))

    def _end_run(self) -> bool:
        """Note that it is over; whether the person watches."""
        is_shown = self._is_shown
        self._run = self._progress = self._running = None
        self._status.show_import(None)
        self._changed()
        return is_shown

    def _show_report(self, report: ImportReport) -> None:
        desk = self._desk

        def leave() -> None:
            desk.close()
            self._show_notes()

        stage = stages.imported(desk.theme, report, desk.close, leave, self._tagger(report))
        desk.show(_NAME, stage)

    def _tagger(self, report: ImportReport) -> Callable[[], object] | None:
        """What leads to suggested tags, where notes came in."""
        has_notes = report.new + report.changed > report.conversations
        return self._leave_for_tags if self._suggest_tags and has_notes else None

    def _leave_for_tags(self) -> None:
        self._desk.close()
        if self._suggest_tags:
            self._suggest_tags()
