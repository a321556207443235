"""The replies under way, and everything they said so far. No Qt: only bookkeeping.

The store learns of new text a little later than the window, and a conversation can be left and
opened again while it is being answered. So what is shown of a running reply always comes from
here: the text it had before, and whatever its events brought since.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from assistant.asking.records import Attachment
from assistant.records import Exchange, Message, MessageState, Thread

_REMEMBERED: Final = 16
"""Replies that ended, kept until the store is read again: more than can end in that time."""


@dataclass(slots=True, eq=False)
class LiveReply:
    """One reply, from asking until its end.

    Attributes:
        run_id: Names it in events.
        conversation_id: None until a new conversation was saved.
        question: What was sent, to be given back where it cannot be saved.
        edited: The message that ``question`` is another version of.
        attachments: What went along with it.
        exchange: What was saved; None until then.
        began: The model reads it now; before that it waits its turn.
        left_out: What did not fit into the context, as a sentence.
    """

    run_id: int
    conversation_id: int | None
    question: str = ""
    edited: Message | None = None
    attachments: tuple[Attachment, ...] = ()
    exchange: Exchange | None = None
    began: bool = False
    left_out: str = ""
    _said: list[str] = field(default_factory=list)

    @property
    def message_id(self) -> int | None:
        """The answer's id, once it is saved."""
        return self.exchange.answer.id if self.exchange else None

    @property
    def said(self) -> str:
        """What came since it was asked."""
        if len(self._said) > 1:
            self._said = ["".join(self._said)]
        return self._said[0] if self._said else ""

    def add(self, text: str) -> None:
        """Keep more of its text."""
        self._said.append(text)

    def save(self, exchange: Exchange) -> None:
        """It is in the store now."""
        self.exchange = exchange
        self.conversation_id = exchange.conversation.id


class Replies:
    """All replies under way, by run; and those that ended while a thread was on its way."""

    def __init__(self) -> None:
        self._live: dict[int, LiveReply] = {}
        self._ended: dict[int, Message] = {}

    def begin(self, reply: LiveReply) -> None:
        """A reply was asked for."""
        self._live[reply.run_id] = reply

    def get(self, run_id: int) -> LiveReply | None:
        """A reply under way."""
        return self._live.get(run_id)

    def drop(self, run_id: int) -> None:
        """A reply could not be begun."""
        self._live.pop(run_id, None)

    def end(self, run_id: int, message: Message) -> None:
        """A reply ended with this message."""
        self._live.pop(run_id, None)
        self._ended[message.id] = message
        while len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def running_in(self, conversation_id: int) -> LiveReply | None:
        """The reply being written in a conversation."""
        found = (r for r in self._live.values() if r.conversation_id == conversation_id)
        return next(found, None)

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._live)

    def brought_up_to_date(self, thread: Thread) -> Thread:
        """A thread as the events tell it: the store may have been read earlier, or later."""
        live = {reply.message_id: reply for reply in self._live.values() if reply.exchange}
        return replace(
            thread, messages=tuple(self._current(message, live) for message in thread.messages)
        )

    def _current(self, message: Message, live: dict[int | None, LiveReply]) -> Message:
        reply = live.get(message.id)
        if reply and reply.exchange:
            text = reply.exchange.answer.text + reply.said
            return replace(message, state=MessageState.STREAMING, text=text)
        if message.state is MessageState.STREAMING:
            return self._ended.get(message.id, message)
        self._ended.pop(message.id, None)  # the store has it: no need to remember
        return message
