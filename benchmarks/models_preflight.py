"""Mutated GGUF headers through the examination; see ``tests.trials.headers``."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.report import Row, report, table
from tests.trials import headers

FULL: Final = 20_000
QUICK: Final = 500
_SHOWN_FAULTS: Final = 12


def preflight_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Examine them all, two at a time, each in a child of its own.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = QUICK if quick else FULL
    chosen = secrets.randbits(32) if seed is None else seed
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = headers.run(count, chosen, Path(folder))
    seconds = time.perf_counter() - began
    for fault in outcome.faults[:_SHOWN_FAULTS]:
        print(f"  ! {fault}")
    numbers = dict(outcome.numbers)
    longest = numbers.pop("longest verdict_s")
    writes = numbers.pop("vault files written to")
    pause = numbers.pop("longest pause of the parent_s")
    verdicts = numbers["passed"] + numbers["refused"]
    missing = sum("no verdict" in fault and " after " not in fault for fault in outcome.faults)
    words = f"of {count}; seed {chosen}, {seconds:.0f} s"
    return [
        Row("mutated headers with a verdict", verdicts - missing, "", words, count, "more"),
        Row("longest verdict", longest, "s", "kernel's limits and the parent's clock", 5.0),
        Row("vault files written to meanwhile", writes, "", "open all the while", 0),
        Row("longest pause of the parent's other threads", pause, "s", "two examinations at once"),
        *(Row(what, number, "", words) for what, number in numbers.items()),
    ]


def main() -> int:
    """Run it alone: ``python -m benchmarks.models_preflight [--quick] [--seed N]``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models_preflight")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} files, not {FULL:,}")
    parser.add_argument("--seed", type=int, help="do an earlier run again")
    options = parser.parse_args()
    rows = preflight_rows(quick=options.quick, seed=options.seed)
    if options.quick:
        print(table(rows))
        return 0 if all(row.holds for row in rows) else 1
    return 0 if report("models-preflight", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
