"""One search: words and meaning side by side, fused, read and cut into snippets.

What asks the store is done on its thread while the query is encoded on this one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from assistant.errors import HushError
from assistant.search.bm25 import Ids, numbers, occurrences, rank
from assistant.search.fusion import fused
from assistant.search.lanes import Lane
from assistant.search.passages import BETWEEN_HEADINGS
from assistant.search.records import Filters, Hit, Kind, SearchResult
from assistant.search.snippets import snippet
from assistant.search.terms import Terms
from assistant.search.understanding import Understood, mended, understand
from assistant.search.vector_index import Near, Vector
from assistant.search.vocabulary import Vocabulary
from assistant.store import found_rows, vector_rows
from assistant.store.found_rows import Found
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

WORDS: Final = 200
MEANING: Final = 200
"""How many passages each of the two rankings hands to the fusion."""

MOST_PLACES: Final = 4_000
"""Of one word: what stands in more tells little, and takes over a millisecond to read."""

NEWEST: Final = 200  # passages, where every word of the query stands in too many

LEAST_SIMILARITY: Final = 0.3
"""Cosine from which on a passage is a find that has none of the words. Of twenty queries about
other things none came nearer to any abstract of CISI (0.12 to 0.30); of the abstracts that answer a
question 19 in 20 are nearer (docs/decisions/0010-hybrid-search.md)."""

_READ_MORE: Final = 8  # passages that are read beyond the hits still wanted: some share a note
_NOTE_PASSAGES: Final = 32  # of a note, that tell what is related to it
_QUERIES_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class _Words:
    """What the store told about the words of a query."""

    understood: Understood
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores, the best first, and what is known of them."""

    scores: Sequence[tuple[int, float]]
    similar: dict[int, float]
    has_words: frozenset[int]

    def is_find(self, passage: int) -> bool:
        """Whether it has words of the query or is near enough to it."""
        return passage in self.has_words or self.similar.get(passage, 0.0) >= LEAST_SIMILARITY


