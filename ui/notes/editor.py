"""Where a note is written: plain text that looks like what it says, of any length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final, cast

from PySide6.QtCore import QMimeData, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from assistant.text import clean
from ui.chat.reader import as_plain_text
from ui.notes.link_completion import LinkCompletion
from ui.notes.list_keys import go_on_with_list, indent, tick
from ui.notes.markdown_line import PROSE, target_at
from ui.notes.pouring import LONGEST_LINE, Gathering, Pouring, whole_text
from ui.notes.spacing import SpacedLayout
from ui.notes.styling import Styling
from ui.theme.style import Theme
from ui.theme.tokens import Space

MOST_PASTED: Final = 1_000_000
"""Characters pasted in one go, for that is laid out at once. More is a file to import."""

_PLACEHOLDER: Final = "Write. The first line is the title."
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALMOST: Final = 2  # lines that are styled beyond those that are seen


class NoteEditor(QPlainTextEdit):
    """One note's text. What is longer than a few pages comes in bit by bit.

    Args:
        theme: Colours and type.
    """

    edited = Signal()  # by the person
    filled = Signal()  # the whole text is in
    target_wanted = Signal(str, str)  # "note", "address" or "tag", and which
    paste_refused = Signal(str)  # why, as a sentence

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        document = QTextDocument(self)
        self._spaced = SpacedLayout(document, theme.look.leading)
        self.setDocument(document)
        self._pouring: Pouring | None = None
        self._is_locked = False  # to be read only, by the person's wish or the place's
        self._mark: tuple[int, int] | None = None  # to be shown once the text is in
        self.longest_line = 0  # characters
        self._laid_out_at = -1  # pixels: the lines' width
        self.setProperty("kind", "note")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Note")
        self.setTabChangesFocus(True)
        self.setPlaceholderText(_PLACEHOLDER)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self._gathering = Gathering(self.document(), parent=self)
        self._styling = Styling(self, self.visible_blocks, theme.look)
        self.links = LinkCompletion(self)
        self.document().contentsChange.connect(self._changed)
        self.updateRequest.connect(self._seen)
        self.apply(theme)

    # The text -----------------------------------------------------------------------------

    def show_text(
        self, text: str, mark: tuple[int, int] | None = None, *, read_only: bool = False
    ) -> None:
        """Show another text, from its beginning.

        Args:
            text: As it is stored.
            mark: Start and length, in characters, of what to show highlighted.
            read_only: Whether it is only there to be read.
        """
        self._leave()
        self.viewport().setUpdatesEnabled(False)
        self._is_locked = read_only
        self._mark = _in_utf16(text, mark) if mark else None
        self.longest_line = 0
        self._styling.rest()
        self.setExtraSelections([])
        self.setReadOnly(True)
        self.clear()  # and what could be undone
        self._pin_caret(pinned=True)
        self._pouring = pouring = Pouring(self.document(), text, parent=self)
        pouring.done.connect(self._poured)
        pouring.begin()
        if self.is_filling:  # what is seen is there: nothing is painted anew for each slice
            self._pin_caret(pinned=True)
            self._styling.begin()
            self.viewport().setUpdatesEnabled(True)
            self.viewport().repaint()
            self._styling.rest()
            self.viewport().setUpdatesEnabled(False)

    def _leave(self) -> None:
        self._gathering.abandon()
        pouring, self._pouring = self._pouring, None
        if pouring:
            pouring.abandon()
            pouring.deleteLater()

    def _poured(self) -> None:
        pouring, self._pouring = self._pouring, None
        if pouring is None:
            return
        self._is_locked |= bool(pouring.breaks)
        self.longest_line = pouring.longest
        pouring.deleteLater()
        self.document().setModified(False)
        self.setReadOnly(self._is_locked)
        self._pin_caret(pinned=False)
        self._styling.begin()
        if self._mark:
            self._highlight(*(at + bisect_right(pouring.breaks, at) for at in self._mark))
        QTimer.singleShot(1, self, self._paint)
        self.filled.emit()

    def _paint(self) -> None:
        """In another turn of the loop: laying out and painting take half a frame each."""
        if not self.is_filling:
            self.viewport().setUpdatesEnabled(True)

    def _pin_caret(self, *, pinned: bool) -> None:
        """Keep the caret at the beginning while text comes in behind it.

        It would be carried to the end, where all lines up to there would be laid out for it. Its
        other end is, and comes back.
        """
        caret = self.textCursor()
        caret.setPosition(0)
        caret.setKeepPositionOnInsert(pinned)
        self.setTextCursor(caret)

    @property
    def is_filling(self) -> bool:
        """Whether the text is still coming in."""
        return self._pouring is not None

    @property
    def share(self) -> float:
        """How much of the text is in, from 0 to 1."""
        return self._pouring.share if self._pouring else 1.0

    def text(self) -> Future[str]:
        """The text, soon. The future is cancelled where another text is shown instead."""
        return self._gathering.text()

    def text_now(self) -> str:
        """The text, at once: a tenth of a second for 10 MB (measured). Hush is about to close."""
        return whole_text(self.document())

    def _highlight(self, begin: int, end: int) -> None:
        """Show a place, in positions of the document, and bring it into sight."""
        last = self.document().characterCount() - 1
        cursor = self.textCursor()
        cursor.setPosition(min(end, last))
        self.setTextCursor(cursor)
        cursor.setPosition(min(begin, last))
        self.setTextCursor(cursor)
        self.centerCursor()
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        self.setExtraSelections([highlight(cursor, self._theme)])

    def _changed(self, _position: int, removed: int, added: int) -> None:
        if (removed or added) and not self.is_filling and not self.isReadOnly():
            self.setExtraSelections([])
            self.edited.emit()

    # What is seen -------------------------------------------------------------------------

    def visible_blocks(self) -> Iterator[QTextBlock]:
        """The lines that are seen, and a few more."""
        block = self.firstVisibleBlock()
        bottom = self.viewport().height()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        left = _ALMOST
        while block.isValid() and left:
            yield block
            top += self.blockBoundingRect(block).height()
            left -= top > bottom
            block = block.next()

    def _seen(self, area: QRect, dy: int) -> None:
        """Something came into sight; a blinking caret brings nothing."""
        if dy or area.height() >= self.viewport().height():
            self._styling.style_visible()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self._spaced.leading = theme.look.leading
        self.setFont(theme.look.font())
        self.setPalette(theme.look.text_palette())
        self._styling.apply(theme.look)
        self._centre()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the text a column that can be read, in the middle.

        Qt lays all lines out anew where it hears of another width. It hears of one only where the
        column's is another: in a wide window it is not.
        """
        self._centre()
        size = self.viewport().size()
        before, self._laid_out_at = self._laid_out_at, size.width()
        super().resizeEvent(QResizeEvent(size, QSize(before, event.oldSize().height())))
        self._styling.style_visible()

    def _centre(self) -> None:
        """The scroll bar stays at the edge, and its coming and going moves nothing."""
        left, column = text_column(self._theme, self.width())
        bar = self.verticalScrollBar()
        room = bar.sizeHint().width() if bar.isVisibleTo(self) else 0
        self.setViewportMargins(left, Space.HALF, max(self.width() - left - column - room, 0), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of code blocks, then the text."""
        painter = QPainter(self.viewport())
        top = self.blockBoundingGeometry(self.firstVisibleBlock()).top()
        at = top + self.contentOffset().y()
        for block in self.visible_blocks():
            height = self.blockBoundingRect(block).height()
            if block.userState() > PROSE or block.previous().userState() > PROSE:
                area = QRectF(0, at, self.viewport().width(), height)
                painter.fillRect(area, QColor(self._theme.palette.code))
            at += height
        painter.end()
        super().paintEvent(event)

    # The person's hands -------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on with a list; Ctrl+Enter follows a link, or ticks."""
        command = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if self.links.takes(event):
            event.ignore()  # the list of titles has it
        elif event.key() in _ENTER and command:
            self._act_at(self.textCursor())
        elif self.isReadOnly():
            super().keyPressEvent(event)
        elif event.key() in _ENTER and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if not go_on_with_list(self):
                super().keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, FBT001 # Qt's own names
        """Tab indents the items of a list; else it goes on, and nobody is caught in the note."""
        if self.links.is_shown:
            return False  # it takes the title that is marked
        is_done = not self.isReadOnly() and indent(self, deeper=next)
        return is_done or super().focusNextPrevChild(next)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click takes the highlight of a found place away."""
        self.setExtraSelections([])
        super().mousePressEvent(self._snapped(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Between two lines the pointer is at the nearer one."""
        super().mouseMoveEvent(self._snapped(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Between two lines the pointer is at the nearer one."""
        super().mouseDoubleClickEvent(self._snapped(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ctrl and a click follow a link."""
        snapped = self._snapped(event)
        super().mouseReleaseEvent(snapped)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._act_at(self.cursorForPosition(snapped.position().toPoint()))

    def _snapped(self, event: QMouseEvent) -> QMouseEvent:
        """The same event, at the nearest line: Qt takes the space between lines for an end."""
        place = event.position()
        offset = self.contentOffset()
        for block in self.visible_blocks():
            area = self.blockBoundingGeometry(block).translated(offset)
            if area.top() <= place.y() < area.bottom():
                down = self._spaced.snapped(block, place.y() - area.top()) + area.top() - place.y()
                return moved(event, QPointF(0, down))
        return event

    def _act_at(self, cursor: QTextCursor) -> None:
        block = cursor.block()
        found = target_at(block.text(), cursor.positionInBlock())
        if found:
            self.target_wanted.emit(*found)
        elif not self.isReadOnly():
            tick(block)

    # In and out ---------------------------------------------------------------------------

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take plain text only, and none that would hold up the window."""
        text = clean(source.text())
        longest = max(map(len, text.split("\n")))
        if len(text) > MOST_PASTED:
            limit = f"{MOST_PASTED:,}"
            self.paste_refused.emit(
                f"This text has {len(text):,} characters; {limit} can be pasted at once. "
                "Nothing was inserted. Save it as a file, then import it."
            )
        elif longest > LONGEST_LINE:
            self.paste_refused.emit(
                f"This text has a line of {longest:,} characters; a note's line holds "
                f"{LONGEST_LINE:,}. Nothing was inserted."
            )
        else:
            self.insertPlainText(text)
            self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in what is pasted or dropped."""
        return source.hasText()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy and drag plain text only."""
        return as_plain_text(super().createMimeDataFromSelection())


def highlight(cursor: QTextCursor, theme: Theme) -> QTextEdit.ExtraSelection:
    """What a cursor has selected, shown without being selected."""
    made: Any = QTextEdit.ExtraSelection()  # PySide's stubs know none of its attributes
    made.cursor = cursor
    made.format.setBackground(QColor(theme.palette.selected))
    return cast("QTextEdit.ExtraSelection", made)


def text_column(theme: Theme, width: int) -> tuple[int, int]:
    """Where a note's text stands on a page of this width: its left edge and its width, in pixels.

    A wide page keeps the column's width, so that another size of the window lays out nothing anew.
    """
    column = max(min(theme.column_width, width - 2 * Space.MARGIN), Space.MARGIN)
    return max((width - column) // 2, 0), column


def _in_utf16(text: str, mark: tuple[int, int]) -> tuple[int, int]:
    """Start and end of (start, length) in characters, as Qt counts."""
    start, end = mark[0], mark[0] + mark[1]
    if text.isascii():
        return start, end
    begin = len(text[:start].encode("utf-16-le", "surrogatepass")) // 2
    return begin, begin + len(text[start:end].encode("utf-16-le", "surrogatepass")) // 2


def moved(event: QMouseEvent, by: QPointF) -> QMouseEvent:
    """The same event elsewhere."""
    return QMouseEvent(
        event.type(),
        event.position() + by,
        event.scenePosition() + by,
        event.globalPosition() + by,
        event.button(),
        event.buttons(),
        event.modifiers(),
        event.pointingDevice(),
    )
