"""Importing and exporting, as the window and the terminal ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Final

from assistant.background import Background
from assistant.backup.cancellable import CancellableWork, Cancelled
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import InputRefused
from assistant.events import EventSink, ExportProgress
from assistant.importing import reports
from assistant.importing.exporting import NotesExport
from assistant.importing.json_export import export_all
from assistant.importing.knowing import known_of
from assistant.importing.parsing import Parser
from assistant.importing.records import (
    ExportReport,
    ExportRun,
    ImportPlan,
    ImportReport,
    ImportRun,
    PastImport,
    Tell,
    UnfinishedImport,
)
from assistant.importing.running import PROGRESS_SECONDS, ImportJob
from assistant.importing.surveying import survey
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
        publish: Gets ``ImportProgress`` and ``ExportProgress``, on the importing thread.
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
        self._look_stop = Cancel()
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Cancel, ImportRun | ExportRun]] = {}  # and waiting
        self._last_id = 0
        self._closing = False

    def look(self, path: Path) -> Future[ImportPlan]:
        """What an import of this folder or file would read. Only a .zip is opened.

        Raises:
            NotFound, InputRefused: in the future.
        """

        def work() -> ImportPlan:
            found = survey(path, self._parser, self._look_stop)
            _, known = known_of(self._vault, found)
            return replace(found.plan(), by_folder=any(file.folder_tag for file in known.values()))

        return self._looks.submit(work)

    def start(self, path: Path, *, by_folder: bool | None = None) -> ImportRun:
        """Import a folder, a .zip of one, or one file.

        Doing so again is no harm: what is known and unchanged stays as it is. One that was cut
        off is gone on with.

        Args:
            path: What to import.
            by_folder: Whether notes get their folders as tags, ``travel/japan`` for what lies
                there; also those that are in already. None: as it was before, at first not.

        Raises:
            NotFound, InputRefused: in the future; there is nothing to import.
            StorageFull, VaultError: in the future. What was imported until then stays, and
                ``unfinished`` names it.
        """
        whole = str(path.absolute())

        def begin(connection: Connection, run_id: int) -> RunRow:
            row = import_rows.adopt(connection, run_id, whole)
            if row is None:
                row = RunRow(run_id, whole, self._clock.now(), "")
                import_rows.begin(connection, run_id, whole, row.started_at)
            if by_folder is None:
                return row
            report = replace(Tally.parse(row.report), by_folder=by_folder).to_json()
            import_rows.report_so_far(connection, run_id, report)
            return replace(row, report=report)

        with self._lock:
            return self._submit(self._next_id(), begin)

    def resume(self, run_id: int) -> ImportRun:
        """Go on with an import that was cut off.

        Raises:
            NotFound: in the future, where it has ended; or what it reads is not there now, and
                it can be gone on with later.
            StorageFull, VaultError: as ``start``.
        """
        with self._lock:
            running = self._running.get(run_id)
            if running and isinstance(running[1], ImportRun):
                return running[1]
            self._last_id = max(self._last_id, run_id)  # no later run is taken for it
            return self._submit(run_id, import_rows.run)

    def cancel(self, run_id: int) -> None:
        """Call an import or export off. What is in stays; its report comes within moments."""
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
        """Do not go on with an import that was cut off, or drop a report. What is in stays."""
        return self._vault.write(lambda connection: import_rows.forget(connection, run_id))

    def reports(self) -> Future[list[PastImport]]:
        """The last few imports that ended, with what they came to; the latest first."""
        return self._vault.read(lambda c: [_past(row) for row in import_rows.ended(c)])

    def export_notes(self, folder: Path, ids: Sequence[int] | None = None) -> ExportRun:
        """Write notes as Markdown files with front matter; see ``NotesExport``.

        Args:
            folder: New, or one that stands; no file that Hush does not know is written over.
            ids: Only these notes; None: all outside of the trash.

        Raises:
            InputRefused: in the future; this is no folder to write to.
            StorageFull: in the future, with how many were written.
        """

        def work(cancelled: Cancelled, tell: Tell) -> ExportReport:
            return NotesExport(self._vault, folder.absolute(), cancelled, tell).work(ids)

        return self._export(work)

    def export_json(self, file: Path) -> ExportRun:
        """Write all notes and chats into one JSON file, readable by its owner only.

        Raises:
            InputRefused: in the future; this is no name for a file.
            StorageFull: in the future; an earlier file stands.
        """
        return self._export(
            lambda cancelled, tell: export_all(
                self._vault, file, self._clock.now(), cancelled, tell
            )
        )

    def close(self) -> None:
        """Stop. What runs can be gone on with. Takes up to a second; before the vault closes."""
        self._closing = True
        self._look_stop.ask()
        with self._lock:
            running = list(self._running.values())
        for stop, _ in running:
            stop.ask()
        self._work.close(_CLOSE_SECONDS)

    def _next_id(self) -> int:
        """Another one for each run. The lock is held."""
        self._last_id = max(self._last_id + 1, self._clock.now())
        return self._last_id

    def _export(self, write: Callable[[Cancelled, Tell], ExportReport]) -> ExportRun:
        stop, told = Cancel(), float("-inf")
        with self._lock:
            run_id = self._next_id()

            def tell(done: int, total: int) -> None:
                nonlocal told
                now = self._clock.elapsed()
                if now - told >= PROGRESS_SECONDS or done == total:
                    told = now
                    self._publish(ExportProgress(run_id, done, total))

            def work(_: Cancelled) -> ExportReport:
                try:
                    return write(lambda: stop.asked, tell)
                finally:
                    with self._lock:
                        self._running.pop(run_id, None)

            run = ExportRun(run_id, self._work.submit(work, lasting=True))
            self._running[run_id] = (stop, run)
            return run

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

        def start(connection: Connection) -> tuple[RunRow, bool]:
            earlier = {row.path for row in import_rows.unfinished(connection)}
            row = begin(connection, run_id)
            return row, row.path in earlier

        row, was_begun = self._vault.write(start).result()
        job = ImportJob(self._vault, self._clock, self._publish, self._parser, row, stop)
        try:
            report = job.work()
        except InputRefused:
            if not was_begun:  # else it can be gone on with: a stick is plugged in again
                self.forget(run_id).result()
            raise
        if not self._closing:
            kept = reports.to_json(report, self._clock.now())
            self._vault.write(lambda c: import_rows.finish(c, run_id, kept)).result()
        return report


def _past(row: RunRow) -> PastImport:
    report, ended_at = reports.parse(row.report)
    return PastImport(row.id, Path(row.path), ended_at, report)


def _unfinished(row: RunRow) -> UnfinishedImport:
    done = Tally.parse(row.report).done
    return UnfinishedImport(row.id, Path(row.path), row.started_at, done)
