"""SQL for messages: the tree, its shown path, and answers being written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import Bug, NotFound
from assistant.records import FinishReason, Message, MessageState, ReplyFigures, Role
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.figures import decode_figures, encode_figures
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import MEMORY, Connection, open_database

FIGURES = ReplyFigures(
    model="SmolLM2 135M",
    prompt_tokens=120,
    reused_tokens=80,
    reply_tokens=64,
    first_token_ms=91.5,
    tokens_per_second=128.25,
    context_cap=2048,
    omitted_messages=2,
    omitted_tokens=0,
    finish_reason=FinishReason.LENGTH,
)


@dataclass(frozen=True)
class Room:
    """One conversation in a database, and short ways to write in it."""

    connection: Connection
    id: int

    def ask(self, parent: Message | None, text: str = "question") -> Message:
        """Add a question under a message."""
        above = None if parent is None else parent.id
        return messages.add_question(self.connection, self.id, above, text, 1)

    def answer(self, parent: Message) -> Message:
        """Add an answer that is being written."""
        return messages.add_answer(self.connection, self.id, parent.id, 1)

    def write(self, answer: Message, *pieces: str) -> None:
        """Append pieces to an answer."""
        for piece in pieces:
            seq = messages.next_seq(self.connection, answer.id)
            messages.append_chunk(self.connection, answer.id, seq, piece)

    def show(self, head: Message) -> tuple[Message, ...]:
        """Move the head there and read the path."""
        conversations.set_head(self.connection, self.id, head.id)
        return messages.path(self.connection, self.id)

    def get(self, message: Message) -> Message:
        """Read a message anew."""
        return messages.get(self.connection, message.id)


def new_room() -> Room:
    """A database of its own with one conversation."""
    connection = open_database(MEMORY, bytes(32))
    migrate(connection)
    return Room(connection, conversations.create(connection, "Trip", 1).id)


@pytest.fixture
def room() -> Iterator[Room]:
    """An empty conversation."""
    made = new_room()
    yield made
    made.connection.close()


def test_a_question_is_complete_at_once(room: Room) -> None:
    """And reads back as it was returned."""
    made = messages.add_question(room.connection, room.id, None, "Where to?", 1_234)
    assert made == Message(
        made.id, room.id, None, Role.USER, MessageState.COMPLETE, "Where to?", 1_234
    )
    assert room.get(made) == made


def test_an_answer_begins_empty(room: Room) -> None:
    """In the state of being written, under its question."""
    question = room.ask(None)
    made = room.answer(question)
    assert (made.role, made.state, made.text) == (Role.ASSISTANT, MessageState.STREAMING, "")
    assert made.parent_id == question.id


def test_nothing_is_shown_before_a_head_is_set(room: Room) -> None:
    """Adding a message does not move the head."""
    question = room.ask(None)
    assert messages.path(room.connection, room.id) == ()
    room.show(question)
    room.answer(question)
    assert messages.path(room.connection, room.id) == (question,)


def test_the_path_runs_from_the_first_message_to_the_head(room: Room) -> None:
    """Without what stands beside it, with its numbers among the variants."""
    first = room.ask(None, "first")
    answer = room.answer(first)
    again = room.answer(first)
    follow = room.ask(answer, "follow-up")
    edited = room.ask(None, "first, edited")
    shown = room.show(follow)
    assert [one.id for one in shown] == [first.id, answer.id, follow.id]
    assert [(one.variant, one.variants) for one in shown] == [(1, 2), (1, 2), (1, 1)]
    assert [(one.id, one.variant) for one in room.show(again)] == [(first.id, 1), (again.id, 2)]
    assert [(one.id, one.variant) for one in room.show(edited)] == [(edited.id, 2)]


def test_another_conversations_first_message_is_no_variant(room: Room) -> None:
    """First messages have no parent; they are told apart by their conversation."""
    other = conversations.create(room.connection, "Other", 1)
    messages.add_question(room.connection, other.id, None, "elsewhere", 1)
    first = room.ask(None)
    assert (first.variant, first.variants) == (1, 1)
    assert messages.sibling(room.connection, first.id, -1) is None


def test_a_parent_is_in_the_same_conversation(room: Room) -> None:
    """Neither a question nor an answer can hang on another conversation's tree."""
    other = conversations.create(room.connection, "Other", 1)
    foreign = messages.add_question(room.connection, other.id, None, "elsewhere", 1)
    with pytest.raises(NotFound):
        room.ask(foreign)
    with pytest.raises(NotFound):
        room.answer(foreign)
    with pytest.raises(NotFound):
        messages.add_question(room.connection, 12345, None, "nowhere", 1)


def test_ancestors_end_with_the_message_itself(room: Room) -> None:
    """Whatever is shown at the time."""
    first = room.ask(None)
    answer = room.answer(first)
    room.write(answer, "so far")
    follow = room.ask(answer)
    room.show(first)
    found = messages.ancestors(room.connection, follow.id)
    assert [one.id for one in found] == [first.id, answer.id, follow.id]
    assert found[1].text == "so far"


