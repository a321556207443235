"""Private files on a real disk: modes, whole-or-nothing writes, and words for what goes wrong."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from pathlib import Path

from assistant.errors import StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNFINISHED = ".hush-"  # begins the name of a file that is being written
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def disk_full() -> StorageFull:
    """The error for a disk (or quota) with no room left."""
    return StorageFull(
        "The disk is full. What was saved before is safe.",
        "Free some space, then try again.",
    )


def disk_read_only() -> StorageFull:
    """The error for a place that Hush may not write to."""
    return StorageFull(
        "Hush may not write to its folder: it is read-only. What was saved before is safe.",
        "Make the folder writable for your user, then try again.",
    )


def disk_failing() -> StorageFull:
    """The error for a disk that answers, but with an error."""
    return StorageFull(
        "The disk reported an error. What was saved before may still be safe.",
        "Check the disk, and copy the profile folder somewhere else before you go on.",
    )


def disk_problem(error: OSError) -> StorageFull:
    """Say in words why the operating system refused a file operation.

    Args:
        error: What the system raised. Its text may name a path; none of it is kept.
    """
    if error.errno in _FULL:
        return disk_full()
    if error.errno in _READ_ONLY:
        return disk_read_only()
    return disk_failing()


def create_private_file(path: Path) -> None:
    """Create an empty file that only this user can read (0600), in a folder likewise (0700).

    A folder that stands already keeps its mode: it may be shared with others.

    Raises:
        StorageFull: where the system refuses, or something stands at ``path`` already.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise disk_problem(error) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file so that a crash leaves the old bytes or the new ones, never a mixture.

    A new temporary file in the same folder (0600), flushed to the disk, moved over ``path``, and
    the folder's entry flushed as well: without that last step a power cut can undo the move. A
    write that fails takes its temporary file away again: it holds what was to be written.

    Raises:
        StorageFull: where the system refuses.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                flush_to_disk(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)
    except OSError as error:
        raise disk_problem(error) from None


def sweep_unfinished(folder: Path) -> None:
    """Take away what a kill in the middle of ``write_atomically`` left in a folder.

    Nobody may be writing there.

    Raises:
        StorageFull: where the system refuses.
    """
    try:
        for path in folder.glob(f"{_UNFINISHED}*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_problem(error) from None


def flush_folder(folder: Path) -> None:
    """Make the folder's entries durable. Windows has no such call and needs none.

    Raises:
        OSError: where the system refuses.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush_to_disk(descriptor)
    finally:
        os.close(descriptor)


def flush_to_disk(descriptor: int) -> None:
    """Make an open file's bytes durable.

    Raises:
        OSError: where the system refuses.
    """
    if sys.platform == "darwin":
        import fcntl

        # On macOS fsync() stops at the drive's cache; see fsync(2) and F_FULLFSYNC there.
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)
