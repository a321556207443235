"""SQL for finding words. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

What the person types is never a query language: each word is quoted, so that quotes, ``*``,
``NEAR`` and brackets are text like any other.
"""

from __future__ import annotations

from assistant.store.sqlcipher import Connection
from assistant.text import storable

# A longer query was pasted, not typed. Its last word may be cut: it is a beginning anyway.
_MOST_CHARACTERS = 256

# The index is read through message_conversation, which holds both ids and little else: a word
# that stands in most messages would otherwise have each of them read and decrypted.
_CONVERSATIONS = """
    SELECT rowid FROM conversation_words WHERE conversation_words MATCH :words
    UNION
    SELECT conversation_id FROM message INDEXED BY message_conversation
        WHERE id IN (SELECT rowid FROM message_words WHERE message_words MATCH :words)
"""

_ANEW = (
    "INSERT INTO message_words (message_words) VALUES ('delete-all')",
    "INSERT INTO conversation_words (conversation_words) VALUES ('delete-all')",
    "INSERT INTO message_words (rowid, text) SELECT id, text FROM message WHERE text <> ''",
    "INSERT INTO conversation_words (rowid, title) SELECT id, title FROM conversation",
    "INSERT INTO passage_words (passage_words) VALUES ('rebuild')",
    "DELETE FROM passage_term WHERE term NOT IN (SELECT term FROM passage_word_counts)",
)


def conversations_with(connection: Connection, query: str) -> set[int]:
    """Find conversations, deleted ones too, by words that stand together in one place.

    All words must stand in one message, of any variant, or in the title; case and accents do
    not matter. The last word may be the beginning of one, from its second letter on.

    Args:
        connection: Inside of a read.
        query: Anything; what holds no letter and no digit finds nothing.

    Returns:
        Their ids.
    """
    words = _expression(query)
    if not words:
        return set()
    return {row[0] for row in connection.execute(_CONVERSATIONS, {"words": words})}


def index_anew(connection: Connection) -> None:
    """Write the index of all words from nothing. Inside of a write; about 60 ms for each MiB."""
    for statement in _ANEW:
        connection.execute(statement)


def _expression(query: str) -> str:
    """The query in FTS5's language: a string for each word, all of them wanted."""
    # FTS5 reads its language up to the first NUL.
    words = storable(query[:_MOST_CHARACTERS].replace("\0", " ")).split()
    if not words:
        return ""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    # One ASCII letter begins a good part of all words: looking them all up takes too long.
    beginning = len(words[-1]) > 1 or not words[-1].isascii()
    return " ".join(quoted) + ("*" if beginning else "")
