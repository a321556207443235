"""Wires export to its service: where to, and what came of it."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.errors import HushError
from assistant.importing.records import ExportReport
from ui.bridge import Bridge
from ui.importing import stages, words
from ui.importing.desk import Desk

if TYPE_CHECKING:
    from assistant.importing.service import ImportService

_NAME: Final = "Export"
_FILE: Final = "Hush notes.json"
_FAILED: Final = "The export did not work"


class ExportController:
    """Exports notes and chats, as many times at once as the person asks for.

    Args:
        service: None where the vault is not kept.
        bridge: Brings outcomes to the GUI thread.
        desk: Where it is done.
    """

    def __init__(self, service: ImportService | None, bridge: Bridge, desk: Desk) -> None:
        self._service = service
        self._bridge = bridge
        self._desk = desk
        self._running = 0

    @property
    def is_working(self) -> bool:
        """Whether an export is under way."""
        return self._running > 0

    def open(self) -> None:
        """Ask where the notes are to be written, then write them."""
        desk = self._desk
        if desk.is_open:
            return
        if self._service:
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

    def _write(self, future: Future[ExportReport], target: Path, *, with_chats: bool) -> None:
        self._running += 1
        desk = self._desk
        waiting = stages.exporting(desk.theme, target, desk.close)
        desk.show(_NAME, waiting)

        def done(report: ExportReport) -> None:
            self._running -= 1
            lines = words.export_words(report, target, with_chats=with_chats)

            def show() -> None:
                desk.show(_NAME, stages.exported(desk.theme, report, lines, desk.close))

            if desk.stage is waiting:
                show()
            else:
                desk.tell(" ".join(lines), "Show report", show)

        def failed(error: HushError) -> None:
            self._running -= 1
            desk.fail(_NAME, _FAILED, error, ("Choose again", self._choose))

        self._bridge.then(future, done, failed)
