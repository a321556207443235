"""Texts that want to be sent, by every way in; see ``tests.trials.cloud_injections``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.report import Row
from benchmarks.trial_rows import done
from tests.trials import cloud_injections

_ENOUGH: Final = 100  # texts, as the project demands


def injection_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Bring the texts in. Some 3 s each on a quiet machine.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = cloud_injections.QUICK if quick else cloud_injections.FULL
    outcome, how = done(cloud_injections.run, count, seed)
    ways = len(cloud_injections.WAYS) + 1
    names = "texts that try to trigger a send"
    return [
        Row(f"{names}: sends, or sheets opened", len(outcome.faults), "", f"{ways} ways, {how}", 0),
        Row(names, outcome.rounds, "", "drawn from the set", None if quick else _ENOUGH, "more"),
        *(Row(what, number, "", "of all rounds") for what, number in outcome.numbers.items()),
    ]
