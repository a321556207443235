"""What asking one's notes needs of search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.asking.records import Scope, ScopeKind
from assistant.cancel import Cancel
from assistant.search.records import Filters, Hit

if TYPE_CHECKING:  # numpy takes a tenth of a second to import
    from assistant.embed.protocol import Vectors

Encode = Callable[[Sequence[str]], "Vectors | None"]
"""Vectors of texts, each of unit length; None where there is no embedding model."""


class Retriever(Protocol):
    """Finds passages, and tells how near texts are in meaning. Called on the worker's thread."""

    def retrieve(
        self, query: str, scope: Scope, limit: int, cancel: Cancel | None = None
    ) -> list[Hit]:
        """The passages nearest to a question, the best first. Blocks.

        Args:
            query: The question, in the person's words.
            scope: Where to look.
            limit: How many at the most.
            cancel: Ends a wait for the index.

        Raises:
            HushError: nothing could be searched, or ``cancel`` was asked.
        """

    def missing(self, scope: Scope) -> str:
        """What there cannot be found now, as a sentence; empty where all of it can. Blocks."""

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """See ``Encode``. Blocks for some milliseconds a text."""


class Searching(Protocol):
    """What ``SearchRetriever`` needs of the search service."""

    def retrieve(
        self, query: str, filters: Filters, limit: int, cancel: Cancel | None
    ) -> list[Hit]:
        """The passages nearest to a query, the best first. Blocks."""

    def missing_notes(self) -> str:
        """What of the notes cannot be found now, as a sentence. Blocks."""

    def embed(self, texts: Sequence[str]) -> Vectors | None:
        """Their vectors; None where no embedding model works. Blocks."""


class SearchRetriever:
    """Asks the search service.

    Args:
        search: Finds.
    """

    def __init__(self, search: Searching) -> None:
        self._search = search

    def missing(self, scope: Scope) -> str:
        """See ``Retriever.missing``."""
        return "" if scope.kind is ScopeKind.CONVERSATION else self._search.missing_notes()

    def retrieve(
        self, query: str, scope: Scope, limit: int, cancel: Cancel | None = None
    ) -> list[Hit]:
        """See ``Retriever.retrieve``."""
        return self._search.retrieve(query, scope.filters, limit, cancel)

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """See ``Retriever.encode``."""
        return self._search.embed(texts)
