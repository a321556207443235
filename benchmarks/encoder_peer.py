"""sentence-transformers as a peer: a process that encodes what it is given."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from numpy.typing import NDArray

USUAL_BATCH: Final = 32
"""Its default; texts are sorted by length into batches."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the peer made of some texts: vectors, seconds, and bytes of memory it takes."""

    vectors: NDArray[np.float32]
    seconds: float
    resident: int


class Peer:
    """A running peer."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._out = folder / "vectors.npy"

    def encode(self, texts: Sequence[str], batch: int = USUAL_BATCH) -> Encoded:
        """Vectors of unit length, one row a text.

        Raises:
            RuntimeError: it does not run.
        """
        asked = {"texts": list(texts), "batch": batch, "out": str(self._out)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError("the encoder does not run") from None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the encoder failed")
        told = json.loads(line)
        return Encoded(np.load(self._out), told["seconds"], told["resident"])

    def cpu_seconds(self) -> float:
        """Seconds that its threads have computed so far."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def peer() -> Iterator[Peer]:
    """A peer that ends with the block."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            (sys.executable, "-m", "benchmarks.encoder_child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        try:
            yield Peer(process, Path(folder))
        finally:
            process.kill()
