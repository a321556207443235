"""The notes that teach, held so that another one is compared with all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.arrays import Growing
from assistant.tags.features import MEANING_SHARE, Features, Reader

_OFTEN: Final = 64
"""Notes that have a word: with more of them products of whole columns are quicker than pairs."""

_CHUNK: Final = 512  # columns at once
_PAIRS: Final = 400_000  # at once


class Memory:
    """Notes in the order in which they were taught; each has a place, from 0 on."""

    def __init__(self, reader: Reader) -> None:
        self.notes: list[Features] = []
        self._meanings = Growing(np.float32, max(1, reader.dimensions))
        self._columns = Growing(np.int32)
        self._weights = Growing(np.float32)
        self._ends = Growing(np.int64)
        self._asked = np.zeros(reader.columns, np.float32)  # one note's words, while it is compared
        self._has_meaning = reader.dimensions > 0

    def __len__(self) -> int:
        """How many places there are."""
        return len(self.notes)

    def add(self, some: Sequence[Features]) -> None:
        """Put notes at the end."""
        before = len(self._columns)
        if self._has_meaning and some:
            self._meanings.add(np.stack([note.meaning for note in some]))
        lengths = [len(note.columns) for note in some]
        self._ends.add(before + np.cumsum(lengths))
        for note in some:
            self._columns.add(note.columns)
            self._weights.add(note.weights)
        self.notes += some

    def keep(self, which: NDArray[np.intp]) -> None:
        """Let go of all notes but these."""
        entries = np.isin(self._owners(), which)
        lengths = np.diff(self._ends.rows, prepend=0)[which]
        self._columns.keep(entries)
        self._weights.keep(entries)
        self._ends.keep(which)
        self._ends.rows[:] = np.cumsum(lengths)
        if self._has_meaning:
            self._meanings.keep(which)
        self.notes = [self.notes[place] for place in which]

    def likeness(self, note: Features) -> NDArray[np.float32]:
        """The kernel of a note with all that are held, ``[n]``: about 0 to 1."""
        found = np.zeros(len(self), np.float32)
        if self._has_meaning:
            found += self._meanings.rows @ (note.meaning * MEANING_SHARE)
        starts, filled = self._starts()
        if len(note.columns) and len(starts):
            self._asked[note.columns] = note.weights
            products = self._asked[self._columns.rows] * self._weights.rows
            found[filled] += np.add.reduceat(products, starts)
            self._asked[note.columns] = 0
        return found

    def gram(self) -> NDArray[np.float32]:
        """The kernel of each with each, ``[n, n]``."""
        found = _sparse_gram(self._owners(), self._columns.rows, self._weights.rows, len(self))
        if self._has_meaning:
            rows = self._meanings.rows
            found += (rows @ rows.T) * MEANING_SHARE
        return found

    def shared(self, note: Features, by_note: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each word of a note has in common with others: what its weight is multiplied by.

        Args:
            note: The one whose words are asked about.
            by_note: How much each held note counts, ``[n]``.
        """
        at = np.full(len(self._asked), -1, np.int32)
        at[note.columns] = np.arange(len(note.columns), dtype=np.int32)
        places = at[self._columns.rows]
        met = places >= 0
        counted = self._weights.rows[met] * by_note[self._owners()[met]]
        found = np.bincount(places[met], counted, len(note.columns)).astype(np.float64)
        found *= note.weights
        return found

    def _starts(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where the words of each note begin that has some, and which notes these are."""
        ends = self._ends.rows
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
        filled = ends > starts
        return starts[filled], filled

    def _owners(self) -> NDArray[np.int64]:
        """The place of the note that each entry is of."""
        return np.repeat(np.arange(len(self)), np.diff(self._ends.rows, prepend=0))


def _sparse_gram(
    rows: NDArray[np.int64], columns: NDArray[np.int32], weights: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Inner products of all pairs of sparse rows, ``[size, size]``.

    Frequent columns are multiplied as dense ones, rare ones pair by pair.
    """
    order = np.argsort(columns, kind="stable")
    rows, columns, weights = rows[order], columns[order], weights[order]
    _, starts, counts = np.unique(columns, return_index=True, return_counts=True)
    found = np.zeros((size, size), np.float32)
    frequent = np.flatnonzero(counts > _OFTEN)
    for first in range(0, len(frequent), _CHUNK):
        some = frequent[first : first + _CHUNK]
        dense = np.zeros((size, len(some)), np.float32)
        for place, column in enumerate(some):
            entries = slice(starts[column], starts[column] + counts[column])
            dense[rows[entries], place] = weights[entries]
        found += dense @ dense.T
    flat = found.reshape(-1)
    for count in range(1, _OFTEN + 1):
        alike = starts[counts == count]
        step = 1 + _PAIRS // (count * count)
        for first in range(0, len(alike), step):
            entries_of = alike[first : first + step, np.newaxis] + np.arange(count)
            some_rows, some_weights = rows[entries_of], weights[entries_of]
            pairs = (some_rows[:, :, np.newaxis] * size + some_rows[:, np.newaxis, :]).ravel()
            products = some_weights[:, :, np.newaxis] * some_weights[:, np.newaxis, :]
            places, back = np.unique(pairs, return_inverse=True)
            flat[places] += np.bincount(back, products.ravel()).astype(np.float32)
    return found
