"""The different words of all passages, in memory: forms of a word, beginnings, typing mistakes.

Words stand one after the other in one piece of memory, some 20 bytes each with all that is kept of
them. A typing mistake is found by trigrams: each word has 64 bits, one set for each three letters
that follow each other in it, and words that are alike share most of theirs.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.search.stemming import stem

_LONGEST: Final = 64  # bytes of a word; longer ones are no words that one types
_NEW: Final = 2_000  # words that may wait to be put in their place
_ALIKE: Final = 100  # words whose distance is taken, of those that share the most trigrams
_MOST_FORMS: Final = 12
_LOOKED_AT: Final = 400  # words with one beginning, for forms of a word

LEAST_LETTERS: Final = 4
"""Of a word that may hold a typing mistake: a shorter one is a mistake for too many others."""

_TWO_MISTAKES: Final = 8  # letters from which on two are mended
_SPREAD: Final = (np.uint32(2654435761), np.uint32(40503), np.uint32(97))  # odd, to mix bits


class Vocabulary:
    """Knows words. Every method may be called on any thread.

    Args:
        words: At first.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._new: set[str] = set()
        self._settle(words)

    def __len__(self) -> int:
        return len(self._ends) + len(self._new)

    def __contains__(self, word: str) -> bool:
        with self._lock:
            return word in self._new or self._has(word.encode())

    @property
    def nbytes(self) -> int:
        """What it takes in memory, but for words that are new."""
        return len(self._text) + self._ends.nbytes + self._trigrams.nbytes

    def short(self, words: Iterable[str]) -> list[str]:
        """Those that are no longer than words are."""
        return [word for word in words if len(word.encode()) <= _LONGEST]

    def missing(self, words: Iterable[str]) -> list[str]:
        """Those of different words that are not known, and are no longer than words are."""
        with self._lock:
            short = self.short(words)
            return [one for one in short if one not in self._new and not self._has(one.encode())]

    def add(self, words: Iterable[str]) -> None:
        """Add words that are missing."""
        with self._lock:
            self._new.update(words)
            if len(self._new) > _NEW:
                self._settle([*self._all(), *self._new])

    def forms(self, word: str) -> list[str]:
        """The known forms of a word, itself first where it is known; at most a dozen."""
        wanted = stem(word)
        # An e, i or y at a stem's end may be another letter in the word.
        beginning = wanted[:-1] if wanted[-1:] in set("eiy") and len(wanted) > 2 else wanted
        found = [one for one in self.beginning(beginning, _LOOKED_AT) if stem(one) == wanted]
        found.sort(key=lambda one: (one != word, len(one), one))
        return found[:_MOST_FORMS]

    def beginning(self, beginning: str, most: int) -> list[str]:
        """At most so many known words that begin so; none where that is empty."""
        if not beginning:
            return []
        encoded = beginning.encode()
        with self._lock:
            found = [word for word in self._new if word.startswith(beginning)]
            first = self._place(encoded)
            last = min(first + max(0, most - len(found)), len(self._ends))
            if first < last:  # at once: a word at a time takes several times as long
                begin = self._offsets[first - 1] + 1 if first else 1
                words = self._text[begin : self._offsets[last - 1]].decode().split("\n")
                others = bisect_left(words, True, key=lambda one: not one.startswith(beginning))
                found += words[:others]
        return found[:most]

    def alike(self, word: str, most: int = 3) -> list[str]:
        """Known words that this may be a typing mistake for, the likeliest first."""
        if len(word) < LEAST_LETTERS or not word.isalpha():
            return []
        mistakes = 2 if len(word) >= _TWO_MISTAKES else 1
        with self._lock:
            candidates = [*self._sharing(word, mistakes), *self._new]
        near = []
        for one in candidates:
            if abs(len(one) - len(word)) <= mistakes:
                far = _distance(word, one)
                if 0 < far <= mistakes:
                    near.append((far, one[0] != word[0], abs(len(one) - len(word)), one))
        return [one for *_, one in sorted(near)[:most]]

    def _settle(self, words: Iterable[str]) -> None:
        """Put words in their places, by their bytes."""
        # Mostly in order already, which makes sorting them a matter of a moment.
        every = dict.fromkeys(word.encode() for word in words)
        encoded = sorted(word for word in every if 0 < len(word) <= _LONGEST)
        self._text = b"\n" + b"\n".join(encoded) + b"\n" if encoded else b""
        lengths = np.array([len(word) + 1 for word in encoded], np.uint32)
        self._ends: NDArray[np.uint32] = lengths.cumsum(dtype=np.uint32)  # of the line end
        self._offsets = self._ends.data  # one number of it costs half as much
        self._trigrams = _trigrams(self._text, self._ends)
        self._new = set()

    def _word(self, number: int) -> bytes:
        begin = self._offsets[number - 1] if number else 0
        return self._text[begin + 1 : self._offsets[number]]

    def _place(self, word: bytes) -> int:
        return bisect_left(range(len(self._ends)), word, key=self._word)

    def _has(self, word: bytes) -> bool:
        place = self._place(word)
        return place < len(self._ends) and self._word(place) == word

    def _all(self) -> list[str]:
        return self._text.decode().split("\n")[1:-1]

    def _sharing(self, word: str, mistakes: int) -> list[str]:
        """Those words of about this length that share the most trigrams with it."""
        if not len(self._ends):
            return []
        text = b"\n" + word.encode() + b"\n"
        own = _trigrams(text, np.array([len(text) - 1], np.uint32))[0]
        shared = np.bitwise_count(self._trigrams & own).astype(np.int16)
        lengths = np.diff(self._ends.astype(np.int64), prepend=0) - 1
        shared[np.abs(lengths - len(text) + 2) > 2 * mistakes] = -1  # bytes; letters may be two
        best = np.argsort(-shared, kind="stable")[:_ALIKE]
        return [self._word(int(number)).decode() for number in best if shared[number] > 0]


def _trigrams(text: bytes, ends: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """For each word 64 bits, one set for each trigram of its bytes and the line ends around it."""
    if not len(ends):
        return np.empty(0, np.uint64)
    letters = np.frombuffer(text, np.uint8).astype(np.uint32)
    mixed = letters[:-2] * _SPREAD[0] ^ letters[1:-1] * _SPREAD[1] ^ letters[2:] * _SPREAD[2]
    bits = np.uint64(1) << ((mixed * _SPREAD[0]) >> np.uint32(26)).astype(np.uint64)
    begins = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    bits[ends[:-1].astype(np.int64) - 1] = 0  # of a word's last letter and the next one's first
    found: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, begins)
    return found


def _distance(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many or swapped with the next."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_letter in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other_letter))
            swapped = i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other_letter
            row.append(min(cost, before[j - 2] + 1) if swapped else cost)
        before, last = last, row
    return last[-1]