class Searcher:
    """Searches one edition. On any thread but the store's.

    Args:
        vault: Open.
        lane: The edition that serves.
        terms: Cuts queries into words.
        vocabulary: The words there are.
    """

    def __init__(
        self,
        vault: Vault,
        lane: Lane,
        terms: Terms,
        vocabulary: Vocabulary,
    ) -> None:
        self._vault = vault
        self._lane = lane
        self._terms = terms
        self._vocabulary = vocabulary
        self._common: set[str] = set()  # words that stand in too many places
        self._allowed: tuple[Filters, tuple[int, int], Ids] | None = None  # of the last search

    @property
    def lane(self) -> Lane:
        """What is searched."""
        return self._lane

    def search(
        self, query: str, filters: Filters, limit: int, *, typing: bool, each: bool
    ) -> SearchResult:
        """Find passages.

        Args:
            query: Anything.
            filters: Where.
            limit: The most hits.
            typing: Whether the last word may still be typed.
            each: One hit for each note or message, not several of its passages.

        Raises:
            HushError: the store failed.
        """
        understood = understand(query, self._terms, self._vocabulary, typing=typing)
        if not understood.text or limit <= 0:
            return SearchResult(query, ())
        narrow = _is_narrow(filters)
        allowed = self._allowed_by(filters) if narrow else None
        words = self._vault.read(lambda c: self._words(c, understood))
        # A typing mistake changes the text: then the words have to be known first.
        known = all(word.is_known for word in understood.words)
        vector = self._vector(understood.text) if known else None
        found = words.result()
        if not known:
            vector = self._vector(found.understood.text)
        ranking = self._rank(vector, found.ids, allowed, limit)
        hits, lost = self._hits(ranking, found.understood, filters, limit, each=each)
        if lost and len(hits) < limit and not narrow:  # what was ranked lies in the trash
            ranking = self._rank(vector, found.ids, self._allowed_by(filters), limit)
            hits, _ = self._hits(ranking, found.understood, filters, limit, each=each)
        return SearchResult(
            query, tuple(hits), found.understood.mended if hits else "", vector is not None
        )

    def related(self, note_id: int, limit: int) -> list[Hit]:
        """What means something like a note; empty where it has no vectors yet.

        Raises:
            HushError: the store failed.
        """
        vectors, edition = self._lane.vectors, self._lane.id
        codes = self._vault.read(
            lambda c: vector_rows.of_note(c, edition, note_id, _NOTE_PASSAGES)
        ).result()
        if vectors is None or not codes or len(codes[0]) != vectors.dimensions:
            return []
        parts = np.frombuffer(b"".join(codes), np.int8).reshape(len(codes), -1).astype(np.float32)
        parts /= np.maximum(np.linalg.norm(parts, axis=1, keepdims=True), 1.0)
        middle = parts.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        near = vectors.search(middle.astype(np.float32), MEANING)
        ranking = Ranking(
            [(int(one), float(far)) for one, far in zip(near.ids, near.cosines, strict=True)],
            _similar(near),
            frozenset(),
        )
        hits, _ = self._hits(ranking, Understood(""), Filters(), limit + 1, each=True)
        others = [hit for hit in hits if (hit.kind, hit.owner_id) != (Kind.NOTE, note_id)]
        return others[:limit]

    def _vector(self, text: str) -> Vector | None:
        vectors, encoder = self._lane.vectors, self._lane.encoder
        if vectors is None or encoder is None or encoder.key != self._lane.edition.encoder:
            return None
        model = encoder.get()
        if model is None:
            return None
        try:
            vector: Vector = model.encode([text], query=True)[0]
        except HushError as error:
            encoder.fail(error)
            return None
        return vector if len(vector) == vectors.dimensions else None

    def _rank(
        self, vector: Vector | None, words: Sequence[int], allowed: Ids | None, limit: int
    ) -> Ranking:
        if allowed is not None:
            inside = set(allowed.tolist())
            words = [one for one in words if one in inside]
        vectors = self._lane.vectors
        if vector is None or vectors is None:
            return Ranking(fused(words), {}, frozenset(words))
        near = vectors.search(vector, MEANING, allowed)
        similar = _similar(near)
        first = fused(words, [int(one) for one in near.ids])
        shown = [one for one, _ in first[: limit + _READ_MORE]]
        unknown = np.array([one for one in shown if one not in similar], np.int64)
        if len(unknown):
            similar |= _similar(vectors.search(vector, len(unknown), unknown))
        return Ranking(first, similar, frozenset(words))

    def _hits(
        self,
        ranking: Ranking,
        understood: Understood,
        filters: Filters,
        limit: int,
        *,
        each: bool,
    ) -> tuple[list[Hit], bool]:
        """Read what is ranked until there are enough; whether some of it was not there."""
        scores = {one: score for one, score in ranking.scores if ranking.is_find(one)}
        left, lost = list(scores), False
        hits: list[Hit] = []
        owners: set[tuple[Kind, int]] = set()
        while left and len(hits) < limit:
            size = limit - len(hits) + _READ_MORE
            wanted, left = left[:size], left[size:]
            edition = self._lane.id
            read = partial(found_rows.read, edition_id=edition, ids=wanted, filters=filters)
            found = self._vault.read(read).result()
            lost = lost or len(found) < len(wanted)
            for one in found:
                owner = (one.kind, one.owner_id)
                if len(hits) < limit and not (each and owner in owners):
                    owners.add(owner)
                    similar = ranking.similar.get(one.id)
                    hits.append(_hit(one, understood, scores[one.id], similar))
        return hits, lost

    def _words(self, connection: Connection, understood: Understood) -> _Words:
        """Rank by words. On the store thread."""
        choices = [self._likeliest(connection, word.alike) for word in understood.words]
        if any(choices):
            understood = mended(understood, choices, self._vocabulary)
        places, common = [], []
        for word in understood.words:
            found = self._places(connection, word.forms, word.beginning)
            if found is None:
                common.append(_expression(word.forms, word.beginning))
            elif found:
                places.append(occurrences(found, word.times))
        if places or not common:
            ranked = rank(places, self._lane.lengths, WORDS)
            return _Words(understood, [int(one) for one in ranked.ids])
        newest = found_rows.newest_with(connection, " AND ".join(common), NEWEST)
        return _Words(understood, newest)

    def _likeliest(self, connection: Connection, alike: Sequence[str]) -> str:
        """Of words that are equally like a mistake the one that stands in the most places."""
        if not alike:
            return ""
        counts = [found_rows.places(connection, one, NEWEST).count(",") for one in alike]
        return alike[counts.index(max(counts))]

    def _places(
        self, connection: Connection, forms: Sequence[str], beginning: str
    ) -> list[str] | None:
        """Where a word stands in any of its forms; None where that is in too many places."""
        found, left = [], MOST_PLACES
        ways: list[tuple[str, Callable[[Connection, str, int], str]]] = [
            (form, found_rows.places)
            for form in forms
            if not (beginning and form.startswith(beginning))
        ]
        if beginning:
            ways.append((beginning, found_rows.places_beginning))
        for term, read in ways:
            key = term if read is found_rows.places else f"{term}*"
            if key in self._common:
                return None
            part = read(connection, term, left + 1)
            count = part.count(",") + 1 if part else 0
            if count > left:
                if left == MOST_PLACES:
                    self._common.add(key)
                return None
            found.append(part)
            left -= count
        return [part for part in found if part]

    def _allowed_by(self, filters: Filters) -> Ids:
        """The passages that filters let through; remembered until something changes."""
        lane = self._lane
        kept = self._allowed  # once: a question and what is typed may be searched at the same time

        def read(connection: Connection) -> tuple[tuple[int, int], str | None]:
            now = found_rows.changes(connection)
            if kept and kept[:2] == (filters, now):
                return now, None
            return now, found_rows.allowed(connection, lane.id, filters)

        now, text = self._vault.read(read).result()
        if text is None and kept:
            return kept[2]
        ids = numbers(text or "")
        self._allowed = (filters, now, ids)
        return ids


def _is_narrow(filters: Filters) -> bool:
    """Whether so little may be let through that it has to be known before ranking."""
    return bool(filters.tag) or any(
        one is not None
        for one in (filters.since, filters.until, filters.conversation_id, filters.note_id)
    )


def _hit(found: Found, understood: Understood, score: float, similar: float | None) -> Hit:
    context = found.context.removeprefix(found.title).removeprefix(BETWEEN_HEADINGS)
    return Hit(
        passage_id=found.id,
        kind=found.kind,
        owner_id=found.owner_id,
        conversation_id=found.conversation_id,
        title=found.title,
        context=context,
        snippet=snippet(found.text, understood.forms, understood.beginning),
        text=found.text,
        start=found.start,
        length=found.length,
        at=found.at,
        score=score,
        similarity=similar,
    )


def _similar(near: Near) -> dict[int, float]:
    return {int(one): float(far) for one, far in zip(near.ids, near.cosines, strict=True)}


def _expression(forms: Sequence[str], beginning: str) -> str:
    """In FTS5's language: any of these."""
    quoted = [f'"{form}"' for form in forms]
    return "(" + " OR ".join([*quoted, *([f'"{beginning}"*'] if beginning else [])]) + ")"
