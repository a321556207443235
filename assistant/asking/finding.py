"""Which passages a question is answered from, and whether any is good enough. Pure but for asking.

A model that is given passages about something else answers all the same, and makes it up. So where
nothing is near enough it is not asked at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.asking.protocol import Retriever
from assistant.asking.records import Scope, ScopeKind
from assistant.asking.words import is_general, leans, share, stems
from assistant.cancel import Cancel
from assistant.search.records import Hit, Kind

_CANDIDATES: Final = 12
_PASSAGES: Final = 3
"""A small model loses its way in more (``context/given``), and each takes it time to read."""

_NEAREST: Final = 3

LEAST_SIMILARITY: Final = 0.4
"""Cosine with the question from which a passage counts as being about it.

Measured with the embedding model that comes with Hush, over a third of the notes on git, Python,
Unix, vim, Postgres and Docker in the shared data, and over every fourth of the CISI abstracts. Of
60 questions with a passage that answers them (24 asked of the notes in other words than theirs, 36
of CISI's) 57 have one this near. Of 128 questions about something else 6 have: none of 24 everyday
ones over the notes, and one over CISI; one of the 24 about computers over CISI; 4 of 56 of CISI's
own, which are long, over the notes. At 0.35 it is 59 and 15, at 0.45 it is 53 and none.
"""

_LEAST_WORDS: Final = 0.6
"""Where meaning was not searched: share of the question's words that a passage must have."""

_WITH_WORDS: Final = 0.15
"""How much less near a passage may be that has all the words of the question."""

_BEHIND: Final = 0.15
"""How far a passage may lie behind the nearest one and still be given: where one answers, others
that are merely about the same thing lead a small model astray. Of 226 passages that would be given
for CISI's questions 4 lie further behind, and no question loses its last relevant one. At 0.1 they
are 17, and one does.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for a question.

    Attributes:
        passages: To answer from, the best first; none where nothing is near enough.
        nearest: The best of what was found all the same, one for each note or message.
    """

    passages: tuple[Hit, ...] = field(default=(), repr=False)
    nearest: tuple[Hit, ...] = field(default=(), repr=False)


def find(
    retriever: Retriever,
    question: str,
    before: str,
    scope: Scope,
    newest: int,
    cancel: Cancel | None = None,
) -> Found:
    """Look for what answers a question.

    Args:
        retriever: Finds. It blocks.
        question: As the person asked it.
        before: The person's question before it; empty where there is none. "And when?" finds
            nothing by itself. Any other question is not sought with it: that would find what the
            first one was about.
        scope: Where to look.
        newest: The id of the question's message: neither it nor what came later is a source.
        cancel: Ends a wait for the index.

    Raises:
        HushError: nothing could be searched, or ``cancel`` was asked.
    """
    hits = _retrieved(retriever, question, scope, newest, cancel)
    good = near_enough(question, hits, scope)
    if not good and before and leans(question):
        both = f"{before}\n{question}"
        further = _retrieved(retriever, both, scope, newest, cancel)
        good = near_enough(both, further, scope)
    return Found(tuple(good[:_PASSAGES]), tuple(_one_each(hits)[:_NEAREST]))


def near_enough(question: str, hits: Sequence[Hit], scope: Scope) -> list[Hit]:
    """Those hits that are about the question, in their order.

    Of a single note or chat one may ask without saying what about: then all of it is meant.
    """
    if scope.kind in {ScopeKind.NOTE, ScopeKind.CONVERSATION} and is_general(question):
        return list(hits)
    wanted = stems(question)
    near = [hit for hit in hits if _is_near(hit, wanted)]
    least = max((hit.similarity or 0.0 for hit in near), default=0.0) - _BEHIND
    return [hit for hit in near if hit.similarity is None or hit.similarity >= least]


def _is_near(hit: Hit, wanted: Sequence[str]) -> bool:
    words = share(wanted, stems(f"{hit.title} {hit.context} {hit.text}"))
    if hit.similarity is None:
        return words >= _LEAST_WORDS
    return hit.similarity + _WITH_WORDS * (words == 1) >= LEAST_SIMILARITY


def _retrieved(
    retriever: Retriever, query: str, scope: Scope, newest: int, cancel: Cancel | None
) -> list[Hit]:
    hits = retriever.retrieve(query, scope, _CANDIDATES, cancel)
    return [hit for hit in hits if hit.kind is Kind.NOTE or hit.owner_id < newest]


def _one_each(hits: Sequence[Hit]) -> list[Hit]:
    return list({(hit.kind, hit.owner_id): hit for hit in reversed(hits)}.values())[::-1]
