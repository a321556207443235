"""What prose and code have in common: text that is read, selected and added to at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QMimeData, QObject, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextBrowser

Editor = QTextBrowser | QPlainTextEdit

_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_PAGES = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Reader(QObject):
    """Watches one text for the person who reads in it.

    Whole pages are left to the conversation: a text shows all of itself.
    """

    ring_wanted = Signal(bool)  # the keyboard's focus came or went
    caret_moved = Signal(QRect)  # by the person; where it stands now, in the text's widget

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._editor = editor
        editor.installEventFilter(self)
        editor.cursorPositionChanged.connect(self._report_caret)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See the focus come and go; pass the keys for whole pages on."""
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            self.ring_wanted.emit(event.reason() in _KEYBOARD)
        elif event.type() == QEvent.Type.FocusOut:
            self.ring_wanted.emit(False)
        elif isinstance(event, QKeyEvent) and event.key() in _PAGES:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _report_caret(self) -> None:
        if self._editor.hasFocus():
            self.caret_moved.emit(self._editor.cursorRect())


def end_of(editor: Editor) -> QTextCursor:
    """A cursor behind the last character."""
    cursor = QTextCursor(editor.document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    return cursor


def caret_rect(editor: Editor) -> QRect:
    """Where a caret stands behind the last character, in the editor's coordinates.

    It is an eighth as wide as the line is high, and to the left of text that runs to the left.
    """
    end = end_of(editor)
    line = editor.cursorRect(end)
    width = max(2, line.height() // 8)
    runs_left = end.block().textDirection() is Qt.LayoutDirection.RightToLeft
    left = line.center().x() + (-2 * width if runs_left else width)
    return QRect(left, line.top(), width, line.height())


@contextmanager
def writing(editor: Editor) -> Iterator[QTextCursor]:
    """A cursor to write with at the end; the person's own cursor and selection stay.

    Qt would carry a cursor along that stands where text is inserted. All that is written is laid
    out once, at the end: cell by cell, a table took 25 ms instead of 2 (measured).
    """
    before = editor.textCursor()
    anchor, position = before.anchor(), before.position()
    cursor = end_of(editor)
    cursor.beginEditBlock()
    try:
        yield cursor
    finally:
        cursor.endEditBlock()
    after = editor.textCursor()
    if (after.anchor(), after.position()) != (anchor, position):
        last = end_of(editor).position()
        after.setPosition(min(anchor, last))
        after.setPosition(min(position, last), QTextCursor.MoveMode.KeepAnchor)
        with QSignalBlocker(editor):
            editor.setTextCursor(after)


def as_plain_text(data: QMimeData) -> QMimeData:
    """The clipboard's or a drag's data without its HTML and other formats.

    It is Qt's own object that is changed: one made here would belong to Python and to the
    clipboard, and crash the program at its end (measured with PySide 6.11).
    """
    text = data.text()
    for form in data.formats():
        data.removeFormat(form)
    data.setText(text)
    return data
