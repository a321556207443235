"""SQL for conversations, over a real database in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assistant.errors import NotFound
from assistant.records import Conversation
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import MEMORY, Connection, open_database


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database with the newest schema."""
    opened = open_database(MEMORY, bytes(32))
    migrate(opened)
    yield opened
    opened.close()


def listed(connection: Connection) -> list[str]:
    """Titles in the order of the list."""
    return [found.title for found in conversations.list_all(connection)]


def counts(connection: Connection) -> tuple[int, ...]:
    """Rows of every table."""
    tables = ("conversation", "message", "chunk")
    found = [connection.execute(f"SELECT count(*) FROM {name}") for name in tables]  # noqa: S608 - our own names
    return tuple(cursor.fetchall()[0][0] for cursor in found)


def test_created_is_what_is_read(connection: Connection) -> None:
    """The value returned and the value stored are one."""
    made = conversations.create(connection, "Packing list", 1_000)
    assert made == Conversation(made.id, "Packing list", 1_000, 1_000)
    assert conversations.get(connection, made.id) == made


def test_newest_first(connection: Connection) -> None:
    """By the last change; of two in one millisecond the later made comes first."""
    first = conversations.create(connection, "first", 10)
    conversations.create(connection, "second", 20)
    conversations.create(connection, "third", 20)
    assert listed(connection) == ["third", "second", "first"]
    assert conversations.touch(connection, first.id, 30).updated_at == 30
    assert listed(connection) == ["first", "third", "second"]


def test_ids_are_never_used_again(connection: Connection) -> None:
    """A stale id must not reach somebody else's conversation."""
    gone = conversations.create(connection, "gone", 1)
    conversations.mark_deleted(connection, gone.id, 1)
    assert conversations.purge_deleted(connection, 2) == 1
    assert conversations.create(connection, "new", 3).id > gone.id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Straße nach Köln", "ΟΔΥΣΣΕΥΣ", "100 % done", "snake_case", "İstanbul", "résumé"}),
        ("STRASSE", {"Straße nach Köln"}),
        ("köln", {"Straße nach Köln"}),
        ("KO\u0308LN", {"Straße nach Köln"}),
        ("koln", {"Straße nach Köln"}),  # a word without its accents, by the index
        ("oln", set()),
        ("οδυσσευς", {"ΟΔΥΣΣΕΥΣ"}),
        ("re\u0301sume\u0301", {"résumé"}),
        ("i\u0307stan", {"İstanbul"}),
        ("%", {"100 % done"}),
        ("_", {"snake_case"}),
        ("s_ake", set()),
        ("\\", set()),
        ("'", set()),
    ],
)
def test_search(connection: Connection, query: str, found: set[str]) -> None:
    """Any case of any script, composed or not; nothing in a query is a wildcard."""
    for title in (
        "Straße nach Köln",
        "ΟΔΥΣΣΕΥΣ",
        "100 % done",
        "snake_case",
        "İstanbul",
        "résumé",
    ):
        conversations.create(connection, title, 1)
    assert {one.title for one in conversations.search(connection, query)} == found


def test_search_keeps_the_lists_order_and_leaves_out_the_deleted(connection: Connection) -> None:
    """It is the list, only shorter."""
    for title, now in (("trip one", 1), ("other", 2), ("trip two", 3), ("trip three", 4)):
        conversations.create(connection, title, now)
    deleted = conversations.search(connection, "three")[0]
    conversations.mark_deleted(connection, deleted.id, 5)
    found = conversations.search(connection, "TRIP")
    assert [one.title for one in found] == ["trip two", "trip one"]


def test_a_persons_title_stays(connection: Connection) -> None:
    """Hush may title again what Hush titled, never what the person did."""
    made = conversations.create(connection, "New chat", 1)
    assert conversations.rename(connection, made.id, "Trip", "hush", 2).title == "Trip"
    assert conversations.rename(connection, made.id, "Lisbon", "person", 3).title == "Lisbon"
    kept = conversations.rename(connection, made.id, "Portugal trip", "hush", 4)
    assert (kept.title, kept.updated_at) == ("Lisbon", 3)
    assert conversations.rename(connection, made.id, "Porto", "person", 5).title == "Porto"


