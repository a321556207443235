"""What the process that reads documents may use: they may be made to take all there is."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from assistant.importing.records import Kind

DOCUMENT_IN_ARCHIVE: Final = "document"

_LONG: Final = frozenset({Kind.CHATS, Kind.CHATS_ARCHIVE})
_MIB: Final = 1024 * 1024
_OPEN_FILES: Final = 32  # Python opens its modules one at a time


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process.

    Attributes:
        address_space: In bytes, the interpreter's own included; past it Python raises
            ``MemoryError``.
        cpu_seconds: Past them the system ends the process.
        seconds: By the clock; past them its parent kills it.
    """

    address_space: int
    cpu_seconds: int
    seconds: float


DOCUMENT: Final = Limits(1024 * _MIB, cpu_seconds=120, seconds=600.0)
"""A PDF of 300 full pages took 11 s by the clock with two cores and load 8: one of 1,000 has
room on a machine several times slower."""

CHATS: Final = Limits(2048 * _MIB, cpu_seconds=600, seconds=1800.0)
"""Also of all texts of an archive. Its parent writes to the vault while it waits."""


def of(kind: Kind, what: str = "") -> Limits:
    """The limits of the process that reads a file.

    Args:
        kind: Of the file.
        what: Of an archive of notes: what is read of it.
    """
    is_long = kind in _LONG or (kind is Kind.NOTES_ARCHIVE and what != DOCUMENT_IN_ARCHIVE)
    return CHATS if is_long else DOCUMENT


def limit_process(limits: Limits) -> None:
    """Hold this process to its limits: it writes no file and starts no process, either.

    Windows has no such call; there only the parent's clock holds.
    """
    if sys.platform == "win32":
        return
    import resource

    wanted = [
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ]
    for which, most in wanted:
        with suppress(OSError, ValueError):  # macOS does not heed all of them
            _, hard = resource.getrlimit(which)
            lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (lower, lower))
