"""What search takes and hands out, as frozen values. Times are milliseconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What a passage is from."""

    NOTE = "note"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Filters:
    """Where to search. Nothing set: everywhere outside of the trash.

    Attributes:
        kind: Only notes, or only messages.
        tag: Only notes with this tag or one nested in it.
        since: Only what was changed at this time or later.
        until: Only what was changed before this time.
        conversation_id: Only messages of this conversation.
        note_id: Only this note.
    """

    kind: Kind | None = None
    tag: str = field(default="", repr=False)
    since: int | None = None
    until: int | None = None
    conversation_id: int | None = None
    note_id: int | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a passage on one line; ``marks`` are the (start, length) of the words found."""

    text: str = field(repr=False)
    marks: tuple[tuple[int, int], ...] = ()


class Shown(Protocol):
    """What a hit shows of its passage: a snippet, or one that is cut when it is looked at."""

    @property
    def text(self) -> str:
        """On one line."""

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """The (start, length) of the words found."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that was found.

    Attributes:
        passage_id: Its row; good until its text is changed.
        kind: What ``owner_id`` names: a note, or a message.
        owner_id: Where it stands.
        conversation_id: The message's conversation; None for a note.
        title: Of the note or the conversation.
        context: The headings that it stands under, joined by " › "; may be empty.
        snippet: What to show of it.
        text: The whole passage.
        start: Where it begins in the note's or the message's text, in characters.
        length: How long it is there, in characters.
        at: When the note was changed, or the message written.
        score: Of reciprocal rank fusion; only its order means something.
        similarity: Cosine with the query; None where the passage has no vector yet.
    """

    passage_id: int
    kind: Kind
    owner_id: int
    conversation_id: int | None
    title: str = field(repr=False)
    context: str = field(repr=False)
    snippet: Shown
    text: str = field(repr=False)
    start: int
    length: int
    at: int
    score: float
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found, the best first; one hit for each note or message.

    Attributes:
        query: As it was asked.
        hits: The best first.
        understood: The query with its typing mistakes mended; empty where there was none.
        by_meaning: Whether meaning was searched, too, and not words alone.
    """

    query: str = field(repr=False)
    hits: tuple[Hit, ...]
    understood: str = field(default="", repr=False)
    by_meaning: bool = False


class IndexState(StrEnum):
    """What the index is doing."""

    READY = "ready"  # everything that there is can be found by meaning
    WORKING = "working"
    PAUSED = "paused"  # the governor rests
    PREPARING = "preparing"  # the embedding model is being exported; words are found
    WORDS_ONLY = "words only"  # there is no embedding model that works


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the index is.

    Attributes:
        state: What it is doing.
        passages: How many there are in the edition that serves.
        encoded: How many of them have their vector.
        encoder: The embedding model's name; empty where there is none.
        reason: Why it is paused, or why only words are found, as a sentence; else empty.
        building: Another embedding model that is being built beside this one; empty where none.
        built: The share of it that is done, 0 to 1.
        unreadable: Passages that the embedding model fails at: their words are found.
        notes: How many notes there are, where some are not indexed yet; else 0.
        notes_left: How many of them nothing is found of yet, or of what was changed last.
    """

    state: IndexState
    passages: int = 0
    encoded: int = 0
    encoder: str = ""
    reason: str = ""
    building: str = ""
    built: float = 0.0
    unreadable: int = 0
    notes: int = 0
    notes_left: int = 0

    @property
    def missing(self) -> str:
        """What a search now cannot find, as a sentence; empty where that is nothing."""
        if self.notes_left:
            some = f"{self.notes_left:,} of {self.notes:,} notes"
            return f"{some} {'is' if self.notes_left == 1 else 'are'} not indexed yet."
        left = self.passages - self.encoded - self.unreadable
        if left > 0 and self.state is not IndexState.WORDS_ONLY:
            return f"{left:,} of {self.passages:,} passages are found by their words alone so far."
        return ""
