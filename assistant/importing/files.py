"""Opening files that anybody may have put there: plain ones only, and never through a link.

A link in a folder of notes could have Hush read a key file into a note, and a pipe could have it
wait for ever. Each part of a path below the chosen folder is opened by itself and must be what it
seems: so nobody can slip a link in between looking and opening.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from assistant.errors import FileRefused

LINK: Final = "It is a link, and links are not followed."
SPECIAL: Final = "It is no plain file."
GONE: Final = "It disappeared while it was read."
FORBIDDEN: Final = "Your user may not read it."
UNREADABLE: Final = "It cannot be read: the disk reports an error."
CHANGING: Final = "It kept changing while it was read."

_TRIES: Final = 2
# Windows has none of these; there a link is looked for before it is opened.
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_FOLDER: Final = getattr(os, "O_DIRECTORY", 0)
_BYTES: Final = getattr(os, "O_BINARY", 0)
_STEPWISE: Final = os.open in os.supports_dir_fd

Opener = Callable[[], BinaryIO]


def open_plain(path: Path) -> BinaryIO:
    """Open one file.

    Raises:
        FileRefused: a link, no plain file, gone, or not to be read.
    """
    return open_beneath(path.parent, path.name)


def open_beneath(folder: Path, relative: str) -> BinaryIO:
    """Open a file below a folder, following no link on the way down.

    Args:
        folder: Itself may be reached through links: the person chose it.
        relative: With ``/`` between its parts.

    Raises:
        FileRefused: as ``open_plain``.
    """
    parts = relative.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise FileRefused("Its name points outside of the folder.")
    try:
        descriptor = _descend(folder, parts) if _STEPWISE else _open_checked(folder, parts)
    except OSError as error:
        raise FileRefused(_words_for(error)) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileRefused(SPECIAL)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


@dataclass(frozen=True, slots=True)
class Whole:
    """A file's bytes, and when they were written: milliseconds since 1970, UTC."""

    data: bytes = field(repr=False)
    modified_at: int


def read_whole(opener: Opener, limit: int) -> Whole:
    """Read a file that nobody changes meanwhile.

    Args:
        opener: Opens it; called again where it changed.
        limit: In bytes.

    Raises:
        FileRefused: too large, still changing, or not to be read.
    """
    for _ in range(_TRIES):
        with opener() as file:
            before = require_size(file, limit)
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise FileRefused(_words_for(error)) from None
            if len(data) == before.st_size and is_unchanged(file, before):
                return Whole(data, before.st_mtime_ns // 1_000_000)
    raise FileRefused(CHANGING)


def require_size(file: BinaryIO, limit: int) -> os.stat_result:
    """What the system knows of an open file that is not too large.

    Raises:
        FileRefused: it is.
    """
    found = os.fstat(file.fileno())
    if found.st_size > limit:
        raise FileRefused(
            f"It has {found.st_size / 1e6:,.0f} MB, and Hush reads at most {limit / 1e6:,.0f} MB "
            "of such a file."
        )
    return found


def is_unchanged(file: BinaryIO, before: os.stat_result) -> bool:
    """Whether nobody wrote to an open file since."""
    now = os.fstat(file.fileno())
    return (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def digest(file: BinaryIO) -> bytes:
    """SHA-256 of an open file, which stands at its beginning again afterwards.

    Raises:
        FileRefused: it cannot be read.
    """
    try:
        found = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type] # BinaryIO's hints lack readinto
        file.seek(0)
    except OSError as error:
        raise FileRefused(_words_for(error)) from None
    return found


def _descend(folder: Path, parts: list[str]) -> int:
    at = os.open(folder, os.O_RDONLY | _FOLDER)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | _FOLDER | _NO_LINK, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], os.O_RDONLY | _NO_LINK | _NO_WAIT, dir_fd=at)
    finally:
        os.close(at)


def _open_checked(folder: Path, parts: list[str]) -> int:
    at = folder
    for part in parts:
        at /= part
        if at.is_symlink():
            raise FileRefused(LINK)
    return os.open(at, os.O_RDONLY | _NO_LINK | _BYTES)


def _words_for(error: OSError) -> str:
    """Why the system refuses; its own text may name a path."""
    if error.errno == errno.ELOOP:
        return LINK
    if error.errno in {errno.ENOENT, errno.ESTALE}:
        return GONE
    if error.errno == errno.ENOTDIR:  # a link that should have been a folder, on Linux
        return LINK
    if error.errno in {errno.EACCES, errno.EPERM}:
        return FORBIDDEN
    if error.errno in {errno.ENXIO, errno.ENODEV}:  # a socket, or a device that is not there
        return SPECIAL
    return UNREADABLE
