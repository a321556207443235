"""What each taught note says of tags beyond what was expected of them: a few numbers a note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.arrays import Growing
from assistant.tags.calibration import top

WIDTH: Final = 16
"""Tags that are kept for each note: those decided on first, then those most expected. With 8 of
them nothing changes; a note of which more tags were decided teaches the first 16."""


class Sparse:
    """For each taught note a number for at most ``WIDTH`` tags; for all others 0."""

    def __init__(self) -> None:
        self._tags = Growing(np.int32, WIDTH)
        self._values = Growing(np.float32, WIDTH)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._tags)

    def add(self, rows: int) -> None:
        """Put rows at the end that are 0."""
        self._tags.add(np.zeros((rows, WIDTH), np.int32))
        self._values.add(np.zeros((rows, WIDTH), np.float32))

    def set(self, place: int, values: Mapping[int, float]) -> None:
        """Have a row be this; at most ``WIDTH`` of them."""
        self._tags.rows[place] = 0
        self._values.rows[place] = 0
        self._tags.rows[place, : len(values)] = list(values)
        self._values.rows[place, : len(values)] = list(values.values())

    def row(self, place: int) -> dict[int, float]:
        """A row's numbers by tag, without those that are 0."""
        pairs = zip(self._tags.rows[place].tolist(), self._values.rows[place].tolist(), strict=True)
        return {tag: value for tag, value in pairs if value}

    def of_tag(self, tag: int) -> NDArray[np.float32]:
        """Each row's number for one tag, ``[n]``."""
        found: NDArray[np.float32] = np.where(
            self._tags.rows == tag, self._values.rows, np.float32(0)
        ).sum(axis=1)
        return found

    def weighted(self, by_row: NDArray[np.float32], tags: int) -> NDArray[np.float64]:
        """The sum of all rows, each times its weight, ``[tags]``."""
        products = by_row[:, np.newaxis] * self._values.rows
        found = np.bincount(self._tags.rows.ravel(), products.ravel(), tags)
        return found.astype(np.float64, copy=False)

    def keep(self, which: NDArray[np.intp]) -> None:
        """Let go of all rows but these."""
        self._tags.keep(which)
        self._values.keep(which)

    def renumber(self, places: NDArray[np.int32]) -> None:
        """Tags have other places: ``places[old]``, -1 for one that is gone."""
        new = places[self._tags.rows]
        self._values.rows[new < 0] = 0
        self._tags.rows[:] = np.maximum(new, 0)


def most_of(values: NDArray[np.float64], count: int, least: float) -> dict[int, float]:
    """The numbers farthest from 0, at most so many and none nearer than ``least``."""
    far = np.abs(values)
    return {int(tag): float(values[tag]) for tag in top(far, max(0, count)) if far[tag] >= least}
