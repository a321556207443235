"""Which passages have the words of a query, the best first. On the store thread.

A word is read so far as it is rare. What stands in very many places tells little beside rarer
words, and is left out; where a query has no others, the newest passages that have them are ranked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from assistant.search.bm25 import Ids, Occurrences, numbers, occurrences, only, rank
from assistant.search.lanes import Lane
from assistant.search.terms import Terms
from assistant.search.understanding import Understood, Word, mended, understand
from assistant.search.vocabulary import Vocabulary
from assistant.store import found_rows
from assistant.store.sqlcipher import Connection

MOST: Final = 200
"""How many passages are handed to the fusion."""

MOST_PLACES: Final = 3_000
"""Of one word: what stands in more tells little, and takes over a millisecond to read."""

_FAR_TOO_MANY: Final = 4_000  # passages, by a sample: of those nothing has to be read

NEWEST: Final = 700  # passages that have such a word
_PARTS: Final = 100  # of so many passages, in which those of a filter are looked for
_COUNTED: Final = 200  # places of a word, to know which of two is the likelier
_BEGINNING: Final = 12  # words that begin as one that is typed, where very many passages have one
_BEHIND_ALL: Final = 2**62  # no passage's id


@dataclass(frozen=True, slots=True)
class WordRanked:
    """Passages, the best first, and the query with its mistakes mended."""

    understood: Understood
    ids: Sequence[int]


class WordRanking:
    """Ranks the passages of one edition.

    Args:
        lane: The edition.
        terms: Cuts queries into words.
        vocabulary: The words there are.
    """

    def __init__(self, lane: Lane, terms: Terms, vocabulary: Vocabulary) -> None:
        self._lane = lane
        self._terms = terms
        self._vocabulary = vocabulary
        self._common: set[tuple[tuple[str, ...], str]] = set()  # forms and beginning
        self._changes = (0, 0)  # when that was so

    def rank(
        self, connection: Connection, query: str, allowed: Ids | None, *, typing: bool
    ) -> WordRanked:
        """Rank the passages that have words of a query.

        Args:
            connection: Inside of a read.
            query: As it was typed.
            allowed: Only these passages; None: all.
            typing: Whether its last word may still be typed.
        """
        if (now := found_rows.changes(connection)) != self._changes:
            self._changes, self._common = now, set()
        understood = understand(query, self._terms, self._vocabulary, typing=typing)
        choices = [self._likeliest(connection, word.alike) for word in understood.words]
        if any(choices):
            understood = mended(understood, choices, self._vocabulary)
        rare, common = [], []
        for word in understood.words:
            places = self._places(connection, word)
            if places is None:
                common.append(word)
            elif places:
                rare.append(only(occurrences(places, word.times), allowed))
        ranked = rank(rare, self._lane.lengths, MOST)
        if not len(ranked.ids) and common:
            newest = [self._newest(connection, word, allowed) for word in common]
            ranked = rank(newest, self._lane.lengths, MOST)
        return WordRanked(understood, ranked.ids.tolist())

    def _likeliest(self, connection: Connection, alike: Sequence[str]) -> str:
        """Of words that are equally like a mistake the one that stands in the most places.

        Empty where none of them stands anywhere any more.
        """
        places = {one: found_rows.places(connection, one, _COUNTED) for one in alike}
        counts = {one: text.count(",") for one, text in places.items() if text}
        return max(counts, key=lambda one: counts[one], default="")

    def _places(self, connection: Connection, word: Word) -> list[str] | None:
        """Where a word stands in any of its forms; None where that is in too many places."""
        if (word.forms, word.beginning) in self._common:
            return None
        frequent = self._lane.frequent
        if frequent.share(word.forms, word.beginning) * frequent.of > _FAR_TOO_MANY:
            return None
        ways: list[tuple[str, Callable[[Connection, str, int], str]]] = [
            (form, found_rows.places)
            for form in word.forms
            if not (word.beginning and form.startswith(word.beginning))
        ]
        if word.beginning:
            ways.append((word.beginning, found_rows.places_beginning))
        found, left = [], MOST_PLACES
        for term, read in ways:
            part = read(connection, term, left + 1)
            count = part.count(",") + 1 if part else 0
            if count > left:
                self._common.add((word.forms, word.beginning))
                return None
            found.append(part)
            left -= count
        return [part for part in found if part]

    def _newest(self, connection: Connection, word: Word, allowed: Ids | None) -> Occurrences:
        """The newest passages that have a word that very many have."""
        begun = self._vocabulary.beginning(word.beginning, _BEGINNING)
        expression = " OR ".join(f'"{form}"' for form in dict.fromkeys([*word.forms, *begun]))
        found: list[Ids] = []
        before = _BEHIND_ALL
        for _ in range(_PARTS):
            ids = numbers(found_rows.newest_with(connection, expression, before, NEWEST))
            if not len(ids):
                break
            before = int(ids.min())
            # Passages of another edition, which is being built, are among them.
            found.append(
                ids[self._lane.lengths.has(ids) if allowed is None else np.isin(ids, allowed)]
            )
            if sum(map(len, found)) >= NEWEST:
                break
        every = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
        return Occurrences(every, np.ones(len(every)), word.times)
