"""The place for search: a field, where to look, and what was found while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from assistant.search.records import Filters, Hit
from ui.chat.announce import read_out
from ui.controls import PlainLabel
from ui.days import local
from ui.notice import Notice
from ui.search.filters import FilterBar
from ui.search.hit_delegate import COLUMN, HitDelegate
from ui.search.hit_view import HitView
from ui.search.hits import HitModel
from ui.search.message import PlaceMessage
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_NAME: Final = "Search your notes and chats"
_QUERY_CHARACTERS: Final = 1_000  # a longer one is a text that was pasted by mistake
_SPOKEN_AFTER: Final = 1_000  # milliseconds without a key: what is read out is not cut short
_MOVES: Final[dict[int, int]] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_PAGES: Final[dict[int, int]] = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}


class SearchPlace(QWidget):
    """Shows what it is told; what to search for is somebody else's business.

    Args:
        theme: Colours and type.
        now: Milliseconds since 1970, UTC.
    """

    asked = Signal()  # the query or where to look changed
    opened = Signal(object)  # Hit
    more_wanted = Signal()
    arrived = Signal()  # the person sees this place

    def __init__(
        self,
        theme: Theme,
        now: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Search")
        self._now = now
        self._theme = theme
        self._is_filling = False  # the list moves, and not by the person's hand
        self._model = HitModel()
        self._delegate = HitDelegate(theme)
        self.field = QLineEdit()
        self.filters = FilterBar(theme)
        self.view = HitView(self._model, self._delegate)
        self.message = PlaceMessage(theme)
        self.notice = Notice(theme.palette)
        self._count = PlainLabel("", "quiet")
        self._remark = PlainLabel("", "quiet", wrap=True)
        self._head = QWidget()
        self._stack = QStackedWidget()
        self._spoken = QTimer(self, singleShot=True, interval=_SPOKEN_AFTER)
        self._set_up(theme)
        self._lay_out()
        self._connect()
        self.apply(theme)

    def _set_up(self, theme: Theme) -> None:
        field = self.field
        field.setProperty("kind", "search")
        field.setPlaceholderText(_NAME)
        field.setAccessibleName(_NAME)
        field.setMaxLength(_QUERY_CHARACTERS)
        field.setClearButtonEnabled(True)
        self._glass = field.addAction(
            icon(Icon.SEARCH, theme.palette.quiet), QLineEdit.ActionPosition.LeadingPosition
        )
        field.installEventFilter(self)
        self.setFocusProxy(field)

    def _lay_out(self) -> None:
        said = QHBoxLayout()
        said.setSpacing(Space.RELATED)
        said.addWidget(self._count)
        said.addWidget(self._remark, 1)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(Space.RELATED)
        head.addWidget(self.notice)
        head.addWidget(self.field)
        head.addWidget(self.filters)
        head.addLayout(said)
        above = QHBoxLayout()
        above.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.INSIDE)
        above.addWidget(self._head)
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda: self.asked.emit())
        self.field.returnPressed.connect(self.view.open_current)
        self.filters.changed.connect(self.asked)
        self.view.opened.connect(self.opened)
        self.view.near_end.connect(self._want_more)
        self._spoken.timeout.connect(self._speak)

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    # What is asked ------------------------------------------------------------------------

    @property
    def query(self) -> str:
        """What is typed. A space at its end says that the last word is whole; alone it is none."""
        text = self.field.text()
        return text if text.strip() else ""

    @property
    def chosen(self) -> Filters:
        """Where to look."""
        return self.filters.filters(local(self._now()))

    def begin(self, words: str | None = None) -> None:
        """Put the keyboard into the field, with all of it selected; with other words where given.

        Args:
            words: What to search for; None for what is there.
        """
        if words is not None:
            self.field.setText(words)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    # What is shown ------------------------------------------------------------------------

    @property
    def hits(self) -> Sequence[Hit]:
        """What is shown as found."""
        return self._model.hits if self._stack.currentWidget() is self.view else ()

    @property
    def said(self) -> str:
        """What stands above the results."""
        return " ".join(filter(None, (self._count.text(), self._remark.text())))

    def show_hits(self, hits: Sequence[Hit], count: str, remark: str, *, keep: bool) -> None:
        """Show what was found.

        Args:
            hits: The best first.
            count: How many, in words.
            remark: What else to know of it; may be empty.
            keep: Whether the current hit stays current, and in sight, where it is still there.
        """
        before = self._model.hit(self.view.currentIndex()) if keep else None
        top = self.view.verticalScrollBar().value() if before else 0
        self._is_filling = True
        self._model.show(hits, self._now())
        self.say(count, remark)
        self._stack.setCurrentWidget(self.view)
        row = next((n for n, hit in enumerate(hits) if before and _same(hit, before)), 0)
        self.view.setCurrentIndex(self._model.index(row))
        self.view.executeDelayedItemsLayout()
        self.view.verticalScrollBar().setValue(top)
        self._is_filling = False
        self._spoken.start()

    def _want_more(self) -> None:
        if not self._is_filling:
            self.more_wanted.emit()

    def show_message(self) -> None:
        """Show the message in place of results."""
        self._model.show((), self._now())
        self._stack.setCurrentWidget(self.message)
        self.say("", "")
        self._spoken.start()

    def say(self, count: str, remark: str) -> None:
        """Say something above the results; empty words take no room."""
        for label, words in ((self._count, count), (self._remark, remark)):
            label.setText(words)
            label.setVisible(bool(words))

    def _speak(self) -> None:
        """Tell a screen reader how it went, once the typing pauses."""
        if self.query:
            read_out(self.field, self.said or self.message.title)

    # The person's hands -------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field, arrows move through what was found, and Esc empties it first."""
        if watched is self.field and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride and self._is_for_field(event):
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                return self._pressed(event)
        return super().eventFilter(watched, event)

    def _is_for_field(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and bool(self.field.text())

    def _pressed(self, event: QKeyEvent) -> bool:
        if self._is_for_field(event):
            self.field.clear()
            return True
        step = _MOVES.get(event.key()) or _PAGES.get(event.key(), 0) * self.view.page_rows
        if step and self.hits:
            self.view.step(step)
            spoken = self.view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
            read_out(self.field, spoken or "")
        return bool(step)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that the person is here."""
        super().showEvent(event)
        self.arrived.emit()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self._head.setMaximumWidth(theme.px(COLUMN) + 2 * Space.RELATED)
        self._glass.setIcon(icon(Icon.SEARCH, theme.palette.quiet))
        self._delegate.apply(theme)
        self.filters.apply(theme)
        self.notice.apply(theme.palette)
        self.message.apply(theme)
        self.view.scheduleDelayedItemsLayout()


def _same(one: Hit, other: Hit) -> bool:
    return (one.kind, one.owner_id) == (other.kind, other.owner_id)
