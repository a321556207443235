"""One search: words and meaning side by side, fused, read and cut into snippets.

What asks the store is done on its thread while the query is encoded on this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

import numpy as np

from assistant.errors import HushError
from assistant.search.bm25 import Ids, numbers
from assistant.search.fusion import fused
from assistant.search.lanes import Lane
from assistant.search.passages import BETWEEN_HEADINGS
from assistant.search.records import Filters, Hit, Kind, SearchResult
from assistant.search.sketches import Vector, directions
from assistant.search.snippets import LateSnippet
from assistant.search.terms import Terms
from assistant.search.understanding import Understood, plain
from assistant.search.vector_index import Near
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
        self._words = WordRanking(lane, terms, vocabulary)
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
        if not plain(query) or limit <= 0:
            return SearchResult(query, ())
        narrow = _is_narrow(filters)
        # Of passages that are asked for to be answered from it is told how near each is.
        told = 0 if each else limit + _READ_MORE
        rank = partial(self._rank, query, typing=typing, told=told)
        ranking = rank(self._allowed_by(filters) if narrow else None)
        hits, lost = self._hits(ranking, filters, limit, each=each)
        if lost and len(hits) < limit and not narrow:  # others are ranked: in the trash, of a kind
            ranking = rank(self._allowed_by(filters))
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
        parts = np.frombuffer(b"".join(codes), np.int8).reshape(len(codes), -1)
        middle = directions(parts).mean(axis=0)
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

    def _rank(self, query: str, allowed: Ids | None, *, typing: bool, told: int) -> Ranking:
        """Rank by words, on the store thread, and by meaning at the same time, on this one.

        Args:
            query: As it was typed.
            allowed: Only these passages; None: all.
            typing: Whether its last word may still be typed.
            told: Of so many of the first the similarity is told, where they have a vector.
        """
        words = self._vault.read(lambda c: self._words.rank(c, query, allowed, typing=typing))
        vector = self._vector(plain(query))
        similar = self._nearest(vector, allowed)
        found = words.result()
        if found.understood.mended:  # another text is meant
            vector = self._vector(found.understood.mended)
            similar = self._nearest(vector, allowed)
        first = fused(found.ids, list(similar))
        unknown = [one for one, _ in first[:told] if one not in similar]
        if unknown:
            similar |= self._nearest(vector, np.array(unknown, np.int64))
        has_words = frozenset(found.ids)
        return Ranking(found.understood, first, similar, has_words, vector is not None)

    def _nearest(self, vector: Vector | None, allowed: Ids | None) -> dict[int, float]:
        """The passages nearest to a vector, with their cosines."""
        vectors = self._lane.vectors
        if vectors is None or vector is None:
            return {}
        return _similar(vectors.search(vector, MEANING, allowed))

    def _hits(
        self, ranking: Ranking, filters: Filters, limit: int, *, each: bool
    ) -> tuple[list[Hit], bool]:
        """Read what is ranked until there are enough; whether some of it was not there."""
        finds = ((one, score) for one, score in ranking.scores if ranking.is_find(one))
        lost = False
        hits: list[Hit] = []
        owners: set[tuple[Kind, int]] = set()
        forms, beginning = ranking.understood.forms, ranking.understood.beginning
        edition = self._lane.id
        while len(hits) < limit:
            scores = dict(islice(finds, limit - len(hits) + _READ_MORE))
            if not scores:
                break
            wanted = list(scores)
            read = partial(found_rows.read, edition_id=edition, ids=wanted, filters=filters)
            found = self._vault.read(read).result()
            lost = lost or len(found) < len(wanted)
            for one in found:
                owner = (one.kind, one.owner_id)
                if len(hits) < limit and not (each and owner in owners):
                    owners.add(owner)
                    shown = LateSnippet(one.text, forms, beginning)
                    hits.append(_hit(one, shown, scores[one.id], ranking.similar.get(one.id)))
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


def _hit(found: Found, shown: LateSnippet, score: float, similar: float | None) -> Hit:
    context = found.context.removeprefix(found.title).removeprefix(BETWEEN_HEADINGS)
    return Hit(
        passage_id=found.id,
        kind=found.kind,
        owner_id=found.owner_id,
        conversation_id=found.conversation_id,
        title=found.title,
        context=context,
        snippet=shown,
        text=found.text,
        start=found.start,
        length=found.length,
        at=found.at,
        score=score,
        similarity=similar,
    )


def _similar(near: Near) -> dict[int, float]:
    return dict(zip(near.ids.tolist(), near.cosines.tolist(), strict=True))
