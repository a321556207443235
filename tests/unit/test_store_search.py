"""Words in messages and titles: found when they are there, gone when they are not."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sqlcipher3 import dbapi2

from assistant.records import MessageState
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.migrations import migrate
from assistant.store.search_rows import index_anew
from assistant.store.sqlcipher import MEMORY, Connection, open_database

HOSTILE = (
    *('"', '""', "*", '"*', "'", "';--", "(", ")", "{a}", ":", "^", "+", "-", "\\", "%", "_", "."),
    *("NEAR", "NEAR(", "NEAR(passport lisbon, 2)", "passport AND", "OR passport", "NOT", "NOT x"),
    *(
        "^passport",
        "text:passport",
        "title : passport",
        "passport*lisbon",
        '"passport',
        'pass"port',
    ),
    *("\0", "pass\0port", "\ud800", "passport \udfff", "\u202e", "💤", "👩🏽\u200d🚀", "\ufeff"),
    *("x" * 10_000, "x " * 5_000, "x-" * 5_000, '" ' * 5_000, "*" * 10_000, "\n" * 10_000),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database with the newest schema."""
    opened = open_database(MEMORY, bytes(32))
    migrate(opened)
    yield opened
    opened.close()


def conversation(connection: Connection, title: str, *texts: str) -> int:
    """A conversation of questions, one after the other."""
    made = conversations.create(connection, title, 1).id
    parent = None
    for text in texts:
        parent = messages.add_question(connection, made, parent, text, 1).id
    return made


def answering(connection: Connection, conversation_id: int) -> int:
    """Begin an answer to the last question."""
    row = connection.execute(
        "SELECT max(id) FROM message WHERE conversation_id = ?", (conversation_id,)
    ).fetchone()
    assert row is not None
    return messages.add_answer(connection, conversation_id, row[0], 1).id


def titles(connection: Connection, query: str) -> list[str]:
    """What a query finds."""
    return [found.title for found in conversations.search(connection, query)]


def check_words(connection: Connection) -> None:
    """Compare the whole index with the text that it is of."""
    for table in ("message_words", "conversation_words"):
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")  # noqa: S608 - our own names


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("passport", {"trip"}),
        ("PASSPORT", {"trip"}),
        ("pass", {"trip"}),
        ("pa", {"trip"}),
        ("p", {"trip"}),  # the title's own letter
        ("lisbon passport", {"trip"}),
        ("passport lis", {"trip"}),
        ("pass lisbon", set()),  # only the last word is still being typed
        ("passport porto", set()),  # in two messages
        ("trip passport", set()),  # title and message
        ("cafe", {"food"}),
        ("CAFÉ", {"food"}),
        ("cafe\u0301", {"food"}),
        ("co-operate", {"food"}),
        ("operate-co", set()),
        ("operate co", {"food"}),
        ("οδυσσευς", {"food"}),
        ("東京", {"food"}),
        ("東", {"food"}),
        ("שלום", {"food"}),
        ("b", {"food"}),  # one letter is a word, not a beginning
        ("l", set()),
        ("2026", {"food"}),
    ],
)
def test_words_in_messages(connection: Connection, query: str, found: set[str]) -> None:
    """In any order, any case, without accents; the last one as far as it was typed."""
    conversation(connection, "trip", "My passport for Lisbon", "And Porto?")
    conversation(connection, "food", "A café, to co-operate in 2026, b, ΟΔΥΣΣΕΥΣ 東京都 שלום")
    assert set(titles(connection, query)) == found


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_query_is_text(connection: Connection, query: str) -> None:
    """It finds something or nothing; no part of it is a command, and nothing is raised."""
    conversation(connection, "trip", "My passport for Lisbon")
    assert set(titles(connection, query)) <= {"trip"}
    check_words(connection)


def test_a_query_cannot_name_a_column_or_join_by_commands(connection: Connection) -> None:
    """Each of these is a query in FTS5's own language and finds the passport there."""
    conversation(connection, "trip", "My passport for Lisbon")
    for query in ("text:passport", "zebra OR passport", "passport NOT zebra", "NEAR(my lisbon)"):
        direct = connection.execute(
            "SELECT count(*) FROM message_words WHERE message_words MATCH ?", (query,)
        )
        assert direct.fetchone() == (1,)
        assert titles(connection, query) == []


