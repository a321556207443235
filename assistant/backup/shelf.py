"""The folder of backups: what lies in it, how one is added whole, how one is taken away.

::

    backups/2026-11-21T085512Z/vault.db        the database, under the key for backups
    backups/2026-11-21T085512Z/keyslots.json   the ways in of that moment
    backups/2026-11-21T085512Z/manifest.json   numbers only
    backups/drill.json                         how the last restore drill went

A backup has its name only once it is proved; one that goes loses its name first. Whatever else
lies in the folder is passed over and left alone: other files, links, folders with a manifest that
is missing, broken or does not match. Nothing that is read here is believed beyond its form.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assistant.backup.files import (
    Manifest,
    drill_to_bytes,
    is_backup_name,
    is_name_of,
    is_plain_file,
    manifest_to_bytes,
    name_of,
    read_drill,
    read_manifest,
)
from assistant.backup.retention import MAX_TIME
from assistant.disk import disk_problem, flush_folder, write_atomically
from assistant.errors import NotFound, VaultDamaged
from assistant.records import Drill

DATABASE: Final = "vault.db"
KEY_SLOTS: Final = "keyslots.json"
MANIFEST: Final = "manifest.json"
_DRILL: Final = "drill.json"

_MAKING: Final = ".making-"
_TRIAL: Final = ".trial-"
_DROPPING: Final = ".dropping-"
# Folders of ours, and the file that ``write_atomically`` moves into place at its end.
_UNFINISHED: Final = re.compile(r"\.((making|trial|dropping)-[0-9a-f]{16}|hush-\w{8})", re.ASCII)

_MAX_SAME: Final = 100  # backups of one second


@dataclass(frozen=True, slots=True)
class Found:
    """A backup's folder and what it says of itself. ``bytes``: its size on the disk."""

    folder: Path
    manifest: Manifest
    bytes: int

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.folder.name

    @property
    def database(self) -> Path:
        """The database, under the key for backups."""
        return self.folder / DATABASE

    @property
    def key_slots(self) -> Path:
        """The ways in of its moment."""
        return self.folder / KEY_SLOTS


