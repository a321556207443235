"""The bookkeeping of replies under way."""

from __future__ import annotations

from dataclasses import replace

from assistant.records import Conversation, Exchange, Message, MessageState, Role, Thread
from ui.chat.replies import LiveReply, Replies

CHAT = Conversation(1, "Chat", 0, 0)
ANSWER = Message(12, 1, 11, Role.ASSISTANT, MessageState.STREAMING, "", 0)


def begun(replies: Replies, run_id: int = 5, answer: Message = ANSWER) -> LiveReply:
    """A reply that was asked for and saved."""
    reply = LiveReply(run_id, 1)
    reply.save(Exchange(CHAT, None, answer))
    replies.begin(reply)
    return reply


def shown(replies: Replies, message: Message) -> Message:
    """A message as it is shown when the store has it like this."""
    return replies.brought_up_to_date(Thread(CHAT, (message,))).messages[0]


def test_a_running_reply_is_shown_as_its_events_tell() -> None:
    """Whether the store is behind or ahead of them."""
    replies = Replies()
    reply = begun(replies)
    reply.add("one ")
    reply.add("two")
    behind = replace(ANSWER, text="one ")
    ahead = replace(ANSWER, text="one two three", state=MessageState.COMPLETE)
    for stored in (behind, ahead):
        message = shown(replies, stored)
        assert message.text == "one two"
        assert message.state is MessageState.STREAMING


def test_a_continued_reply_keeps_its_beginning() -> None:
    """What it said before comes first."""
    replies = Replies()
    reply = begun(replies, answer=replace(ANSWER, text="Once upon"))
    reply.add(" a time")
    assert shown(replies, ANSWER).text == "Once upon a time"


def test_the_end_is_shown_until_the_store_has_it() -> None:
    """A thread read before the end does not take it back; one read after it settles it."""
    replies = Replies()
    begun(replies)
    final = replace(ANSWER, text="done", state=MessageState.COMPLETE)
    replies.end(5, final)
    assert shown(replies, replace(ANSWER, text="do")) is final
    assert shown(replies, final) is final
    assert shown(replies, replace(ANSWER, text="again")).text == "again"  # a later run's


def test_other_messages_stay_as_they_are() -> None:
    """Only what is under way is touched."""
    replies = Replies()
    begun(replies)
    other = replace(ANSWER, id=99, text="other", state=MessageState.STOPPED)
    assert shown(replies, other) is other


def test_what_runs_where() -> None:
    """A conversation finds its reply until it ends or could not be begun."""
    replies = Replies()
    first, second = begun(replies, 5), begun(replies, 6, replace(ANSWER, id=13))
    second.conversation_id = 2
    assert replies.running_in(1) is first
    assert replies.running_in(2) is second
    assert replies.count == 2
    replies.drop(5)
    replies.end(6, ANSWER)
    assert replies.running_in(1) is None
    assert replies.running_in(2) is None
    assert replies.get(6) is None


def test_a_reply_that_is_not_saved_has_no_message() -> None:
    """It is known by its run alone, and overlays nothing."""
    replies = Replies()
    replies.begin(LiveReply(5, None))
    assert replies.get(5).message_id is None
    assert shown(replies, replace(ANSWER, text="half")).text == "half"


def test_ends_are_not_remembered_for_ever() -> None:
    """A long day of replies costs no memory."""
    replies = Replies()
    for number in range(100):
        replies.end(number, replace(ANSWER, id=number, text="end"))
    assert shown(replies, replace(ANSWER, id=0, text="half")).text == "half"
    assert shown(replies, replace(ANSWER, id=99, text="half")).text == "end"
