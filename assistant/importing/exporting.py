"""Notes to a folder of Markdown files that other programs read, and that Hush knows again."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from assistant.backup.cancellable import Cancelled
from assistant.errors import FileRefused, StorageFull
from assistant.importing.files import open_beneath, read_whole
from assistant.importing.folder import kind_of
from assistant.importing.placing import (
    file_name,
    is_within,
    make_folders,
    mark_finished,
    mark_unfinished,
    require_folder,
    written,
)
from assistant.importing.records import ExportReport, Kind, Named, Tell, at_most
from assistant.importing.rendering import Rendered, rendered
from assistant.store import import_rows, note_rows
from assistant.store.import_rows import KnownFile
from assistant.store.note_rows import NoteFile
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

_AT_ONCE: Final = 20  # each is read whole, and may have 20 MB
_UNFIT_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
_MOST_BYTES: Final = 256 * 1024 * 1024  # of a file that stands there, to compare with
_NOTES: Final = frozenset({Kind.MARKDOWN, Kind.TEXT})


@dataclass(slots=True)
class NotesExport:
    """One export.

    A note that was imported goes back to its path, byte for byte where nobody changed it. A file
    that stands there and is not what Hush last saw is left alone: the note gets another name.

    Args:
        vault: Open for writing: which file is which note is written down.
        folder: Where to. While it is written to, and after an export that was cut short, a file
            there says that it is not whole.
        cancelled: Asked between two notes.
        tell: Hears how far it is.
    """

    vault: Vault
    folder: Path = field(repr=False)
    cancelled: Cancelled
    tell: Tell = lambda _done, _total: None
    _total: int = 0
    _known: dict[str, KnownFile] = field(default_factory=dict, repr=False)
    _taken: set[str] = field(default_factory=set, repr=False)  # folded, as some systems see them
    _reserved: set[str] = field(default_factory=set, repr=False)
    _skipped: list[Named] = field(default_factory=list, repr=False)
    _remarks: list[Named] = field(default_factory=list, repr=False)
    _written: int = 0
    _unchanged: int = 0

    def work(self, ids: Sequence[int] | None) -> ExportReport:
        """Write the notes with these ids; None: all outside of the trash.

        Raises:
            InputRefused: this is no folder to write to.
            StorageFull: with how many were written.
        """
        self.folder = require_folder(self.folder)
        folder = str(self.folder)
        self._known = self.vault.read(lambda c: import_rows.known_files(c, folder)).result()
        sources = self.vault.read(import_rows.sources).result()
        self._reserved = {_path_of(source).casefold() for source in sources}
        self._total = self.vault.read(lambda c: note_rows.count_files(c, ids)).result()
        mark_unfinished(self.folder)
        try:
            for notes in self._batches(ids):
                self._write_all(notes)
        except CancelledError:
            return replace(self._report(), cancelled=True)
        if hasattr(os, "sync"):
            os.sync()  # once for all files, where a wait for each took minutes
        mark_finished(self.folder)
        return self._report()

    def _report(self) -> ExportReport:
        return ExportReport(
            self._written, self._unchanged, at_most(self._skipped), at_most(self._remarks)
        )

    def _batches(self, ids: Sequence[int] | None) -> Iterator[list[NoteFile]]:
        after = 0
        while True:
            some = partial(note_rows.files, after=after, limit=_AT_ONCE, ids=ids)
            found = self.vault.read(some).result()
            if not found:
                return
            yield found
            after = found[-1].id

    def _write_all(self, notes: Sequence[NoteFile]) -> None:
        """Write some notes, then note in one transaction which files they are."""
        done: list[tuple[NoteFile, str, Rendered]] = []
        try:
            for note in notes:
                if self.cancelled():
                    raise CancelledError
                if path := self._write(note, made := rendered(note, _path_of(note.source))):
                    done.append((note, path, made))
                self.tell(self._written + self._unchanged + len(self._skipped), self._total)
        except OSError:
            raise StorageFull(
                f"The notes could not all be written there: {self._written + self._unchanged:,} "
                "are.",
                "Make room, or choose another folder, then export again.",
            ) from None
        finally:
            self.vault.write(lambda connection: self._note_down(connection, done)).result()

    def _note_down(
        self, connection: Connection, done: Sequence[tuple[NoteFile, str, Rendered]]
    ) -> None:
        for note, path, made in done:
            digest = hashlib.sha256(made.data).digest()
            if not note.source:
                import_rows.tie(connection, note.id, note.revision, path, digest, made.front_matter)
            import_rows.remember(connection, str(self.folder), path, digest, note.id, None)

    def _write(self, note: NoteFile, made: Rendered) -> str:
        """Write one note; returns its path, empty where it was skipped.

        Raises:
            OSError: the disk is full, failing or read-only.
        """
        wanted = _path_of(note.source)
        name = wanted or f"{file_name(note.title)}.md"
        try:
            make_folders(self.folder, name)
            path, stands = self._place(name, note, made.data)
            if not stands:
                self._put(path, made.data, note.updated_at)
        except FileRefused as refusal:
            self._skipped.append(Named(name, refusal.message))
            return ""
        except OSError as error:
            if error.errno not in _UNFIT_NAME:
                raise
            self._skipped.append(Named(name, "Its name cannot be written there."))
            return ""
        self._taken.add(path.casefold())
        self._unchanged += stands
        self._written += not stands
        if made.remark:
            self._remarks.append(Named(path, made.remark))
        if wanted and path != wanted:
            self._remarks.append(Named(path, "Another file stands under its own name."))
        return path

    def _place(self, name: str, note: NoteFile, data: bytes) -> tuple[str, bool]:
        """Where a note may be written, and whether just that stands there already."""
        number = 1
        while True:
            path = name if number == 1 else _numbered(name, number)
            number += 1
            folded = path.casefold()
            own = number == 2 and bool(_path_of(note.source))
            if folded in self._taken or (folded in self._reserved and not own):
                continue
            if not os.path.lexists(self.folder / path):
                return path, False
            there = self._there(path)
            if there == data:
                return path, True
            if there is not None and self._is_ours(path, note.id, there):
                return path, False  # it may be brought up to date

    def _is_ours(self, path: str, note_id: int, there: bytes) -> bool:
        """Whether a file is of just this note, as Hush wrote or read it: not one in the trash."""
        known = self._known.get(path)
        if known is None or known.note_id != note_id:
            return False
        return known.hash == hashlib.sha256(there).digest()

    def _there(self, path: str) -> bytes | None:
        """What stands at a path; None where that is no plain file, or cannot be read."""
        try:
            return read_whole(lambda: open_beneath(self.folder, path), _MOST_BYTES).data
        except FileRefused:
            return None

    def _put(self, path: str, data: bytes, modified_at: int) -> None:
        place = self.folder / path
        with written(place, durable=os.path.lexists(place)) as file:
            file.write(data)
        os.utime(place, (modified_at / 1000, modified_at / 1000))


def _path_of(source: str) -> str:
    """The path to write a note to that was imported from ``source``; empty where it has none."""
    if not source or not is_within(source):
        return ""
    return source if kind_of(PurePosixPath(source).name) in _NOTES else f"{source}.md"


def _numbered(name: str, number: int) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
