"""A window to work at: furnished, shown, over the core's fakes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from assistant.records import Message, MessageState, Role
from tests.gui.fakes import FIGURES, NOON, FakeApp, conversation
from tests.gui.hands import dressed
from ui.bridge import Bridge
from ui.chat.message import MessageView
from ui.chat.page import ChatPage
from ui.conversation_list import ConversationList
from ui.lock.resumption import News
from ui.settings.page import SettingsPage
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.workplace import Workplace

HOUR = 3_600_000  # milliseconds

QUESTION = Message(11, 1, None, Role.USER, MessageState.COMPLETE, "What to pack?", NOON)
ANSWER = Message(
    12, 1, 11, Role.ASSISTANT, MessageState.COMPLETE, "Light layers.", NOON, figures=FIGURES
)


class Bench:
    """The window and what is behind it. Chat 1 has a question and an answer, chat 2 is empty.

    Args:
        qtbot: Of the test.
        prepare: Changes what is behind the window before it is furnished.
    """

    def __init__(self, qtbot: QtBot, prepare: Callable[[FakeApp], object] = lambda _: None) -> None:
        self.qtbot = qtbot
        self.bridge = Bridge()
        self.app = FakeApp(self.bridge.sink)
        prepare(self.app)
        self.conversations = self.app.conversations
        self.chat = self.app.chat
        self.conversations.add(conversation(1, "Packing list", NOON - HOUR), [QUESTION, ANSWER])
        self.conversations.add(conversation(2, "Night train", NOON - 2 * HOUR))
        self.now = NOON
        self.restarts = 0  # how often the process would have been replaced
        self.news: News | None = None  # what the next one was to say
        self.pool = ThreadPoolExecutor(1)
        self.window = dressed(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.workplace = Workplace(
            self.app.as_app,
            self.app.session,
            self.bridge,
            self.window,
            self.pool,
            lambda: self.now,
            restart=self._restart,
        )
        self.bridge.received.connect(self.workplace.handle)
        self.page = self.window.findChild(ChatPage)
        self.list = self.window.findChild(ConversationList)
        self.settings_page = self.window.findChild(SettingsPage)
        self.composer = self.page.composer
        with qtbot.waitActive(self.window):
            self.window.show()
        self.settle()

    def _restart(self, news: News | None = None) -> None:
        self.restarts += 1
        self.news = news

    def close(self) -> None:
        """Let the thread go."""
        self.settle()
        self.pool.shutdown()

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    # What the person does -----------------------------------------------------------------

    def press(self, keys: str, widget: QWidget | None = None) -> None:
        """Press keys where the focus is, or in a widget."""
        combination = QKeySequence(keys)[0]
        self.qtbot.keyClick(
            widget or self.window.focusWidget() or self.window,
            combination.key(),
            combination.keyboardModifiers(),
        )
        self.settle()

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.qtbot.keyClicks(self.window.focusWidget(), text)

    def send(self, text: str) -> None:
        """Write into the composer and press Enter."""
        self.composer.set_text(text)
        self.press("Return", self.composer.field)

    def open(self, conversation_id: int) -> None:
        """Click a conversation in the list."""
        view = self.list.view
        self.qtbot.mouseClick(
            view.viewport(),
            Qt.MouseButton.LeftButton,
            pos=view.visualRect(self.row(conversation_id)).center(),
        )
        self.settle()

    def row(self, conversation_id: int) -> QModelIndex:
        """Where a conversation stands in the list."""
        model = self.list.view.model()
        for number in range(model.rowCount()):
            index = model.index(number, 0)
            found = model.conversation(index)
            if found and found.id == conversation_id:
                return index
        return QModelIndex()

    # What the person sees -----------------------------------------------------------------

    def shows(self, kind: type[QWidget]) -> bool:
        """Whether a widget of this kind can be seen."""
        return any(widget.isVisible() for widget in self.window.findChildren(kind))

    @property
    def rows(self) -> list[str]:
        """The list, headings included."""
        model = self.list.view.model()
        return [model.index(number, 0).data() for number in range(model.rowCount())]

    @property
    def messages(self) -> list[MessageView]:
        """The messages on the page, from the top."""
        if not self.page.timeline.isVisible():
            return []
        return sorted(self.page.timeline.findChildren(MessageView), key=lambda view: view.y())

    @property
    def texts(self) -> list[str]:
        """What the messages on the page say."""
        return [view.entry.text for view in self.messages]

    @property
    def title(self) -> str:
        """The title above the conversation."""
        return self.page.header.title
