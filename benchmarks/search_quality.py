"""How well search ranks: hybrid beside a public BM25 and exact vectors, on judged questions."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from assistant.search.records import Filters
from benchmarks.encoder_peer import peer
from benchmarks.report import Row
from benchmarks.search_data import Collection, Text, collection, ndcg, notes
from benchmarks.search_library import Library, indexed
from benchmarks.search_peer import NAME, bm25

LEAST_QUALITY: Final = 0.44
LEAST_RATIO: Final = 1.05

_DEPTH: Final = 10
_MOST: Final = 30
_KNOWN: Final = 300  # notes that are looked for by a sentence of theirs
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")

Ranking = Callable[[str], Sequence[int]]


def quality_rows() -> list[Row]:
    """CISI by nDCG at ten, and known notes by the reciprocal of their rank."""
    cisi = collection()
    with indexed(cisi.documents) as library:
        ours = _ours(library)
        found = [ours(text) for _, text in _judged(cisi)]
    alone = {NAME: _bm25(cisi), "exact float32 vectors": _exact(cisi)}
    scores = {name: _mean(cisi, ranked) for name, ranked in alone.items()}
    best = max(scores, key=lambda name: scores[name])
    hybrid = _mean(cisi, found)
    _, held_out = cisi.halves()
    kept_back = {number for number, _ in held_out}
    gains = _gains(cisi, found)
    reported = statistics.mean(gain for number, gain in gains if number in kept_back)
    against = statistics.mean(
        gain for number, gain in _gains(cisi, alone[best]) if number in kept_back
    )
    how = "CISI, 76 judged questions"
    held = f"{best} {against:.3f}; the 38 questions that nothing was chosen with"
    return [
        Row("nDCG@10, hybrid", hybrid, "", how, LEAST_QUALITY, better="more"),
        *(Row(f"nDCG@10, {name}", score, "", how) for name, score in scores.items()),
        Row(
            "nDCG@10, hybrid against the better alone",
            hybrid / scores[best],
            "x",
            f"{best} {scores[best]:.3f}",
            LEAST_RATIO,
            better="more",
        ),
        Row("nDCG@10, hybrid, half that was kept back", reported, "", held),
        *_known_notes(),
    ]


def _judged(cisi: Collection) -> list[tuple[int, str]]:
    return [one for one in cisi.questions if one[0] in cisi.relevant]


def _ours(library: Library) -> Ranking:
    def rank(query: str) -> Sequence[int]:
        found = library.search.search(f"{query} ", Filters(), _DEPTH).result()
        return [hit.owner_id for hit in found.hits]

    return rank


def _bm25(cisi: Collection) -> list[Sequence[int]]:
    texts = [f"{one.title}\n{one.text}" for one in cisi.documents]
    asked = bm25(texts, [text for _, text in _judged(cisi)], _DEPTH)
    return [[cisi.documents[one].id for one in ranked] for ranked in asked.ranked]


def _exact(cisi: Collection) -> list[Sequence[int]]:
    with peer() as other:
        documents = other.encode([f"{one.title}\n{one.text}" for one in cisi.documents]).vectors
        questions = other.encode([text for _, text in _judged(cisi)]).vectors
    best = np.argsort(-(questions @ documents.T), axis=1)[:, :_DEPTH]
    return [[cisi.documents[int(one)].id for one in row] for row in best]


def _gains(cisi: Collection, found: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    return [
        (number, ndcg(ranked, cisi.relevant[number]))
        for (number, _), ranked in zip(_judged(cisi), found, strict=True)
    ]


def _mean(cisi: Collection, found: Sequence[Sequence[int]]) -> float:
    return statistics.mean(gain for _, gain in _gains(cisi, found))


def _known_notes() -> list[Row]:
    """Notes found again by a sentence out of them, which is taken away first."""
    everything = notes()
    wanted = random.Random(5).sample(everything, _KNOWN)
    queries: dict[int, str] = {}
    for one in wanted:
        sentences = [
            " ".join(part.split())
            for part in _SENTENCE.split(one.text)
            if 40 <= len(part) <= 160 and "`" not in part and "#" not in part
        ]
        if sentences:
            queries[one.id] = sentences[0]
    texts = [_without(one, queries.get(one.id, "")) for one in everything]
    with indexed(texts) as library:
        ours = [_ours_deep(library, query) for query in queries.values()]
    asked = bm25([f"{one.title}\n{one.text}" for one in texts], list(queries.values()), _MOST)
    theirs = [[texts[one].id for one in ranked] for ranked in asked.ranked]
    how = f"{len(queries)} notes, each by a sentence that was taken out of it"
    return [
        Row("mean reciprocal rank of a known note", _reciprocal(queries, ours), "", how),
        Row(f"the same, {NAME}", _reciprocal(queries, theirs), "", how),
    ]


def _ours_deep(library: Library, query: str) -> list[int]:
    found = library.search.search(f"{query} ", Filters(), _MOST).result()
    return [hit.owner_id for hit in found.hits]


def _without(one: Text, sentence: str) -> Text:
    if not sentence:
        return one
    words = re.escape(sentence).replace(r"\ ", r"\s+")
    return Text(one.id, one.title, re.sub(words, "", one.text, count=1))


def _reciprocal(queries: dict[int, str], found: Sequence[Sequence[int]]) -> float:
    return statistics.mean(
        1 / (1 + ranked.index(note)) if note in ranked else 0.0
        for note, ranked in zip(queries, found, strict=True)
    )
