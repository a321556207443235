"""Interrupted downloads, over real processes, TLS and servers that lie; see ``tests.trials``."""

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
from tests.trials import downloads

FULL: Final = 500
QUICK: Final = 50
_SHOWN_FAULTS: Final = 12


def download_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Do all rounds. Some 3 s each where the cores are shared; two run at a time.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = QUICK if quick else FULL
    chosen = secrets.randbits(32) if seed is None else seed
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = downloads.run(count, chosen, Path(folder))
    seconds = time.perf_counter() - began
    for fault in outcome.faults[:_SHOWN_FAULTS]:
        print(f"  ! {fault}")
    good = count - len({fault.partition(" (")[0] for fault in outcome.faults})
    words = f"of {count}; kill -9, cut, lie; seed {chosen}, {seconds:.0f} s"
    name = "interrupted downloads resumed or refused correctly"
    return [
        Row(name, good, "rounds", words, bar=count, better="more"),
        *(_counted(what, number) for what, number in outcome.numbers.items()),
    ]


def _counted(what: str, number: float) -> Row:
    """What is reported besides; ``_mb`` ends a name that is none of a count."""
    megabytes = what.endswith("_mb")
    return Row(what.removesuffix("_mb"), number, "MB" if megabytes else "", "of all rounds")


def main() -> int:
    """Run it alone: ``python -m benchmarks.models_download [--quick] [--seed N]``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models_download")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds, not {FULL}")
    parser.add_argument("--seed", type=int, help="do an earlier run again")
    options = parser.parse_args()
    rows = download_rows(quick=options.quick, seed=options.seed)
    if options.quick:
        print(table(rows))
        return 0 if all(row.holds for row in rows) else 1
    return 0 if report("models-download", rows) else 1


if __name__ == "__main__":
    sys.exit(main())
