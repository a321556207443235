"""Reading sysfs and procfs, where a driver may do anything. Elsewhere there is nothing to read."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_BYTES: Final = 256  # a number or a word; a pressure file has some 120
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


def read_text(path: Path) -> str:
    """What a small file says, without blanks around it; empty where it cannot be read.

    Only a regular file is read: to open a pipe would wait for its writer, and a device may do
    something. What is not ASCII is left out.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return os.read(descriptor, _BYTES).decode("ascii", "ignore").strip()
    except OSError:  # drivers answer EIO, ENODEV and EAGAIN where they have nothing to say
        return ""
    finally:
        os.close(descriptor)


def read_whole(path: Path) -> int | None:
    """The whole number in a file; None where there is none."""
    text = read_text(path)
    return int(text) if _WHOLE.fullmatch(text) else None


def entries(folder: Path, pattern: str, most: int) -> list[Path]:
    """What matches in a folder, by name; at most so many, none where it cannot be read."""
    try:
        return sorted(folder.glob(pattern))[:most]
    except OSError:
        return []
