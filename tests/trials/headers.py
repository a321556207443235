"""Mutated GGUF headers through the examination: each has a verdict in time, and nothing is written.

A parent that has a vault open examines file after file, two at a time, each in a child of its own.
"""

from __future__ import annotations

import hashlib
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.shelf.preflight import preflight
from assistant.shelf.records import Passed, Refused
from assistant.store.vault import Vault
from tests.gguf_files import SMALL, TENSOR_Q8_0, mutated, write_model
from tests.trials.outcome import Outcome
from tests.trials.vaults import KEY, converse

LONGEST_SECONDS: Final = 5.0
_WORKERS: Final = 2
_STARTERS: Final = 20  # one file in so many has the starter's own tokenizer, two mebibytes of it
_BEAT_SECONDS: Final = 0.05

Examine = Callable[[Path, Cancel], Passed | Refused]


def run(count: int, seed: int, folder: Path, examine: Examine = preflight) -> Outcome:
    """Examine so many mutated files.

    Args:
        count: How many.
        seed: Which mutations.
        folder: Empty.
        examine: What is tried; the tests bring worse ones.
    """
    database = folder / "vault.db"
    vault = Vault.open(database, KEY)
    vault.write(lambda connection: converse(connection, seed, 3)).result()
    before = _bytes_below(database)
    trial = _Trial(count, seed, folder, examine)
    trial.run()
    after = _bytes_below(database)
    faults = trial.faults
    writes = sum(before.get(name) != after.get(name) for name in {*before, *after})
    if writes:
        faults.append(f"{writes} files of the vault were written to")
    vault.read(lambda connection: connection.execute("SELECT count(*) FROM message")).result()
    vault.close()
    trial.numbers["vault files written to"] = writes
    return Outcome(count, seed, tuple(faults), trial.numbers)


class _Trial:
    """Examines files on two threads, while a third one shows that the parent lives."""

    def __init__(self, count: int, seed: int, folder: Path, examine: Examine) -> None:
        self._seed = seed
        self._folder = folder
        self._examine = examine
        self._bases = _bases(folder)
        self._left: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._codes: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._ended = threading.Event()
        self._longest_beat = 0.0
        self.faults: list[str] = []
        self.numbers: dict[str, float] = {}
        for number in range(count):
            self._left.put(number)

    def run(self) -> None:
        """All of them."""
        beating = threading.Thread(target=self._beat)
        workers = [threading.Thread(target=self._work) for _ in range(_WORKERS)]
        for thread in (beating, *workers):
            thread.start()
        for thread in workers:
            thread.join()
        self._ended.set()
        beating.join()
        self.numbers = {
            "passed": self._codes.pop("passed", 0),
            "refused": sum(self._codes.values()),
            **{f"refused: {code}": number for code, number in sorted(self._codes.items())},
            "longest verdict_s": max(self._seconds, default=0.0),
            "longest pause of the parent_s": self._longest_beat,
        }

    def _work(self) -> None:
        while True:
            try:
                number = self._left.get_nowait()
            except queue.Empty:
                return
            self._one(number)

    def _one(self, number: int) -> None:
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311 - seeded, to be done again
        data, length = self._bases[0 if number % _STARTERS else 1]
        path = self._folder / f"{number}.gguf"
        path.write_bytes(mutated(data[:length], chance) + data[length:])
        began = time.perf_counter()
        try:
            verdict = self._examine(path, Cancel())
            code = "passed" if isinstance(verdict, Passed) else verdict.code
        except HushError as error:
            code = f"no verdict, {error.code}"
        except Exception as error:  # noqa: BLE001 - that is what must never happen
            code = f"no verdict, {type(error).__name__}"
        seconds = time.perf_counter() - began
        path.unlink()
        with self._lock:
            self._codes[code] += 1
            self._seconds.append(seconds)
            if code.startswith("no verdict"):
                self.faults.append(f"file {number}: {code}")
            if seconds > LONGEST_SECONDS:
                self.faults.append(f"file {number}: {code} after {seconds:.1f} s")

    def _beat(self) -> None:
        last = time.perf_counter()
        while not self._ended.wait(_BEAT_SECONDS):
            now = time.perf_counter()
            self._longest_beat = max(self._longest_beat, now - last - _BEAT_SECONDS)
            last = now


def _bases(folder: Path) -> list[tuple[bytes, int]]:
    """Sound files, and how long their headers are, with what fills them up."""
    bases = []
    for tokenizer in ("small", "starter"):
        path = folder / "base.gguf"
        plan = replace(SMALL, tokenizer=tokenizer, form=TENSOR_Q8_0, layers=1, embedding=32)
        write_model(path, plan)
        data = path.read_bytes()
        path.unlink()
        bases.append((data, data.index(b"ffn_norm.weight") + 64))  # the table's last row
    return bases


def _bytes_below(database: Path) -> dict[str, str]:
    """Digests of the vault's files."""
    files = database.parent.glob(f"{database.name}*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
