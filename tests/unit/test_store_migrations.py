"""Numbered steps: each whole or not at all, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlcipher3 import dbapi2

from assistant.errors import VaultError, VaultTooNew
from assistant.store.migrations import (
    LATEST,
    migrate,
    refuse_newer,
    require_latest,
)
from assistant.store.schema import APPLICATION_ID
from assistant.store.sqlcipher import MEMORY, Connection, open_database

NOTES = {
    *("note", "note_name", "note_link", "note_attachment", "note_tag", "tag", "note_revision"),
    *("import_run", "import_file", "import_conversation", "import_message"),
}
INDEX = {"edition", "vector", "passage", "passage_gone", "passage_term", "index_queue"}
ANSWERS = {"message_source", "message_citation", "message_attachment"}
TAGS = {
    *("tag_decision", "tag_proposal", "tag_run", "tag_suggestion", "tag_queue", "tag_state"),
    "title_tried",
}
NETWORK = {"transfer", "transfer_head", "comparison", "bench_run"}
CLOUD = {
    *("cloud_provider", "cloud_sent", "cloud_waiting", "cloud_divergence"),
    "cloud_hidden_word",
}

ONE = ("CREATE TABLE a (x)",)
TWO = ("CREATE TABLE b (x)", "INSERT INTO b SELECT x FROM a")


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database."""
    opened = open_database(MEMORY, bytes(32))
    yield opened
    opened.close()


def version(connection: Connection) -> int:
    """Which step was taken last."""
    row = connection.execute("PRAGMA user_version").fetchone()
    assert row is not None
    return int(row[0])


def tables(connection: Connection) -> set[str]:
    """Hush's own tables; those of the full-text index are SQLite's."""
    rows = connection.execute(
        "SELECT name FROM pragma_table_list"
        " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {row[0] for row in rows}


def test_the_schema_of_this_version(connection: Connection) -> None:
    """Strict tables, Hush's own application id, foreign keys that hold."""
    migrate(connection)
    assert version(connection) == LATEST
    assert tables(connection) == {
        "conversation",
        "message",
        "chunk",
        "draft",
        "chore",
        "summary",
        "reply_metric",
        "mode_change",
        *NOTES,
        *INDEX,
        *ANSWERS,
        *TAGS,
        *NETWORK,
        *CLOUD,
    }
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    listed = connection.execute("PRAGMA table_list").fetchall()
    assert all(row[5] == 1 for row in listed if row[1] in tables(connection)), "not STRICT"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_indexes_of_words(connection: Connection) -> None:
    """They forget for good, and no row of theirs takes two of SQLCipher's pages.

    That of passages forgets for good when the vault is scrubbed (``test_notes``).
    """
    migrate(connection)
    virtual = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'"
    names = {row[0] for row in connection.execute(virtual)}
    views = {"passage_word_places", "passage_word_counts"}  # of what is in the index
    assert names - views == {"message_words", "conversation_words", "passage_words"}
    for name in names - views:
        rows = connection.execute(f"SELECT k, v FROM {name}_config").fetchall()  # noqa: S608 - our own names
        found: dict[str, int] = dict(rows)
        forgets = 0 if name == "passage_words" else 1
        assert (found.get("secure-delete", 0), found["pgsz"]) == (forgets, 3900)


def test_every_foreign_key_is_indexed(connection: Connection) -> None:
    """Or each delete would read a whole table: SQLite's own plan says that it does not."""
    migrate(connection)
    children = [
        (key[2], table)
        for table in tables(connection)
        for key in connection.execute(f"PRAGMA foreign_key_list('{table}')").fetchall()
    ]
    assert {parent for parent, _ in children} >= {"conversation", "message", "note", "tag"}
    for parent in {parent for parent, _ in children}:
        plan = connection.execute(f"EXPLAIN QUERY PLAN DELETE FROM {parent} WHERE id = 1")  # noqa: S608 - our own names
        steps = [row[3] for row in plan.fetchall()]
        assert all(step.startswith("SEARCH ") for step in steps), parent
        searched = sorted(step.split()[1] for step in steps)
        assert searched == sorted([parent, *(table for to, table in children if to == parent)])


def test_only_the_steps_not_yet_taken_run(connection: Connection) -> None:
    """From any earlier version, and from the newest none."""
    migrate(connection, (ONE,))
    connection.execute("INSERT INTO a VALUES (7)")
    migrate(connection, (ONE, TWO))
    migrate(connection, (ONE, TWO))
    assert version(connection) == 2
    assert connection.execute("SELECT x FROM b").fetchall() == [(7,)]


def test_a_step_that_fails_leaves_the_step_before(connection: Connection) -> None:
    """Its own first statements are undone; a mended step can be taken later."""
    broken = ("CREATE TABLE b (x)", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(dbapi2.Error):
        migrate(connection, (ONE, broken))
    assert not connection.in_transaction
    assert (version(connection), tables(connection)) == (1, {"a"})
    migrate(connection, (ONE, TWO))
    assert (version(connection), tables(connection)) == (2, {"a", "b"})


def test_a_newer_schema_is_refused(connection: Connection) -> None:
    """With both numbers in the words, and nothing changed."""
    connection.execute(f"PRAGMA user_version = {LATEST + 6}")
    for refuse in (migrate, refuse_newer, require_latest):
        with pytest.raises(VaultTooNew) as caught:
            refuse(connection)
        assert f"format {LATEST + 6}" in caught.value.message
        assert f"up to {LATEST}" in caught.value.message
        assert "Nothing was changed" in caught.value.message
    assert tables(connection) == set()


def test_a_reader_refuses_an_older_schema(connection: Connection) -> None:
    """It cannot migrate, so it says who can."""
    with pytest.raises(VaultError) as caught:
        require_latest(connection)
    assert "Open Hush once" in caught.value.advice
    migrate(connection)
    require_latest(connection)
