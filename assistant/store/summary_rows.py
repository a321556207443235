"""SQL for summaries. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

A summary stands for its message and all before it on the path. It goes when its message does.
"""

from __future__ import annotations

from assistant.errors import NotFound
from assistant.records import Summary
from assistant.store.sqlcipher import Connection
from assistant.text import storable

_ON_PATH = """
    WITH RECURSIVE up (id, parent_id) AS (
        SELECT id, parent_id FROM message WHERE id = ?
        UNION ALL
        SELECT m.id, m.parent_id FROM up JOIN message m ON m.id = up.parent_id
    )
    SELECT s.message_id, s.text FROM up JOIN summary s ON s.message_id = up.id
    ORDER BY s.message_id
"""


def put(connection: Connection, message_id: int, text: str) -> None:
    """Keep what stands for a message and all before it, in place of an earlier such text.

    Raises:
        NotFound: there is no such message. Nothing was written.
    """
    written = connection.execute(
        "INSERT INTO summary (message_id, text) SELECT id, :text FROM message WHERE id = :id"
        " ON CONFLICT (message_id) DO UPDATE SET text = excluded.text",
        {"id": message_id, "text": storable(text)},
    )
    if written.rowcount == 0:
        raise NotFound("This message does not exist any more.")


def on_path(connection: Connection, message_id: int) -> tuple[Summary, ...]:
    """The summaries on the path that ends at a message, its own too, the earliest first.

    A child is always newer than its parent, so the order of ids is the order of the path.
    """
    rows = connection.execute(_ON_PATH, (message_id,))
    return tuple(Summary(message_id=row[0], text=row[1]) for row in rows)
