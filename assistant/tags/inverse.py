"""The inverse of a growing kernel matrix, kept in step a note at a time.

A note more is one bordering step, a note less one downdate: each adds a term of rank one. Terms
wait in a tail, so that learning costs one product with what is there; folding the tail into the
matrix is for when nobody waits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

_ROOM: Final = 256  # rows, to begin with
_GROWTH: Final = 1.5
_TAIL: Final = 256
"""Terms that may wait: as many decisions without a pause. With 3,000 notes they take 3 MB."""

_BLOCK: Final = 128  # rows that are worked on at once, so that no second matrix is needed


class Inverse:
    """``A = (K + noise)^-1`` for the rows that were added; what is dropped is a row of zeros."""

    def __init__(self) -> None:
        self.size = 0
        self._all: Matrix = np.zeros((_ROOM, _ROOM), np.float32)
        self._tail: Matrix = np.zeros((_TAIL, _ROOM), np.float32)
        self._signs: Matrix = np.zeros(_TAIL, np.float32)
        self._waiting = 0

    @property
    def is_folded(self) -> bool:
        """Nothing waits in the tail."""
        return not self._waiting

    def solve(self, k: Matrix) -> Matrix:
        """``A k``, ``[size]`` or ``[size, n]`` as ``k`` is."""
        found: Matrix = self._all[: self.size, : self.size] @ k
        if self._waiting:
            tail = self._tail[: self._waiting, : self.size]
            found += tail.T @ (self._signs[: self._waiting] * (tail @ k).T).T
        return found

    def row(self, place: int) -> Matrix:
        """One row of ``A``, ``[size]``, a copy."""
        found = self._all[place, : self.size].copy()
        if self._waiting:
            tail = self._tail[: self._waiting, : self.size]
            found += (self._signs[: self._waiting] * tail[:, place]) @ tail
        return found

    def add(self, k: Matrix, own: float, solved: Matrix | None = None) -> None:
        """Add a row at the end.

        Args:
            k: Its kernel with the rows there are, ``[size]``; with dropped ones anything.
            own: Its kernel with itself, and its noise.
            solved: ``solve(k)``, where it is known.
        """
        b = self.solve(k) if solved is None else solved
        rest = max(own - float(b @ k), 1e-6)  # above 0 but for rounding: noise is in ``own``
        self._grow(self.size + 1)
        self._all[self.size, : self.size + 1] = 0
        self._all[: self.size + 1, self.size] = 0
        self.size += 1
        self._later(np.append(-b, np.float32(1)), 1 / rest)

    def drop(self, place: int) -> None:
        """Undo a row: the others are as if it had never been added. It stays, as zeros."""
        row = self.row(place)
        own = float(row[place])
        if own > 0:
            self._later(row, -1 / own)

    def fold(self) -> None:
        """Take the tail into the matrix."""
        if self._waiting:
            tail = self._tail[: self._waiting, : self.size]
            signed = tail * self._signs[: self._waiting, np.newaxis]
            for start in range(0, self.size, _BLOCK):
                end = min(start + _BLOCK, self.size)
                self._all[start:end, : self.size] += signed[:, start:end].T @ tail
            self._waiting = 0

    def keep(self, which: NDArray[np.intp]) -> None:
        """Let go of all rows but these, which must be in their order; the others were dropped."""
        self.fold()
        for place, row in enumerate(which):
            self._all[place, : len(which)] = self._all[row, which]
        self.size = len(which)

    def rebuild(self, noisy: Matrix) -> None:
        """Begin anew with a kernel matrix and its noise, ``[n, n]``."""
        self.size = self._waiting = 0
        self._grow(len(noisy))
        self.size = len(noisy)
        self._all[: self.size, : self.size] = np.linalg.inv(noisy)

    def _later(self, row: Matrix, sign: float) -> None:
        if self._waiting == _TAIL:
            self.fold()
        self._tail[self._waiting, : len(row)] = row
        self._tail[self._waiting, len(row) :] = 0
        self._signs[self._waiting] = sign
        self._waiting += 1

    def _grow(self, size: int) -> None:
        room = len(self._all)
        if size <= room:
            return
        room = max(size + _ROOM, int(room * _GROWTH))
        matrix, tail = np.zeros((room, room), np.float32), np.zeros((_TAIL, room), np.float32)
        matrix[: self.size, : self.size] = self._all[: self.size, : self.size]
        tail[:, : self.size] = self._tail[:, : self.size]
        self._all, self._tail = matrix, tail