def test_variants_that_are_not_shown_are_found(connection: Connection) -> None:
    """An edited question, a regenerated answer: nothing was overwritten, so nothing is lost."""
    made = conversation(connection, "trip", "the first asking")
    edited = messages.add_question(connection, made, None, "the second asking", 2)
    conversations.set_head(connection, made, edited.id)
    assert titles(connection, "first asking") == titles(connection, "second") == ["trip"]


def test_an_answer_is_found_once_it_is_written(connection: Connection) -> None:
    """Its chunks are not, one by one; a word across two of them is one word."""
    made = conversation(connection, "trip", "Where to?")
    answer = answering(connection, made)
    for seq, piece in enumerate(("Lis", "bon is", " sunny")):
        messages.append_chunk(connection, answer, seq, piece)
    assert titles(connection, "sunny") == []
    messages.finish(connection, answer, MessageState.COMPLETE)
    assert titles(connection, "lisbon sunny") == ["trip"]
    messages.reopen(connection, answer)
    messages.append_chunk(connection, answer, 0, ", and warm")
    assert titles(connection, "lisbon") == ["trip"], "what was finished before stays found"
    assert messages.interrupt_leftovers(connection) == 1
    assert titles(connection, "lisbon warm") == ["trip"]
    check_words(connection)


def test_a_title_is_found_by_words_and_by_a_part(connection: Connection) -> None:
    """Words in any order and without accents; a part with them, in the middle of a word too."""
    made = conversation(connection, "Café in Köln")
    for query in ("koln cafe", "öln", "fé in k"):
        assert titles(connection, query) == ["Café in Köln"], query
    conversations.rename(connection, made, "Porto", "person", 2)
    assert titles(connection, "koln cafe") == []
    assert titles(connection, "porto") == ["Porto"]
    check_words(connection)


def test_found_ones_keep_the_lists_order_and_leave_out_the_deleted(connection: Connection) -> None:
    """Newest first, each once, by whatever it was found."""
    made = [conversation(connection, title, "a word", "a word") for title in ("one", "word", "x")]
    for conversation_id, now in zip(made, (30, 10, 20), strict=True):
        conversations.touch(connection, conversation_id, now)
    assert titles(connection, "word") == ["one", "x", "word"]
    conversations.mark_deleted(connection, made[2], 40)
    assert titles(connection, "word") == ["one", "word"]
    conversations.restore(connection, made[2])
    assert titles(connection, "word") == ["one", "x", "word"]


def test_the_index_is_right_after_anything(connection: Connection) -> None:
    """Six hundred changes of every kind, in a fixed order drawn by chance."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    vocabulary = ["passport", "pass", "Lisbon", "café", "", "東京", "co-op", "x" * 400]
    kept: list[int] = []
    for now in range(600):
        text = " ".join(chance.choices(vocabulary, k=chance.randrange(6)))
        what = chance.randrange(5) if kept else 0
        if what == 0:
            kept.append(conversation(connection, text, text))
        elif what == 1:
            conversations.rename(connection, chance.choice(kept), text, "person", now)
        elif what == 2:
            answer = answering(connection, chance.choice(kept))
            messages.append_chunk(connection, answer, 0, text)
            messages.finish(connection, answer, MessageState.STOPPED)
        elif what == 3:
            conversations.mark_deleted(connection, chance.choice(kept), now)
        elif conversations.purge_deleted(connection, now):
            kept = [found.id for found in conversations.list_all(connection)]
    assert len(kept) > 5
    check_words(connection)
    index_anew(connection)
    check_words(connection)


def test_the_check_of_the_index_finds_a_word_too_many(connection: Connection) -> None:
    """Or its silence elsewhere would mean nothing."""
    conversation(connection, "trip", "passport")
    connection.execute("DROP TRIGGER message_removed")
    connection.execute("DELETE FROM message")
    with pytest.raises(dbapi2.DatabaseError):
        check_words(connection)


def test_words_of_a_write_that_failed_are_not_found(connection: Connection) -> None:
    """The index belongs to the same transaction."""
    connection.execute("BEGIN IMMEDIATE")
    conversation(connection, "trip", "passport")
    assert titles(connection, "passport") == ["trip"]
    connection.execute("ROLLBACK")
    assert titles(connection, "passport") == []
    check_words(connection)
