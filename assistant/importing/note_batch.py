"""Files that were read, to become notes: some at once, in one transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from assistant.errors import InputRefused
from assistant.importing.archive_notebook import ENDING
from assistant.importing.folder import Entry
from assistant.importing.knowing import are_most_there, have_one_alike
from assistant.importing.notes import ReadFile, Unchanged
from assistant.importing.tally import Tally
from assistant.store import import_rows, note_rows
from assistant.store.import_rows import KnownFile, Place
from assistant.store.note_rows import Outcome
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

MOST_FILES: Final = 50
MOST_CHARACTERS: Final = 2_000_000
"""In one transaction: about a tenth of a second in which nobody else reads or writes."""

_NO_CHANCE: Final = 3
"""So many paths in common are no chance: many a folder has a note “Home” or “Ideas”."""


@dataclass(slots=True)
class NoteBatch:
    """Collects files and puts them into the vault.

    Args:
        vault: Open.
        folder: That is imported, as ``Scan`` names it.
        run_id: The import's.
        known: Its files that were seen before.
        present: The paths of its files.
    """

    vault: Vault
    folder: Path = field(repr=False)
    run_id: int
    known: Mapping[str, KnownFile] = field(repr=False)
    present: frozenset[str] = field(repr=False)
    _files: list[tuple[Entry, ReadFile | Unchanged]] = field(
        default_factory=list, init=False, repr=False
    )
    _characters: int = field(default=0, init=False)
    _here: frozenset[str] = field(init=False, repr=False)  # what notes call this folder's files
    _others: dict[Path, bool] = field(default_factory=dict, init=False, repr=False)  # if the same

    def __post_init__(self) -> None:
        self._here = frozenset(
            self.known[path].source if path in self.known else path for path in self.present
        )

    def add(self, entry: Entry, read: ReadFile | Unchanged) -> None:
        """Collect one more."""
        self._files.append((entry, read))
        if isinstance(read, ReadFile):
            self._characters += len(read.note.text)

    @property
    def is_full(self) -> bool:
        """Whether it is time to ``put`` them."""
        return len(self._files) >= MOST_FILES or self._characters >= MOST_CHARACTERS

    @property
    def is_empty(self) -> bool:
        """Whether all that was collected is in the vault."""
        return not self._files

    def put(self, tally: Tally, now: int) -> Tally:
        """Put what was collected into the vault, and how far the import is with it.

        Args:
            tally: So far.
            now: Milliseconds since 1970, UTC.

        Returns:
            The tally with these files; ``tally`` itself stays as it was.

        Raises:
            VaultError: nothing of this batch is in.
        """
        sources, elsewhere = self._sources()

        def still_there(source: str) -> bool:
            return source in elsewhere or source in self._here

        def work(connection: Connection) -> Tally:
            grown = tally.copy()
            for entry, read in self._files:
                if isinstance(read, Unchanged):
                    self._see_again(connection, entry, grown)
                else:
                    note = replace(read.note, source=sources[entry.path])
                    filed = replace(read, note=note)
                    self._put_one(connection, entry, filed, grown, now, still_there)
            import_rows.report_so_far(connection, self.run_id, grown.to_json())
            return grown

        grown = self.vault.write(work).result()
        self._files.clear()
        self._characters = 0
        self._others = {folder: is_it for folder, is_it in self._others.items() if is_it}
        return grown

    def _see_again(self, connection: Connection, entry: Entry, tally: Tally) -> None:
        known = self.known[entry.path]
        if known.run_id != self.run_id:  # else it was counted before this import was cut off
            tally.count(Outcome.IN_TRASH if known.in_trash else Outcome.SAME)
            import_rows.see_again(connection, str(self.folder), entry.path, self.run_id)

    def _put_one(
        self,
        connection: Connection,
        entry: Entry,
        read: ReadFile,
        tally: Tally,
        now: int,
        still_there: Callable[[str], bool],
    ) -> None:
        try:
            with _alone(connection):
                note_id, outcome = note_rows.put_imported(connection, read.note, now, still_there)
        except InputRefused as refusal:
            tally.skip(entry.path, refusal.message)
            return
        known = self.known.get(entry.path)
        if known is None or known.run_id != self.run_id:
            tally.count(outcome)
        tally.take(entry.path, read.remark)
        folder = str(self.folder)
        import_rows.remember(connection, folder, entry.path, read.hash, note_id, self.run_id)

    def _sources(self) -> tuple[dict[str, str], frozenset[str]]:
        """What the notes will call their files, and which notes' files stand somewhere else."""
        read = {entry.path: found for entry, found in self._files if isinstance(found, ReadFile)}
        if not read:
            return {}, frozenset()
        strangers = [path for path in read if path not in self.known]
        hashes = [found.hash for found in read.values()]
        places = self.vault.read(lambda c: import_rows.places(c, strangers, hashes)).result()
        standing = [place for place in places if self._stands_elsewhere(place, read)]
        others = {place.source for place in standing}
        for path in strangers:
            if self._is_anothers([place for place in places if place.source == path], read):
                others.add(path)
        sources = {path: self.known[path].source or path for path in read if path in self.known}
        for path in strangers:
            taken = self._is_taken(path, read[path].hash, places, others)
            sources[path] = self._free_source(path, read[path].hash) if taken else path
        return sources, frozenset(place.source for place in standing)

    def _free_source(self, path: str, digest: bytes) -> str:
        """A name for a file whose path another folder's file has already."""
        number = 1
        while True:
            name = f"{_notebook(self.folder)}{'' if number == 1 else f' {number}'}/{path}"
            look = partial(import_rows.places, sources=[name], hashes=[])
            places = self.vault.read(look).result()
            if not any(place.source == name and place.hash != digest for place in places):
                return name
            number += 1

    @staticmethod
    def _is_taken(
        path: str, digest: bytes, places: Iterable[Place], others: Collection[str]
    ) -> bool:
        """Whether another folder's file, with other words, has this path."""
        if any(place.source == path and place.hash == digest for place in places):
            return False
        return path in others

    def _stands_elsewhere(self, place: Place, read: Mapping[str, ReadFile]) -> bool:
        folder = Path(place.folder)
        if not place.path or (folder == self.folder and place.path in read):
            return False
        if _is_archive(folder) or _is_archive(self.folder):  # which may be thrown away once read
            return _notebook(folder).casefold() != _notebook(self.folder).casefold()
        return os.path.lexists(folder / place.path)

    def _is_anothers(self, places: Sequence[Place], read: Mapping[str, ReadFile]) -> bool:
        """Whether a note's file, which stands nowhere now, is of another folder than this one.

        It may lie on a stick that is not plugged in. What only exports wrote was written in Hush:
        its text follows nobody's file because of a path. Else this folder may be that one, moved
        or packed, and has to look like it.
        """
        seen = [place for place in places if place.path]
        return bool(seen) and not any(
            Path(place.folder) == self.folder
            or (not place.is_export and self._is_folder(Path(place.folder), read))
            for place in seen
        )

    def _is_folder(self, folder: Path, read: Mapping[str, ReadFile]) -> bool:
        """Whether this folder visibly is another one: most files are there, or one to the letter.

        What was found out of it once stays so for the whole import.
        """
        if folder not in self._others:
            look = partial(import_rows.known_files, folder=str(folder))
            known = self.vault.read(look).result()
            hashes = {path: found.hash for path, found in read.items()}
            is_alike = are_most_there(known, self.present, at_least=_NO_CHANCE)
            self._others[folder] = is_alike or have_one_alike(known, hashes)
        return self._others[folder]


def _is_archive(folder: Path) -> bool:
    return folder.suffix.lower() == ENDING


def _notebook(folder: Path) -> str:
    """What a folder and the .zip of it are both called."""
    return folder.stem if _is_archive(folder) else folder.name


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Undo what one file did where it is refused; the others of the transaction stay."""
    connection.execute("SAVEPOINT one_file")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back where the disk is full
            connection.execute("ROLLBACK TO one_file")
            connection.execute("RELEASE one_file")
        raise
    connection.execute("RELEASE one_file")
