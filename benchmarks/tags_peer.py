"""What tagging is measured against: scikit-learn's k-nearest-neighbours and logistic regression."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.features import Features
from benchmarks.tags_data import Places

_CHILD: Final = Path(__file__).parent / "tags_peer_child.py"


@dataclass(frozen=True, slots=True)
class Guesses:
    """What a peer says of the guessed notes of one split.

    Attributes:
        name: Which peer, and how it was set.
        tags: The three most probable, ``[notes, 3]``.
        said: The probability of the first, ``[notes]``.
    """

    name: str
    split: int
    tags: NDArray[np.int64]
    said: NDArray[np.float64]


def guesses(
    features: Sequence[Features],
    right: NDArray[np.int64],
    splits: Sequence[tuple[Places, Places]],
) -> list[Guesses]:
    """Have the peers learn and guess, each in several settings, in a process of its own.

    Two of them are given the notes' mean vectors, one all that Hush looks at.

    Raises:
        RuntimeError: scikit-learn is not there, or fails. It comes with the extra ``export``.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        table: dict[str, Any] = {
            "meaning": np.stack([one.meaning for one in features]),
            "columns": np.concatenate([one.columns for one in features]),
            "weights": np.concatenate([one.weights for one in features]),
            "lengths": [len(one.columns) for one in features],
            "right": right,
        }
        for split, (known, others) in enumerate(splits):
            table |= {f"known{split}": known, f"others{split}": others}
        np.savez(given, **table)
        done = subprocess.run(
            (sys.executable, str(_CHILD), str(given), str(made)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise RuntimeError(f"scikit-learn failed: {last}")
        found = np.load(made)
        keys = sorted({key.rpartition("/")[0] for key in found})
        return [
            Guesses(
                key.rpartition("/")[0],
                int(key.rpartition("/")[2]),
                found[f"{key}/tags"],
                found[f"{key}/said"],
            )
            for key in keys
        ]