def test_an_answer_is_read_with_what_it_has_so_far(room: Room) -> None:
    """In the order of the pieces, also past nine of them."""
    answer = room.answer(room.ask(None))
    for seq in range(12):
        messages.append_chunk(room.connection, answer.id, seq, f"<{seq}>")
    whole = "".join(f"<{seq}>" for seq in range(12))
    assert room.get(answer).text == whole
    assert messages.next_seq(room.connection, answer.id) == 12
    assert room.show(answer)[-1].text == whole


@settings(deadline=None)
@given(st.lists(st.text(), max_size=12), st.lists(st.text(), max_size=12))
def test_pieces_add_up_to_the_text(first: list[str], later: list[str]) -> None:
    """Any text, cut anywhere, finished, continued and finished again: nothing is lost or added."""
    room = new_room()
    answer = room.answer(room.ask(None))
    room.write(answer, *first)
    messages.finish(room.connection, answer.id, MessageState.STOPPED)
    messages.reopen(room.connection, answer.id)
    room.write(answer, *later)
    assert room.get(answer).text == "".join(first + later)
    done = messages.finish(room.connection, answer.id, MessageState.COMPLETE)
    assert done.text == "".join(first + later)
    assert room.connection.execute("SELECT count(*) FROM chunk").fetchone() == (0,)
    room.connection.close()


def test_a_piece_has_one_place(room: Room) -> None:
    """Neither the same place twice nor a hole: what is stored is always a beginning."""
    answer = room.answer(room.ask(None))
    messages.append_chunk(room.connection, answer.id, 0, "once")
    for seq in (0, 2):
        with pytest.raises(NotFound):
            messages.append_chunk(room.connection, answer.id, seq, "out of place")
    assert room.get(answer).text == "once"


def test_lone_surrogates_do_not_lose_a_text(room: Room) -> None:
    """In a question and in a piece: U+FFFD stands in for each."""
    question = room.ask(None, "a\ud83d b\udc00 c")
    answer = room.answer(question)
    room.write(answer, "\udfff!")
    assert (question.text, room.get(answer).text) == ("a\ufffd b\ufffd c", "\ufffd!")


def test_finishing_keeps_figures_and_state(room: Room) -> None:
    """All of it in the value returned and in the next read."""
    answer = room.answer(room.ask(None))
    room.write(answer, "Light layers")
    done = messages.finish(room.connection, answer.id, MessageState.COMPLETE, FIGURES)
    expected = replace(
        answer, state=MessageState.COMPLETE, text="Light layers", figures=FIGURES, failure=""
    )
    assert done == room.get(answer) == expected


def test_a_failure_keeps_the_text_so_far(room: Room) -> None:
    """And says why, as a code."""
    answer = room.answer(room.ask(None))
    room.write(answer, "Light")
    done = messages.finish(room.connection, answer.id, MessageState.FAILED, failure="engine-died")
    assert (done.state, done.text, done.failure) == (MessageState.FAILED, "Light", "engine-died")


def test_what_is_finished_takes_no_more(room: Room) -> None:
    """Neither a piece that comes late nor a second end."""
    answer = room.answer(room.ask(None))
    room.write(answer, "all of it")
    messages.finish(room.connection, answer.id, MessageState.STOPPED)
    with pytest.raises(NotFound, match="no longer being written"):
        messages.append_chunk(room.connection, answer.id, 5, "late")
    with pytest.raises(NotFound, match="no longer being written"):
        messages.finish(room.connection, answer.id, MessageState.COMPLETE)
    assert (room.get(answer).state, room.get(answer).text) == (MessageState.STOPPED, "all of it")


def test_an_answer_cannot_end_unfinished(room: Room) -> None:
    """The state of being written is no end."""
    answer = room.answer(room.ask(None))
    with pytest.raises(Bug):
        messages.finish(room.connection, answer.id, MessageState.STREAMING)


def test_a_finished_answer_can_be_continued(room: Room) -> None:
    """Its text stays; figures and failure belonged to the first part."""
    answer = room.answer(room.ask(None))
    room.write(answer, "Light ")
    messages.finish(room.connection, answer.id, MessageState.FAILED, FIGURES, "engine-died")
    reopened = messages.reopen(room.connection, answer.id)
    assert reopened == replace(answer, text="Light ")
    assert messages.next_seq(room.connection, answer.id) == 0
    room.write(answer, "layers")
    done = messages.finish(room.connection, answer.id, MessageState.COMPLETE)
    assert (done.text, done.figures, done.failure) == ("Light layers", None, "")


def test_only_a_finished_answer_can_be_continued(room: Room) -> None:
    """Not a question, and not one that is being written already."""
    question = room.ask(None)
    answer = room.answer(question)
    for one in (question, answer):
        with pytest.raises(NotFound):
            messages.reopen(room.connection, one.id)
    assert room.get(question).state is MessageState.COMPLETE


