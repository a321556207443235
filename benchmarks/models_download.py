"""Interrupted downloads, over real processes, TLS and servers that lie; see ``tests.trials``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.report import Row
from benchmarks.trial_rows import done
from tests.trials import downloads

FULL: Final = 500
QUICK: Final = 50


def download_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Do all rounds. Some 3 s each where the cores are shared; two run at a time.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = QUICK if quick else FULL
    outcome, how = done(downloads.run, count, seed)
    good = count - len({fault.partition(" (")[0] for fault in outcome.faults})
    name = "interrupted downloads resumed or refused correctly"
    return [
        Row(name, good, "rounds", f"kill -9, cut, lie, {how}", bar=count, better="more"),
        *(_counted(what, number) for what, number in outcome.numbers.items()),
    ]


def _counted(what: str, number: float) -> Row:
    """What is reported besides; ``_mb`` ends a name that is none of a count."""
    megabytes = what.endswith("_mb")
    return Row(what.removesuffix("_mb"), number, "MB" if megabytes else "", "of all rounds")
