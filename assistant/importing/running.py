"""One import, from the first look at the folder to the report."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import FileRefused, StorageFull
from assistant.events import EventSink, ImportProgress
from assistant.importing.chat_filing import ChatFiling
from assistant.importing.files import open_beneath, require_size
from assistant.importing.folder import Entry, Scan
from assistant.importing.folder_tags import folder_tag
from assistant.importing.knowing import known_of
from assistant.importing.note_batch import NoteBatch
from assistant.importing.notebook import Notebook
from assistant.importing.notes import read_file
from assistant.importing.parsing import Parser
from assistant.importing.reading import MAX_CHATS_BYTES
from assistant.importing.records import ImportReport, Kind, Named
from assistant.importing.surveying import notebook_of, survey
from assistant.importing.tally import Tally
from assistant.store import import_rows
from assistant.store.import_rows import RunRow
from assistant.store.vault import Vault

_CHATS: Final = frozenset({Kind.CHATS, Kind.CHATS_ARCHIVE})
_PROGRAM: Final = "chatgpt"
PROGRESS_SECONDS: Final = 0.1
"""Between two words on how far it is."""


@dataclass(slots=True)
class ImportJob:
    """Runs on the importing thread.

    Everything it knows of how far it is stands in the vault, in the transactions of what it
    adds: so it is gone on with after any end, from the last batch on.

    Args:
        vault: Open for writing.
        clock: Names the moments, and measures the time between two events.
        publish: Gets ``ImportProgress``.
        parser: Reads what is not plain text.
        run: What to import; it was begun already.
        stop: Ends it between two files, or in the middle of a document.
    """

    vault: Vault
    clock: Clock
    publish: EventSink
    parser: Parser
    run: RunRow
    stop: Cancel
    _tally: Tally = field(init=False)
    _by_folder: bool = field(default=False, init=False)
    _told: float = field(default=float("-inf"), init=False)

    def work(self) -> ImportReport:
        """Import; returns what it came to. The run stands as begun: see ``import_rows.end``.

        Raises:
            NotFound, InputRefused: there is nothing to import there.
            StorageFull: with how far it came.
            VaultError: what was committed stays.
        """
        self._tally = Tally.parse(self.run.report)
        try:
            self._tell(0, 0)
            found = survey(Path(self.run.path), self.parser, self.stop)
        except CancelledError:
            found = Scan(Path(self.run.path))  # what came in before it was cut off counts
        else:
            self._import_all(found)
        run_id = self.run.id
        tags = self.vault.read(lambda c: import_rows.tags_of_run(c, run_id)).result()
        return self._tally.report(found, tags, cancelled=self.stop.asked)

    def _import_all(self, found: Scan) -> None:
        batch = self._batch(found)
        notebook = notebook_of(found, self.parser, self.stop)
        in_vault = 0
        try:
            for number, entry in enumerate(found.entries):
                if self.stop.asked:
                    break
                self._take(entry, found.folder, notebook, batch)
                if batch.is_full or entry.kind in _CHATS:
                    self._tally = batch.put(self._tally, self.clock.now())
                    in_vault = number + 1
                self._tell(number + 1, len(found.entries), always=batch.is_empty)
            self._tally = batch.put(self._tally, self.clock.now())
        except StorageFull as error:
            raise StorageFull(
                f"{error.message} {in_vault:,} of {len(found.entries):,} files are imported.",
                "Make room, then go on with the import: it takes up where it stopped.",
            ) from None
        finally:
            notebook.close()
        if not self.stop.asked:
            self._tell(len(found.entries), len(found.entries), always=True)

    def _batch(self, found: Scan) -> NoteBatch:
        folder, known = known_of(self.vault, found)
        present = frozenset(entry.path for entry in found.entries)
        chosen = self._tally.by_folder
        had = any(file.folder_tag for file in known.values())
        self._by_folder = had if chosen is None else chosen
        if found.archive or Path(self.run.path).is_dir():
            gone = [path for path in known if path not in present]
            if gone:
                self.vault.write(lambda c: import_rows.forget_files(c, str(folder), gone)).result()
        return NoteBatch(self.vault, folder, self.run.id, known, present)

    def _take(self, entry: Entry, folder: Path, notebook: Notebook, batch: NoteBatch) -> None:
        """Read one file. What cannot be read is noted, and ends nothing."""
        try:
            if entry.kind in _CHATS:
                self._take_chats(entry, folder)
                return
            known = batch.known.get(entry.path)
            tag = folder_tag(entry.path) if self._by_folder else ""
            digest = known.hash if known and known.folder_tag == tag else None
            now = self.clock.now()
            batch.add(entry, read_file(notebook, entry, digest, now, by_folder=self._by_folder))
        except FileRefused as refusal:
            self._tally.skip(entry.path, refusal.sentence)
        except CancelledError:
            return  # the loop sees it, too

    def _take_chats(self, entry: Entry, folder: Path) -> None:
        filing = ChatFiling(self.vault, self.run.id, _PROGRAM)
        with open_beneath(folder, entry.path) as file:
            require_size(file, MAX_CHATS_BYTES)
            for number, found in enumerate(self.parser.chats(entry.kind, file, self.stop)):
                if isinstance(found, Named):
                    self._tally.skip(found.name, found.why)
                else:
                    self._tally = filing.put(found, self._tally, self.clock.now())
                self._tell(number + 1, 0)  # how many there are nobody knows yet

    def _tell(self, done: int, total: int, *, always: bool = False) -> None:
        now = self.clock.elapsed()
        if always or now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self.publish(ImportProgress(self.run.id, done, total))
