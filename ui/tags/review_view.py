"""The list of suggestions: a click or Space ticks, Enter opens the note, Delete turns down."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

from ui.chat.announce import read_out
from ui.rows.view import ENTER, EvenView
from ui.tags.review_delegate import ReviewDelegate
from ui.tags.review_model import SHOWN_ROLE, Line, ReviewModel


class ReviewView(EvenView):
    """Rows that are ticked. ``opened`` brings the note.

    Args:
        model: The lines.
        delegate: Paints them.
    """

    accept_wanted = Signal(object)  # Line
    reject_wanted = Signal(object)  # Line
    note_chosen = Signal(object)  # Line: show all of its note

    def __init__(self, model: ReviewModel, delegate: ReviewDelegate) -> None:
        super().__init__(model, delegate, "Suggested tags", model.line)
        self._lines = model
        self._delegate = delegate
        self._pressed = QPoint()
        self._can_decide = True
        self.setProperty("kind", "hits")
        self.entered.connect(self.opened)

    def allow_decisions(self, *, allowed: bool) -> None:
        """Whether rows are suggestions; else they were added already, and can be taken off."""
        self._can_decide = allowed
        self.setAccessibleName("Suggested tags" if allowed else "Tags that Hush added")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where: a part of the row opens, the rest ticks."""
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks, Delete turns down; the rest is as in every list."""
        index = self.currentIndex()
        line = self._lines.line(index)
        if line and event.key() == Qt.Key.Key_Space:
            self._show_ring(shown=True)
            self._lines.toggle(index)
            read_out(self, "Ticked" if index.data(SHOWN_ROLE).ticked else "Not ticked")
        elif line and event.key() == Qt.Key.Key_Delete:
            if self._can_decide:
                self.reject_wanted.emit(line)
        elif event.key() in ENTER and not line:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        """A click: on "Open", or to tick."""
        line = self._lines.line(index)
        if line is None:
            return
        row, shown = self.visualRect(index), index.data(SHOWN_ROLE)
        if self._delegate.is_open(row, shown, self._pressed, mirror=self.isRightToLeft()):
            self.opened.emit(line.note_id)
        else:
            self._lines.toggle(index)

    def _offer(self, menu: QMenu, index: QModelIndex) -> None:
        line = self._lines.line(index)
        if line is None:
            return
        row = QPersistentModelIndex(index)  # the list may be another one by then
        menu.addAction("Tick, or no longer\tSpace", lambda: self._lines.toggle(row))
        if self._can_decide:
            menu.addAction("Accept this tag", lambda: self.accept_wanted.emit(line))
            menu.addAction("Turn this tag down\tDel", lambda: self.reject_wanted.emit(line))
            menu.addAction("Only this note", lambda: self._choose_note(line))

    def _choose_note(self, line: Line) -> None:
        self.note_chosen.emit(line)
