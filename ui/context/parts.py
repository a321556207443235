"""What fills the context, part by part, in words and figures. All pure."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.records import ContextView


@dataclass(frozen=True, slots=True)
class ContextPart:
    """One part of the context; ``kind`` chooses its pattern."""

    kind: str
    name: str
    tokens: int


def parts(view: ContextView) -> list[ContextPart]:
    """The parts in the order in which the model reads them; those without a token are left out."""
    free = max(0, view.cap - view.used - view.reply)
    found = (
        ContextPart("instructions", "Instructions", view.instructions),
        ContextPart("pinned", "Pinned", view.pinned),
        ContextPart("summary", "Summary", view.summary_tokens),
        ContextPart("conversation", "Conversation", view.conversation),
        ContextPart("reply", "Kept for the answer", view.reply),
        ContextPart("free", "Free", free),
    )
    return [part for part in found if part.tokens > 0]


def tokens(count: int) -> str:
    """How many: "1 token", "1,200 tokens"."""
    return f"{count:,} token{'' if count == 1 else 's'}"


def boundary_words(view: ContextView) -> str:
    """What stands above the first message that the model reads word for word."""
    if view.summary:
        return "The model reads a summary of what is above."
    return "The model no longer reads what is above."


def fits(view: ContextView) -> str:
    """What is missing, or that nothing is."""
    return view.left_out or "Everything in this chat fits."
