"""SQL for drafts. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``."""

from __future__ import annotations

from assistant.errors import NotFound
from assistant.store.sqlcipher import Connection
from assistant.text import storable

_NOT_BEGUN = 0  # the column's word for the chat that is no conversation yet


def read_all(connection: Connection) -> dict[int | None, str]:
    """Every draft by its conversation, those marked deleted too; None: a chat not begun."""
    rows = connection.execute("SELECT nullif(conversation_id, ?), text FROM draft", (_NOT_BEGUN,))
    return {row[0]: row[1] for row in rows}


def write(connection: Connection, conversation_id: int | None, text: str) -> None:
    """Keep a draft in place of the one before; an empty one is none.

    Raises:
        NotFound: there is no such conversation here. Nothing was written.
    """
    place = _NOT_BEGUN if conversation_id is None else conversation_id
    if not text:
        connection.execute("DELETE FROM draft WHERE conversation_id = ?", (place,))
        return
    # A private conversation's draft handed to the wrong vault ends here, too.
    written = connection.execute(
        "INSERT INTO draft (conversation_id, text) SELECT :place, :text"
        " WHERE :begun = 0 OR EXISTS (SELECT 1 FROM conversation WHERE id = :place)"
        " ON CONFLICT (conversation_id) DO UPDATE SET text = excluded.text",
        {"place": place, "text": storable(text), "begun": int(conversation_id is not None)},
    )
    if written.rowcount == 0:
        raise NotFound("This conversation does not exist any more.")
