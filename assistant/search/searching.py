"""One search: words and meaning side by side, fused, read and cut into snippets.

What asks the store is done on its thread while the query is encoded on this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from assistant.errors import HushError
from assistant.search.bm25 import Ids, numbers
from assistant.search.fusion import fused
from assistant.search.lanes import Lane
from assistant.search.passages import BETWEEN_HEADINGS
from assistant.search.records import Filters, Hit, Kind, SearchResult
from assistant.search.snippets import snippet
from assistant.search.terms import Terms
from assistant.search.understanding import Understood, understand
from assistant.search.vector_index import Near, Vector
from assistant.search.vocabulary import Vocabulary
from assistant.search.word_ranking import WordRanking
from assistant.store import found_rows, vector_rows
from assistant.store.found_rows import Found
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

MEANING: Final = 200
"""How many passages are handed to the fusion, as of those that have words."""

LEAST_SIMILARITY: Final = 0.3
"""Cosine from which on a passage is a find that has none of the words. Of twenty queries about
other things none came nearer to any abstract of CISI (0.12 to 0.30); of the abstracts that answer a
question 19 in 20 are nearer (docs/decisions/0010-hybrid-search.md)."""

_READ_MORE: Final = 8  # passages that are read beyond the hits still wanted: some share a note
_NOTE_PASSAGES: Final = 32  # of a note, that tell what is related to it
_QUERIES_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages with their scores, the best first, and what is known of them."""

    understood: Understood
    scores: Sequence[tuple[int, float]]
    similar: dict[int, float]
    has_words: frozenset[int] = frozenset()
    by_meaning: bool = True

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
        self._words = WordRanking(lane, vocabulary)
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
        ranking = self._rank(understood, self._allowed_by(filters) if narrow else None, limit)
        hits, lost = self._hits(ranking, filters, limit, each=each)
        if lost and len(hits) < limit and not narrow:  # others are ranked: in the trash, of a kind
            ranking = self._rank(understood, self._allowed_by(filters), limit)
            hits, _ = self._hits(ranking, filters, limit, each=each)
        mended_text = ranking.understood.mended if hits else ""
        return SearchResult(query, tuple(hits), mended_text, ranking.by_meaning)

    def related(self, note_id: int, limit: int) -> list[Hit]:
        """What means something like a note; empty where it has no vectors yet.

        Raises:
            HushError: the store failed.
        """
        vectors, edition = self._lane.vectors, self._lane.id
        itself = Filters(kind=Kind.NOTE, note_id=note_id)
        codes, own = self._vault.read(
            lambda c: (
                vector_rows.of_note(c, edition, note_id, _NOTE_PASSAGES),
                numbers(found_rows.allowed(c, edition, itself)),
            )
        ).result()
        if vectors is None or not codes or len(codes[0]) != vectors.dimensions:
            return []
        parts = np.frombuffer(b"".join(codes), np.int8).reshape(len(codes), -1).astype(np.float32)
        parts /= np.maximum(np.linalg.norm(parts, axis=1, keepdims=True), 1.0)
        middle = parts.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        # Nothing is as near to a note as its own passages are.
        near = vectors.search(middle.astype(np.float32), MEANING + len(own))
        similar = _similar(near)
        for passage in own.tolist():
            similar.pop(passage, None)
        ranking = Ranking(Understood(""), list(similar.items()), similar)
        hits, _ = self._hits(ranking, Filters(), limit, each=True)
        return hits

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

    def _rank(self, understood: Understood, allowed: Ids | None, limit: int) -> Ranking:
        """Rank by words, on the store thread, and by meaning at the same time, on this one."""
        words = self._vault.read(lambda c: self._words.rank(c, understood, allowed))
        # A typing mistake changes the text: then the words have to be known first.
        known = all(word.is_known for word in understood.words)
        meant = understood if known else words.result().understood
        vectors, vector = self._lane.vectors, self._vector(meant.text)
        if vector is None or vectors is None:
            found = words.result()
            return Ranking(
                found.understood, fused(found.ids), {}, frozenset(found.ids), by_meaning=False
            )
        similar = _similar(vectors.search(vector, MEANING, allowed))
        found = words.result()
        first = fused(found.ids, list(similar))
        shown = [one for one, _ in first[: limit + _READ_MORE]]
        unknown = np.array([one for one in shown if one not in similar], np.int64)
        if len(unknown):
            similar |= _similar(vectors.search(vector, len(unknown), unknown))
        return Ranking(found.understood, first, similar, frozenset(found.ids))

    def _hits(
        self,
        ranking: Ranking,
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
                    hits.append(_hit(one, ranking.understood, scores[one.id], similar))
        return hits, lost

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
