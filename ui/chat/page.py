"""The chat page: title, conversation, and below it the place to write."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from assistant.records import Conversation, Exchange, Thread
from assistant.text import MAX_MESSAGE_CHARACTERS
from ui.chat.composer import Composer
from ui.chat.find_bar import FindBar
from ui.chat.header import Header, private_words
from ui.chat.paused import PausedLine
from ui.chat.timeline import Timeline
from ui.controls import TextButton, centred_label
from ui.notice import Notice
from ui.theme.style import Theme
from ui.theme.tokens import Space

_GREETING: Final = "What is on your mind?"
_PROMISE: Final = "Your words stay on this laptop. No network is used."
_PROMISE_WITH_CLOUD: Final = "Your words stay on this laptop unless you send them yourself."
_PRIVATE_GREETING: Final = "A private chat"
_STARTERS: Final = (
    "Explain how a heat pump works.",
    "Write a note to say I will be late.",
    "What should I pack for four days?",
)
_GUTTER: Final = Space.RELATED  # text in the conversation stands this far inside its column


class EmptyChat(QWidget):
    """A chat that has not begun: one calm line, and a few ways to begin."""

    starter_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_private = False
        self._is_cloud_on = False
        self.setMinimumSize(1, 1)  # what does not fit is cut: the composer below needs its room
        self._greeting = centred_label("title")
        self._promise = centred_label("quiet")
        self.starters = [TextButton(words, "outlined") for words in _STARTERS]
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.MARGIN, 0, Space.MARGIN, 0)
        column.setSpacing(Space.HALF)
        column.addStretch(2)
        column.addWidget(self._greeting)
        column.addWidget(self._promise)
        column.addSpacing(Space.GROUP)
        for words, button in zip(_STARTERS, self.starters, strict=True):
            button.clicked.connect(partial(self.starter_chosen.emit, words))
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addSpacing(Space.HALF)
        column.addStretch(3)
        self.show_private(private=False)

    @property
    def words(self) -> str:
        """What it says above the ways to begin."""
        return f"{self._greeting.text()}\n{self._promise.text()}"

    def show_private(self, *, private: bool) -> None:
        """Greet, and say what becomes of what is written here."""
        self._is_private = private
        self._say()

    def show_cloud(self, *, on: bool) -> None:
        """Promise no more than holds: with the cloud on, a person may send something."""
        self._is_cloud_on = on
        self._say()

    def _say(self) -> None:
        promise = _PROMISE_WITH_CLOUD if self._is_cloud_on else _PROMISE
        self._greeting.setText(_PRIVATE_GREETING if self._is_private else _GREETING)
        private = private_words(cloud=self._is_cloud_on)
        self._promise.setText(private if self._is_private else promise)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer only what can be read whole."""
        super().resizeEvent(event)
        for button in self.starters:
            button.setVisible(button.sizeHint().width() <= self.width() - 2 * Space.INSIDE)


class ChatPage(QWidget):
    """Shows one conversation, or the empty beginning of one.

    Args:
        timeline: Draws the conversation.
        theme: Colours and type.
    """

    def __init__(self, timeline: Timeline, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.timeline = timeline
        self.header = Header(theme)
        self.find_bar = FindBar(timeline.find, theme)
        self.empty = EmptyChat()
        self.notice = Notice(theme.palette)
        self.paused = PausedLine(theme)
        self.composer = Composer(theme)
        self._stack = QStackedWidget()
        self._foot = QVBoxLayout()
        self._lay_out()
        self.empty.starter_chosen.connect(self._take_starter)
        self.composer.paste_refused.connect(self._offer_beginning)

    def _lay_out(self) -> None:
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.timeline)
        self._foot.setSpacing(Space.INSIDE)
        self._foot.addWidget(self.notice)
        self._foot.addWidget(self.paused)
        self._foot.addWidget(self.composer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.find_bar)
        column.addWidget(self._stack, 1)
        column.addLayout(self._foot)
        self._centre()

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    def show_thread(self, thread: Thread) -> None:
        """Show a conversation."""
        self._show_head(thread.conversation)
        self.timeline.show_thread(thread)
        self._stack.setCurrentWidget(self.timeline)

    def begin(self, exchange: Exchange) -> None:
        """Show a question and its answer below what there is."""
        self._show_head(exchange.conversation)
        self.timeline.begin(exchange)
        self._stack.setCurrentWidget(self.timeline)

    def show_empty(self, *, private: bool = False) -> None:
        """Show a chat that has not begun."""
        self._show_private(private=private)
        self.empty.show_private(private=private)
        self.header.show_title("")
        self.find_bar.leave()
        self.timeline.clear()
        self._stack.setCurrentWidget(self.empty)

    def _show_head(self, conversation: Conversation) -> None:
        self._show_private(private=conversation.private)
        self.header.show_title(conversation.title)

    def _show_private(self, *, private: bool) -> None:
        self.header.show_private(private=private)
        self.composer.show_private(private=private)

    def set_busy(self, *, busy: bool) -> None:
        """A reply is being written here: it can be stopped, and none can be begun."""
        self.timeline.set_busy(busy)
        self.composer.set_busy(busy=busy)

    def show_cloud(self, *, on: bool) -> None:
        """Promise what holds with the cloud on, or off."""
        self.empty.show_cloud(on=on)
        self.header.private_mark.show_cloud(on=on)
        self.composer.show_cloud(on=on)

    def begin_find(self) -> None:
        """Find words, where there is a conversation."""
        if self._stack.currentWidget() is self.timeline:
            self.find_bar.open()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.timeline.apply(theme.palette)
        self.timeline.set_reading_size(theme.px(theme.reading))
        self.header.apply(theme)
        self.find_bar.apply(theme)
        self.notice.apply(theme.palette)
        self.paused.apply(theme)
        self.composer.apply(theme)
        self._centre()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep title and composer in line with the text between them."""
        super().resizeEvent(event)
        self._centre()

    def _centre(self) -> None:
        text = min(self._theme.column_width, self.width() - 2 * Space.MARGIN)
        side = (self.width() - text) // 2 - _GUTTER
        self._foot.setContentsMargins(side, Space.INSIDE, side, Space.GROUP)
        self.header.indent(side + _GUTTER)
        self.find_bar.indent(side)

    def _take_starter(self, words: str) -> None:
        self.composer.set_text(words)
        self.composer.take_focus()

    def _offer_beginning(self, beginning: str, size: int) -> None:
        limit = f"{MAX_MESSAGE_CHARACTERS:,}"
        self.notice.say(
            f"This text has {size:,} characters; a message holds {limit}. Nothing was inserted.",
            "Insert the beginning" if beginning else "",
            lambda: self.composer.field.insert(beginning),
        )
