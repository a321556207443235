"""What the core hands out: conversations and messages as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from assistant.asking.records import Attached, Citation, Scope, Source

FIRST_PRIVATE_ID: Final = 2**52
"""Ids of private conversations and their messages begin here: an id says where its row lives.
A vault on disk never gets this far, and JSON and Qt still hold such a number exactly."""

NEW_PRIVATE_ID: Final = 2**53 - 1
"""Stands for the private chat that has not begun, where its conversation would be named."""


def is_private(row_id: int | None) -> bool:
    """Whether what has this id, a conversation, message or draft, is never to be written down.

    None is the ordinary chat that has not begun.
    """
    return row_id is not None and row_id >= FIRST_PRIVATE_ID


class Role(StrEnum):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """How far a message got. Only assistant messages are ever anything but ``COMPLETE``."""

    COMPLETE = "complete"
    STREAMING = "streaming"  # being written now
    STOPPED = "stopped"  # the person stopped it
    INTERRUPTED = "interrupted"  # the program ended while it was being written
    FAILED = "failed"  # the engine or the store failed; the text so far is kept


class FinishReason(StrEnum):
    """Why the engine stopped writing."""

    STOP = "stop"  # end of turn, or a stop string
    LENGTH = "length"  # the reply's token limit, or the context, was reached
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """Numbers about one reply; never content. Times in milliseconds, speeds in tokens/s."""

    model: str
    prompt_tokens: int
    reused_tokens: int
    reply_tokens: int
    first_token_ms: float
    tokens_per_second: float
    context_cap: int
    omitted_messages: int
    omitted_tokens: int  # tokens cut out of the last message itself
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's head. Times are milliseconds since 1970, UTC."""

    id: int
    title: str = field(repr=False)
    created_at: int
    updated_at: int

    @property
    def private(self) -> bool:
        """Whether it is written nowhere, and gone when Hush closes or locks."""
        return is_private(self.id)


@dataclass(frozen=True, slots=True)
class CloudMark:
    """Who gave an answer that did not come from this laptop.

    ``at`` is in milliseconds since 1970; ``is_kept``: what was sent can still be looked at.
    """

    provider: str
    host: str
    model: str
    at: int
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    ``variant`` counts from 1 among the ``variants`` messages that share this one's parent:
    a regenerated answer or an edited question stands beside the earlier one, never over it.

    ``scope`` is what a question was asked of, and its answer sought in; None: of nothing but the
    model. ``sources`` and ``citations`` are an answer's, ``attached`` what came with a question.

    ``confidence`` is how probably an answer is right, or from the right passages; None where
    nothing can be said of that. ``doubt`` is the reason's code (``assistant.confidence.records``).

    ``cloud`` says who wrote an answer that came from elsewhere.
    """

    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    state: MessageState
    text: str = field(repr=False)  # content never gets into a log or a traceback by accident
    created_at: int
    figures: ReplyFigures | None = None
    failure: str = ""  # the error's code where state is FAILED
    variant: int = 1
    variants: int = 1
    pinned: bool = False  # stays in what the model sees when earlier messages leave it
    scope: Scope | None = None
    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()
    attached: tuple[Attached, ...] = ()
    confidence: float | None = None
    doubt: str = ""
    cloud: CloudMark | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for a message and all before it on its path, in what the model sees."""

    message_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation and its shown path, oldest message first."""

    conversation: Conversation
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one send wrote before anything was generated.

    ``question`` is None where an answer was regenerated or continued: no question was written.
    """

    conversation: Conversation
    question: Message | None
    answer: Message


@dataclass(frozen=True, slots=True)
class ContextView:
    """What the model sees of a conversation. Counts in tokens, with the template's overheads.

    Attributes:
        instructions: Of the system text.
        pinned: Of pinned messages that would have left otherwise.
        summary_tokens: Of the rolling summary.
        conversation: Of the messages themselves.
        reply: What is kept free for the answer.
        cap: The context's.
        first_kept_id: The earliest message that is there word for word; None where all are.
        summary: The text that stands for what is before it; empty where there is none.
        left_out: What is missing, as a sentence; empty where nothing is.
    """

    instructions: int
    pinned: int
    summary_tokens: int
    conversation: int
    reply: int
    cap: int
    first_kept_id: int | None = None
    summary: str = field(default="", repr=False)
    left_out: str = ""

    @property
    def used(self) -> int:
        """Tokens of the prompt."""
        return self.instructions + self.pinned + self.summary_tokens + self.conversation


@dataclass(frozen=True, slots=True)
class Backup:
    """One verified copy of the vault. Times are milliseconds since 1970, UTC.

    Attributes:
        name: Its folder's name.
        made: When.
        bytes: Its size on the disk.
        conversations: How many it holds.
        messages: How many it holds.
        reason: Why it was made: ``"daily"``, ``"by hand"``, ``"before migration"``, ….
        expires: The latest time at which retention drops it.
    """

    name: str
    made: int
    bytes: int
    conversations: int
    messages: int
    reason: str
    expires: int


@dataclass(frozen=True, slots=True)
class Drill:
    """The outcome of restoring a backup for a trial. ``problem`` is a sentence; empty where ok."""

    at: int
    backup: str
    ok: bool
    conversations: int
    messages: int
    problem: str
