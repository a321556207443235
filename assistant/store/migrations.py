"""The schema, as numbered steps. ``PRAGMA user_version`` holds the number of the last one taken.

Each step is one transaction: a crash leaves the schema before it or after it. A step that was
ever released is never edited; a new one is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.errors import VaultError, VaultTooNew
from assistant.store.sqlcipher import Connection

APPLICATION_ID: Final = 0x48555348  # "HUSH", what file(1) would show were the file not encrypted

# Messages form a tree through parent_id; head_id is the leaf of the path that is shown.
# A chunk is a piece of an answer still being written: appending a row is 0.3 ms where rewriting
# the growing message is 4 ms (measured medians, with a FULL commit each).
_CONVERSATIONS = (
    """
    CREATE TABLE conversation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        title_by TEXT NOT NULL CHECK (title_by IN ('hush', 'person')),
        head_id INTEGER REFERENCES message(id) ON DELETE SET NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
        parent_id INTEGER REFERENCES message(id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        state TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        figures TEXT,
        failure TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    """
    CREATE TABLE chunk (
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (message_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    # The list, newest first.
    "CREATE INDEX conversation_listed ON conversation(updated_at) WHERE deleted_at IS NULL",
    # Foreign keys are followed backwards on every delete.
    "CREATE INDEX conversation_head ON conversation(head_id)",
    "CREATE INDEX message_conversation ON message(conversation_id)",
    # Children of a message, and with a NULL parent the roots of a conversation.
    "CREATE INDEX message_parent ON message(parent_id, conversation_id)",
    # Looked for at every start.
    "CREATE INDEX message_streaming ON message(id) WHERE state = 'streaming'",
    f"PRAGMA application_id = {APPLICATION_ID}",
)

# Words of messages and titles, for search. Whole words without their accents: an index of
# trigrams would find parts of words too, at several times the size and the time to write it.
# FTS5 keeps no second copy of the text ("external content") but must be handed the old text to
# forget it, hence the triggers; and no row of lengths, which only ranking would read. Without
# secure-delete it would merely note that a text is gone and keep its words until some later
# merge. The option is stored in the index itself. What it leaves is the directory of the index's
# pages: there the beginning of a word, up to where it differs from its neighbour, may stay on.
_WORDS = "columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'"

_SEARCH_DRAFTS_CHORES = (
    f"""
    CREATE VIRTUAL TABLE message_words
        USING fts5(text, content = 'message', content_rowid = 'id', {_WORDS})
    """,
    f"""
    CREATE VIRTUAL TABLE conversation_words
        USING fts5(title, content = 'conversation', content_rowid = 'id', {_WORDS})
    """,
    "INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO conversation_words (conversation_words, rank) VALUES ('secure-delete', 1)",
    # FTS5's own 4,050 bytes would need two of SQLCipher's pages, which hold a row of 3,981.
    "INSERT INTO message_words (message_words, rank) VALUES ('pgsz', 3900)",
    "INSERT INTO conversation_words (conversation_words, rank) VALUES ('pgsz', 3900)",
    "INSERT INTO message_words (rowid, text) SELECT id, text FROM message WHERE text <> ''",
    "INSERT INTO conversation_words (rowid, title) SELECT id, title FROM conversation",
    # An answer being written has no text yet: it is indexed once, when its chunks are merged.
    """
    CREATE TRIGGER message_added AFTER INSERT ON message WHEN new.text <> '' BEGIN
        INSERT INTO message_words (rowid, text) VALUES (new.id, new.text);
    END
    """,
    """
    CREATE TRIGGER message_changed AFTER UPDATE OF text ON message WHEN new.text <> old.text BEGIN
        INSERT INTO message_words (message_words, rowid, text)
            SELECT 'delete', old.id, old.text WHERE old.text <> '';
        INSERT INTO message_words (rowid, text) SELECT new.id, new.text WHERE new.text <> '';
    END
    """,
    """
    CREATE TRIGGER message_removed AFTER DELETE ON message WHEN old.text <> '' BEGIN
        INSERT INTO message_words (message_words, rowid, text)
            VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER conversation_added AFTER INSERT ON conversation BEGIN
        INSERT INTO conversation_words (rowid, title) VALUES (new.id, new.title);
    END
    """,
    """
    CREATE TRIGGER conversation_changed AFTER UPDATE OF title ON conversation
    WHEN new.title <> old.title BEGIN
        INSERT INTO conversation_words (conversation_words, rowid, title)
            VALUES ('delete', old.id, old.title);
        INSERT INTO conversation_words (rowid, title) VALUES (new.id, new.title);
    END
    """,
    # 0 stands for the chat that has not begun. It has no conversation to refer to, so that a
    # trigger does what a foreign key would.
    """
    CREATE TABLE draft (
        conversation_id INTEGER PRIMARY KEY,
        text TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE chore (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    """
    CREATE TRIGGER conversation_removed AFTER DELETE ON conversation BEGIN
        INSERT INTO conversation_words (conversation_words, rowid, title)
            VALUES ('delete', old.id, old.title);
        DELETE FROM draft WHERE conversation_id = old.id;
    END
    """,
)

# A summary stands for its message and all before it on the path. Metrics are numbers, never
# content, and outlive the conversations that they were measured in.
_SUMMARIES_PINS_METRICS = (
    "ALTER TABLE message ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1))",
    """
    CREATE TABLE summary (
        message_id INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
        text TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE reply_metric (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        model TEXT NOT NULL,
        mode TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL,
        reused_tokens INTEGER NOT NULL,
        reply_tokens INTEGER NOT NULL,
        first_token_ms REAL NOT NULL,
        tokens_per_second REAL NOT NULL,
        memory_bytes INTEGER NOT NULL,
        battery_used REAL
    ) STRICT
    """,
    "CREATE INDEX reply_metric_at ON reply_metric(at)",
    """
    CREATE TABLE mode_change (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        mode TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX mode_change_at ON mode_change(at)",
)

MIGRATIONS: Final[Sequence[Sequence[str]]] = (
    _CONVERSATIONS,
    _SEARCH_DRAFTS_CHORES,
    _SUMMARIES_PINS_METRICS,
)
LATEST: Final = len(MIGRATIONS)


def migrate(connection: Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the schema up to the newest step.

    Args:
        connection: Writable, outside of a transaction.
        migrations: The statements of each step; step *n* leads to ``user_version`` *n*.

    Raises:
        VaultTooNew: the schema is ahead of ``migrations``; nothing was changed.
        sqlcipher3.dbapi2.Error: a step failed; that step was rolled back.
    """
    refuse_newer(connection, len(migrations))
    for number in range(user_version(connection) + 1, len(migrations) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def refuse_newer(connection: Connection, latest: int = LATEST) -> None:
    """Refuse a schema that a newer Hush wrote. Only reads.

    Raises:
        VaultTooNew: with both format numbers.
    """
    found = user_version(connection)
    if found > latest:
        raise VaultTooNew(
            f"A newer Hush wrote this vault: it has format {found}, and this Hush knows formats "
            f"up to {latest}. Nothing was changed.",
            "Open it with the newer Hush.",
        )


def require_latest(connection: Connection) -> None:
    """Refuse any schema but the newest: what a reader that may not migrate needs. Only reads.

    Raises:
        VaultTooNew: a newer Hush wrote it.
        VaultError: an older Hush wrote it.
    """
    refuse_newer(connection)
    if user_version(connection) < LATEST:
        raise VaultError(
            "This vault is not in the format that this Hush reads. Nothing was changed.",
            "Open Hush once in the ordinary way: it brings the vault up to date.",
        )


def user_version(connection: Connection) -> int:
    """The number of the last step taken; 0 for an empty database. Only reads."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0]) if row else 0