@pytest.mark.parametrize("title", ["", "a\0b", "‮abc", "x" * 100_000, "💤" * 10])
def test_any_title_is_kept(connection: Connection, title: str) -> None:
    """What a title may look like is for the services to say."""
    assert conversations.create(connection, title, 1).title == title


def test_a_lone_surrogate_does_not_lose_the_title(connection: Connection) -> None:
    """It has no UTF-8 form: U+FFFD stands in for it."""
    made = conversations.create(connection, "a\ud800b", 1)
    assert made.title == "a\ufffdb"
    assert conversations.rename(connection, made.id, "\udfff!", "person", 1).title == "\ufffd!"


def test_deleted_is_out_of_the_list_and_can_come_back(connection: Connection) -> None:
    """With all it held: an answer still being written goes on meanwhile."""
    made = conversations.create(connection, "Trip", 1)
    question = messages.add_question(connection, made.id, None, "Where to?", 1)
    answer = messages.add_answer(connection, made.id, question.id, 1)
    conversations.set_head(connection, made.id, answer.id)
    conversations.mark_deleted(connection, made.id, 2)
    assert listed(connection) == []
    messages.append_chunk(connection, answer.id, 0, "Lisbon.")
    assert conversations.restore(connection, made.id) == made
    assert listed(connection) == ["Trip"]
    shown = messages.path(connection, made.id)
    assert [one.text for one in shown] == ["Where to?", "Lisbon."]


def test_purging_takes_only_what_was_deleted_before(connection: Connection) -> None:
    """Deleting again does not start the time anew."""
    old, recent, kept = (conversations.create(connection, name, 1).id for name in "abc")
    conversations.mark_deleted(connection, old, 10)
    conversations.mark_deleted(connection, old, 99)
    conversations.mark_deleted(connection, recent, 20)
    assert conversations.purge_deleted(connection, 20) == 1
    conversations.restore(connection, recent)
    assert {one.id for one in conversations.list_all(connection)} == {recent, kept}
    with pytest.raises(NotFound):
        conversations.restore(connection, old)


def test_purging_takes_the_messages_along(connection: Connection) -> None:
    """All of a thread of 3,000: SQLite's cascades end at a depth of 1,000."""
    kept = conversations.create(connection, "kept", 1)
    messages.add_question(connection, kept.id, None, "kept", 1)
    gone = conversations.create(connection, "gone", 1)
    parent = None
    for turn in range(3_000):
        parent = messages.add_question(connection, gone.id, parent, f"turn {turn}", 1).id
    assert parent is not None
    answer = messages.add_answer(connection, gone.id, parent, 1)
    messages.append_chunk(connection, answer.id, 0, "still being written")
    conversations.set_head(connection, gone.id, answer.id)
    conversations.mark_deleted(connection, gone.id, 5)
    assert conversations.purge_deleted(connection, 6) == 1
    assert counts(connection) == (1, 1, 0)


def test_a_head_is_one_of_its_own_messages(connection: Connection) -> None:
    """Another conversation's message is as good as none."""
    mine, other = (conversations.create(connection, name, 1) for name in "ab")
    first = messages.add_question(connection, mine.id, None, "mine", 1)
    foreign = messages.add_question(connection, other.id, None, "other", 1)
    conversations.set_head(connection, mine.id, first.id)
    with pytest.raises(NotFound):
        conversations.set_head(connection, mine.id, foreign.id)
    assert [one.text for one in messages.path(connection, mine.id)] == ["mine"]


@pytest.mark.parametrize(
    "call",
    [
        conversations.get,
        conversations.restore,
        lambda c, i: conversations.rename(c, i, "x", "person", 1),
        lambda c, i: conversations.touch(c, i, 1),
        lambda c, i: conversations.mark_deleted(c, i, 1),
        lambda c, i: conversations.set_head(c, i, 1),
        messages.path,
    ],
)
def test_what_does_not_exist_is_not_found(
    connection: Connection, call: Callable[[Connection, int], object]
) -> None:
    """By every function that takes an id."""
    with pytest.raises(NotFound):
        call(connection, 12345)
