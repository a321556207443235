"""A new database and new key slots take the old ones' place, together.

Two files cannot be replaced in one step. So the new ones are made beside the old, under other
names, and a small file says that they are to succeed: writing it is the one step that decides. A
crash before it leaves the old pair; a crash after it is finished at the next start, without any
key. What stood there before is moved into a folder of its own and never deleted here.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from assistant.disk import disk_problem, flush_folder, write_atomically
from assistant.errors import Bug, StorageFull, VaultDamaged
from assistant.paths import Profile
from assistant.store.keyslots import previous_slots

_MAX_BYTES: Final = 4096
_FOLDER: Final = re.compile(r"[0-9A-Za-z-]{1,80}")
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")


class Succession:
    """The change of one profile's vault. Nothing may have it open meanwhile.

    Args:
        profile: Held by this process.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._slots = profile.key_slots.with_name(profile.key_slots.name + ".next")

    @property
    def database(self) -> Path:
        """Where to make the next database."""
        return self._profile.database.with_name(self._profile.database.name + ".next")

    @property
    def key_slots(self) -> Path:
        """Where ``prepare`` puts the next key slots."""
        return self._slots

    def prepare(self, slots: bytes) -> None:
        """Write the next key slots, so that they can be tried before they are needed.

        Raises:
            StorageFull: nothing was changed.
        """
        write_atomically(self._slots, slots)

    @property
    def is_decided(self) -> bool:
        """Whether a change was decided and is not at its end: the next start goes on with it."""
        return self._profile.succession.exists()

    def commit(self, *, kept: str) -> None:
        """Let what was made take the old ones' place: the database, and prepared slots if any.

        Args:
            kept: Name of a new folder under ``profile.kept`` for what stands there now.

        Raises:
            StorageFull: the old ones stand; or, where the words say so (and ``is_decided``), the
                next start will end what was begun.
        """
        if not self.database.exists() or not _FOLDER.fullmatch(kept):
            raise Bug("There is nothing to succeed, or nowhere to keep what was there.")
        note = {"kept": kept, "slots": self._slots.exists()}
        try:
            write_atomically(self._profile.succession, json.dumps(note).encode("ascii"))
            self.finish()
        except StorageFull as error:
            raise self._taken_back(self._profile.kept / kept) or error from None

    def _taken_back(self, kept: Path) -> StorageFull | None:
        """Undo the decision where nothing was moved yet; otherwise say what will come of it."""
        try:
            moved = not self.database.exists() or (kept.exists() and any(kept.iterdir()))
            if not moved:
                self._profile.succession.unlink(missing_ok=True)
                flush_folder(self._profile.root)
                return None
        except OSError:
            pass  # then it stays decided
        if not self.is_decided:
            return None
        return StorageFull(
            "The disk failed in the middle of a change of the vault's files. It is finished at "
            "the next start; nothing is lost.",
            "Look at the disk, then start Hush again.",
        )

    def finish(self) -> None:
        """End what was decided; take away what was begun and never decided. For every start.

        Raises:
            StorageFull: it is not finished; the next start tries again.
            VaultDamaged: the note of the decision cannot be read; nothing was changed.
        """
        try:
            if self._profile.succession.exists():
                kept, with_slots = self._note()
                self._finish(kept, with_slots=with_slots)
            else:
                self.abandon()
        except OSError as error:
            raise disk_problem(error) from None

    def abandon(self) -> None:
        """Take away what was made, where nothing was decided yet.

        Raises:
            OSError: where the system refuses.
        """
        for ending in ("", *_SIDE_FILES):
            _beside(self.database, ending).unlink(missing_ok=True)
        self._slots.unlink(missing_ok=True)

    def _finish(self, kept: Path, *, with_slots: bool) -> None:
        """Each step may have been taken before; the new slots go last, as what ends it."""
        profile = self._profile
        if self.database.exists():
            # The log first: the old file without it is whole, the new file beside it is not.
            for ending in (*_SIDE_FILES, ""):
                _move(_beside(profile.database, ending), kept)
            if with_slots:
                _move(profile.key_slots, kept)
                _move(previous_slots(profile.key_slots), kept)
            if kept.exists():
                flush_folder(kept)
            self.database.replace(profile.database)
        if with_slots and self._slots.exists():
            self._slots.replace(profile.key_slots)
        flush_folder(profile.root)
        profile.succession.unlink()
        with suppress(OSError):  # all is in place: a note that comes back is ended once more
            flush_folder(profile.root)

    def _note(self) -> tuple[Path, bool]:
        try:
            with self._profile.succession.open("rb") as file:
                note = json.loads(file.read(_MAX_BYTES))
            kept, with_slots = note["kept"], note["slots"]
            if not _FOLDER.fullmatch(kept) or type(with_slots) is not bool:
                raise ValueError("no such note is written here")
        except (ValueError, KeyError, TypeError, RecursionError):
            raise VaultDamaged(
                "A change of the vault's files was cut short, and its note cannot be read. "
                "Nothing was changed.",
                "Copy the profile folder somewhere safe before you go on.",
            ) from None
        return self._profile.kept / kept, with_slots


def _move(path: Path, folder: Path) -> None:
    if path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(folder / path.name)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
