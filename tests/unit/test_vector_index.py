"""The vectors in memory: what is near is found, what was removed is not, and memory is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.search.vector_index import VectorIndex, codes_of, cosines

DIMENSIONS = 256
_WAYS = 64
Vectors = NDArray[np.float32]


def vectors(count: int, seed: int = 1, dimensions: int = DIMENSIONS) -> Vectors:
    """Directions around a few topics, as texts have them, of unit length.

    They differ in fewer ways than they have numbers, as texts do.
    """
    fixed = np.random.default_rng(0)
    topics = fixed.standard_normal((20, dimensions)) + 0.5
    ways = fixed.standard_normal((_WAYS, dimensions)) / np.sqrt(_WAYS)
    random = np.random.default_rng(seed)
    chosen = topics[random.integers(0, 20, count)] + 0.7 * (
        random.standard_normal((count, _WAYS)) @ ways
    )
    unit = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
    return unit.astype(np.float32)


class Store:
    """Codes in a vault; the vector of passage n has id n + 1000."""

    def __init__(self, codes: NDArray[np.int8]) -> None:
        self.codes = codes
        self.asked = 0
        self.gone: set[int] = set()

    def fetch(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """What is there, in another order."""
        self.asked += len(wanted)
        there = np.array([one for one in wanted[::-1] if int(one) not in self.gone], np.int64)
        return there, self.codes[there - 1001]


def index_of(all_vectors: Vectors, **limits: int) -> tuple[VectorIndex, Store]:
    """An index of passages 1, 2, … as it is opened from a vault."""
    codes = codes_of(all_vectors)
    store = Store(codes)
    index = VectorIndex(all_vectors.shape[1], store.fetch, **limits)
    index.expect(len(codes), codes[:: max(1, len(codes) // 1_000)])
    ids = np.arange(1, len(codes) + 1)
    for start in range(0, len(codes), 700):
        part = slice(start, start + 700)
        index.add(ids[part], codes[part], ids[part] + 1000)
    return index, store


def exact(all_vectors: Vectors, query: Vectors, k: int) -> set[int]:
    """What 32-bit floats find."""
    return {int(one) + 1 for one in np.argsort(-(all_vectors @ query))[:k]}


WAYS = {
    "all codes": {"sketch_from": 10**9},
    "sketches, codes in memory": {"sketch_from": 100},
    "sketches, codes in the vault": {"sketch_from": 100, "codes_limit": 100},
}


@pytest.mark.parametrize("limits", WAYS.values(), ids=WAYS.keys())
def test_finds_what_exact_search_finds(limits: dict[str, int]) -> None:
    """Nine of ten at least, best first, with the cosines of the codes."""
    everything = vectors(9_000)
    index, _ = index_of(everything, **limits)
    for query in vectors(10, seed=2):
        near = index.search(query, 20)
        assert len(near.ids) == 20
        assert len(exact(everything, query, 20) & {int(one) for one in near.ids}) >= 17
        assert list(near.cosines) == sorted(near.cosines, reverse=True)
        assert near.cosines == pytest.approx(everything[near.ids - 1] @ query, abs=0.02)


@pytest.mark.parametrize("limits", WAYS.values(), ids=WAYS.keys())
def test_only_what_is_allowed_is_found(limits: dict[str, int]) -> None:
    """However far away it is, and whether or not it is there."""
    everything = vectors(5_000)
    index, _ = index_of(everything, **limits)
    query = vectors(1, seed=3)[0]
    far = np.argsort(everything @ query)[:30] + 1
    near = index.search(query, 50, np.concatenate([far, [999_999]]))
    assert set(near.ids) == set(far)
    assert len(index.search(query, 5, np.empty(0, np.int64)).ids) == 0
    wide = np.arange(1, 4_001)
    assert set(index.search(query, 20, wide).ids) <= set(wide)


@pytest.mark.parametrize("limits", WAYS.values(), ids=WAYS.keys())
def test_removed_is_not_found_and_leaves_nothing(limits: dict[str, int]) -> None:
    """Not by search, not in the arrays; what is removed twice or was never there is passed over."""
    everything = vectors(5_000)
    index, _ = index_of(everything, **limits)
    query = everything[77]
    assert int(index.search(query, 1).ids[0]) == 78
    index.remove([78, 123_456])
    index.remove([78])
    assert 78 not in index.search(query, 100).ids
    assert len(index) == 4_999
    before = index.nbytes
    index.remove(list(range(1, 5_001)))
    assert len(index) == 0
    assert index.nbytes < before / 10
    assert len(index.search(query, 10).ids) == 0


def test_grows_from_nothing_one_by_one() -> None:
    """As passages are encoded; sketches begin on the way, and the middle is taken anew."""
    everything = vectors(3_000)
    codes = codes_of(everything)
    index = VectorIndex(DIMENSIONS, Store(codes).fetch, sketch_from=500)
    for number in range(0, 3_000, 15):
        ids = range(number + 1, number + 16)
        index.add(list(ids), codes[number : number + 15], [one + 1000 for one in ids])
    for query in vectors(5, seed=4):
        found = {int(one) for one in index.search(query, 20).ids}
        assert len(found & exact(everything, query, 20)) >= 18


def test_says_when_it_has_outgrown_its_codes() -> None:
    """It then is to be opened anew; until then it finds everything."""
    everything = vectors(600)
    index, _ = index_of(everything[:300], sketch_from=100, codes_limit=400)
    assert not index.has_outgrown
    codes = codes_of(everything[300:])
    index.add(list(range(301, 601)), codes, list(range(1301, 1601)))
    assert index.has_outgrown
    assert int(index.search(everything[500], 1).ids[0]) == 501


def test_what_is_gone_from_the_vault_is_left_out() -> None:
    """Its code cannot be fetched any more: deleted a moment ago."""
    everything = vectors(2_000)
    index, store = index_of(everything, sketch_from=100, codes_limit=100)
    best = [int(one) for one in index.search(everything[5], 3).ids]
    store.gone = {best[0] + 1000}
    assert [int(one) for one in index.search(everything[5], 2).ids] == best[1:]


def test_equal_texts_share_a_vector_in_the_vault() -> None:
    """Several passages have one id to fetch by; each is found."""
    codes = codes_of(vectors(1_000))
    store = Store(codes)
    index = VectorIndex(DIMENSIONS, store.fetch, codes_limit=10)
    index.expect(1_002, codes)
    index.add(list(range(1, 1_001)), codes, list(range(1_001, 2_001)))
    index.add([1_001, 1_002], codes[[6, 6]], [1_007, 1_007])
    assert set(index.search(vectors(1_000)[6], 3).ids) == {7, 1_001, 1_002}


def test_memory_at_100_000_passages() -> None:
    """38 MB of codes, 5 of sketches, and what little comes to it; at most 45 (the issue's bar)."""
    count, dimensions = 100_000, 384
    index = VectorIndex(dimensions, Store(np.empty((0, 1), np.int8)).fetch)
    codes = np.random.default_rng(1).integers(-127, 127, (10_000, dimensions), np.int8)
    index.expect(count, codes[:100])
    for start in range(0, count, 10_000):
        ids = np.arange(start + 1, start + 10_001)
        index.add(ids, codes, ids)
    assert index.nbytes <= 44_000_000


def test_codes_keep_directions() -> None:
    """A byte a number costs less than a hundredth of a cosine; zeros have none."""
    some = vectors(200, dimensions=384)
    codes = codes_of(some)
    assert np.abs(codes).max(axis=1).tolist() == [127] * 200
    assert cosines(codes, some[0]) == pytest.approx(some @ some[0], abs=0.01)
    zeros = codes_of(np.zeros((2, 384), np.float32))
    assert cosines(zeros, some[0]).tolist() == [0.0, 0.0]
