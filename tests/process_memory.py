"""What stands in the memory of other processes. Linux only, and root only: Hush refuses others."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil
import pytest

_CHUNK: Final = 4 * 1024 * 1024


def needs_readable_memory() -> None:
    """Skip the test where other processes' memory cannot be read."""
    if sys.platform != "linux":
        pytest.skip("memory is read through /proc here")
    if os.geteuid() != 0:
        pytest.skip("only root may read the memory of a process of Hush")


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def memory_hits(pids: Sequence[int], needles: Mapping[str, bytes]) -> Counter[str]:
    """How often each needle, by its name, stands in the memory of these processes."""
    found: Counter[str] = Counter()
    for pid in pids:
        try:
            with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
                for start, end in _regions(pid):
                    _search(memory.fileno(), start, end, needles, found)
        except PermissionError:
            pytest.skip("here not even root may read the memory of another process")
    return found


def spellings(**words: str) -> dict[str, bytes]:
    """Needles for texts, as Python, the store and Qt hold them."""
    return {
        f"{name} {encoding}": text.encode(encoding)
        for name, text in words.items()
        for encoding in ("utf-8", "utf-16-le")
    }


def _regions(pid: int) -> list[tuple[int, int]]:
    """What can be read, but for parts of files that are as they are on disk: code, the model."""
    regions = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, mode, _, _, inode, *_ = line.split()
        if mode.startswith("rw") or (mode.startswith("r") and inode == "0"):
            start, end = (int(number, 16) for number in addresses.split("-"))
            regions.append((start, end))
    return regions


def _search(
    memory: int, start: int, end: int, needles: Mapping[str, bytes], found: Counter[str]
) -> None:
    overlap = max(map(len, needles.values())) - 1
    tail = b""
    for offset in range(start, end, _CHUNK):
        try:
            chunk = os.pread(memory, min(_CHUNK, end - offset), offset)
        except OSError:  # a region that went away, or that the kernel keeps to itself
            return
        window = tail + chunk
        for name, needle in needles.items():
            found[name] += window.count(needle)
        # What is shorter than the overlap may be counted twice: zero stays zero.
        tail = window[-overlap:]
