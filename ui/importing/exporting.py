"""Wires export to its service: where to, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.errors import HushError
from assistant.events import ExportProgress
from assistant.importing.records import ExportReport, ExportRun
from ui.bridge import Bridge
from ui.importing import stages, words
from ui.importing.desk import Desk

if TYPE_CHECKING:
    from assistant.importing.service import ImportService

_NAME: Final = "Export"
_FILE: Final = "Hush notes.json"
_FAILED: Final = "The export did not work"


class ExportController:
    """One export at a time. It goes on when its panel is closed; asking again shows it.

    Args:
        service: None where the vault is not kept.
        bridge: Brings outcomes to the GUI thread.
        desk: Where it is done.
    """

    def __init__(self, service: ImportService | None, bridge: Bridge, desk: Desk) -> None:
        self._service = service
        self._bridge = bridge
        self._desk = desk
        self._run: ExportRun | None = None
        self._target = Path()
        self._progress: ExportProgress | None = None
        self._running: stages.Running | None = None  # what was shown of the run

    @property
    def is_working(self) -> bool:
        """Whether an export is under way."""
        return self._run is not None

    def handle(self, event: ExportProgress) -> None:
        """Show how far the export is that runs."""
        if self._run and event.run_id == self._run.id:
            self._progress = event
            if self._is_shown and self._running:
                self._running.show(event.done, event.total)

    def open(self) -> None:
        """Show the export that runs, else ask where the notes are to be written."""
        desk = self._desk
        if desk.is_open:
            return
        if self._run:
            self._show_running()
        elif self._service:
            self._choose()
        else:
            desk.show(_NAME, stages.not_now(desk.theme, "Export", desk.close))

    def to_folder(self, folder: Path) -> None:
        """Write each note as Markdown into a folder."""
        if self._service:
            self._write(self._service.export_notes(folder), folder, with_chats=False)

    def to_file(self, file: Path) -> None:
        """Write all notes and chats into one file."""
        if self._service:
            self._write(self._service.export_json(file), file, with_chats=True)

    def _choose(self) -> None:
        desk = self._desk
        stage = stages.choosing_export(
            desk.theme,
            lambda: desk.ask_folder("Export into a folder", self.to_folder),
            lambda: desk.ask_new_file("Export to a file", _FILE, self.to_file),
        )
        desk.show(_NAME, stage)

    def _write(self, run: ExportRun, target: Path, *, with_chats: bool) -> None:
        self._run, self._target, self._progress = run, target, None
        self._show_running()
        desk = self._desk

        def done(report: ExportReport) -> None:
            lines = words.export_words(report, target, with_chats=with_chats)

            def show() -> None:
                desk.show(_NAME, stages.exported(desk.theme, report, lines, desk.close))

            if self._end_run():
                show()
            else:
                desk.tell(" ".join(lines), "Show report", show)

        def failed(error: HushError) -> None:
            self._end_run()
            desk.fail(_NAME, _FAILED, error, ("Choose again", self._choose))

        self._bridge.then(run.done, done, failed)

    @property
    def _is_shown(self) -> bool:
        """Whether the run can be seen in the panel."""
        return self._running is not None and self._desk.stage is self._running.stage

    def _show_running(self) -> None:
        desk = self._desk
        self._running = stages.exporting(desk.theme, self._target, desk.close, self._cancel)
        done, total = (self._progress.done, self._progress.total) if self._progress else (0, 0)
        self._running.show(done, total)
        desk.show(_NAME, self._running.stage)

    def _cancel(self) -> None:
        if self._service and self._run:
            self._service.cancel(self._run.id)
        if self._running:
            self._running.show_stopping()

    def _end_run(self) -> bool:
        """Note that it is over; whether the person watches."""
        is_shown = self._is_shown
        self._run = self._progress = self._running = None
        return is_shown
