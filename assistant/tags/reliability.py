"""How far probabilities were right: what was said against what happened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.tags.records import SURE, Bin, Reliability

Pairs = Sequence[tuple[float, bool]]
"""What was said of suggestions, and whether each was right."""

BINS: Final = 10
FEWEST: Final = 30
"""Decisions: of fewer a plot says nothing."""


def reliability_of(pairs: Pairs, *, is_decided: bool = True) -> Reliability:
    """Compare what was said with what happened, in ten bins of equal width.

    The expected calibration error is that of M. P. Naeini and others, "Obtaining Well Calibrated
    Probabilities Using Bayesian Binning" (AAAI 2015).

    Args:
        pairs: Whatever is no number between 0 and 1 counts as 0.
        is_decided: These are the person's decisions; else the model was asked about what it knew,
            each time without that one.
    """
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for said, right in pairs:
        probability = said if 0.0 <= said <= 1.0 else 0.0
        sorted_in[min(BINS - 1, int(probability * BINS))].append((probability, right))
    bins = tuple(_bin(number, some) for number, some in enumerate(sorted_in) if some)
    count = len(pairs)
    error = sum(one.count * abs(one.said - one.right) for one in bins) / max(1, count)
    sure = [right for said, right in pairs if said >= SURE]
    accepted = sum(right for _, right in pairs)
    return Reliability(
        bins,
        count,
        error,
        sum(sure) / len(sure) if sure else None,
        sum(sure) / max(1, accepted),
        is_decided=is_decided,
    )


def _bin(number: int, some: Pairs) -> Bin:
    count = len(some)
    return Bin(
        number / BINS,
        (number + 1) / BINS,
        count,
        sum(said for said, _ in some) / count,
        sum(right for _, right in some) / count,
    )
