"""The schema's steps, in the order in which they were released; ``migrations`` takes them.

A step that was ever released is never edited; a new one is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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

# Notes. ``title_by`` says where a title is from: the text's own first line, the person, or Hush.
# ``note_name`` holds what ``[[links]]`` may call a note: its title, and the name of the file that
# it was imported from, both folded. ``source`` is that file's path in its folder, ``source_hash``
# the SHA-256 of its bytes, ``front_matter`` the YAML that stood before the text, as it was.
_NOTES = (
    """
    CREATE TABLE note (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        title_by TEXT NOT NULL CHECK (title_by IN ('text', 'person', 'hush')),
        text TEXT NOT NULL,
        revision INTEGER NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        source TEXT NOT NULL DEFAULT '',
        source_hash BLOB,
        front_matter TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX note_listed ON note(pinned, updated_at) WHERE deleted_at IS NULL",
    "CREATE INDEX note_trash ON note(deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX note_source ON note(source) WHERE source <> ''",
    """
    CREATE TABLE note_name (
        folded TEXT NOT NULL,
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        PRIMARY KEY (folded, note_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX note_name_note ON note_name(note_id)",
    # What a note's text links to, folded; whether such a note exists is asked when it is shown.
    """
    CREATE TABLE note_link (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        target TEXT NOT NULL,
        PRIMARY KEY (note_id, target)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX note_link_target ON note_link(target)",
    """
    CREATE TABLE note_attachment (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        PRIMARY KEY (note_id, path)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE tag (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE TABLE note_tag (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE,
        PRIMARY KEY (note_id, tag_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX note_tag_tag ON note_tag(tag_id)",
    # Earlier texts, each compressed against the next newer one (``store/revision_rows``).
    """
    CREATE TABLE note_revision (
        id INTEGER PRIMARY KEY,
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        characters INTEGER NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (note_id, revision)
    ) STRICT
    """,
    # An import under way, or done: one that was cut off is gone on with.
    """
    CREATE TABLE import_run (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER,
        report TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
)

# What is searched: passages of notes and messages, in words (FTS5) and by meaning (vectors). An
# edition is all of it for one embedding model and its tokenizer; a new one is built beside the one
# that serves. A vector belongs to a text (its hash), however many passages have that text: the
# hash decides what is computed, never which passages exist. What changed waits in ``index_queue``,
# put there by triggers in the same transaction, so that no kill leaves a gap.
_PASSAGES = (
    """
    CREATE TABLE edition (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        encoder TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('building', 'serving'))
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
        context TEXT NOT NULL,
        text TEXT NOT NULL,
        hash BLOB NOT NULL,
        vector_id INTEGER,
        CHECK ((note_id IS NULL) <> (message_id IS NULL))
    ) STRICT
    """,
    "CREATE INDEX passage_note ON passage(note_id) WHERE note_id IS NOT NULL",
    "CREATE INDEX passage_message ON passage(message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX passage_vector ON passage(vector_id) WHERE vector_id IS NOT NULL",
    "CREATE INDEX passage_to_encode ON passage(edition_id, id) WHERE vector_id IS NULL",
    # A vector tells much of its text: it goes with the last passage that has it.
    """
    CREATE TRIGGER passage_vector_removed AFTER DELETE ON passage WHEN old.vector_id IS NOT NULL
    BEGIN
        DELETE FROM vector WHERE id = old.vector_id
            AND NOT EXISTS (SELECT 1 FROM passage WHERE vector_id = old.vector_id);
    END
    """,
    """
    CREATE VIRTUAL TABLE passage_words USING fts5(
        context, text, content = 'passage', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    )
    """,
    "INSERT INTO passage_words (passage_words, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO passage_words (passage_words, rank) VALUES ('pgsz', 3900)",
    """
    CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
        INSERT INTO passage_words (rowid, context, text)
            VALUES (new.id, new.context, new.text);
    END
    """,
    """
    CREATE TRIGGER passage_changed AFTER UPDATE OF context, text ON passage BEGIN
        INSERT INTO passage_words (passage_words, rowid, context, text)
            VALUES ('delete', old.id, old.context, old.text);
        INSERT INTO passage_words (rowid, context, text)
            VALUES (new.id, new.context, new.text);
    END
    """,
    """
    CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
        INSERT INTO passage_words (passage_words, rowid, context, text)
            VALUES ('delete', old.id, old.context, old.text);
    END
    """,
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
    "INSERT INTO index_queue SELECT 'message', id FROM message WHERE text <> ''",
)

# Questions over one's own words: ``scope`` says which (empty: none), ``message_source`` holds the
# passages that an answer was given, ``message_attachment`` the texts that came with a question.
# Where what they are from is deleted for good, so are they.
_ANSWERS_FROM_NOTES = (
    "ALTER TABLE message ADD COLUMN scope TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE message_source (
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        note_id INTEGER REFERENCES note(id) ON DELETE CASCADE,
        source_message_id INTEGER REFERENCES message(id) ON DELETE CASCADE,
        title TEXT NOT NULL,
        start INTEGER NOT NULL,
        text TEXT NOT NULL,
        score REAL NOT NULL,
        PRIMARY KEY (message_id, number)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX message_source_note ON message_source(note_id) WHERE note_id IS NOT NULL",
    """
    CREATE INDEX message_source_message ON message_source(source_message_id)
        WHERE source_message_id IS NOT NULL
    """,
    """
    CREATE TABLE message_attachment (
        id INTEGER PRIMARY KEY,
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        note_id INTEGER REFERENCES note(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX message_attachment_message ON message_attachment(message_id)",
    "CREATE INDEX message_attachment_note ON message_attachment(note_id) WHERE note_id IS NOT NULL",
)

STEPS: Final[Sequence[Sequence[str]]] = (
    _CONVERSATIONS,
    _SEARCH_DRAFTS_CHORES,
    _SUMMARIES_PINS_METRICS,
    (*_NOTES, *_PASSAGES, *_ANSWERS_FROM_NOTES),
)
