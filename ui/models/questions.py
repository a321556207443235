"""The person's own last questions, to try models on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assistant.records import Message, Role, is_private

if TYPE_CHECKING:  # a start has no time to import it
    from assistant.conversations import ConversationService

_WANTED: Final = 6
_CHATS: Final = 12  # looked at, at most
_CHARACTERS: Final = 600  # a longer one is a text that was pasted, not a question


def last_questions(conversations: ConversationService) -> list[str]:
    """The first question of each of the last chats, the newest first. Blocks; no private ones.

    The first, because a later one may mean nothing without what stood before it.
    """
    heads = [head for head in conversations.list().result() if not is_private(head.id)]
    found = []
    for head in heads[:_CHATS]:
        first = _first(conversations.thread(head.id).result().messages)
        if first and first not in found:
            found.append(first)
    return found[:_WANTED]


def _first(messages: tuple[Message, ...]) -> str:
    asked = (message.text for message in messages if message.role is Role.USER)
    text = next(asked, "")
    return "" if len(text) > _CHARACTERS else text.strip()
