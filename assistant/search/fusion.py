"""One ranking of two: reciprocal rank fusion. Pure.

G. V. Cormack, C. L. A. Clarke, S. Büttcher, "Reciprocal rank fusion outperforms Condorcet and
individual rank learning methods" (SIGIR 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SMOOTHING: Final = 60
"""Added to each rank: the larger, the less the very first places count. That of the paper; weights,
other values and feedback were tried and are not better (docs/decisions/0010-hybrid-search.md)."""


def fused(*rankings: Sequence[int]) -> list[tuple[int, float]]:
    """Passages with their scores, the best first; of equals the newer one.

    Args:
        rankings: Passages, the best first, as each way of searching ranks them.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (SMOOTHING + rank)
    ordered = sorted(zip(scores.values(), scores, strict=True), reverse=True)
    return [(passage, score) for score, passage in ordered]
