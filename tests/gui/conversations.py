"""Messages, threads and a timeline for the tests of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

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
from ui.chat.button import PillButton
from ui.chat.entries import Entry
from ui.chat.message import MessageView
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline
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


def shown_timeline(
    qtbot: QtBot, pool: Executor, opener: Callable[[str], bool] = lambda _address: True
) -> Timeline:
    """An empty conversation on a page of 700 by 600 pixels, on the screen."""
    made = Timeline(LIGHT, pool, opener=opener)
    made.resize(700, 600)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def settle(qtbot: QtBot, timeline: Timeline) -> None:
    """Wait until everything that is wanted is built."""
    qtbot.waitUntil(lambda: timeline.is_settled)


def views(timeline: Timeline) -> list[MessageView]:
    """The live messages from top to bottom."""
    found = [view for view in timeline.findChildren(MessageView) if not view.isHidden()]
    return sorted(found, key=MessageView.y)


def ids(timeline: Timeline) -> list[int]:
    """The ids of the live messages."""
    return [view.entry.message.id for view in views(timeline)]


def live_view(timeline: Timeline, number: int) -> MessageView:
    """The live message with this id."""
    return next(view for view in views(timeline) if view.entry.message.id == number)


def text_of(view: MessageView) -> str:
    """What a message shows, without its name."""
    return "\n".join(part.toPlainText() for part in view.findChildren(ProseView))


def top_of(timeline: Timeline, number: int) -> int:
    """Where a message's top stands in the viewport, in pixels."""
    return live_view(timeline, number).mapTo(timeline.viewport(), QPoint()).y()


def first_seen(timeline: Timeline) -> int:
    """The id of the first message that is seen."""
    return next(
        view.entry.message.id
        for view in views(timeline)
        if view.mapTo(timeline.viewport(), QPoint(0, view.height())).y() > 0
    )


def pill(timeline: Timeline) -> QWidget:
    """The way to the end."""
    return timeline.findChild(PillButton)


def is_at_end(timeline: Timeline) -> bool:
    """Whether the last pixel is seen."""
    bar = timeline.verticalScrollBar()
    return bar.value() == bar.maximum()


def scroll_to(timeline: Timeline, value: int) -> None:
    """Scroll as the person does."""
    timeline.verticalScrollBar().setValue(value)
