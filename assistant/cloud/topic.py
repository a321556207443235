"""Whether there is one right answer to a question, judged from its vector. Pure.

A logistic regression over the vectors of the embedding model that comes with Hush. It was fitted
to questions written for that (``benchmarks/cloud_divergence.py``; ``fitted_topic``). Vectors of
another model mean nothing to it, which it finds out by itself: a few questions whose values are
known stand beside the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from assistant.cloud.records import Topic

FACTUAL_FROM: Final = 0.6
"""Probability from which a question counts as factual. Below it nothing is told: to say of two
poems that one of them is wrong is worse than to say nothing of two facts."""

CREATIVE_BELOW: Final = 0.4

_NEAR: Final = 1.0
"""How far a known question's logit may be from what it was: on another machine the same model may
have been exported in another form (``embed.parity``: cosine 0.99 at the least)."""


@dataclass(frozen=True, slots=True)
class TopicWeights:
    """A fitted logistic regression.

    Attributes:
        bias: The logit of a vector of zeros.
        of: Of each of the vector's numbers.
        known: Questions and their logits, by which the embedding model is told from others.
    """

    bias: float
    of: tuple[float, ...]
    known: tuple[tuple[str, float], ...]


class TopicModel:
    """Tells factual questions from creative ones.

    Args:
        weights: What was fitted.
    """

    def __init__(self, weights: TopicWeights) -> None:
        self._weights = weights

    @property
    def known(self) -> tuple[str, ...]:
        """Questions to be encoded for ``is_made_for``."""
        return tuple(text for text, _ in self._weights.known)

    def is_made_for(self, vectors: Iterable[Sequence[float]]) -> bool:
        """Whether vectors are of the embedding model that this was fitted to.

        Args:
            vectors: Of ``known``, in its order.
        """
        logits = [logit for _, logit in self._weights.known]
        found = [self._logit(vector) for vector in vectors]
        return len(found) == len(logits) and all(
            one is not None and abs(one - logit) <= _NEAR
            for one, logit in zip(found, logits, strict=True)
        )

    def probability(self, vector: Sequence[float]) -> float | None:
        """That a question is factual, 0 to 1; None where the vector is of another model.

        Args:
            vector: Of the question, of unit length.
        """
        logit = self._logit(vector)
        return None if logit is None else 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def judge(self, vector: Sequence[float]) -> Topic:
        """What kind of question it is; ``UNKNOWN`` where that is not clear."""
        probability = self.probability(vector)
        if probability is None or CREATIVE_BELOW <= probability < FACTUAL_FROM:
            return Topic.UNKNOWN
        return Topic.FACTUAL if probability >= FACTUAL_FROM else Topic.CREATIVE

    def _logit(self, vector: Sequence[float]) -> float | None:
        of = self._weights.of
        if len(vector) != len(of):
            return None
        logit = self._weights.bias + sum(w * float(v) for w, v in zip(of, vector, strict=True))
        return logit if math.isfinite(logit) else None
