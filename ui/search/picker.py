"""A field and the few rows that match it, in front of the window: chosen by keyboard or a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView, QWidget

from ui.chat.announce import read_out
from ui.controls import Hairline, PlainLabel
from ui.overlay import Overlay
from ui.search.entries import Row
from ui.search.picker_rows import PickerDelegate, PickerModel
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 560  # pixels at 100 %
_ROWS: Final = 12  # shown at once; more scroll
_SHARE: Final = 8  # it stands so many parts of the window below its top
_NONE: Final = "Nothing is called that."
_STEPS: Final[dict[int, int]] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_PAGES: Final[dict[int, int]] = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
_PAGE: Final = 5


class Picker(Overlay):
    """The keyboard stays in the field; arrows move through the rows, Enter chooses.

    Args:
        window: What it covers.
        theme: Colours and type.
        name: What it is for; stands in the empty field, too.
        now: Milliseconds since 1970, UTC.
    """

    chosen = Signal(object)  # Entry
    query_changed = Signal(str)

    def __init__(self, window: QWidget, theme: Theme, name: str, now: Callable[[], int]) -> None:
        width = theme.px(_WIDTH)
        super().__init__(window, name, width=width, any_key_closes=False)
        self._now = now
        self._model = PickerModel()
        self._delegate = PickerDelegate(theme, self)
        self.field = QLineEdit()
        self.view = QListView()
        self._empty = PlainLabel(_NONE, "quiet")
        self._set_up(theme, name)
        self.column.setContentsMargins(0, Space.INSIDE, 0, Space.INSIDE)
        self.column.setSpacing(0)
        self.column.addWidget(self.field)
        self.column.addSpacing(Space.INSIDE)
        self.column.addWidget(Hairline(theme.palette, Qt.Orientation.Horizontal))
        self.column.addSpacing(Space.HALF)
        self.column.addWidget(self.view)
        self.column.addWidget(self._empty)
        self._empty.hide()
        self.field.textChanged.connect(self.query_changed)
        self.field.returnPressed.connect(lambda: self._choose(self.view.currentIndex()))
        self.view.clicked.connect(self._choose)
        self.field.installEventFilter(self)

    def _set_up(self, theme: Theme, name: str) -> None:
        self.field.setProperty("kind", "picker")
        self.field.setPlaceholderText(name)
        self.field.setAccessibleName(name)
        leading = QLineEdit.ActionPosition.LeadingPosition
        self.field.addAction(icon(Icon.SEARCH, theme.palette.quiet, size=theme.px(16)), leading)
        self._empty.setMargin(Space.RELATED)
        view = self.view
        view.setProperty("kind", "picker")
        view.setModel(self._model)
        view.setItemDelegate(self._delegate)
        view.setUniformItemSizes(True)
        view.setMouseTracking(True)
        view.setAccessibleName("What there is")
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these, with the first entry marked."""
        self._model.show(rows, self._now())
        self.view.setCurrentIndex(self._model.neighbour(QModelIndex(), 1))
        self.view.setFixedHeight(min(len(rows), _ROWS) * self._delegate.height)
        self.view.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self.view.scrollToTop()
        if self.isVisible():
            self.refit()

    def open_high(self) -> None:
        """Show it in the upper part of the window, so that it grows downwards."""
        self._open(self._high)

    def _high(self, size: QSize) -> QRect:
        lowest = self._window.height() - size.height() - Space.INSIDE
        area = QRect(QPoint(0, min(self._window.height() // _SHARE, lowest)), size)
        area.moveLeft((self._window.width() - size.width()) // 2)
        return area

    # The person's hands -------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows in the field move through the rows."""
        is_key = watched is self.field and event.type() is QEvent.Type.KeyPress
        if is_key and isinstance(event, QKeyEvent):
            return self._moved(event.key())
        return super().eventFilter(watched, event)

    def _moved(self, key: int) -> bool:
        index = self.view.currentIndex()
        if key in _STEPS:
            self._mark(self._model.neighbour(index, _STEPS[key]))
        elif key in _PAGES:
            self._mark(self._far(index, _PAGES[key]))
        return key in _STEPS or key in _PAGES

    def _far(self, index: QModelIndex, step: int) -> QModelIndex:
        """Some entries further, and not round the end."""
        for _ in range(_PAGE):
            further = self._model.neighbour(index, step)
            if (further.row() - index.row()) * step <= 0:
                break
            index = further
        return index

    def _mark(self, index: QModelIndex) -> None:
        self.view.setCurrentIndex(index)
        if index.row() == 1:  # the first entry: its heading is worth seeing
            self.view.scrollToTop()
        read_out(self.field, index.data(Qt.ItemDataRole.AccessibleTextRole) or "")

    def _choose(self, index: QModelIndex) -> None:
        entry = self._model.entry(index)
        if entry:
            self.close_panel()
            self.chosen.emit(entry)
