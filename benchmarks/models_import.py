"""How fast an import hashes and copies, beside ``sha256sum`` of the same file, which only hashes.

The import is the whole of it: opened, copied, made durable, examined in its child, put on the
shelf. Cold means that the file's pages were dropped from memory before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from assistant.background import Background
from assistant.shelf.shelf import Shelf
from assistant.shelf.taking_in import TakingIn
from benchmarks.report import Row
from models.file import digest
from models.library import ModelLibrary
from models.starter import starter_model
from tests.gguf_files import write_model

FULL_BYTES: Final = 1_200_000_000
QUICK_BYTES: Final = 256_000_000
_ROUNDS: Final = 5
_BLOCK: Final = 16 << 20
_BAR: Final = 0.9


def import_rows(*, quick: bool, folder: Path | None = None) -> Sequence[Row]:
    """Measure warm and cold, each beside ``sha256sum``, in turns.

    Args:
        quick: A smaller file, fewer rounds.
        folder: On the disk that is measured; None: where temporary files lie.
    """
    if shutil.which("sha256sum") is None:
        return [Row("import against sha256sum", None, "x", "there is no sha256sum here", _BAR)]
    size, rounds = (QUICK_BYTES, 3) if quick else (FULL_BYTES, _ROUNDS)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        bench = _Bench(Path(name), size)
        return [row for cold in (False, True) for row in bench.rows(rounds, cold=cold)]


class _Bench:
    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._file = folder / "model.gguf"
        write_model(self._file)
        block = os.urandom(_BLOCK)
        with self._file.open("ab") as file:
            while file.tell() < size:
                file.write(block)
            os.fsync(file.fileno())
        self._size = self._file.stat().st_size
        self._work = Background("import")

    def rows(self, rounds: int, *, cold: bool) -> list[Row]:
        peer: list[float] = []
        own: list[float] = []
        reading: list[float] = []
        turns = ((peer, self._hash), (own, self._import), (reading, self._verify))
        for number in range(rounds):
            # By turns, and in either order: the machine is never quite the same.
            for seconds, how in turns[:: 1 if number % 2 else -1]:
                seconds.append(self._timed(how, cold=cold))
        state = "cold" if cold else "warm"
        words = f"{self._size / 1e6:,.0f} MB, {state}, median of {rounds}"
        speed = self._size / 1e6
        return [
            Row(
                f"import (hash, copy, examine) against sha256sum, {state}",
                median(peer) / median(own),
                "x",
                words,
                _BAR,
                "more",
            ),
            Row(f"import, {state}", speed / median(own), "MB/s", words, better="more"),
            Row(f"sha256sum, {state}", speed / median(peer), "MB/s", words, better="more"),
            Row(f"verify, {state}", speed / median(reading), "MB/s", words, better="more"),
        ]

    def _timed(self, what: Callable[[Path], object], *, cold: bool) -> float:
        place = self._folder / "shelf"
        shutil.rmtree(place, ignore_errors=True)
        os.sync()  # what others wrote is not this one's to wait for
        with self._file.open("rb") as file:
            if cold and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            else:
                while file.read(_BLOCK):
                    pass
        began = time.perf_counter()
        what(place)
        return time.perf_counter() - began

    def _hash(self, _: Path) -> None:
        subprocess.run(["sha256sum", self._file], check=True, capture_output=True)  # noqa: S607 - the peer, wherever it lies

    def _import(self, place: Path) -> None:
        library = ModelLibrary(place, starter_model(), lambda: 1)
        shelf = Shelf(library, lambda _: None, self._work)
        room = TakingIn(shelf, place / "downloads", lambda _: None, self._work)
        room.take(self._file).result()

    def _verify(self, _: Path) -> None:
        digest(self._file)