class Shelf:
    """One folder of backups. Every method touches the disk.

    Args:
        folder: It need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def found(self, now: int = MAX_TIME) -> tuple[Found, ...]:
        """The backups there are, newest first.

        Args:
            now: What claims to be from later comes last; milliseconds since 1970, UTC.

        Raises:
            StorageFull: the folder cannot be read.
        """
        backups = []
        for path in self.folders():
            with suppress(NotFound, VaultDamaged):
                found = read_backup(path)
                if is_name_of(path.name, found.manifest.made):
                    backups.append(found)

        def age(backup: Found) -> tuple[bool, int, str]:
            return backup.manifest.made <= now, backup.manifest.made, backup.name

        return tuple(sorted(backups, key=age, reverse=True))

    def begin(self) -> Path:
        """Make a private folder in which a backup is to be made.

        Raises:
            StorageFull: where the system refuses.
        """
        return self._make_folder(_MAKING)

    def begin_trial(self) -> Path:
        """Make a private folder for a trial; ``tidy`` removes it where nobody else did."""
        return self._make_folder(_TRIAL)

    def finish(self, making: Path, manifest: Manifest) -> Found:
        """Let what was made be a backup: whole, or not at all.

        Args:
            making: From ``begin``, with the database and the key slots in it.
            manifest: Its description.

        Raises:
            StorageFull: nothing was added.
        """
        write_atomically(making / MANIFEST, manifest_to_bytes(manifest))
        try:
            flush_folder(making)
            final = self._free_name(manifest.made)
            making.rename(final)
            flush_folder(self.folder)
        except OSError as error:
            raise disk_problem(error) from None
        return read_backup(final)

    def folders(self) -> tuple[Path, ...]:
        """Every folder that has a backup's name, also where it is none any more.

        Raises:
            StorageFull: the folder cannot be read.
        """
        try:
            paths = list(self.folder.iterdir()) if self.folder.is_dir() else []
        except OSError as error:
            raise disk_problem(error) from None
        return tuple(
            path
            for path in paths
            if is_backup_name(path.name) and path.is_dir() and not path.is_symlink()
        )

    def drop(self, backup: Path) -> None:
        """Take a backup away: its name, its key slots, then the rest.

        Raises:
            StorageFull: where the system refuses; ``tidy`` goes on.
        """
        try:
            going = self.folder / f"{_DROPPING}{secrets.token_hex(8)}"
            backup.rename(going)
            flush_folder(self.folder)
            _remove(going)
        except OSError as error:
            raise disk_problem(error) from None

    def tidy(self) -> None:
        """Remove what a process that was killed left unfinished: nobody else works here.

        Raises:
            StorageFull: where the system refuses.
        """
        try:
            for path in self.folder.iterdir() if self.folder.is_dir() else ():
                if _UNFINISHED.fullmatch(path.name):
                    _remove(path)
        except OSError as error:
            raise disk_problem(error) from None

    def remove_unfinished(self, folder: Path) -> None:
        """Remove a folder from ``begin`` or ``begin_trial``; where it cannot go, ``tidy`` tries."""
        with suppress(OSError):
            _remove(folder)

    def key_slot_files(self) -> tuple[Path, ...]:
        """Every file of key slots that a backup has or had, whole or not."""
        paths = sorted(self.folder.glob(f"*/{KEY_SLOTS}"))
        return tuple(p for p in paths if is_plain_file(p) and not p.parent.is_symlink())

    def last_drill(self) -> Drill | None:
        """How the last restore drill went; None where there was none, or it cannot be read."""
        try:
            return read_drill(self.folder / _DRILL)
        except (OSError, ValueError):
            return None

    def save_drill(self, drill: Drill) -> None:
        """Write down how a restore drill went.

        Raises:
            StorageFull: where the system refuses.
        """
        write_atomically(self.folder / _DRILL, drill_to_bytes(drill))

    def _make_folder(self, beginning: str) -> Path:
        path = self.folder / f"{beginning}{secrets.token_hex(8)}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.mkdir(mode=0o700)
        except OSError as error:
            raise disk_problem(error) from None
        return path

    def _free_name(self, made: int) -> Path:
        """A name for a backup made then: that second, and a number where there are several.

        One process at a time adds backups; ``rename`` would replace an empty folder at most.
        """
        second = name_of(made)
        names = (f"{second}-{turn}" if turn else second for turn in range(_MAX_SAME))
        for name in names:
            if not os.path.lexists(self.folder / name):
                return self.folder / name
        raise FileExistsError


def read_backup(folder: Path) -> Found:
    """Read what a backup's folder, wherever it lies, says of itself.

    Raises:
        NotFound: this is no backup's folder.
        VaultDamaged: it was one.
    """
    try:
        if folder.is_symlink() or not is_plain_file(folder / MANIFEST):
            raise _no_backup()
        manifest = read_manifest(folder / MANIFEST)
        parts = [folder / part for part in (DATABASE, KEY_SLOTS, MANIFEST)]
        if not all(is_plain_file(part) for part in parts):
            raise _incomplete()
        return Found(folder, manifest, sum(part.stat().st_size for part in parts))
    except ValueError:
        raise _incomplete() from None
    except OSError:
        raise _no_backup() from None


def _remove(path: Path) -> None:
    """The key slots first: what is left after a kill opens with nothing then."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    (path / KEY_SLOTS).unlink(missing_ok=True)
    with suppress(OSError):  # a wish about a power cut; the rest has to go all the same
        flush_folder(path)
    shutil.rmtree(path)


def _no_backup() -> NotFound:
    return NotFound("This folder is no backup.", "Name the folder with “manifest.json” in it.")


def _incomplete() -> VaultDamaged:
    return VaultDamaged("This backup is incomplete or was altered. Nothing was changed.")
