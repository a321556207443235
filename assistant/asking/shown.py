"""An answer from one's notes as people read it: numbers in its text, and what they stand for."""

from __future__ import annotations

from typing import Final

from assistant.asking.citations import with_citations
from assistant.asking.records import Scope, ScopeKind, Source, given
from assistant.records import Message, MessageState, Role

UNSUPPORTED: Final = (
    "No passage supports this answer, so it may be made up. These are what the model read:"
)
_CITED: Final = "From:"
_NEAREST: Final = "What comes nearest:"


def is_from_notes(message: Message) -> bool:
    """Whether a message is an answer that was sought in notes or chats, and is written."""
    is_answer = message.role is Role.ASSISTANT and message.state is not MessageState.STREAMING
    return is_answer and message.scope is not None


def answer_text(message: Message, form: str = " [{}]") -> str:
    """An answer with its citations; of any other message its text as it is.

    Args:
        message: Any.
        form: What becomes of each number.
    """
    if not is_from_notes(message):
        return message.text
    return with_citations(message.text, message.citations, form)


def sources_heading(message: Message) -> str:
    """What stands above an answer's sources; empty where there are none."""
    if not is_from_notes(message) or not message.sources:
        return ""
    if not given(message.sources):
        return _NEAREST
    return _CITED if message.citations else UNSUPPORTED


def listed_sources(message: Message) -> tuple[Source, ...]:
    """The sources to list below an answer: those that it cites, or else all there are."""
    if not is_from_notes(message):
        return ()
    cited = {citation.number for citation in message.citations}
    return tuple(one for one in message.sources if not cited or one.number in cited)


def source_name(source: Source) -> str:
    """What to call a source: its title, and the headings that it stands under."""
    return " › ".join(filter(None, (source.title or "Untitled", source.context)))


def scope_label(scope: Scope) -> str:
    """A scope in two or three words, for a chip."""
    match scope.kind:
        case ScopeKind.ALL:
            return "Your notes"
        case ScopeKind.TAG:
            return f"#{scope.tag}"
        case ScopeKind.NOTE:
            return scope.name or "One note"
        case ScopeKind.CONVERSATION:
            return scope.name or "One chat"


def given_words(message: Message) -> str:
    """What a question was asked of and what came with it, as a line below it; may be empty."""
    if message.role is not Role.USER:
        return ""
    parts = [f"Asked of: {scope_label(message.scope)}"] if message.scope else []
    if message.attached:
        names = ", ".join(one.name or "a text" for one in message.attached)
        parts.append(f"Attached: {names}")
    return " · ".join(parts)
