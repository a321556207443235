"""The part of the schema that tags, titles and confidence need; ``schema`` takes it into its steps.

Once released it is never edited: a new step is added in ``schema``.
"""

from __future__ import annotations

from typing import Final


def _to_learn(table: str, change: str, row: str) -> str:
    """A trigger that puts a note into the queue when a row of it changes.

    The rows of a note that is deleted go after it did: then there is nothing to learn of it.
    "OR IGNORE" would not do: an upsert that fires a trigger takes that away from it.
    """
    return f"""
    CREATE TRIGGER {table}_{change.lower()}_to_learn AFTER {change} ON {table} BEGIN
        INSERT INTO tag_queue SELECT id FROM note WHERE id = {row}.note_id
            AND NOT EXISTS (SELECT 1 FROM tag_queue WHERE note_id = {row}.note_id);
    END
    """  # noqa: S608 - our own names


# A tag that the person made, described or coloured is ``kept``: it stays when no note has it; 2 is
# one that is held while the texts that have it are rewritten, and not kept otherwise. What a merge
# gave a note is ``merged`` there until it is taken off: only that goes when the merge is undone.
# ``tag_decision`` is what the person said of a suggestion, with the figures that it had before
# anything was learned from the answer. ``tag_proposal`` holds what the language model proposed:
# weak labels; and, ``rejected``, what would be a new tag and was not wanted for that note.
# ``tag_run`` is a run over many notes: the ``note_ids`` it is of (JSON; NULL: all), its last note
# and how far it is. ``tag_suggestion`` holds what waits to be reviewed, and the log of what was
# applied, of which ``removed`` was taken off by hand: that is the person's word, and stays it
# whatever they give later. ``tag_queue`` holds the notes of which the learner has to look again at
# text or labels: put there by triggers in the same transaction, so that no kill leaves a gap.
# ``tag_state`` is what the learner keeps of its own. ``title_tried`` says for which text no title
# was found.
TAGS: Final = (
    "ALTER TABLE tag ADD COLUMN description TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE tag ADD COLUMN colour TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE tag ADD COLUMN kept INTEGER NOT NULL DEFAULT 0 CHECK (kept IN (0, 1, 2))",
    "ALTER TABLE note_tag ADD COLUMN merged INTEGER NOT NULL DEFAULT 0 CHECK (merged IN (0, 1))",
    "DROP TRIGGER note_tag_removed",
    # A tag is content, too: it goes with the last note that has it, unless it is kept.
    """
    CREATE TRIGGER note_tag_removed AFTER DELETE ON note_tag BEGIN
        DELETE FROM tag WHERE id = old.tag_id AND kept = 0
            AND NOT EXISTS (SELECT 1 FROM note_tag WHERE tag_id = old.tag_id);
    END
    """,
    """
    CREATE TABLE tag_decision (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE,
        accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
        probability REAL NOT NULL,
        score REAL NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (note_id, tag_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX tag_decision_tag ON tag_decision(tag_id)",
    """
    CREATE TABLE tag_proposal (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        folded TEXT NOT NULL,
        name TEXT NOT NULL,
        rejected INTEGER NOT NULL DEFAULT 0 CHECK (rejected IN (0, 1)),
        at INTEGER NOT NULL,
        PRIMARY KEY (note_id, folded)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX tag_proposal_folded ON tag_proposal(folded)",
    """
    CREATE TABLE tag_run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started_at INTEGER NOT NULL,
        apply_above REAL,
        note_ids TEXT,
        after_note INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER NOT NULL,
        ended_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE tag_suggestion (
        note_id INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE,
        probability REAL NOT NULL,
        score REAL NOT NULL,
        run_id INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'applied', 'removed')),
        at INTEGER NOT NULL,
        PRIMARY KEY (note_id, tag_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX tag_suggestion_tag ON tag_suggestion(tag_id)",
    "CREATE INDEX tag_suggestion_state ON tag_suggestion(state, probability)",
    # Whoever gives a note the tag has answered the suggestion.
    """
    CREATE TRIGGER tag_suggestion_answered AFTER INSERT ON note_tag BEGIN
        DELETE FROM tag_suggestion
            WHERE note_id = new.note_id AND tag_id = new.tag_id AND state = 'waiting';
    END
    """,
    # From then on it is no longer what a run gave, even where it is given again.
    """
    CREATE TRIGGER tag_suggestion_removed AFTER UPDATE OF given ON note_tag
    WHEN old.given AND NOT new.given BEGIN
        UPDATE tag_suggestion SET state = 'removed'
            WHERE note_id = new.note_id AND tag_id = new.tag_id AND state = 'applied';
    END
    """,
    """
    CREATE TABLE tag_queue (
        note_id INTEGER PRIMARY KEY REFERENCES note(id) ON DELETE CASCADE
    ) STRICT
    """,
    """
    CREATE TRIGGER note_to_learn AFTER INSERT ON note BEGIN
        INSERT INTO tag_queue VALUES (new.id);
    END
    """,
    """
    CREATE TRIGGER note_to_learn_again AFTER UPDATE OF title, text, deleted_at ON note
    WHEN new.text <> old.text OR new.title <> old.title OR new.deleted_at IS NOT old.deleted_at
    BEGIN
        INSERT INTO tag_queue SELECT new.id
            WHERE NOT EXISTS (SELECT 1 FROM tag_queue WHERE note_id = new.id);
    END
    """,
    _to_learn("note_tag", "INSERT", "new"),
    _to_learn("note_tag", "DELETE", "old"),
    _to_learn("tag_decision", "INSERT", "new"),
    _to_learn("tag_decision", "UPDATE", "new"),
    _to_learn("tag_decision", "DELETE", "old"),
    _to_learn("tag_proposal", "INSERT", "new"),
    _to_learn("tag_proposal", "UPDATE", "new"),
    _to_learn("tag_proposal", "DELETE", "old"),
    "INSERT INTO tag_queue SELECT id FROM note",
    "CREATE TABLE tag_state (key TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID",
    # How probably an answer is supported by what it was written from, and why not.
    "ALTER TABLE message ADD COLUMN confidence REAL",
    "ALTER TABLE message ADD COLUMN doubt TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE title_tried (
        kind TEXT NOT NULL CHECK (kind IN ('note', 'chat')),
        id INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER note_title_tried AFTER DELETE ON note BEGIN
        DELETE FROM title_tried WHERE kind = 'note' AND id = old.id;
    END
    """,
    """
    CREATE TRIGGER chat_title_tried AFTER DELETE ON conversation BEGIN
        DELETE FROM title_tried WHERE kind = 'chat' AND id = old.id;
    END
    """,
)
