"""What asking one's notes takes and hands out, as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from assistant.search.records import Filters, Hit, Kind
from assistant.text import storable

MAX_ATTACHMENTS: Final = 8
"""With one message. A judgement: more could not be read by a small model at once."""

MAX_ATTACHMENT_CHARACTERS: Final = 200_000
"""Of one attachment's text that are kept: as long as a message can be."""


class ScopeKind(StrEnum):
    """What a question is asked of."""

    ALL = "all"  # every note; no chats: what a model once said is no source
    TAG = "tag"  # the notes with one tag, or one nested in it
    NOTE = "note"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of one's own words a question is asked of.

    Attributes:
        kind: What ``tag`` or ``id`` narrow it to.
        tag: For ``TAG``: its name without the ``#``.
        id: For ``NOTE`` and ``CONVERSATION``: its row.
        name: For people: the note's or the conversation's title, where it is at hand. It is not
            stored, and makes no difference.
    """

    kind: ScopeKind = ScopeKind.ALL
    tag: str = field(default="", repr=False)
    id: int | None = None
    name: str = field(default="", repr=False, compare=False)

    def __post_init__(self) -> None:
        needs_id = self.kind in {ScopeKind.NOTE, ScopeKind.CONVERSATION}
        if needs_id != (self.id is not None) or (self.kind is ScopeKind.TAG) != bool(self.tag):
            raise ValueError("a scope names exactly what its kind needs")

    @classmethod
    def parse(cls, stored: str) -> Scope | None:
        """Read what ``stored`` gave; None for nothing, or for what a newer Hush may have put."""
        kind, _, rest = stored.partition(":")
        if kind == ScopeKind.ALL:
            return cls()
        if kind == ScopeKind.TAG and rest:
            return cls(ScopeKind.TAG, tag=rest)
        if kind in {ScopeKind.NOTE, ScopeKind.CONVERSATION} and rest.isdecimal():
            return cls(ScopeKind(kind), id=int(rest))
        return None

    @property
    def stored(self) -> str:
        """As one line of text: ``all``, ``tag:…``, ``note:ID`` or ``conversation:ID``."""
        rest = self.tag if self.kind is ScopeKind.TAG else self.id
        return self.kind.value if rest is None else f"{self.kind.value}:{rest}"

    @property
    def filters(self) -> Filters:
        """Where search looks for it."""
        match self.kind:
            case ScopeKind.ALL:
                return Filters(kind=Kind.NOTE)
            case ScopeKind.TAG:
                return Filters(kind=Kind.NOTE, tag=self.tag)
            case ScopeKind.NOTE:
                return Filters(kind=Kind.NOTE, note_id=self.id)
            case ScopeKind.CONVERSATION:
                return Filters(kind=Kind.MESSAGE, conversation_id=self.id)

    @property
    def words(self) -> str:
        """Within a sentence, like "Nothing in your notes answers this."."""
        match self.kind:
            case ScopeKind.ALL:
                return "your notes"
            case ScopeKind.TAG:
                return f"your notes tagged #{self.tag}"
            case ScopeKind.NOTE:
                return f"“{self.name}”" if self.name else "this note"
            case ScopeKind.CONVERSATION:
                return f"“{self.name}”" if self.name else "that chat"


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer was given, or that came nearest where none was good enough.

    Attributes:
        number: What a citation calls it, from 1 on.
        given: Whether the model read it; else it is only shown, as one of the nearest.
        note_id: The note that it is from; None where it is from a message.
        message_id: The message that it is from; None where it is from a note.
        conversation_id: That message's conversation.
        title: Of the note or the conversation.
        context: The headings that it stands under, joined by " › "; may be empty.
        start: Where the passage begins in the note's or the message's text, in characters.
        length: How long it is there, in characters.
        text: The passage, as it was when it was found.
        score: How near it is to the question: a cosine, 0 where meaning was not searched.
    """

    number: int
    given: bool
    note_id: int | None
    message_id: int | None
    conversation_id: int | None
    title: str = field(repr=False)
    context: str = field(repr=False)
    start: int
    length: int
    text: str = field(repr=False)
    score: float = 0.0

    @classmethod
    def of(cls, hit: Hit, number: int, *, given: bool = True) -> Source:
        """Number a passage that search found."""
        is_note = hit.kind is Kind.NOTE
        return cls(
            number=number,
            given=given,
            note_id=hit.owner_id if is_note else None,
            message_id=None if is_note else hit.owner_id,
            conversation_id=hit.conversation_id,
            title=storable(hit.title),
            context=storable(hit.context),
            start=hit.start,
            length=hit.length,
            text=storable(hit.text),
            score=hit.similarity or 0.0,
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """What supports the part of an answer that ends at ``place``: a source's number.

    ``place`` counts characters of the answer's text, which itself stays as the model wrote it.
    """

    place: int
    number: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes along with a question.

    Attributes:
        name: The file's name, or the note's title.
        text: All that the model may read of it.
        note_id: The note that it is; None for a file.
        missing: Characters of it that are left out, because it is too long. It is not stored.
    """

    name: str = field(repr=False)
    text: str = field(repr=False)
    note_id: int | None = None
    missing: int = 0

    @property
    def remark(self) -> str:
        """What is missing of it, as a sentence; empty where nothing is."""
        if not self.missing:
            return ""
        return (
            f"Only the first {len(self.text):,} characters are attached; "
            f"{self.missing:,} are left out."
        )


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment as its message shows it, without its text."""

    id: int
    name: str = field(repr=False)
    characters: int
    note_id: int | None = None


def given(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Those that the model read."""
    return tuple(source for source in sources if source.given)
