"""Choosing tokens: numpy against the plain definition, step by step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.engine.protocol import Sampling
from assistant.engine.sampling import (
    MOST_CANDIDATES,
    REPEAT_WINDOW,
    Logits,
    Sampler,
    Tokens,
    log_probability,
)
from assistant.errors import ModelRefused

GREEDY = Sampling(temperature=0, repeat_penalty=1)

# Whole numbers: ties and borders are then the same in 32 and in 64 bits.
some_logits = st.lists(st.integers(-30, 30), min_size=1, max_size=80)


class Only:
    """A constraint that allows some tokens and counts how many it was asked about."""

    def __init__(self, allowed: Sequence[int], *, complete: bool = False) -> None:
        self.allowed = np.array(allowed, np.intp)
        self.is_complete = complete
        self.asked = 0

    def allows(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Whether each is one of them."""
        self.asked += len(tokens)
        return np.isin(tokens, self.allowed)

    def complete(self) -> bool:
        """As told."""
        return self.is_complete


def array(values: Sequence[float]) -> Logits:
    """Logits as llama.cpp keeps them."""
    return np.array(values, np.float32)


def plainly(logits: Sequence[float], recent: Sequence[int], sampling: Sampling, draw: float) -> int:
    """The definition: each step over all tokens, in the simplest words."""
    values = [float(np.float32(value)) for value in logits]
    for token in set(recent[-REPEAT_WINDOW:]):
        penalty = sampling.repeat_penalty
        values[token] = values[token] / penalty if values[token] > 0 else values[token] * penalty
        values[token] = float(np.float32(values[token]))
    order = sorted(range(len(values)), key=lambda token: (-values[token], -token))
    best = values[order[0]]
    if sampling.temperature <= 0:
        return min(token for token in order if values[token] == best)
    if sampling.min_p > 0:
        floor = np.float32(best + math.log(sampling.min_p))
        order = [token for token in order if values[token] >= floor]
    masses = [math.exp(values[token] - best) for token in order]
    kept, mass = 0, 0.0
    while mass < sampling.top_p * math.fsum(masses) and kept < len(order):
        mass += masses[kept]
        kept += 1
    order = order[:kept]
    weights = [math.exp((values[token] - best) / sampling.temperature) for token in order]
    left = draw * math.fsum(weights)
    for token, weight in zip(order, weights, strict=True):
        left -= weight
        if left < 0:
            return token
    return order[-1]


@given(
    st.lists(some_logits, min_size=1, max_size=4),
    st.sampled_from([0.0, 0.2, 1.0, 2.0]),
    st.sampled_from([0.3, 0.9, 1.0]),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    st.sampled_from([1.0, 1.25]),
    st.integers(0, 99),
)
def test_agrees_with_the_definition(
    rounds: list[list[int]], temperature: float, top_p: float, min_p: float, penalty: float, at: int
) -> None:
    """Over several tokens, so that the penalty has something to look back on."""
    draw = (at + 0.503) / 100  # never on a border between two tokens
    sampling = Sampling(temperature, top_p, min_p, None, penalty)
    size = min(map(len, rounds))
    sampler = Sampler(sampling, lambda: draw)
    chosen: list[int] = []
    for values in rounds:
        expected = plainly(values[:size], chosen, sampling, draw)
        token = sampler.choose(array(values[:size]))
        assert token == expected
        chosen.append(token)


def test_logits_are_left_as_they_were() -> None:
    """They are llama.cpp's own memory, and log-probabilities are read from them afterwards."""
    logits = array([3, -1, 2, 0])
    before = logits.copy()
    sampler = Sampler(Sampling(temperature=1, repeat_penalty=2, seed=1))
    for _ in range(5):
        sampler.choose(logits)
        assert (logits == before).all()


def test_the_penalty_makes_less_likely_what_is_negative_too() -> None:
    """A logit below nothing is multiplied; dividing it would make a loop likelier."""
    sampler = Sampler(Sampling(temperature=0, repeat_penalty=2))
    assert [sampler.choose(array([-1, -1.5])) for _ in range(2)] == [0, 1]


