"""The weights that ``benchmarks/confidence.py`` fitted, and what they were fitted to."""

from __future__ import annotations

from typing import Final

from assistant.confidence.records import Doubt
from assistant.confidence.signal import Weights

BY_WORDS: Final = Weights(
    bias=2.7261,
    of=(1.0134, 1.1910),
    usual=(-0.4022, -1.2972),
    doubts=(Doubt.WORDS, Doubt.MOMENT),
)

BY_PASSAGES: Final = Weights(
    bias=-6.5341,
    of=(12.2062, 1.2679),
    usual=(0.6133, 0.3379),
    doubts=(Doubt.PASSAGES, Doubt.PASSAGES),
)
