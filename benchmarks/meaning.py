"""Whether two texts mean the same, as sentence-transformers sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.encoder_peer import peer

SAME: Final = 0.9
"""The cosine from which on two answers are said to agree."""


def cosines(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The cosine between the embeddings of each pair of texts.

    Raises:
        RuntimeError: the encoder does not run.
    """
    with peer() as encoder:
        left, right = (encoder.encode([pair[side] for pair in pairs]).vectors for side in (0, 1))
    return [float(cosine) for cosine in (left * right).sum(axis=1)]
