"""A question at the door: checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.asking.answering import NOT_HERE
from assistant.asking.records import (
    MAX_ATTACHMENT_CHARACTERS,
    MAX_ATTACHMENTS,
    Attachment,
    Scope,
    ScopeKind,
)
from assistant.errors import EmptyMessage, InputRefused, MessageTooLong
from assistant.records import is_private
from assistant.text import MAX_MESSAGE_CHARACTERS, clean


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is to be stored.

    Attributes:
        text: Cleaned.
        scope: What it is asked of; None: of nothing but the model.
        attachments: What goes with it.
        earlier_id: A question whose attachments go with this one, too.
    """

    text: str = field(repr=False)
    scope: Scope | None = None
    attachments: Sequence[Attachment] = ()
    earlier_id: int | None = None


def checked(
    text: str,
    scope: Scope | None = None,
    attachments: Sequence[Attachment] = (),
    *,
    has_notes: bool = True,
) -> Asked:
    """Check what a person sends.

    Args:
        text: Any.
        scope: What to ask.
        attachments: A longer text is cut to what is kept of one.
        has_notes: Whether there are notes to ask.

    Raises:
        EmptyMessage: no words.
        MessageTooLong: more than a message holds.
        InputRefused: what is asked cannot be, or too many attachments.
    """
    if scope:
        checked_scope(scope, has_notes=has_notes)
    if len(attachments) > MAX_ATTACHMENTS:
        raise InputRefused(
            f"A message takes {MAX_ATTACHMENTS} attachments; these are {len(attachments)}.",
            "Nothing was sent. Take some away.",
        )
    texts = tuple(
        replace(one, name=clean(one.name), text=clean(one.text[:MAX_ATTACHMENT_CHARACTERS]))
        for one in attachments
    )
    return Asked(checked_text(text), scope, texts)


def checked_scope(scope: Scope, *, has_notes: bool) -> None:
    """Check what is to be asked.

    Raises:
        InputRefused: it cannot be.
    """
    if not has_notes:
        raise InputRefused(NOT_HERE, "Ask without them.")
    if scope.kind is ScopeKind.CONVERSATION and is_private(scope.id):
        raise InputRefused("A private chat is not searched.", "Choose another one.")


def checked_text(text: str) -> str:
    """A message's text, cleaned.

    Raises:
        EmptyMessage, MessageTooLong: nothing was changed.
    """
    if len(text) <= 2 * MAX_MESSAGE_CHARACTERS:  # cleaning halves a text at most, and takes time
        text = clean(text)
    if not text.strip():
        raise EmptyMessage("There is nothing to send yet.", "Type a question first.")
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageTooLong(
            f"This text has {len(text):,} characters; a message holds {MAX_MESSAGE_CHARACTERS:,}.",
            "Nothing was sent. Shorten it, or send it in parts.",
        )
    return text
