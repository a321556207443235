"""What the core tells whoever listens. Frozen values, handed to one plain callback.

The callback (an ``EventSink``) is called on the core's threads: it must return at once and never
raise. ``ui/bridge.py`` turns events into a Qt signal; the terminal puts them on a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.errors import HushError
from assistant.records import Conversation, Message


class EngineCondition(StrEnum):
    """Where the model stands."""

    COLD = "cold"
    LOADING = "loading"
    WARM = "warm"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineChanged:
    """The engine's condition changed. ``error`` is set where it failed; ``model`` may be empty."""

    condition: EngineCondition
    model: str = ""
    context_cap: int = 0
    load_seconds: float = 0.0
    error: HushError | None = None


@dataclass(frozen=True, slots=True)
class ReplyBegan:
    """The prompt is built and goes to the model; again, where it had to be built smaller.

    ``left_out`` tells the person what did not fit; empty where everything does.
    """

    run_id: int
    conversation_id: int
    message_id: int
    prompt_tokens: int
    context_cap: int
    left_out: str


@dataclass(frozen=True, slots=True)
class PromptRead:
    """Prefill is done, the first token comes next. ``seconds`` counts from the request."""

    run_id: int
    message_id: int
    prompt_tokens: int
    reused_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyText:
    """More text of the answer, in order."""

    run_id: int
    conversation_id: int
    message_id: int
    text: str = field(repr=False)
    tokens: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The answer is final in the store.

    ``error`` is set where it failed; the partial text stands in ``message`` all the same.
    """

    run_id: int
    conversation: Conversation
    message: Message
    error: HushError | None = None


@dataclass(frozen=True, slots=True)
class RaiseRequested:
    """A second instance was started on this profile: show the window."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know that belongs to no single action."""

    text: str


Event = EngineChanged | ReplyBegan | PromptRead | ReplyText | ReplyEnded | RaiseRequested | Notice
EventSink = Callable[[Event], None]
