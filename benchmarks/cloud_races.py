"""What was seen against what was sent, edits racing the press; see ``tests.trials.cloud_races``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.report import Row
from benchmarks.trial_rows import done
from tests.trials import cloud_races

FULL: Final = 1000
QUICK: Final = 50


def race_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Do all races. About a second each, two at a time: each has a net child of its own.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = QUICK if quick else FULL
    outcome, how = done(cloud_races.run, count, seed)
    numbers = dict(outcome.numbers)
    sent = numbers.pop("sent", 0)
    return [
        Row("payloads sent that were not what was seen", len(outcome.faults), "", how, bar=0),
        Row("races that sent something", sent, "races", how, bar=count / 2, better="more"),
        *(Row(f"{what} in them", number, "", "of all races") for what, number in numbers.items()),
    ]
