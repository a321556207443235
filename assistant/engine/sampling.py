"""How the next token is chosen: repetition penalty, min-p, top-p, temperature, then a draw.

numpy on llama.cpp's own buffer of logits. llama.cpp's samplers build a list of all candidates for
each token and look each of them up for the penalty; here the penalty touches 64 numbers and min-p
leaves a handful (docs/decisions/0008-the-writing-loop.md has the figures). The order of the steps
and what each does are llama.cpp's (``src/llama-sampler.cpp``).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.engine.protocol import Sampling
from assistant.errors import ModelRefused

Logits = NDArray[np.float32]
"""One number for each token of the vocabulary: its log-likelihood, up to a constant."""

Tokens = NDArray[np.intp]

REPEAT_WINDOW: Final = 64
"""Tokens of the reply that the repetition penalty looks back on: llama.cpp's default."""

MOST_CANDIDATES: Final = 1000
"""The likeliest tokens, among which the draw is at most; min-p leaves far fewer, unless it is 0."""

_FIRST_LOOK: Final = 64
"""Candidates that a grammar is asked about at first. Usually one of the likeliest is allowed."""

_WIDER_LOOK: Final = 32
"""How many times more candidates it is asked about each time that none of them was allowed."""


class Constraint(Protocol):
    """What may come next, whatever the model would like."""

    def allows(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Tell for each of these tokens whether it may come next."""

    def complete(self) -> bool:
        """Whether the reply may end here."""


class Sampler:
    """Chooses the tokens of one reply.

    The same seed gives the same choices from the same logits.

    Args:
        sampling: How to choose.
        draw: Gives numbers from 0 up to, not including, 1. Where none is given they come from
            ``sampling.seed``.
    """

    def __init__(self, sampling: Sampling, draw: Callable[[], float] | None = None) -> None:
        self._sampling = sampling
        self._draw = draw or _seeded(sampling.seed)
        self._recent = np.zeros(REPEAT_WINDOW, np.intp)  # a ring
        self._chosen = 0
        # Likelihoods below min-p times the best one's are differences of logits below this.
        self._reach = math.log(sampling.min_p) if sampling.min_p > 0 else -math.inf

    def choose(self, logits: Logits, constraint: Constraint | None = None) -> int | None:
        """Choose a token and remember it; None where the constraint lets the reply only end.

        The constraint is asked about one freely chosen token first, as llama.cpp's
        ``common_sampler_sample`` does: asking about a whole vocabulary takes longer than the
        model takes for a token, and the model usually knows what JSON looks like.

        Args:
            logits: Shape ``[vocabulary]``. Left as they were.
            constraint: What may come next.

        Raises:
            ModelRefused: the model computed something that is no likelihood.
        """
        recent = self._recent[: self._chosen]
        before = logits[recent]
        # Less likely either way: a positive logit is divided, a negative one multiplied.
        penalty = self._sampling.repeat_penalty
        logits[recent] = np.minimum(before / penalty, before * penalty)
        token = self._choose(logits, constraint)
        logits[recent] = before
        if token is not None:
            self._recent[self._chosen % REPEAT_WINDOW] = token
            self._chosen += 1
        return token

    def _choose(self, logits: Logits, constraint: Constraint | None) -> int | None:
        token = best = int(logits.argmax())  # of a NaN, if there is one
        if not math.isfinite(logits.item(best)):
            raise ModelRefused(
                "The model's calculation went wrong.", "Its file may be damaged. Choose another."
            )
        if self._sampling.temperature > 0:
            near = np.flatnonzero(logits >= logits.item(best) + self._reach)
            token = self._drawn(near, logits)
        if constraint is None or constraint.allows(np.array([token]))[0]:
            return token
        return None if constraint.complete() else self._constrained(logits, constraint)

    def _constrained(self, logits: Logits, constraint: Constraint) -> int | None:
        """Choose among what the constraint allows, asking about the likeliest tokens first.

        The outcome is the same as if it had been asked about all of them.
        """
        for count in _looks(len(logits)):
            likely = np.argpartition(logits, -count)[-count:]
            allowed = likely[constraint.allows(likely)]
            if not len(allowed):
                continue
            floor = logits[allowed].max() + self._reach
            # Nothing outside of these candidates is near enough to the best one to be drawn.
            exact = count == len(logits) or floor >= logits[likely].min()
            if exact or self._sampling.temperature <= 0:
                return self._drawn(allowed[logits[allowed] >= floor], logits)
        return None

    def _drawn(self, tokens: Tokens, logits: Logits) -> int:
        """Draw one of the tokens: top-p at temperature 1, then the temperature."""
        if len(tokens) > MOST_CANDIDATES:
            tokens = tokens[np.argpartition(logits[tokens], -MOST_CANDIDATES)[-MOST_CANDIDATES:]]
        # Plain Python from here: for the usual handful it takes a third of numpy's time.
        found = sorted(zip(logits[tokens].tolist(), tokens.tolist(), strict=True), reverse=True)
        best, token = found[0]
        if len(found) == 1 or self._sampling.temperature <= 0:
            return int(token)
        mass = list(accumulate(math.exp(value - best) for value, _ in found))
        kept = found[: bisect_left(mass, self._sampling.top_p * mass[-1]) + 1]
        temperature = self._sampling.temperature
        weights = list(accumulate(math.exp((value - best) / temperature) for value, _ in kept))
        return int(kept[bisect_right(weights, self._draw() * weights[-1], hi=len(kept) - 1)][1])


def log_probability(logits: Logits, token: int) -> float:
    """Natural logarithm of the token's probability under the model: log-softmax.

    Args:
        logits: Shape ``[vocabulary]``, as the model computed them.
        token: One of the vocabulary.
    """
    best = logits.max()
    total = np.exp(logits - best).sum(dtype=np.float64)
    return float(logits[token] - best - np.log(total))


def _looks(vocabulary: int) -> list[int]:
    """How many candidates to ask a constraint about, each time that fewer did not do."""
    looks = [_FIRST_LOOK, _FIRST_LOOK * _WIDER_LOOK]
    return [count for count in looks if count < vocabulary] + [vocabulary]


def _seeded(seed: int | None) -> Callable[[], float]:
    # 32 bits, as llama.cpp's seeds; None takes randomness from the system.
    return np.random.default_rng(None if seed is None else seed & 0xFFFFFFFF).random