def test_leftovers_are_ended_with_their_text(room: Room) -> None:
    """All of them at once, and nothing else is touched."""
    done = room.answer(room.ask(None))
    room.write(done, "done")
    messages.finish(room.connection, done.id, MessageState.COMPLETE, FIGURES)
    left = [room.answer(room.ask(None)) for _ in range(3)]
    for number, answer in enumerate(left[:2]):
        room.write(answer, f"part {number}", " and more")
    assert messages.interrupt_leftovers(room.connection) == 3
    assert messages.interrupt_leftovers(room.connection) == 0
    found = [room.get(answer) for answer in left]
    assert [one.text for one in found] == ["part 0 and more", "part 1 and more", ""]
    assert {one.state for one in found} == {MessageState.INTERRUPTED}
    assert (room.get(done).state, room.get(done).figures) == (MessageState.COMPLETE, FIGURES)
    assert room.connection.execute("SELECT count(*) FROM chunk").fetchone() == (0,)


def test_siblings_are_counted_off(room: Room) -> None:
    """In the order they were made; past either end there is none."""
    question = room.ask(None)
    ids = [room.answer(question).id for _ in range(4)]
    room.ask(None)  # stands beside the question, not beside its answers
    steps = {step: messages.sibling(room.connection, ids[1], step) for step in range(-2, 4)}
    assert steps == {-2: None, -1: ids[0], 0: ids[1], 1: ids[2], 2: ids[3], 3: None}


def test_the_newest_leaf_follows_the_newest_child(room: Room) -> None:
    """At each fork, not the newest of all messages below."""
    question = room.ask(None)
    old, new = room.answer(question), room.answer(question)
    leaf = room.ask(new)
    room.ask(room.answer(room.ask(old)))  # newer than the leaf, under the older answer
    assert messages.newest_leaf(room.connection, question.id) == leaf.id
    assert messages.newest_leaf(room.connection, leaf.id) == leaf.id


@pytest.mark.parametrize(
    "call",
    [
        messages.get,
        messages.ancestors,
        messages.newest_leaf,
        messages.reopen,
        lambda c, i: messages.sibling(c, i, 0),
        lambda c, i: messages.append_chunk(c, i, 0, "x"),
        lambda c, i: messages.finish(c, i, MessageState.COMPLETE),
    ],
)
def test_what_does_not_exist_is_not_found(
    room: Room, call: Callable[[Connection, int], object]
) -> None:
    """By every function that takes an id."""
    with pytest.raises(NotFound):
        call(room.connection, 12345)


def test_a_thread_of_ten_thousand(room: Room) -> None:
    """Whole and in order, in a handful of statements: no recursion depth, no query per row."""
    first = room.ask(None)
    room.connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
        " INSERT INTO message (id, conversation_id, parent_id, role, state, text, created_at)"
        " SELECT i, ?, i - 1, iif(i % 2, 'user', 'assistant'), 'complete', 'turn ' || i, 1 FROM n",
        (room.id,),
    )
    last = messages.get(room.connection, 10_000)
    statements: list[str] = []
    room.connection.set_trace_callback(statements.append)  # type: ignore[attr-defined]
    shown = room.show(last)
    assert len(statements) <= 4
    assert [one.id for one in shown] == list(range(first.id, 10_001))
    assert all(one.variants == 1 for one in shown)
    assert messages.newest_leaf(room.connection, first.id) == last.id
    assert messages.ancestors(room.connection, last.id) == shown


def test_figures_read_back_as_written() -> None:
    """As one flat object of numbers and names."""
    assert decode_figures(encode_figures(FIGURES)) == FIGURES
    assert encode_figures(None) is None
    assert decode_figures(None) is None


@pytest.mark.parametrize(
    "column",
    [
        "",
        "null",
        "[]",
        "{}",
        "{" * 5_000,
        "[" * 100_000,
        (encode_figures(FIGURES) or "").replace('"length"', '"tired"'),
        (encode_figures(FIGURES) or "").replace("120", "-1"),
        (encode_figures(FIGURES) or "").replace("120", "true"),
        (encode_figures(FIGURES) or "").replace("120", '"120"'),
        (encode_figures(FIGURES) or "").replace("91.5", "NaN"),
        (encode_figures(FIGURES) or "").replace("91.5", "1e999"),
        (encode_figures(FIGURES) or "").replace("91.5", "null"),
        (encode_figures(FIGURES) or "").replace('"SmolLM2 135M"', "7"),
        (encode_figures(FIGURES) or "").replace("{", '{"more": 1, '),
    ],
)
def test_figures_that_are_not_figures_are_none(room: Room, column: str) -> None:
    """Numbers about a reply are not worth losing the reply."""
    assert column != encode_figures(FIGURES)
    assert decode_figures(column) is None
    answer = room.answer(room.ask(None))
    room.write(answer, "the reply")
    messages.finish(room.connection, answer.id, MessageState.COMPLETE, FIGURES)
    room.connection.execute("UPDATE message SET figures = ? WHERE id = ?", (column, answer.id))
    assert (room.get(answer).text, room.get(answer).figures) == ("the reply", None)


@pytest.mark.parametrize("rate", [float("nan"), float("inf")])
def test_figures_without_a_value_are_not_stored(rate: float) -> None:
    """A mistake of ours that must not become a row nobody can read."""
    with pytest.raises(ValueError, match="JSON"):
        encode_figures(replace(FIGURES, tokens_per_second=rate))
