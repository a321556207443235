"""The part of the schema that search is made of; ``schema`` takes it into its steps.

It is released with them: then it is never edited, and a new step is added there.
"""

from __future__ import annotations

from typing import Final

TOKENIZER: Final = "unicode61 remove_diacritics 2"
"""Cuts texts and queries into whole words without their accents."""

# What is searched: passages of notes and messages, in words (FTS5) and by meaning (vectors). An
# edition is all of it for one embedding model and its tokenizer; a new one is built beside the one
# that serves, and one that was replaced leaves in small steps. A vector belongs to a text (its
# hash), however many passages have that text: the hash decides what is computed, never which
# passages exist. What changed waits in ``index_queue``, put there by triggers in the same
# transaction, so that no kill leaves a gap. ``passage_gone`` tells whoever keeps vectors in memory
# what to forget. ``passage_term`` holds the different words of all passages: a typing mistake is
# mended with one of them.
PASSAGES: Final = (
    """
    CREATE TABLE edition (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        encoder TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('building', 'serving', 'leaving'))
    ) STRICT
    """,
    """
    CREATE TABLE vector (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        edition_id INTEGER NOT NULL REFERENCES edition(id) ON DELETE CASCADE,
        hash BLOB NOT NULL,
        code BLOB NOT NULL,
        UNIQUE (edition_id, hash)
    ) STRICT
    """,
    """
    CREATE TABLE passage (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        edition_id INTEGER NOT NULL REFERENCES edition(id) ON DELETE CASCADE,
        note_id INTEGER REFERENCES note(id) ON DELETE CASCADE,
        message_id INTEGER REFERENCES message(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        start INTEGER NOT NULL,
        length INTEGER NOT NULL,
        vector_id INTEGER,
        hash BLOB NOT NULL,
        context TEXT NOT NULL,
        text TEXT NOT NULL,
        CHECK ((note_id IS NULL) <> (message_id IS NULL))
    ) STRICT
    """,
    "CREATE INDEX passage_note ON passage(note_id, edition_id) WHERE note_id IS NOT NULL",
    "CREATE INDEX passage_message ON passage(message_id, edition_id) WHERE message_id IS NOT NULL",
    # Holds all that is read of every passage when the index is opened, and what is still to encode.
    "CREATE INDEX passage_vector ON passage(edition_id, vector_id, id, length)",
    # A vector tells much of its text: it goes with the last passage that has it.
    """
    CREATE TRIGGER passage_vector_removed AFTER DELETE ON passage WHEN old.vector_id IS NOT NULL
    BEGIN
        DELETE FROM vector WHERE id = old.vector_id AND NOT EXISTS
            (SELECT 1 FROM passage WHERE edition_id = old.edition_id AND vector_id = old.vector_id);
    END
    """,
    # Words as they are: a query finds their other forms, in whatever language it knows. Nothing
    # here ranks by FTS5's own function, so that no row of lengths is kept. Without secure-delete
    # FTS5 forgets a passage in 0.1 ms instead of 4, and a long note is many passages; what is
    # deleted for good is scrubbed away, and scrubbing writes this index anew.
    f"""
    CREATE VIRTUAL TABLE passage_words
        USING fts5(context, text, content = 'passage', content_rowid = 'id',
            columnsize = 0, tokenize = '{TOKENIZER}')
    """,
    "INSERT INTO passage_words (passage_words, rank) VALUES ('pgsz', 3900)",
    "CREATE VIRTUAL TABLE passage_word_places USING fts5vocab('passage_words', 'instance')",
    "CREATE VIRTUAL TABLE passage_word_counts USING fts5vocab('passage_words', 'row')",
    """
    CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
        INSERT INTO passage_words (rowid, context, text)
            VALUES (new.id, new.context, new.text);
    END
    """,
    """
    CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
        INSERT INTO passage_words (passage_words, rowid, context, text)
            VALUES ('delete', old.id, old.context, old.text);
        INSERT INTO passage_gone VALUES (old.id);
    END
    """,
    # For searching a span of time: a message's own time stands behind its text.
    "CREATE INDEX message_written ON message(created_at, conversation_id)",
    "CREATE TABLE passage_gone (id INTEGER PRIMARY KEY) STRICT",
    "CREATE TABLE passage_term (term TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE index_queue (
        kind TEXT NOT NULL CHECK (kind IN ('note', 'message')),
        owner_id INTEGER NOT NULL,
        PRIMARY KEY (kind, owner_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER note_to_index AFTER INSERT ON note BEGIN
        INSERT OR IGNORE INTO index_queue VALUES ('note', new.id);
    END
    """,
    """
    CREATE TRIGGER note_to_index_again AFTER UPDATE OF title, text ON note
    WHEN new.text <> old.text OR new.title <> old.title BEGIN
        INSERT OR IGNORE INTO index_queue VALUES ('note', new.id);
    END
    """,
    """
    CREATE TRIGGER message_to_index AFTER INSERT ON message WHEN new.text <> '' BEGIN
        INSERT OR IGNORE INTO index_queue VALUES ('message', new.id);
    END
    """,
    """
    CREATE TRIGGER message_to_index_again AFTER UPDATE OF text ON message
    WHEN new.text <> old.text BEGIN
        INSERT OR IGNORE INTO index_queue VALUES ('message', new.id);
    END
    """,
    """
    CREATE TRIGGER note_not_to_index AFTER DELETE ON note BEGIN
        DELETE FROM index_queue WHERE kind = 'note' AND owner_id = old.id;
    END
    """,
    """
    CREATE TRIGGER message_not_to_index AFTER DELETE ON message BEGIN
        DELETE FROM index_queue WHERE kind = 'message' AND owner_id = old.id;
    END
    """,
    "INSERT INTO index_queue SELECT 'message', id FROM message WHERE text <> ''",
)
