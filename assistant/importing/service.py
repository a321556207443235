"""Importing and exporting, as the window and the terminal ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from assistant.background import Background
from assistant.backup.cancellable import CancellableWork, Cancelled
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import InputRefused
from assistant.events import EventSink
from assistant.importing.exporting import NotesExport
from assistant.importing.folder import scan
from assistant.importing.json_export import export_all
from assistant.importing.parsing import Parser
from assistant.importing.records import (
    ExportReport,
    ImportPlan,
    ImportReport,
    ImportRun,
    UnfinishedImport,
)
from assistant.importing.running import ImportJob
from assistant.importing.tally import Tally
from assistant.store import import_rows
from assistant.store.import_rows import RunRow
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults

_CLOSE_SECONDS: Final = 1.0


class ImportService:
    """Each method answers with a future; files are read on a thread of its own, one run at a time.

    Only the kept vault takes part: a private chat is exported nowhere.

    Args:
        vaults: Open.
        clock: Gives the times that are written down.
        publish: Gets ``ImportProgress``, on the importing thread.
        parser: Reads PDF, DOCX and conversations.
    """

    def __init__(
        self, vaults: Vaults, clock: Clock, publish: EventSink, parser: Parser | None = None
    ) -> None:
        self._vault = vaults.kept
        self._clock = clock
        self._publish = publish
        self._parser = parser or Parser()
        self._work = CancellableWork("importing")
        self._looks = Background("import-looks")
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Cancel, ImportRun]] = {}  # and waiting
        self._last_id = 0
        self._closing = False

    def look(self, path: Path) -> Future[ImportPlan]:
        """What an import of this folder or file would read. Nothing is opened.

        Raises:
            NotFound, InputRefused: in the future.
        """
        return self._looks.submit(lambda: scan(path).plan())

    def start(self, path: Path) -> ImportRun:
        """Import a folder, or one file.

        Doing so again is no harm: what is known and unchanged stays as it is. One that was cut
        off is gone on with.

        Raises:
            NotFound, InputRefused: in the future; there is nothing to import.
            StorageFull, VaultError: in the future. What was imported until then stays, and
                ``unfinished`` names it.
        """
        whole = str(path.absolute())

        def begin(connection: Connection, run_id: int) -> RunRow:
            if row := import_rows.adopt(connection, run_id, whole):
                return row
            now = self._clock.now()
            import_rows.begin(connection, run_id, whole, now)
            return RunRow(run_id, whole, now, "")

        with self._lock:
            self._last_id = max(self._last_id + 1, self._clock.now())
            return self._submit(self._last_id, begin)

    def resume(self, run_id: int) -> ImportRun:
        """Go on with an import that was cut off.

        Raises:
            NotFound: in the future, where it has ended.
            StorageFull, VaultError: as ``start``.
        """
        with self._lock:
            if run_id in self._running:
                return self._running[run_id][1]
            self._last_id = max(self._last_id, run_id)  # no later run is taken for it
            return self._submit(run_id, import_rows.run)

    def cancel(self, run_id: int) -> None:
        """Call an import off. What is in stays; its report comes within moments."""
        with self._lock:
            running = self._running.get(run_id)
        if running:
            running[0].ask()

    def unfinished(self) -> Future[list[UnfinishedImport]]:
        """Imports that were cut off, the latest first; not those that run now."""

        def work(connection: Connection) -> list[UnfinishedImport]:
            rows = import_rows.unfinished(connection)
            return [_unfinished(row) for row in rows if row.id not in self._running]

        return self._vault.read(work)

    def forget(self, run_id: int) -> Future[None]:
        """Do not go on with an import that was cut off. What is in stays."""
        return self._vault.write(lambda connection: import_rows.end(connection, run_id))

    def export_notes(self, folder: Path, ids: Sequence[int] | None = None) -> Future[ExportReport]:
        """Write notes as Markdown files with front matter; see ``NotesExport``.

        Args:
            folder: New, or one that stands; no file that Hush does not know is written over.
            ids: Only these notes; None: all outside of the trash.

        Raises:
            InputRefused: in the future; this is no folder to write to.
            StorageFull: in the future, with how many were written.
        """

        def work(cancelled: Cancelled) -> ExportReport:
            return NotesExport(self._vault, folder.absolute(), cancelled).work(ids)

        return self._work.submit(work)

    def export_json(self, file: Path) -> Future[ExportReport]:
        """Write all notes and chats into one JSON file, readable by its owner only.

        Raises:
            InputRefused: in the future; this is no name for a file.
            StorageFull: in the future; an earlier file stands.
        """
        return self._work.submit(
            lambda cancelled: export_all(self._vault, file, self._clock.now(), cancelled)
        )

    def close(self) -> None:
        """Stop. What runs can be gone on with. Takes up to a second; before the vault closes."""
        self._closing = True
        with self._lock:
            running = list(self._running.values())
        for stop, _ in running:
            stop.ask()
        self._work.close(_CLOSE_SECONDS)

    def _submit(self, run_id: int, begin: Callable[[Connection, int], RunRow]) -> ImportRun:
        """Queue a run. The lock is held."""
        stop = Cancel()
        done = self._work.submit(lambda _: self._run(run_id, begin, stop), lasting=True)
        run = ImportRun(run_id, done)
        self._running[run_id] = (stop, run)
        return run

    def _run(
        self, run_id: int, begin: Callable[[Connection, int], RunRow], stop: Cancel
    ) -> ImportReport:
        try:
            return self._work_on(run_id, begin, stop)
        finally:
            with self._lock:  # before anybody hears that it is over, who may begin it anew
                self._running.pop(run_id, None)

    def _work_on(
        self, run_id: int, begin: Callable[[Connection, int], RunRow], stop: Cancel
    ) -> ImportReport:
        if self._closing:
            return ImportReport(cancelled=True)
        row = self._vault.write(lambda connection: begin(connection, run_id)).result()
        job = ImportJob(self._vault, self._clock, self._publish, self._parser, row, stop)
        try:
            report = job.work()
        except InputRefused:  # there is nothing to go on with
            self.forget(run_id).result()
            raise
        if not self._closing:
            self.forget(run_id).result()
        return report


def _unfinished(row: RunRow) -> UnfinishedImport:
    done = Tally.parse(row.report).done
    return UnfinishedImport(row.id, Path(row.path), row.started_at, done)
