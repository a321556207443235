"""What the tag model knows of a note: a direction of meaning, and words weighted by rarity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.words import BLOCKS, NO_FENCE, Reading, read

_WEIGHTS: Final = {"word": 2.0, "pair": 0.5, "title": 0.5, "fence": 0.5, "link": 0.8}
_MEANING: Final = 2.0
_ALL: Final = _MEANING + sum(_WEIGHTS.values())

MEANING_SHARE: Final = np.float32(_MEANING / _ALL)
"""How much of the likeness of two notes is that of their meaning; the rest is their words'. Halving
any weight changes the first suggestion's share of right ones by 0.3 points at most."""

_MOST_COUNTED: Final = 1_000_000
"""Different words and pairs that are counted at once: beyond them those seen once are let go."""

_MOST_COLUMNS: Final = 200_000  # words and pairs that notes are compared by
_GROWTH: Final = 1.2
_FEW: Final = 20


@dataclass(frozen=True, slots=True)
class NoteText:
    """A note as it is stored.

    Attributes:
        vectors: Of its passages, ``[passages, dimensions]``, unit length; None or empty: nothing
            is known of its meaning yet.
    """

    id: int
    title: str = field(repr=False)
    text: str = field(repr=False)
    vectors: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A note as the model sees it. Made by one ``Reader``, and of use with that one only.

    Attributes:
        meaning: Mean of the passages' vectors, unit length, ``[dimensions]``; zeros: not known.
        columns: Which of the reader's words it has.
        weights: How much each of them counts; each block has the length of its share's root.
    """

    id: int
    reading: Reading = field(repr=False)
    meaning: NDArray[np.float32] = field(repr=False)
    columns: NDArray[np.int32] = field(repr=False)
    weights: NDArray[np.float32] = field(repr=False)

    @property
    def is_empty(self) -> bool:
        """The note has no words."""
        return self.reading.is_empty

    @property
    def likeness_to_itself(self) -> float:
        """Its kernel with itself: 1 where every block says something."""
        meaning = float(self.meaning @ self.meaning) * float(MEANING_SHARE)
        return meaning + float(self.weights @ self.weights)

    def is_like(self, other: Features) -> bool:
        """Whether the two are the same in all that the model looks at."""
        return self is other or (
            self.reading == other.reading and np.array_equal(self.meaning, other.meaning)
        )


class Reader:
    """Reads notes: how rare each word is in the vault, and where the middle of all meaning lies.

    A snapshot: what was read by one reader can be compared, whatever was written since. Made
    before there were vectors it takes none: make a new one when the encoder is there.
    """

    def __init__(
        self,
        notes: int,
        frequencies: dict[str, Counter[str]],
        plain: Counter[str],
        centre: NDArray[np.float32],
    ) -> None:
        """Take what ``of`` counted: ``of`` is the way to make one."""
        self.notes = notes
        self.centre = centre
        kept = [
            (count, block, word)
            for block in BLOCKS
            for word, count in frequencies[block].items()
            if count >= 2
        ]
        if len(kept) > _MOST_COLUMNS:
            kept = sorted(kept, key=lambda one: -one[0])[:_MOST_COLUMNS]
        self._columns: dict[str, dict[str, int]] = {block: {} for block in BLOCKS}
        for column, (_, block, word) in enumerate(kept):
            self._columns[block][word] = column
        self._phrases = ["" if word == NO_FENCE else word.lstrip("/") for _, _, word in kept]
        counts = np.array([count for count, _, _ in kept], np.float64)
        self._idf = (np.log(notes / np.maximum(counts, 1)) + 1).astype(np.float32)
        self._plain = {word: log((notes + 1) / (count + 1)) for word, count in plain.items()}
        self._unseen = log(notes + 1)

    @classmethod
    def of(cls, notes: Iterable[NoteText]) -> Reader:
        """One for a vault with these notes; they may come from a generator, one at a time."""
        frequencies: dict[str, Counter[str]] = {block: Counter() for block in BLOCKS}
        plain: Counter[str] = Counter()
        total: NDArray[np.float32] = np.zeros(0, np.float32)
        many = 0
        for many, note in enumerate(notes, 1):  # noqa: B007 # the last one is their number
            reading = read(note.title, note.text)
            for block, counts in reading.blocks().items():
                frequencies[block].update(counts.keys())
                _prune(frequencies[block])
            plain.update(reading.plain().keys())
            _prune(plain)
            meaning = mean_direction(note.vectors)
            if meaning.any() and (meaning.shape == total.shape or not total.size):
                total = total + meaning if total.size else meaning
        return cls(many, frequencies, plain, total / np.float32(max(1, many)))

    @property
    def columns(self) -> int:
        """How many words and pairs notes are compared by."""
        return len(self._phrases)

    @property
    def dimensions(self) -> int:
        """Of meaning; 0 where no note had vectors."""
        return len(self.centre)

    def read(self, note: NoteText) -> Features:
        """Read a note, in about a millisecond."""
        reading = read(note.title, note.text)
        meaning = mean_direction(note.vectors)
        if meaning.shape != self.centre.shape:  # of another encoder, or of none
            meaning = np.zeros_like(self.centre)
        columns, weights = self._weighted(reading)
        return Features(note.id, reading, meaning, columns, weights)

    def outgrown(self, notes: int) -> bool:
        """Whether a vault of so many notes wants a new reader, and with it a new model."""
        return notes > self.notes * _GROWTH + _FEW

    def phrase(self, column: int) -> str:
        """The word or the pair of a column; empty where it is none to show."""
        return self._phrases[column]

    def rarity(self, word: str) -> float:
        """Logarithm of how many times more notes there are than notes with the word."""
        return self._plain.get(word, self._unseen)

    def knows(self, word: str) -> bool:
        """Whether a note of the snapshot has the word."""
        return word in self._plain

    def _weighted(self, reading: Reading) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The note's words as columns and weights, TF-IDF in each block."""
        columns, weights = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
        for block, counts in reading.blocks().items():
            known = self._columns[block]
            found = [(known[word], count) for word, count in counts.items() if word in known]
            if not found:
                continue
            some = np.array([column for column, _ in found], np.int32)
            often = np.array([count for _, count in found], np.float32)
            counted = (1 + np.log(often)) * self._idf[some]
            length = (_WEIGHTS[block] / _ALL) ** 0.5 / float(np.linalg.norm(counted))
            columns.append(some)
            weights.append(counted * np.float32(length))
        return np.concatenate(columns), np.concatenate(weights)


def mean_direction(vectors: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The mean of vectors, of unit length; empty where there are none, zeros where they cancel."""
    if vectors is None or not len(vectors):
        return np.zeros(0, np.float32)
    mean: NDArray[np.float32] = vectors.mean(axis=0, dtype=np.float32)
    length = float(np.linalg.norm(mean))
    if not np.isfinite(length) or length < 1e-9:
        return np.zeros_like(mean)
    return mean / np.float32(length)


def _prune(counts: Counter[str]) -> None:
    """Let go of what was seen once where that is too much to hold (lossy counting)."""
    if len(counts) > _MOST_COUNTED:
        for word in [word for word, count in counts.items() if count == 1]:
            del counts[word]
