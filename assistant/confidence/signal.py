"""From how sure the model was, and from how near the passages are, to a probability. Pure.

Two logistic regressions. Their weights are fitted and tried by ``benchmarks/confidence.py``: see
there what is asked, and ``benchmarks/results/confidence.json`` for what came of it. Of an answer
from the model alone the probability is that it is right, with the model that comes with Hush; of
an answer from notes, that the passage which answers the question is among those given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.confidence.records import CONFIDENT, Confidence, Doubt
from assistant.engine.protocol import Piece

HEARD_TOKENS: Final = 16
"""Of an answer that count: what was asked for is said in its first sentence. Of 16, 24, 32 and 64
tokens these told right answers from wrong ones best (area under ROC 0.71, and 0.65 to 0.66)."""

_LEAST_TOKENS: Final = 3
"""Shorter answers say too little of how sure the model was."""

_SPEAKS_AGAINST: Final = 0.35
"""How much a feature must take from the logit, against that of right answers, to be named."""


@dataclass(frozen=True, slots=True)
class Words:
    """How sure the model was of what it wrote. Natural logarithms of probabilities.

    The lowest mean of five tokens in a row, and the share of tokens below -2.5, were tried beside
    these, and told nothing more.

    Attributes:
        mean: Over the tokens.
        lowest: Of the one that was least likely.
    """

    mean: float
    lowest: float

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the weights."""
        return self.mean, self.lowest


@dataclass(frozen=True, slots=True)
class Passages:
    """How near what was given is to the question: cosines.

    Attributes:
        top: Of the nearest passage.
        margin: How far the next one lies behind it; the nearest's own where it is alone.
    """

    top: float
    margin: float

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the weights."""
        return self.top, self.margin


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted logistic regression.

    Attributes:
        bias: The logit where every feature is 0.
        of: Of each feature.
        usual: Each feature's mean over what was right: what a doubt is measured from.
        doubts: What each feature says where it speaks against.
    """

    bias: float
    of: tuple[float, ...]
    usual: tuple[float, ...]
    doubts: tuple[Doubt, ...]

    def judge(self, values: Sequence[float]) -> Confidence:
        """The probability, and what speaks most against it."""
        probability = self.probability(values)
        if probability >= CONFIDENT:
            return Confidence(probability)
        lost = [
            weight * (usual - value)
            for weight, usual, value in zip(self.of, self.usual, values, strict=True)
        ]
        most = max(lost)
        named = self.doubts[lost.index(most)] if most >= _SPEAKS_AGAINST else Doubt.SIZE
        return Confidence(probability, named)

    def probability(self, values: Sequence[float]) -> float:
        """0 to 1."""
        logit = self.bias + sum(w * v for w, v in zip(self.of, values, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def words_of(pieces: Sequence[Piece]) -> Words | None:
    """How sure the model was of the beginning of an answer; None where that says nothing.

    The tokens of a piece count as equally likely: what is handed out together is told together.
    """
    tokens = [
        piece.logprob / piece.tokens
        for piece in pieces
        if piece.logprob is not None and piece.tokens
        for _ in range(piece.tokens)
    ][:HEARD_TOKENS]
    if len(tokens) < _LEAST_TOKENS or not all(map(math.isfinite, tokens)):
        return None
    return Words(mean=sum(tokens) / len(tokens), lowest=min(tokens))


def passages_of(scores: Sequence[float]) -> Passages | None:
    """How near the given passages are; None where meaning was not searched.

    Args:
        scores: Of each passage, as ``Source.score``: 0 where there is none.
    """
    near = sorted((score for score in scores if score > 0), reverse=True)
    if not near:
        return None
    return Passages(near[0], near[0] - near[1] if len(near) > 1 else near[0])
