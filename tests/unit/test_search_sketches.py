"""Bits that stand for vectors: what they tell of cosines, and which words are frequent."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.search.frequent import Frequent
from assistant.search.sketches import Sketcher, Vector, directions
from assistant.search.vector_index import codes_of


def unit(count: int, dimensions: int, seed: int = 1) -> Vector:
    """Directions anywhere."""
    made = np.random.default_rng(seed).standard_normal((count, dimensions)) + 0.3
    found: Vector = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return found


@pytest.mark.parametrize("dimensions", [384, 100, 3])
def test_cosines_are_those_of_the_means_that_two_bits_name(dimensions: int) -> None:
    """Each number stands for the mean of those of the sample with the same two bits."""
    sample = unit(400, dimensions)
    sketcher = Sketcher(sample)
    mean = sample.mean(axis=0)
    away = np.abs(sample - mean)
    is_far = away > np.median(away, axis=0)
    above = sample > mean
    expected = np.empty_like(sample)
    for number in range(dimensions):
        far = away[is_far[:, number], number].mean()
        near = away[~is_far[:, number], number].mean()
        size = np.where(is_far[:, number], far, near)
        expected[:, number] = mean[number] + np.where(above[:, number], size, -size)
    vector = unit(1, dimensions, seed=2)[0]
    found = sketcher.cosines(vector, sketcher.sketches(sample), sketcher.grades(sample))
    assert found == pytest.approx(expected @ vector, abs=1e-5)
    assert np.corrcoef(found, sample @ vector)[0, 1] > 0.9


def test_one_vector_alone_can_be_sketched() -> None:
    """As the first of a large vault may have to be; nothing is divided by nothing."""
    sketcher = Sketcher(directions(codes_of(unit(1, 64))))
    bits, grades = sketcher.sketches(unit(5, 64)), sketcher.grades(unit(5, 64))
    assert np.isfinite(sketcher.cosines(unit(1, 64, seed=3)[0], bits, grades)).all()


def test_frequent_words_are_told_by_their_share() -> None:
    """Of all forms together; a beginning counts the words that begin so, each once."""
    passages = [["lamp", "lamps"], ["lamp", "keeper"], ["keepers", "lamp"], ["keeper"]]
    frequent = Frequent(passages)
    assert frequent.share(["lamp"]) == 0.75
    assert frequent.share(["lamp", "keeper"]) == 1.25
    assert frequent.share(["keepers"]) == 0  # in one of the sample: chance
    assert frequent.share([], "la") == 0.75
    assert frequent.share(["lamp", "keeper"], "lam") == 1.25
    assert frequent.share(["nowhere"], "no") == 0
    assert Frequent().share(["lamp"], "l") == 0
