"""The list of what was found."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent

from ui.rows.view import ENTER, RowView
from ui.search.hit_delegate import HitDelegate
from ui.search.hits import HitModel

_AT_END: Final = 3  # rows from the last one at which more are wanted


class HitView(RowView):
    """The rows of what was found. The current one is what Enter opens."""

    opened = Signal(object)  # Hit
    near_end = Signal()  # the person comes to the end of what is shown

    def __init__(self, model: HitModel, delegate: HitDelegate) -> None:
        super().__init__(model, delegate, "Results")
        self._model = model
        self._delegate = delegate
        self.setProperty("kind", "hits")
        self.clicked.connect(self._open)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def step(self, rows: int) -> None:
        """Go some rows up or down, and no further than the ends."""
        last = self._model.rowCount() - 1
        row = min(max(self.currentIndex().row() + rows, 0), last)
        self.setCurrentIndex(self._model.index(row))

    def open_current(self) -> None:
        """Open what is current."""
        self._open(self.currentIndex())

    @property
    def page_rows(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.viewport().height() // self._delegate.height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; the rest moves."""
        if event.key() in ENTER:
            self.open_current()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._show_ring(shown=event.reason() is not Qt.FocusReason.MouseFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is elsewhere."""
        super().focusOutEvent(event)
        self._show_ring(shown=False)

    def _open(self, index: QModelIndex) -> None:
        hit = self._model.hit(index)
        if hit:
            self.opened.emit(hit)

    def _scrolled(self, value: int) -> None:
        if value >= self.verticalScrollBar().maximum() - _AT_END * self._delegate.height:
            self.near_end.emit()
