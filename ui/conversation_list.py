"""The list beside the page: find, open, rename and delete conversations, or begin one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from assistant.records import Conversation
from ui.controls import Hairline, IconButton, PlainLabel, TextButton
from ui.conversation_delegate import ConversationDelegate
from ui.conversation_model import ConversationModel
from ui.notice import Notice
from ui.rows.view import RingView, TimedList
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_EMPTY: Final = "Your chats appear here. They are kept encrypted, on this machine only."
_NO_MATCH: Final = "No chat contains that."


class ConversationView(RingView):
    """The conversations under the headings of their days."""

    FIRST = 1  # below the first heading

    def __init__(self, model: ConversationModel, delegate: ConversationDelegate) -> None:
        super().__init__(model, delegate, "Chats", model.conversation)
        self.entered.connect(self.opened)

    def rename_current(self) -> None:
        """Edit the title under the ring, in place."""
        if self._row(self.currentIndex()):
            self.edit(self.currentIndex())

    def _offer(self, menu: QMenu, index: QModelIndex) -> None:
        conversation = self._row(index)
        if conversation:
            # Keys are named only, bound elsewhere.
            menu.addAction("Rename\tF2", self.rename_current)
            menu.addAction("Delete\tDel", lambda: self.delete_wanted.emit(conversation.id))


class ConversationList(TimedList):
    """Search, the conversations by day, a place for "Undo", and how to begin another.

    Args:
        theme: Colours and type.
        now: Milliseconds since 1970, UTC.
    """

    opened = Signal(object)  # id
    new_wanted = Signal()
    private_wanted = Signal()
    renamed = Signal(object, str)  # id, title
    delete_wanted = Signal(object)  # id
    query_changed = Signal(str)

    def __init__(self, theme: Theme, now: Callable[[], int], parent: QWidget | None = None) -> None:
        self._model = ConversationModel()
        super().__init__(self._model, now, parent)
        self._open_id: int | None = None
        self._delegate = ConversationDelegate(theme)
        self.view = ConversationView(self._model, self._delegate)
        self.search = QLineEdit()
        self.empty = PlainLabel(_EMPTY, "quiet", wrap=True)
        self._stack = QStackedWidget()
        self.notice = Notice(theme.palette)
        self.new_button = TextButton("New chat", "row")
        self.private_button = self._private_button(theme)
        self._line = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._set_up_search()
        self._lay_out()
        self._connect()
        self.apply(theme)
        self.show_conversations([])

    def _set_up_search(self) -> None:
        self.search.setPlaceholderText("Search chats")
        self.search.setAccessibleName("Search chats")
        self.search.setClearButtonEnabled(True)

    @staticmethod
    def _private_button(theme: Theme) -> IconButton:
        keys = QKeySequence("Ctrl+Shift+P").toString(QKeySequence.SequenceFormat.NativeText)
        return IconButton(Icon.PRIVATE, "New private chat", theme.palette, shortcut=keys)

    def _lay_out(self) -> None:
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.empty.setMargin(Space.INSIDE * 2)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        top = QHBoxLayout()
        top.setContentsMargins(Space.INSIDE, Space.INSIDE, Space.INSIDE, Space.INSIDE)
        top.addWidget(self.search)
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.INSIDE, Space.HALF, Space.INSIDE, Space.INSIDE)
        foot.addWidget(self.notice)
        begin = QHBoxLayout()
        begin.setSpacing(Space.HALF)
        begin.addWidget(self.new_button, 1)
        begin.addWidget(self.private_button)
        foot.addLayout(begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._line)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.query_changed)
        self.search.returnPressed.connect(self._open_first)
        self.view.opened.connect(self.opened)
        self.view.delete_wanted.connect(self.delete_wanted)
        self._model.renamed.connect(self.renamed)
        self._model.rowsInserted.connect(self._mark)
        self.new_button.clicked.connect(self.new_wanted)
        self.private_button.clicked.connect(self.private_wanted)

    # What is shown ------------------------------------------------------------------------

    def show_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Show these, private ones first and the newest of each first."""
        self._model.show(conversations, self._now())
        self._settle()

    def put(self, conversation: Conversation) -> None:
        """Show a changed conversation, or a new one unless what is searched for leaves it out.

        What was found by the words in it stays, whatever its title.
        """
        wanted = self.search.text().strip().casefold()
        if self._shows(conversation.id) or wanted in conversation.title.casefold():
            self._model.put(conversation, self._now())
        self._settle()

    def update_shown(self, conversation: Conversation) -> None:
        """Show a change, where the conversation is in the list: it may be deleted by now."""
        if self._shows(conversation.id):
            self.put(conversation)

    def remove(self, conversation_id: int) -> None:
        """Show a conversation no longer; the keyboard's ring goes to the next."""
        ringed = self._model.conversation(self.view.currentIndex())
        shown = [conversation.id for conversation in self._model.conversations]
        self._model.remove(conversation_id, self._now())
        if ringed and ringed.id == conversation_id and len(shown) > 1:
            place = shown.index(conversation_id)  # the next comes here, or it was the last
            following = self._model.conversations[min(place, len(shown) - 2)]
            self.view.move_ring(self._model.index_of(following.id))
        self._settle()

    def select(self, conversation_id: int | None) -> None:
        """Mark the conversation that is open."""
        self._open_id = conversation_id
        index = self._mark()
        if index.isValid():
            self.view.move_ring(index)

    def _mark(self) -> QModelIndex:
        """Mark the conversation that is open; answers its row."""
        index = self._model.index_of(self._open_id)
        self.view.mark(index)
        return index

    def _shows(self, conversation_id: int) -> bool:
        return any(shown.id == conversation_id for shown in self._model.conversations)

    def _settle(self) -> None:
        self._stack.setCurrentIndex(0 if self._model.conversations else 1)
        self.empty.setText(_NO_MATCH if self.search.text().strip() else _EMPTY)
        self._mark()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._delegate.apply(theme)
        self._line.apply(theme.palette)
        self.notice.apply(theme.palette)
        self.private_button.apply(theme.palette)
        self.new_button.setIcon(icon(Icon.PLUS, theme.palette.accent, size=16))
        self.view.scheduleDelayedItemsLayout()

    # The person's hands -------------------------------------------------------------------

    def begin_search(self) -> None:
        """Put the keyboard into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def leave_search(self) -> bool:
        """Empty the search field; False where there was nothing in it."""
        if not self.search.text():
            return False
        self.search.clear()
        return True

    def _open_first(self) -> None:
        if self._model.conversations:
            self.opened.emit(self._model.conversations[0].id)
