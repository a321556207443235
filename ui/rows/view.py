"""Lists of rows: how they are set up, and a keyboard's ring that is apart from what is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from ui.rows.painting import AnyIndex, RowDelegate

ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

_MINUTE: Final = 60_000  # milliseconds; the finest time shown is a minute
_NO_SELECTION: Final = QItemSelectionModel.SelectionFlag.NoUpdate


class RowView(QListView):
    """Rows of a model, scrolled by the pixel.

    Args:
        model: Its rows are equally high.
        delegate: Paints them; it is the view's from now on.
        name: For screen readers.
    """

    def __init__(self, model: QAbstractItemModel, delegate: RowDelegate, name: str) -> None:
        super().__init__()
        self._rows = delegate
        delegate.setParent(self)
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def _show_ring(self, *, shown: bool) -> None:
        if self._rows.ring_shown is not shown:  # else nothing is to be painted anew
            self._rows.ring_shown = shown
            self.viewport().update()


class Row(Protocol):
    """What a row stands for."""

    @property
    def id(self) -> int:
        """Its own in the vault."""


class RingView(RowView):
    """What is selected is what is open; the keyboard moves a ring of its own.

    Args:
        model: See ``RowView``.
        delegate: See ``RowView``.
        name: See ``RowView``.
        row: What a row of the model stands for; None for a heading or no row at all.
    """

    opened = Signal(object)  # id
    entered = Signal(object)  # id; opened by Enter
    delete_wanted = Signal(object)  # id

    FIRST: ClassVar = 0
    """The row where the ring begins."""

    def __init__(
        self,
        model: QAbstractItemModel,
        delegate: RowDelegate,
        name: str,
        row: Callable[[AnyIndex], Row | None],
    ) -> None:
        super().__init__(model, delegate, name)
        self._row = row
        self.clicked.connect(self._open)

    def mark(self, index: QModelIndex) -> None:
        """Mark the row that is open; an invalid index for none."""
        selection = QItemSelection(index, index) if index.isValid() else QItemSelection()
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def move_ring(self, index: QModelIndex) -> None:
        """Let the keyboard go on from here."""
        self.selectionModel().setCurrentIndex(index, _NO_SELECTION)

    def selectionCommand(
        self,
        index: QModelIndex | QPersistentModelIndex,
        event: QEvent | None = None,
    ) -> QItemSelectionModel.SelectionFlag:
        """Neither clicks nor keys select: opening does."""
        del index, event
        return _NO_SELECTION

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete deletes; the rest moves the ring."""
        self._show_ring(shown=True)
        is_editing = self.state() is QAbstractItemView.State.EditingState  # its Enter comes by
        row = None if is_editing else self._row(self.currentIndex())
        if row and event.key() in ENTER:
            self.entered.emit(row.id)
        elif row and event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit(row.id)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The pointer needs no ring."""
        self._show_ring(shown=False)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming here by keyboard, begin at the first row that can be opened."""
        super().focusInEvent(event)
        self._show_ring(shown=event.reason() is not Qt.FocusReason.MouseFocusReason)
        if not self.currentIndex().isValid() and self.model().rowCount() > self.FIRST:
            self.move_ring(self.model().index(self.FIRST, 0))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with one row."""
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        row = self._row(index)
        if row:
            self.move_ring(index)
            place = self.visualRect(index).bottomLeft() if by_key else event.pos()
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction("Open", lambda: self.opened.emit(row.id))
            self._offer(menu, index)
            menu.popup(self.viewport().mapToGlobal(place))

    def _offer(self, menu: QMenu, index: QModelIndex) -> None:
        """What can be done with a row, beside opening it."""

    def _open(self, index: QModelIndex) -> None:
        row = self._row(index)
        if row:
            self.opened.emit(row.id)


class EvenView(RingView):
    """Rows that are all alike: a grid saves Qt from asking each of 10,000 for its size."""

    def fit_rows(self) -> None:
        """Make rows as wide as there is room, and as high as the type wants them."""
        self.setGridSize(QSize(self.viewport().width(), self._rows.height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is another width."""
        super().resizeEvent(event)
        self.fit_rows()


class Timed(Protocol):
    """A model whose rows say how long ago something was."""

    def look_again(self, now: int, /) -> None:
        """Some time has passed: bring times up to date. Milliseconds since 1970, UTC."""


class TimedList(QWidget):
    """Keeps the times of its rows right while they can be seen.

    Args:
        model: Of the rows.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(self, model: Timed, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("list")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._now = now
        self._timed = model
        self._minute = QTimer(self, interval=_MINUTE)
        self._minute.timeout.connect(self._look_again)

    def showEvent(self, event: QShowEvent) -> None:
        """Keep the times right while they can be seen."""
        self._look_again()
        self._minute.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nothing can be seen."""
        self._minute.stop()
        super().hideEvent(event)

    def _look_again(self) -> None:
        self._timed.look_again(self._now())
