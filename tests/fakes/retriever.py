"""A retriever over a few passages, which knows meaning only as shared words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

from assistant.asking.records import Scope, ScopeKind
from assistant.asking.words import share, stems
from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.search.records import Hit, Kind, Snippet
from tests.fakes.encoder import FakeEncoder

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors


def hit(
    text: str,
    title: str = "A note",
    *,
    note: int = 1,
    passage: int = 1,
    similarity: float | None = None,
    context: str = "",
    start: int = 0,
) -> Hit:
    """A passage of a note."""
    return Hit(
        passage_id=passage,
        kind=Kind.NOTE,
        owner_id=note,
        conversation_id=None,
        title=title,
        context=context,
        snippet=Snippet(text[:40]),
        text=text,
        start=start,
        length=len(text),
        at=0,
        score=1.0,
        similarity=similarity,
    )


def said(text: str, *, message: int, conversation: int, title: str = "A chat") -> Hit:
    """A passage of a message."""
    return replace(
        hit(text, title),
        kind=Kind.MESSAGE,
        owner_id=message,
        conversation_id=conversation,
    )


@dataclass
class FakeRetriever:
    """A ``Retriever`` for tests. Similarity is the share of the question's words.

    Attributes:
        hits: What there is. One whose similarity is set keeps it.
        knows_meaning: Else there is no embedding model.
        problem: What the next call fails with.
        asked: The queries and scopes so far.
        gate: Holds ``retrieve`` until it is set; it starts set.
        lacks: What ``missing`` says.
    """

    hits: Sequence[Hit] = ()
    knows_meaning: bool = True
    problem: HushError | None = None
    asked: list[tuple[str, Scope]] = field(default_factory=list)
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    gate: Event = field(default_factory=Event)
    lacks: str = ""

    def __post_init__(self) -> None:
        self.gate.set()

    def retrieve(
        self, query: str, scope: Scope, limit: int, cancel: Cancel | None = None
    ) -> list[Hit]:
        """See ``Retriever.retrieve``."""
        del cancel
        self.gate.wait(60)
        self.asked.append((query, scope))
        problem, self.problem = self.problem, None
        if problem:
            raise problem
        found = [self._scored(one, query) for one in self.hits if _is_in(one, scope)]
        return sorted(found, key=lambda one: -one.score)[:limit]

    def missing(self, scope: Scope) -> str:
        """See ``Retriever.missing``."""
        del scope
        return self.lacks

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """See ``Retriever.encode``."""
        return self.encoder.encode(texts) if self.knows_meaning else None

    def _scored(self, one: Hit, query: str) -> Hit:
        near = share(stems(query), stems(f"{one.title} {one.text}"))
        if one.similarity is not None:
            return replace(one, score=one.similarity)
        return replace(one, score=near, similarity=near if self.knows_meaning else None)


def _is_in(one: Hit, scope: Scope) -> bool:
    match scope.kind:
        case ScopeKind.NOTE:
            return one.kind is Kind.NOTE and one.owner_id == scope.id
        case ScopeKind.CONVERSATION:
            return one.kind is Kind.MESSAGE and one.conversation_id == scope.id
        case _:
            return one.kind is Kind.NOTE
