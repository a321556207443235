"""The schema's steps, in the order in which they were released; ``migrations`` takes them.

A step that was ever released is never edited; a new one is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.store.schema_cloud import CLOUD
from assistant.store.schema_network import NETWORK
from assistant.store.schema_passages import PASSAGES
from assistant.store.schema_tags import TAGS

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
# ``note_name`` holds what ``[[links]]`` may call a note: its title, its aliases, and the name of
# the file that it was imported from, folded. ``source`` is that file's path in its folder,
# ``source_hash`` the SHA-256 of its bytes, ``source_form`` how they differ from the text
# and, on a second line, the tag that only their folder gives,
# ``source_revision`` the note's revision that has that file's text, ``front_matter`` the YAML that
# stood before the text, as it was. What is large comes last: SQLite reads a row from its beginning.
_NOTES = (
    """
    CREATE TABLE note (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        title_by TEXT NOT NULL CHECK (title_by IN ('text', 'person', 'hush')),
        excerpt TEXT NOT NULL DEFAULT '',
        revision INTEGER NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        source TEXT NOT NULL DEFAULT '',
        source_hash BLOB,
        source_form TEXT NOT NULL DEFAULT '',
        source_revision INTEGER,
        front_matter TEXT NOT NULL DEFAULT '',
        text TEXT NOT NULL
    ) STRICT
    """,
    # Holds all that the list shows and asks for: listing 10,000 notes reads none of them.
    """
    CREATE INDEX note_listed ON note(pinned, updated_at, id, title, excerpt, deleted_at)
        WHERE deleted_at IS NULL
    """,
    "CREATE INDEX note_trash ON note(deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX note_source ON note(source)",
    "CREATE INDEX note_source_hash ON note(source_hash) WHERE source_hash IS NOT NULL",
    """
    CREATE TABLE note_name (
        folded TEXT NOT NULL,
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        origin TEXT NOT NULL CHECK (origin IN ('title', 'file', 'alias')),
        PRIMARY KEY (folded, note_id, origin)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX note_name_note ON note_name(note_id)",
    # What a note's text links to, as it is written there and folded into a name; whether a note of
    # that name exists is asked when it is shown.
    """
    CREATE TABLE note_link (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        written TEXT NOT NULL,
        target TEXT NOT NULL,
        PRIMARY KEY (note_id, written)
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
        given INTEGER NOT NULL DEFAULT 1 CHECK (given IN (0, 1)),
        in_text INTEGER NOT NULL DEFAULT 0 CHECK (in_text IN (0, 1)),
        in_file INTEGER NOT NULL DEFAULT 0 CHECK (in_file IN (0, 1)),
        PRIMARY KEY (note_id, tag_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX note_tag_tag ON note_tag(tag_id)",
    # A tag is content, too: it goes with the last note that has it.
    """
    CREATE TRIGGER note_tag_removed AFTER DELETE ON note_tag BEGIN
        DELETE FROM tag WHERE id = old.tag_id
            AND NOT EXISTS (SELECT 1 FROM note_tag WHERE tag_id = old.tag_id);
    END
    """,
    # Earlier texts: the latest whole, each other as its difference from the next later one, its
    # ``base`` (``store/revision_rows``).
    """
    CREATE TABLE note_revision (
        id INTEGER PRIMARY KEY,
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        characters INTEGER NOT NULL,
        base INTEGER,
        data BLOB NOT NULL,
        UNIQUE (note_id, revision)
    ) STRICT
    """,
    # An import under way: one that was cut off is gone on with. Of the last few that ended, what
    # was told at their end; ``ended`` in that JSON tells them apart.
    """
    CREATE TABLE import_run (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        report TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    # Which file of which folder is which note, and its bytes (SHA-256) when that was last seen: by
    # an import, ``run_id``, or because an export wrote it.
    """
    CREATE TABLE import_file (
        folder TEXT NOT NULL,
        path TEXT NOT NULL,
        hash BLOB NOT NULL,
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        run_id INTEGER,
        PRIMARY KEY (folder, path)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX import_file_note ON import_file(note_id)",
    # Imported conversations and their messages, known again by digests: of where they are from and,
    # for a message, of all that stands above it.
    """
    CREATE TABLE import_conversation (
        key BLOB PRIMARY KEY,
        hash BLOB NOT NULL,
        conversation_id INTEGER NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
        run_id INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX import_conversation_id ON import_conversation(conversation_id)",
    """
    CREATE TABLE import_message (
        key BLOB PRIMARY KEY,
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX import_message_id ON import_message(message_id)",
)

# Questions over one's own words. ``scope`` says which (empty: none). ``message_source`` holds the
# passages that an answer was given, and those that came nearest where none was good enough;
# ``message_citation`` which of them supports the answer's text up to a place;
# ``message_attachment`` the texts that came with a question. What they are from may live in
# another database: a private chat asks the kept notes. So no foreign key says where; triggers take
# them along when what they are from is deleted for good.
_ANSWERS_FROM_NOTES = (
    "ALTER TABLE message ADD COLUMN scope TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE message_source (
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        given INTEGER NOT NULL CHECK (given IN (0, 1)),
        note_id INTEGER,
        source_message_id INTEGER,
        source_conversation_id INTEGER,
        title TEXT NOT NULL,
        context TEXT NOT NULL,
        start INTEGER NOT NULL,
        length INTEGER NOT NULL,
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
    CREATE TABLE message_citation (
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (message_id, place, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE message_attachment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        note_id INTEGER,
        name TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX message_attachment_message ON message_attachment(message_id)",
    "CREATE INDEX message_attachment_note ON message_attachment(note_id) WHERE note_id IS NOT NULL",
    """
    CREATE TRIGGER note_sources_removed AFTER DELETE ON note BEGIN
        DELETE FROM message_source WHERE note_id = old.id;
        DELETE FROM message_attachment WHERE note_id = old.id;
    END
    """,
    """
    CREATE TRIGGER message_sources_removed AFTER DELETE ON message BEGIN
        DELETE FROM message_source WHERE source_message_id = old.id;
    END
    """,
)

# What a search shows of a note, without its text: that stands in the row before the dates, and of a
# long note over many pages. A query took a tenth less (measured together with fewer pieces of the
# index of words).
_NOTE_HEADS = "CREATE INDEX note_heads ON note(id, title, updated_at, deleted_at)"

STEPS: Final[Sequence[Sequence[str]]] = (
    _CONVERSATIONS,
    _SEARCH_DRAFTS_CHORES,
    _SUMMARIES_PINS_METRICS,
    (*_NOTES, *PASSAGES, *_ANSWERS_FROM_NOTES),
    TAGS,
    (*NETWORK, _NOTE_HEADS),
    CLOUD,
)
