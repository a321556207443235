"""SQL for conversations. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

A conversation marked deleted is out of the lists and nothing else: by its id it is there as
before, so that an answer still being written can be finished and the deletion undone.
Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from assistant.errors import NotFound
from assistant.records import Conversation
from assistant.store import chore_rows, search_rows
from assistant.store.sqlcipher import Connection, Row, Value
from assistant.text import storable

TitleBy = Literal["hush", "person"]

_GOING = 0  # as the time of a deletion: what is being purged, and cannot be brought back


def create(connection: Connection, title: str, now: int) -> Conversation:
    """Add an empty conversation whose title is Hush's until the person gives one."""
    cursor = connection.execute(
        "INSERT INTO conversation (title, title_by, created_at, updated_at)"
        " VALUES (?, 'hush', ?, ?)",
        (storable(title), now, now),
    )
    return get(connection, cursor.lastrowid)


def get(connection: Connection, conversation_id: int) -> Conversation:
    """Read one conversation.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(
        "SELECT id, title, created_at, updated_at FROM conversation WHERE id = ?",
        (conversation_id,),
    ).fetchone()
    if row is None:
        raise _not_found()
    return _conversation(row)


def list_all(connection: Connection) -> list[Conversation]:
    """Read all conversations that are not deleted, the one changed last first."""
    rows = connection.execute(
        "SELECT id, title, created_at, updated_at FROM conversation"
        " WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC"
    )
    return [_conversation(row) for row in rows]


def search(connection: Connection, query: str) -> list[Conversation]:
    """Find conversations by a part of their title, or by words in it or in a message.

    The title is compared in Python: SQLite's LIKE folds ASCII only, and gives ``%`` and ``_`` a
    meaning. Messages count whether their path is shown or not; see ``search_rows`` for words.
    An empty query finds all.

    Returns:
        Those that are not deleted, newest first.
    """
    wanted = _folded(query)
    by_words = search_rows.conversations_with(connection, query)
    return [
        found
        for found in list_all(connection)
        if found.id in by_words or wanted in _folded(found.title)
    ]


def rename(
    connection: Connection, conversation_id: int, title: str, by: TitleBy, now: int
) -> Conversation:
    """Give a conversation another title. Hush never replaces a title that the person gave.

    Raises:
        NotFound: there is none with this id.
    """
    connection.execute(
        "UPDATE conversation SET title = :title, title_by = :by, updated_at = :now"
        " WHERE id = :id AND (:by = 'person' OR title_by = 'hush')",
        {"title": storable(title), "by": by, "now": now, "id": conversation_id},
    )
    return get(connection, conversation_id)


def touch(connection: Connection, conversation_id: int, now: int) -> Conversation:
    """Note that a conversation changed now.

    Raises:
        NotFound: there is none with this id.
    """
    _update(
        connection,
        "UPDATE conversation SET updated_at = ? WHERE id = ?",
        (now, conversation_id),
    )
    return get(connection, conversation_id)


def head(connection: Connection, conversation_id: int) -> int | None:
    """The last message of the shown path; None where there is none yet.

    Raises:
        NotFound: there is no such conversation.
    """
    row = connection.execute(
        "SELECT head_id FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise _not_found()
    return None if row[0] is None else int(row[0])


def set_head(connection: Connection, conversation_id: int, message_id: int) -> None:
    """Show the path that ends at this message.

    Raises:
        NotFound: the conversation does not exist, or the message is not one of its own.
    """
    _update(
        connection,
        "UPDATE conversation SET head_id = :message WHERE id = :id AND EXISTS"
        " (SELECT 1 FROM message WHERE id = :message AND conversation_id = :id)",
        {"message": message_id, "id": conversation_id},
    )


def is_deleted(connection: Connection, conversation_id: int) -> bool:
    """Whether a conversation is marked deleted, or not there at all."""
    row = connection.execute(
        "SELECT 1 FROM conversation WHERE id = ? AND deleted_at IS NULL", (conversation_id,)
    ).fetchone()
    return row is None


def mark_deleted(connection: Connection, conversation_id: int, now: int) -> None:
    """Take a conversation out of the lists. A second call keeps the first one's time.

    Raises:
        NotFound: there is none with this id.
    """
    _update(
        connection,
        "UPDATE conversation SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?",
        (now, conversation_id),
    )


def restore(connection: Connection, conversation_id: int) -> Conversation:
    """Undo ``mark_deleted``.

    Raises:
        NotFound: there is none with this id, or it was purged.
    """
    _update(
        connection,
        "UPDATE conversation SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT ?",
        (conversation_id, _GOING),
    )
    return get(connection, conversation_id)


@dataclass(frozen=True, slots=True)
class Purged:
    """Which conversations are gone, by their ids, and whether that is all of them."""

    ids: tuple[int, ...]
    is_all: bool


def purge_some(connection: Connection, before: int, messages: int) -> Purged:
    """Really delete a part of what was marked deleted before this time; call it until all is gone.

    A part, because FTS5 takes 4 ms to forget a message without a trace, and others wait for the
    connection meanwhile. What is begun with is beyond undo. A scrub is due then; see
    ``chore_rows``.

    Args:
        connection: Inside of a write.
        before: Milliseconds since 1970, UTC.
        messages: At most so many of them.
    """
    begun = connection.execute(
        "UPDATE conversation SET deleted_at = ? WHERE deleted_at < ? AND deleted_at <> ?",
        (_GOING, before, _GOING),
    )
    # Untie the messages from each other first. Otherwise the cascade follows parent_id from
    # message to message, and SQLite ends it at 1,000 levels (SQLITE_MAX_TRIGGER_DEPTH).
    connection.execute(
        "UPDATE message SET parent_id = NULL WHERE parent_id IS NOT NULL AND conversation_id IN"
        " (SELECT id FROM conversation WHERE deleted_at = ?)",
        (_GOING,),
    )
    deleted = connection.execute(
        "DELETE FROM message WHERE id IN (SELECT m.id FROM conversation c JOIN message m"
        " ON m.conversation_id = c.id WHERE c.deleted_at = ? LIMIT ?)",
        (_GOING, messages),
    )
    if begun.rowcount or deleted.rowcount:  # each time: one may be scrubbing what went before
        chore_rows.note_scrub(connection)
    gone = connection.execute(
        "DELETE FROM conversation WHERE deleted_at = ? AND NOT EXISTS"
        " (SELECT 1 FROM message WHERE conversation_id = conversation.id) RETURNING id",
        (_GOING,),
    ).fetchall()
    left = connection.execute(
        "SELECT 1 FROM conversation WHERE deleted_at = ? LIMIT 1", (_GOING,)
    ).fetchone()
    return Purged(tuple(row[0] for row in gone), is_all=left is None)


def purge_deleted(connection: Connection, before: int) -> int:
    """Really delete all that was marked deleted before this time; see ``purge_some``.

    Returns:
        How many conversations are gone.
    """
    return len(purge_some(connection, before, messages=-1).ids)  # SQLite's word for no limit


def _update(
    connection: Connection, sql: str, parameters: tuple[Value, ...] | dict[str, Value]
) -> None:
    if connection.execute(sql, parameters).rowcount == 0:
        raise _not_found()


def _conversation(row: Row) -> Conversation:
    return Conversation(id=row[0], title=row[1], created_at=row[2], updated_at=row[3])


def _folded(text: str) -> str:
    # Folding can leave characters apart; composed again, both sides have one form.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _not_found() -> NotFound:
    return NotFound("This conversation does not exist any more.")
