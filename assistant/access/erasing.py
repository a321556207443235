"""Erasing a profile: its keys first. Without them the rest is noise, wherever copies of it are.

A marker stands from the first step to the last, so that a kill in between is made up for. A disk
may keep old blocks for a while (flash always does): what it keeps is encrypted, and the key slots
are overwritten before they are removed, which on flash is a wish, not a promise.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assistant.disk import disk_problem, flush_folder, flush_to_disk, write_atomically
from assistant.paths import Profile

ROTATED: Final = "rotated-"
"""Begins the name of a kept folder whose key was changed: it goes as soon as the new one works."""


DAMAGED_KEY_FILE: Final = "-damaged-key-file"
"""Ends the name of a kept folder with a key file whose earlier copy took its place."""


def begin(profile: Profile) -> None:
    """Decide it: from here on the profile counts as empty.

    Raises:
        StorageFull: nothing was changed.
    """
    write_atomically(profile.erasing, b"")


def key_files(profile: Profile) -> Iterator[Path]:
    """Every file of key slots in the profile: the vault's, its copies, those of backups."""
    name = f"{profile.key_slots.name}*"
    folders = (profile.root, *profile.backups.glob("*"), *profile.kept.glob("*"))
    found = (path for folder in folders for path in sorted(folder.glob(name)))
    yield from (path for path in found if path.is_file() and not path.is_symlink())


def finish(profile: Profile) -> None:
    """Do what ``begin`` decided, if it did. The profile is held by this process.

    Raises:
        StorageFull: something is left; the next call goes on.
    """
    if not profile.erasing.exists():
        return
    try:
        for path in key_files(profile):
            _overwrite(path)
            path.unlink()
        flush_folder(profile.root)
        for path in sorted(profile.root.iterdir()):
            if path not in _stay(profile):
                _remove(path)
        flush_folder(profile.root)
        profile.erasing.unlink()
        flush_folder(profile.root)
    except OSError as error:
        raise disk_problem(error) from None


def forget_rotated(profile: Profile) -> None:
    """Remove what a change of the vault's key left behind: its old files, the slots first.

    Raises:
        StorageFull: something is left; the next call goes on.
    """
    _forget_kept(profile, f"{ROTATED}*")


def forget_damaged_key_files(profile: Profile) -> None:
    """Remove key files that were set aside as damaged: a way in that was given up opens them.

    Raises:
        StorageFull: something is left; the next call goes on.
    """
    _forget_kept(profile, f"*{DAMAGED_KEY_FILE}")


def _forget_kept(profile: Profile, folders: str) -> None:
    try:
        for folder in sorted(profile.kept.glob(folders)):
            for path in sorted(folder.glob(f"{profile.key_slots.name}*")):
                _overwrite(path)
            _remove(folder)
    except OSError as error:
        raise disk_problem(error) from None


def _stay(profile: Profile) -> set[Path]:
    """This process holds the lock and its socket, and writes its log; neither holds content."""
    sockets = set(profile.root.glob("*.sock"))
    return {profile.erasing, profile.lock, profile.logs, *sockets}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))
        file.flush()
        flush_to_disk(file.fileno())
