"""Which processor this is, as far as that decides what was measured on it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

CPU_FILE: Final = Path("/proc/cpuinfo")


def cpu_lines(begin: tuple[str, ...], cpu_file: Path = CPU_FILE) -> list[str]:
    """What Linux tells of the processor in lines that begin so; nothing elsewhere.

    Args:
        begin: Beginnings of lines.
        cpu_file: Need not exist.
    """
    try:
        lines = cpu_file.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.startswith(begin)]


def key_of(parts: Sequence[str]) -> str:
    """A name for just these, in 32 hexadecimal digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
