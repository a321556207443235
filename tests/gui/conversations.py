"""Messages, threads and a timeline for the tests of the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from PySide6.QtWidgets import QWidget

from assistant.records import (
    Conversation,
    Exchange,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
    Role,
    Thread,
)
from ui.chat.body import GUTTER
from ui.chat.entries import Entry
from ui.chat.message import MessageView
from ui.chat.tools import Deadline, Tools
from ui.markdown.look import Look
from ui.markdown.writer import DocumentWriter
from ui.theme.tokens import LIGHT

WIDTH = 600  # pixels, of text

UNHURRIED = Deadline(lambda: 0.0, 1.0)  # a clock that stands still

AT_LIMIT = ReplyFigures("model", 1, 0, 1, 1.0, 1.0, 2048, 0, 0, FinishReason.LENGTH)


def conversation(number: int = 1) -> Conversation:
    """A conversation's head."""
    return Conversation(number, "Title", 0, 0)


def question(number: int, text: str, *, variant: int = 1, variants: int = 1) -> Message:
    """Something the person asked."""
    return Message(
        number, 1, None, Role.USER, MessageState.COMPLETE, text, 0,
        variant=variant, variants=variants,
    )  # fmt: skip


def answer(
    number: int,
    text: str,
    state: MessageState = MessageState.COMPLETE,
    figures: ReplyFigures | None = None,
    *,
    variant: int = 1,
    variants: int = 1,
) -> Message:
    """Something the model wrote."""
    return Message(
        number, 1, None, Role.ASSISTANT, state, text, 0, figures,
        variant=variant, variants=variants,
    )  # fmt: skip


def thread(*messages: Message, number: int = 1) -> Thread:
    """A conversation with these messages."""
    return Thread(conversation(number), messages)


def long_thread(count: int, number: int = 1) -> Thread:
    """Questions and answers in turns, with ids from 1 on; each answer names its id."""
    messages = (
        question(n, f"Question {n}?") if n % 2 else answer(n, f"Answer {n}.\n\n" + "Words. " * 60)
        for n in range(1, count + 1)
    )
    return thread(*messages, number=number)


def exchange(asked: Message | None, answered: Message, number: int = 1) -> Exchange:
    """What a send wrote before anything was generated."""
    return Exchange(conversation(number), asked, answered)


@contextmanager
def thread_pool() -> Iterator[Executor]:
    """A pool of one thread that is gone afterwards."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def tools(pool: Executor, reading_size: int = 15) -> Tools:
    """What a message needs to draw itself."""
    return Tools(DocumentWriter(Look(LIGHT, reading_size)), pool)


def view_of(
    message: Message, with_tools: Tools, parent: QWidget, width: int = WIDTH
) -> MessageView:
    """A message, drawn and laid out."""
    view = MessageView(Entry(message), with_tools, parent)
    view.move(20, 20)  # the pointer stands at 0, 0
    view.show()
    draw(view, width)
    return view


def draw(view: MessageView, width: int = WIDTH) -> None:
    """Draw and lay out all of a message."""
    view.fill(UNHURRIED)
    view.resize(width + 2 * GUTTER, view.fit(width))
