"""The vectors of all passages in memory, and the search for those nearest to one. No file.

A vector is kept as its *code*: a signed byte for each number. What a cosine compares is the
direction alone, so no scale is kept. From some thousand vectors on each also has a *sketch*: one
bit for each number, whether it is above the mean of all. Comparing sketches finds candidates, at an
eighth of the memory and a tenth of the time; the candidates' codes then decide. Above
``CODES_LIMIT`` two bits for each number stay in memory instead of codes; the cosines that they tell
rank the candidates, and the codes of the first are read from the vault.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assistant.search.sketches import Bits, Codes, Sketcher, Vector, directions

Ids: TypeAlias = NDArray[np.int64]
Fetch: TypeAlias = Callable[[Ids], tuple[Ids, Codes]]
"""Reads the codes of vectors from the vault: those that are still there, in any order."""

CODES_LIMIT: Final = 100_000
"""Passages up to which codes stay in memory: 38 MB of 384 dimensions, 5 MB of sketches with it."""

SKETCH_FROM: Final = 4_096
"""Passages from which on there are sketches: below, all codes are compared."""

CANDIDATES: Final = 1_000  # by sketches; where codes are in memory, all of theirs are compared
FETCHED: Final = 100
"""Of those, whose codes are read where they are not in memory, at some 30 µs each. With two bits a
number they hold 98 % of the exact 20 nearest of 500,000 (docs/decisions/0010-hybrid-search.md)."""

_BLOCK: Final = 16_384
"""Rows of a block that is filled at once: with a quarter of it search takes a fifth longer."""

_NEW: Final = 4_096  # rows of a block for passages that come later, and codes compared at once
_EACH: Final = 16  # one of so many rows is looked at to know about how far the nearest are
_RANGE: Final = 127.0
_GROWN: Final = 2  # by which factor, since the mean was taken, before it is taken anew


def codes_of(vectors: Vector) -> Codes:
    """Vectors as codes, ``[n, dimensions]``: each stretched so that its largest number is 127."""
    whole = np.nan_to_num(vectors, posinf=0.0, neginf=0.0)  # a broken model is no reason to stop
    largest = np.abs(whole).max(axis=1, keepdims=True)
    return np.rint(whole / np.where(largest > 0, largest, 1.0) * _RANGE).astype(np.int8)


def cosines(codes: Codes, vector: Vector) -> NDArray[np.float32]:
    """The cosine of each code with a vector of unit length, ``[n]``; 0 for a code of zeros."""
    found = np.empty(len(codes), np.float32)
    for start in range(0, len(codes), _NEW):
        part = codes[start : start + _NEW].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", part, part))
        found[start : start + _NEW] = (part @ vector) / np.maximum(lengths, 1.0)
    return found


@dataclass(frozen=True, slots=True)
class Near:
    """What a search found, the nearest first.

    Attributes:
        ids: Passages.
        cosines: With what was searched for, of the same length.
    """

    ids: Ids
    cosines: NDArray[np.float32]


class _Block:
    """Rows of at most ``size`` passages. What is not kept of them has no rows."""

    def __init__(self, size: int, dimensions: int, *, codes: bool) -> None:
        self.count = 0
        self.ids: NDArray[np.uint32] = np.zeros(size, np.uint32)
        self.keys: NDArray[np.uint32] = np.zeros(0 if codes else size, np.uint32)
        self.codes: Codes = np.empty((size if codes else 0, dimensions), np.int8)
        # A word of all of them in a row. Grades stand in for codes.
        self.sketches: Bits = np.empty((0, size), np.uint64)
        self.grades: Bits = np.empty((0, size), np.uint64)

    @property
    def room(self) -> int:
        return len(self.ids) - self.count

    @property
    def known(self) -> NDArray[np.uint32]:
        return self.ids[: self.count]

    def put(
        self,
        ids: NDArray[np.uint32],
        codes: Codes,
        keys: NDArray[np.uint32],
        sketcher: Sketcher | None,
    ) -> None:
        begin, self.count = self.count, self.count + len(ids)
        self.ids[begin : self.count] = ids
        if len(self.codes):
            self.codes[begin : self.count] = codes
        else:
            self.keys[begin : self.count] = keys
        if sketcher is not None:
            self.sketch(codes, sketcher, begin)

    def sketch(self, codes: Codes, sketcher: Sketcher, begin: int = 0) -> None:
        """Make the bits of rows from ``begin`` on, whose codes are given."""
        vectors = directions(codes)
        self.sketches = self._filled(self.sketches, sketcher.sketches(vectors), begin)
        if not len(self.codes):
            self.grades = self._filled(self.grades, sketcher.grades(vectors), begin)

    def _filled(self, bits: Bits, made: Bits, begin: int) -> Bits:
        if not len(bits):
            bits = np.zeros((made.shape[1], len(self.ids)), np.uint64)
        bits[:, begin : begin + len(made)] = made.T
        return bits

    def forget(self, wanted: NDArray[np.uint32]) -> int:
        """Empty the rows of these passages; how many there were."""
        rows = np.flatnonzero(np.isin(self.known, wanted) & (self.known > 0))
        self.ids[rows] = 0
        if len(self.codes):
            self.codes[rows] = 0  # a vector tells much of its text
        self.sketches[:, rows] = 0
        self.grades[:, rows] = 0
        return len(rows)

    def nbytes(self) -> int:
        parts = (self.ids, self.keys, self.codes, self.sketches, self.grades)
        return sum(part.nbytes for part in parts)


_Parts: TypeAlias = list[tuple[_Block, Ids]]


class VectorIndex:
    """Finds the nearest passages. Every method may be called on any thread.

    Args:
        dimensions: Numbers of a vector.
        fetch: Reads codes that are not in memory. It blocks, and is called outside of the lock.
        codes_limit: Passages up to which codes stay in memory.
        sketch_from: Passages from which on there are sketches.
    """

    def __init__(
        self,
        dimensions: int,
        fetch: Fetch,
        *,
        codes_limit: int = CODES_LIMIT,
        sketch_from: int = SKETCH_FROM,
    ) -> None:
        self._dimensions = dimensions
        self._fetch = fetch
        self._codes_limit = codes_limit
        self._sketch_from = sketch_from
        self._lock = threading.Lock()
        self._blocks: list[_Block] = []
        self._count = 0  # of rows, emptied ones too
        self._gone = 0
        self._expected = 0
        self._sketcher: Sketcher | None = None
        self._sketched_of = 0  # passages there were when its sample was taken
        self._keeps_codes = True

    def __len__(self) -> int:
        return self._count - self._gone

    @property
    def dimensions(self) -> int:
        """Numbers of a vector."""
        return self._dimensions

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        with self._lock:
            return sum(block.nbytes() for block in self._blocks)

    @property
    def has_outgrown(self) -> bool:
        """Whether it holds more codes than it should: open it anew, and say what to expect."""
        return self._keeps_codes and len(self) > self._codes_limit

    def expect(self, count: int, sample: Codes) -> None:
        """Make ready for so many passages, of which a sample is given: for an empty index."""
        with self._lock:
            self._expected = count
            self._keeps_codes = count <= self._codes_limit
            if len(sample) and (count >= self._sketch_from or not self._keeps_codes):
                self._sketcher, self._sketched_of = Sketcher(directions(sample)), count

    def add(self, ids: Sequence[int] | Ids, codes: Codes, vectors: Sequence[int] | Ids) -> None:
        """Add passages. One that is there already must be removed first.

        Args:
            ids: Of passages, each above 0.
            codes: Theirs, ``[len(ids), dimensions]``.
            vectors: The ids by which ``fetch`` finds the codes again; as long as ``ids``.
        """
        new, keys = np.asarray(ids, np.uint32), np.asarray(vectors, np.uint32)
        with self._lock:
            if self._sketcher is None and not self._keeps_codes:
                self._sketcher = Sketcher(directions(codes))  # there was no sample
            done = 0
            while done < len(new):
                block = self._open_block()
                end = done + min(block.room, len(new) - done)
                block.put(new[done:end], codes[done:end], keys[done:end], self._sketcher)
                self._count += end - done
                done = end
            if self._keeps_codes and self._count >= max(
                self._sketch_from, _GROWN * self._sketched_of
            ):
                self._sketch_all()

    def remove(self, ids: Sequence[int] | Ids) -> None:
        """Forget passages; those that are not there are passed over."""
        if not len(ids):
            return
        wanted = np.asarray(ids, np.uint32)
        with self._lock:
            for block in list(self._blocks):
                self._gone += block.forget(wanted)
                if not block.known.any():
                    self._blocks.remove(block)
                    self._count -= block.count
                    self._gone -= block.count

    def search(self, vector: Vector, k: int, allowed: Ids | None = None) -> Near:
        """The ``k`` passages nearest to a vector.

        Args:
            vector: Of unit length.
            k: How many; fewer are found where there are fewer.
            allowed: Only among these passages; None: among all.
        """
        with self._lock:
            parts = self._parts(self._candidates(vector, k, self._rows_of(allowed)))
            if not parts:
                return Near(np.empty(0, np.int64), np.empty(0, np.float32))
            ids = np.concatenate([block.ids[rows] for block, rows in parts]).astype(np.int64)
            if self._keeps_codes or self._sketcher is None:
                codes = np.concatenate([block.codes[rows] for block, rows in parts])
                return _nearest(ids, cosines(codes, vector), k)
            keys = np.concatenate([block.keys[rows] for block, rows in parts]).astype(np.int64)
            sketches = np.concatenate([block.sketches[:, rows].T for block, rows in parts])
            grades = np.concatenate([block.grades[:, rows].T for block, rows in parts])
            likely = self._sketcher.cosines(vector, sketches, grades)
        best = np.argsort(-likely, kind="stable")[: max(k, FETCHED)]
        first, rest = best[:FETCHED], best[FETCHED:]
        there, codes = self._fetched(ids[first], keys[first])
        near = _nearest(there, cosines(codes, vector), k)
        # What is only likely stands behind what is known.
        behind = np.minimum(likely[rest], near.cosines.min(initial=1.0))
        return Near(np.concatenate([near.ids, ids[rest]]), np.concatenate([near.cosines, behind]))

    def _candidates(self, vector: Vector, k: int, rows: Ids | None) -> Ids:
        """The rows that are looked at more closely, ascending; ``rows`` None: out of all."""
        wanted = max(k, CANDIDATES)
        count = self._count if rows is None else len(rows)
        if self._sketcher is None or count <= wanted:
            return np.arange(count) if rows is None else rows
        far = self._distances(vector, self._sketcher)
        if rows is None:
            return _smallest(far, wanted)
        return rows[_smallest(far[rows], wanted)]

    def _fetched(self, ids: Ids, keys: Ids) -> tuple[Ids, Codes]:
        """Codes from the vault; what is not there any more is left out."""
        found, codes = self._fetch(np.unique(keys))
        if not len(found) or codes.shape[1:] != (self._dimensions,):
            return np.empty(0, np.int64), np.empty((0, self._dimensions), np.int8)
        order = np.argsort(found)
        places = order[np.minimum(np.searchsorted(found, keys, sorter=order), len(found) - 1)]
        there = found[places] == keys
        return ids[there], codes[places[there]]

    def _open_block(self) -> _Block:
        if not self._blocks or not self._blocks[-1].room:
            left = self._expected - self._count
            size = min(_BLOCK, left) if left > 0 else _NEW
            self._blocks.append(_Block(size, self._dimensions, codes=self._keeps_codes))
        return self._blocks[-1]

    def _sketch_all(self) -> None:
        """Take the mean of all, and make every sketch from it."""
        known = [block.codes[: block.count][block.known > 0] for block in self._blocks]
        total = np.sum([directions(codes).sum(axis=0, dtype=np.float64) for codes in known], axis=0)
        self._sketcher = Sketcher.around((total / max(1, len(self))).astype(np.float32))
        self._sketched_of = self._count
        for block in self._blocks:
            block.sketch(block.codes[: block.count], self._sketcher)

    def _ids(self) -> NDArray[np.uint32]:
        if not self._blocks:
            return np.empty(0, np.uint32)
        return np.concatenate([block.known for block in self._blocks])

    def _rows_of(self, allowed: Ids | None) -> Ids | None:
        """The rows of these passages, ascending through all blocks; None where all are meant."""
        if allowed is None and not self._gone:
            return None
        ids = self._ids()
        if allowed is None:
            return np.flatnonzero(ids)
        # A table of all ids: several times as fast as sorting, which np.isin may do.
        wanted = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
        wanted[allowed[(allowed > 0) & (allowed < len(wanted))]] = True
        return np.flatnonzero(wanted[ids])

    def _distances(self, vector: Vector, sketcher: Sketcher) -> NDArray[np.int32]:
        """In how many bits the sketch of each row differs from the vector's."""
        query = sketcher.sketches(vector[np.newaxis, :]).T
        far = np.empty(self._count, np.int32)
        start = 0
        for block in self._blocks:
            differing = np.bitwise_count(block.sketches[:, : block.count] ^ query)
            far[start : start + block.count] = differing.sum(axis=0, dtype=np.uint16)
            start += block.count
        return far

    def _parts(self, rows: Ids) -> _Parts:
        """Rows, ascending through all blocks, as rows of each block that has some of them."""
        ends = np.cumsum([block.count for block in self._blocks])
        bounds = [0, *np.searchsorted(rows, ends).tolist()]
        return [
            (block, rows[begin:end] - (last - block.count))
            for block, last, begin, end in zip(self._blocks, ends, bounds, bounds[1:], strict=False)
            if end > begin
        ]


def _smallest(far: NDArray[np.int32], count: int) -> Ids:
    """The places of the ``count`` smallest, ascending; of equals the first."""
    # Some of them tell roughly where the border is, so that all are gone through only once.
    sample = far[::_EACH]
    rough = min(len(sample) - 1, 2 * count // _EACH + _EACH)
    places = np.flatnonzero(far <= np.partition(sample, rough)[rough])
    if len(places) < count:
        places = np.arange(len(far))
    near = far[places]
    limit = np.partition(near, count - 1)[count - 1]
    below = np.flatnonzero(near < limit)
    equal = np.flatnonzero(near == limit)[: count - len(below)]
    found: Ids = places[np.sort(np.concatenate([below, equal]))]
    return found


def _nearest(ids: Ids, found: NDArray[np.float32], k: int) -> Near:
    if len(found) > k:
        best = np.argpartition(-found, k - 1)[:k] if k else np.empty(0, np.int64)
        ids, found = ids[best], found[best]
    order = np.lexsort((ids, -found))
    return Near(ids[order], found[order])
