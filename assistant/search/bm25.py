"""Ranking passages by their words: BM25 over the places that FTS5 tells.

FTS5's own ranking reads every passage that has one of the words, and for each word counts all that
have it before it begins: with words that stand in many of 100,000 passages that is a tenth of a
second. Here a word is read so far as it is rare, and all else is arithmetic.

S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]

K1: Final = 1.2
B: Final = 0.75
"""How fast a word that is said again counts less, and how much a long passage must say it more
often: the usual values."""

_UNIT: Final = 16  # characters; lengths are kept in a byte each
_LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages, the best first, with their scores."""

    ids: Ids
    scores: Scores


@dataclass(frozen=True, slots=True)
class Occurrences:
    """In which passages a word stands, ascending, and how often; ``times`` the query has it."""

    ids: Ids
    counts: Scores
    times: int = 1


class Lengths:
    """How long each passage is, at five bytes each. Every method may be called on any thread.

    Args:
        lengths: In characters, by id.
    """

    def __init__(self, lengths: Sequence[tuple[int, int]] = ()) -> None:
        self._lock = threading.Lock()
        # One by one: an array made of a list at once would stop the window for some 50 ms.
        ids = np.fromiter((one[0] for one in lengths), np.uint32, len(lengths))
        characters = np.fromiter((one[1] for one in lengths), np.int64, len(lengths))
        order = np.argsort(ids, kind="stable")
        self._take(ids[order], _units(characters[order]))

    @classmethod
    def of(cls, ids: Ids, characters: Ids) -> Lengths:
        """The same from arrays; an id that stands twice counts once."""
        made = cls()
        known, places = np.unique(ids.astype(np.uint32), return_index=True)
        made._take(known, _units(characters[places]))
        return made

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return self._ids.nbytes + self._units.nbytes

    def add(self, lengths: Mapping[int, int]) -> None:
        """Add passages; ids only ever grow."""
        if lengths:
            ids = sorted(lengths)
            with self._lock:
                new = _units(np.array([lengths[one] for one in ids], np.int64))
                self._take(
                    np.concatenate([self._ids, np.array(ids, np.uint32)]),
                    np.concatenate([self._units, new]),
                )

    def remove(self, ids: Sequence[int]) -> None:
        """Forget passages."""
        with self._lock:
            stay = ~np.isin(self._ids, np.array(ids, np.uint32))
            self._take(self._ids[stay], self._units[stay])

    def relative(self, ids: Ids) -> Scores:
        """How long passages are, the average being 1; NaN for one that is not there."""
        with self._lock:
            known, units, average = self._ids, self._units, self._average
        if not len(known):
            return np.full(len(ids), np.nan)
        places = np.minimum(np.searchsorted(known, ids.astype(np.uint32)), len(known) - 1)
        return np.where(known[places] == ids, units[places] / average, np.nan)

    def some(self, count: int) -> list[int]:
        """So many passages from all over; fewer where there are fewer."""
        with self._lock:
            found: list[int] = self._ids[:: max(1, len(self._ids) // count)][:count].tolist()
            return found

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """For each of these passages whether it is there."""
        return ~np.isnan(self.relative(ids))

    def _take(self, ids: NDArray[np.uint32], units: NDArray[np.uint8]) -> None:
        self._ids, self._units = ids, units
        self._average = max(1.0, float(units.mean())) if len(units) else 1.0


def occurrences(places: Sequence[str], times: int = 1) -> Occurrences:
    """Put together where the forms of one word stand (``found_rows.places``).

    A word in a heading counts like one in the text (docs/decisions/0010-hybrid-search.md).
    """
    found = np.sort(numbers(",".join(part for part in places if part)), kind="stable")
    first = _first(found)
    return Occurrences(found[first], np.diff(first, append=len(found)).astype(np.float64), times)


def only(word: Occurrences, allowed: Ids | None) -> Occurrences:
    """A word in these passages alone; None: in all."""
    if allowed is None:
        return word
    inside = np.isin(word.ids, allowed)
    return Occurrences(word.ids[inside], word.counts[inside], word.times)


def numbers(text: str) -> Ids:
    """Whole numbers with commas between them; SQLite hands out many at once so the fastest."""
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)


def rank(words: Sequence[Occurrences], lengths: Lengths, most: int) -> Ranked:
    """Score all passages that have one of the words.

    Args:
        words: One each of the query.
        lengths: Of all passages there are; others are left out.
        most: Of the best so many are handed out.
    """
    if not words:
        return Ranked(np.empty(0, np.int64), np.empty(0))
    every = np.concatenate([word.ids for word in words])
    order = np.argsort(every, kind="stable")  # it merges, for each word's are in order: 3 x as fast
    first = _first(every[order])
    scores = np.concatenate([_scores(word, lengths) for word in words])[order]
    ids, totals = every[order][first], np.add.reduceat(scores, first) if len(first) else scores
    there = ~np.isnan(totals)
    ids, totals = ids[there], totals[there]
    if len(ids) > most:
        best = totals >= np.partition(totals, -most)[-most]
        ids, totals = ids[best], totals[best]
    best = np.lexsort((-ids, -totals))[:most]
    return Ranked(ids[best], totals[best])


def _first(ids: Ids) -> Ids:
    """The places in sorted ids where another one begins."""
    return np.flatnonzero(np.diff(ids, prepend=-1))


def _scores(word: Occurrences, lengths: Lengths) -> Scores:
    relative = lengths.relative(word.ids)
    having = int(np.count_nonzero(~np.isnan(relative)))
    rarity = np.log1p((len(lengths) - having + 0.5) / (having + 0.5))
    said = word.counts * (K1 + 1) / (word.counts + K1 * (1 - B + B * relative))
    scores: Scores = word.times * rarity * said
    return scores


def _units(characters: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.clip(characters // _UNIT + 1, 1, _LONGEST).astype(np.uint8)
