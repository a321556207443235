"""Putting files into a folder that others use, too: whole ones, and over nobody's."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from assistant.disk import flush_folder, flush_to_disk
from assistant.errors import FileRefused, InputRefused
from assistant.importing.files import open_beneath, read_whole

UNFINISHED_NAME: Final = "EXPORT NOT FINISHED"
"""What stands in a folder until all notes are. Without an ending: no import takes it for a note."""

_NOT_WHOLE: Final = (
    "Hush had not written all notes into this folder when it stopped, or is still writing.\n"
    "Export into this folder once more: what is missing is added, and this file goes away.\n"
)
UNFINISHED_ENDING: Final = ".unfinished"
"""Of the name of one file that is not all there."""

_MOST_BYTES: Final = 10_000
_BINARY: Final = getattr(os, "O_BINARY", 0)  # Windows would change line ends
_UNFINISHED: Final = ".hush-"
_NAME_CHARACTERS: Final = 80  # of four bytes at most each, well below any file system's 255
# Of Windows and macOS, so that the folder can go there; and brackets, which end a [[link]].
_UNFIT: Final = re.compile(r'[<>:"/\\|?*#^\[\]\x00-\x1f\x7f-\x9f]+')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def require_folder(folder: Path) -> Path:
    """Find or make a folder to write to; its own links resolved.

    Raises:
        InputRefused: it can be none.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.resolve(strict=True)
    except FileNotFoundError:
        raise InputRefused(
            "The folder that is to hold this one does not exist.", "Make it first."
        ) from None
    except FileExistsError:
        raise InputRefused("This is a file, not a folder.", "Name a folder.") from None
    except (OSError, RuntimeError, ValueError):
        raise InputRefused("This folder cannot be made or written to.", "Choose another.") from None
    return found


def require_file(path: Path) -> None:
    """Look whether a file may be written here; one that stands is replaced.

    Raises:
        InputRefused: a folder, a link, a device, or in no folder at all.
    """
    try:
        mode = path.lstat().st_mode if path.name else stat.S_IFDIR
    except FileNotFoundError:
        mode = stat.S_IFREG
    except (OSError, ValueError):
        raise InputRefused("This is no name for a file.", "Name another.") from None
    if stat.S_ISDIR(mode):
        raise InputRefused("This is a folder, not a file.", "Name a file in it.")
    if not stat.S_ISREG(mode):
        raise InputRefused("This is a link or a device, not a plain file.", "Name a file.")
    if not path.parent.is_dir():
        raise InputRefused("The folder for this file does not exist.", "Make it first.")


def mark_unfinished(folder: Path) -> None:
    """Say in a folder, by a file, that what is written to it is not all there yet.

    Where it cannot be said there, nothing is: what follows tells why.
    """
    place = folder / UNFINISHED_NAME
    with suppress(OSError):
        if not os.path.lexists(place):
            with written(place, durable=True) as file:
                file.write(_NOT_WHOLE.encode())


def mark_finished(folder: Path) -> None:
    """Take that back. A file of that name that says something else stays."""
    place = folder / UNFINISHED_NAME
    with suppress(OSError, FileRefused):
        there = read_whole(lambda: open_beneath(folder, UNFINISHED_NAME), _MOST_BYTES).data
        if there == _NOT_WHOLE.encode():
            place.unlink()


def make_folders(root: Path, relative: str) -> None:
    """Make the folders that a file needs below ``root``, through no link.

    Raises:
        FileRefused: something else stands there.
        OSError: the system refuses.
    """
    at = root
    for part in relative.split("/")[:-1]:
        at /= part
        try:
            at.mkdir(mode=0o700)
        except FileExistsError:
            if not stat.S_ISDIR(at.lstat().st_mode):
                raise FileRefused("A link or a file stands where its folder should be.") from None


def unfinished_of(path: Path) -> Path:
    """Where a file is written before it is all there: beside it, and to be seen after a kill."""
    return path.with_name(f"{path.name}{UNFINISHED_ENDING}")


def clear_unfinished(path: Path, begins: bytes) -> None:
    """Remove what an earlier export of this file left when it was killed.

    Args:
        path: The file.
        begins: How an export begins; one that broke off sooner holds a part of that.

    Raises:
        InputRefused: something else stands there.
        OSError: the system refuses.
    """
    fresh = unfinished_of(path)
    if not os.path.lexists(fresh):
        return
    if stat.S_ISREG(fresh.lstat().st_mode):
        with fresh.open("rb") as file:
            there = file.read(len(begins))
        if begins.startswith(there):
            fresh.unlink()
            return
    raise InputRefused(
        f"“{fresh.name}” stands where this file would be written, and Hush did not write it.",
        "Name another file.",
    )


@contextmanager
def written(path: Path, *, durable: bool, fresh: Path | None = None) -> Iterator[IO[bytes]]:
    """Write a file under another name (0600) and move it into place whole.

    Args:
        path: What stands there is replaced.
        durable: Wait for the disk: for a file that replaces another.
        fresh: The other name; default: a new one that is hidden.

    Raises:
        OSError: the system refuses; nothing is left behind.
    """
    if fresh:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    else:
        descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
        fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if durable:
                flush_to_disk(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        flush_folder(path.parent)


def file_name(title: str) -> str:
    """A name without ending that every system takes, for a note of this title."""
    name = " ".join(_UNFIT.sub(" ", title).split())[:_NAME_CHARACTERS].strip(". ")
    return f"{name}_" if _RESERVED.fullmatch(name) else name or "Untitled"


def is_within(relative: str) -> bool:
    """Whether a relative path with ``/`` stays where it begins, on every system."""
    parts = relative.split("/")
    return all(
        part not in {"", ".", ".."} and "\\" not in part and "\0" not in part for part in parts
    ) and not re.match(r"[A-Za-z]:", relative)
