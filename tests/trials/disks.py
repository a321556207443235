"""A small disk of a trial's own, to be filled to the last page or made read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.trials.outcome import Unable

PAGE: Final = 4096
_MOUNT, _UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""


class SmallDisk:
    """A mounted file system. ``root`` is the folder to use on it."""

    def __init__(self, mount_point: Path) -> None:
        self.root = mount_point
        self._ballast = mount_point / "ballast"

    def leave_free(self, pages: int) -> None:
        """Fill it until so many pages are free."""
        self._ballast.unlink(missing_ok=True)
        free = os.statvfs(self.root).f_bavail * os.statvfs(self.root).f_bsize
        with self._ballast.open("wb") as file:
            if free > pages * PAGE:
                os.posix_fallocate(file.fileno(), 0, free - pages * PAGE)

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def set_writable(self, writable: bool) -> None:
        """Mount it again. Nobody may have a file on it open for writing."""
        how = f"remount,{'rw' if writable else 'ro'}"
        subprocess.run([_MOUNT, "-o", how, str(self.root)], check=True)


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Mount a file system in memory; gone afterwards.

    Raises:
        Unable: this user may not mount.
    """
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)]
    refused = os.geteuid() != 0 or not (_MOUNT and _UMOUNT)
    if refused or subprocess.run([_MOUNT, *options], capture_output=True, check=False).returncode:
        raise Unable("needs the right to mount a small file system")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([_UMOUNT, str(folder)], check=True)
