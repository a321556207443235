"""A trial of the tests, done in full for a benchmark."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.trials.outcome import Outcome

_SHOWN_FAULTS: Final = 12


def done(
    run: Callable[[int, int, Path], Outcome], count: int, seed: int | None
) -> tuple[Outcome, str]:
    """Run it in a folder of its own, and print its first faults.

    Args:
        run: Given how many rounds, a seed and an empty folder.
        count: How many rounds.
        seed: Of an earlier run; None: a new one.

    Returns:
        What came of it, and how it was done, for ``Row.against``.
    """
    chosen = secrets.randbits(32) if seed is None else seed
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(count, chosen, Path(folder))
    for fault in outcome.faults[:_SHOWN_FAULTS]:
        print(f"  ! {fault}")
    return outcome, f"of {count:,}; seed {chosen}, {time.perf_counter() - began:.0f} s"
