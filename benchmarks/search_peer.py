"""What search is measured against: a public BM25 library, and exact search in 32-bit floats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cache import cache_folder

PACKAGES: Final = ("bm25s==0.3.16", "PyStemmer==3.1.0")
"""Installed for this alone, beside the program: nothing of Hush imports them."""

NAME: Final = PACKAGES[0].replace("==", " ")

_CHILD: Final = Path(__file__).parent / "bm25_child.py"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the library answered: places of texts for each query, and its seconds."""

    ranked: list[list[int]]
    seconds: list[float]


def bm25(texts: Sequence[str], queries: Sequence[str], k: int) -> Asked:
    """Rank texts by a public library's BM25.

    Raises:
        RuntimeError: it cannot be installed or does not run.
    """
    done = subprocess.run(
        (sys.executable, str(_CHILD)),
        input=json.dumps({"texts": list(texts), "queries": list(queries), "k": k}),
        env=os.environ | {"PYTHONPATH": str(_installed())},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RuntimeError(f"{NAME} failed: {last}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Asked(found["ranked"], found["seconds"])


def _installed() -> Path:
    folder = cache_folder() / "bm25"
    mark = folder / "installed"
    wanted = "\n".join((*PACKAGES, sys.version))
    if not mark.exists() or mark.read_text() != wanted:
        print(f"Installing {NAME} in {folder}, once", flush=True)
        command = (sys.executable, "-m", "pip", "install", "--no-deps", "--no-input", "-q")
        done = subprocess.run(
            (*command, "--upgrade", "--target", str(folder), *PACKAGES),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{NAME} cannot be installed.")
        mark.write_text(wanted)
    return folder
