"""A question and the row in which its answer is written, told as one. Runs in a transaction."""

from __future__ import annotations

from collections.abc import Callable

from assistant.asking.records import Scope
from assistant.records import Exchange, Message
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection


def begin_answer(
    connection: Connection,
    question: Message,
    now: int,
    scope: Scope | None = None,
    *,
    is_new: bool,
    beside: Callable[[int], object] = lambda _: None,
) -> Exchange:
    """Add an empty answer to a question; it is what the conversation shows from now on.

    Args:
        connection: In a transaction.
        question: In the vault already.
        now: Milliseconds since 1970, UTC.
        scope: Of the notes that the answer draws on.
        is_new: Whether the question was written in this transaction, too, and is told.
        beside: Gets the answer's id, and writes what belongs to it.

    Raises:
        NotFound: no such conversation, or the question is not in it.
    """
    room = question.conversation_id
    answer = message_rows.add_answer(connection, room, question.id, now, scope)
    conversation_rows.set_head(connection, room, answer.id)
    touched = conversation_rows.touch(connection, room, now)
    beside(answer.id)
    # Read back: variants are counted now that both stand, and the answer has its marks.
    asked = message_rows.get(connection, question.id) if is_new else None
    return Exchange(touched, asked, message_rows.get(connection, answer.id))