def test_the_penalty_forgets_after_its_window() -> None:
    """A token may come again as likely as at first once 64 others came."""
    sampler = Sampler(Sampling(temperature=0, repeat_penalty=2))
    repeated, rival = REPEAT_WINDOW + 1, REPEAT_WINDOW + 2
    for token in [repeated, *range(1, REPEAT_WINDOW)]:
        assert sampler.choose(array([float(other == token) for other in range(80)])) == token
    logits = array([{repeated: 9.0, rival: 5.0}.get(token, 0.0) for token in range(80)])
    assert sampler.choose(logits) == rival, "the first one still counts half"
    assert sampler.choose(logits) == repeated, "it is forgotten now"


def test_the_same_seed_draws_the_same() -> None:
    """Also a negative one; and another seed draws something else."""
    logits = np.linspace(0, 1, 500, dtype=np.float32)

    def drawn(seed: int | None) -> list[int | None]:
        sampler = Sampler(Sampling(temperature=2, top_p=1, min_p=0, seed=seed))
        return [sampler.choose(logits) for _ in range(20)]

    assert drawn(7) == drawn(7)
    assert drawn(-7) == drawn(-7)
    assert len({tuple(drawn(7)), tuple(drawn(8)), tuple(drawn(None)), tuple(drawn(None))}) == 4


def test_draws_follow_the_probabilities() -> None:
    """Three to one stays three to one at temperature 1, and is nine to one at one half."""
    logits = array([math.log(3), 0.0])
    for temperature, share in ((1.0, 0.75), (0.5, 0.9)):
        sampler = Sampler(Sampling(temperature, 1, 0, 3, 1))
        counts = Counter(sampler.choose(logits) for _ in range(4000))
        assert abs(counts[0] / 4000 - share) < 0.03


def test_without_min_p_only_the_likeliest_are_drawn_from() -> None:
    """A whole vocabulary of equals is cut to its likeliest thousand."""
    logits = array([token / 5000 for token in range(5000)])
    sampler = Sampler(Sampling(temperature=2, top_p=1, min_p=0, seed=1, repeat_penalty=1))
    assert all(
        token is not None and token >= 5000 - MOST_CANDIDATES
        for token in (sampler.choose(logits) for _ in range(200))
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_numbers_that_are_none_are_refused(bad: float, temperature: float) -> None:
    """A damaged file computes them; a reply drawn from them would be noise."""
    sampler = Sampler(Sampling(temperature=temperature))
    with pytest.raises(ModelRefused):
        sampler.choose(array([1, bad, 2]))
    with pytest.raises(ModelRefused):
        sampler.choose(array([-math.inf, -math.inf]))


def test_a_free_choice_that_is_allowed_stands() -> None:
    """The constraint is asked about one token only."""
    only = Only([1])
    assert Sampler(GREEDY).choose(array([0, 5, 1]), only) == 1
    assert only.asked == 1


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("best", [0, 2500, 4900])
def test_the_best_allowed_token_is_found_wherever_it_is(temperature: float, best: int) -> None:
    """Among the likeliest, or by looking at the whole vocabulary."""
    logits = np.arange(5000, dtype=np.float32)
    sampler = Sampler(Sampling(temperature=temperature, repeat_penalty=1))
    assert sampler.choose(logits, Only([best])) == best


def test_a_constrained_draw_is_as_if_asked_about_all() -> None:
    """Equals outside of the first look are drawn as often as those in it."""
    logits = np.zeros(3000, np.float32)
    logits[-1] = 9
    allowed = list(range(2999))
    sampler = Sampler(Sampling(1, 1, 0.05, 5, 1))
    tokens = {sampler.choose(logits, Only(allowed)) for _ in range(300)}
    assert len(tokens) > 200


def test_where_nothing_is_allowed_the_reply_ends() -> None:
    """Complete or at a dead end: there is no token."""
    for complete in (True, False):
        assert Sampler(GREEDY).choose(array([1, 2, 3]), Only([], complete=complete)) is None


def test_a_complete_reply_ends_rather_than_goes_on_against_the_model() -> None:
    """The model wanted something that is not allowed, and the reply may end here."""
    assert Sampler(GREEDY).choose(array([1, 2, 3]), Only([0], complete=True)) is None


@given(some_logits)
def test_log_probability_is_log_softmax(values: list[int]) -> None:
    """Against sums in double precision."""
    total = math.log(math.fsum(math.exp(value) for value in values))
    for token, value in enumerate(values):
        assert log_probability(array(values), token) == pytest.approx(value - total, abs=1e-4)
