"""Mutated GGUF headers through the examination; see ``tests.trials.headers``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.report import Row
from benchmarks.trial_rows import done
from tests.trials import headers

FULL: Final = 20_000
QUICK: Final = 500


def preflight_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Examine them all, two at a time, each in a child of its own.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = QUICK if quick else FULL
    outcome, how = done(headers.run, count, seed)
    numbers = dict(outcome.numbers)
    longest = numbers.pop("longest verdict_s")
    writes = numbers.pop("vault files written to")
    pause = numbers.pop("longest pause of the parent_s")
    verdicts = numbers["passed"] + numbers["refused"]
    missing = sum("no verdict" in fault and " after " not in fault for fault in outcome.faults)
    return [
        Row("mutated headers with a verdict", verdicts - missing, "", how, count, "more"),
        Row("longest verdict", longest, "s", "kernel's limits and the parent's clock", 5.0),
        Row("vault files written to meanwhile", writes, "", "open all the while", 0),
        Row("longest pause of the parent's other threads", pause, "s", "two examinations at once"),
        *(Row(what, number, "", how) for what, number in numbers.items()),
    ]
