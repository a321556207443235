"""The text of one part: as high as it needs to be, up to some lines; filled bit by bit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QToolTip, QWidget

from assistant.redaction.records import Sort
from assistant.text import clean
from ui.chat.reader import as_plain_text
from ui.cloud.marking import SORTS, PlaceholderMarks, in_document
from ui.notes.pouring import LONGEST_LINE, Pouring, whole_text
from ui.notes.spacing import SpacedLayout
from ui.theme.style import Theme

MOST_LINES: Final = 12
"""Of one part that are seen at once; the rest of it scrolls."""

_PAUSE: Final = 250  # milliseconds without a key after which what is typed is meant
_EDGE: Final = 8  # pixels: border and padding, as the style sheet has them
_ENOUGH: Final = 4_000  # characters of a line, of which more than the lines shown are made
_WRAP: Final = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MOST_PASTED: Final = 100_000  # characters at once: that is laid out in one go


class PartText(QPlainTextEdit):
    """Text that would be sent, or was.

    Args:
        theme: Colours and type.
        name: For screen readers.
        editable: Whether the person may change it.
        lines: That are seen at once, at most.
    """

    typed = Signal()  # the person changes it
    edited = Signal()  # and paused
    whole = Signal()  # all that was to be shown is there
    refused = Signal(str)  # why something is not taken, as a sentence

    def __init__(
        self,
        theme: Theme,
        name: str,
        parent: QWidget | None = None,
        *,
        editable: bool = True,
        lines: int = MOST_LINES,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._most = lines
        self._editable = editable
        self._sorts: dict[str, Sort] = {}
        self._pouring: Pouring | None = None
        self._is_showing = False  # what changes now, the person did not change
        self._place = (0, 0)  # caret and scroll, once all of it is there
        self.is_cut = False  # a line is too long to be changed here
        document = QTextDocument(self)
        document.setDocumentMargin(0)
        self._spaced = SpacedLayout(document, theme.look.leading)
        self.setDocument(document)
        self._marks = PlaceholderMarks(document, theme)
        self._marks.marked.connect(lambda: self.fit(self.width()))
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self.edited)
        self._set_up(name)
        document.contentsChange.connect(self._changed)

    def _set_up(self, name: str) -> None:
        self.setProperty("kind", "part")
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setReadOnly(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(_WRAP)
        self.setFont(self._theme.look.font())
        self.viewport().setAutoFillBackground(False)

    # What is shown ------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """As it stands here."""
        return whole_text(self.document())

    @property
    def is_waiting(self) -> bool:
        """Whether the person changed it a moment ago, and nobody knows yet."""
        return self._pause.isActive()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there to be read."""
        return self._pouring is None

    def show_text(self, text: str, sorts: dict[str, Sort]) -> None:
        """Show a text, with the placeholders that stand for something in it.

        Args:
            text: Safe to draw.
            sorts: What each of them stands for.
        """
        self._sorts = sorts
        before = self.text if self.is_whole and not self.is_cut else None
        if before != text:
            self._is_showing = True
            change = _Change.between(before, text) if before else None
            if change and change.is_small:
                self._change(change)
                self._is_showing = False
            else:
                if self.is_whole:  # else it is known from the time when it was
                    self._place = self._place_after(change) if change else (0, 0)
                self._pour(text)
        self._mark(sorts)

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme. Letters of another size come with the next sheet."""
        with QSignalBlocker(self):
            self._marks.apply(theme)

    def _mark(self, names: Iterable[str]) -> None:
        with QSignalBlocker(self):
            self._marks.set_names(names)
        self.fit(self.width())

    def _change(self, change: _Change) -> None:
        """Change what differs, so that caret, scroll and undo stay."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(change.begin)
        cursor.setPosition(change.end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(change.text)

    def _place_after(self, change: _Change) -> tuple[int, int]:
        """Where caret and scroll belong where a text is put in anew."""
        caret, scroll = self.textCursor().position(), self.verticalScrollBar().value()
        return change.moved(caret), scroll

    def _pour(self, text: str) -> None:
        if self._pouring:
            self._pouring.abandon()
            self._pouring.deleteLater()
        self.setReadOnly(True)
        self.clear()
        self._marks.set_names(self._sorts)  # so that each line is marked as it comes
        self._pouring = pouring = Pouring(self.document(), text, parent=self)
        pouring.done.connect(self._poured)
        pouring.begin()
        self.fit(self.width())

    def _poured(self) -> None:
        pouring, self._pouring = self._pouring, None
        if pouring is None:
            return
        self.is_cut = bool(pouring.breaks)
        pouring.deleteLater()
        self._is_showing = False
        self._go_to_place()
        self.setReadOnly(not self._editable or self.is_cut)
        self.setTextInteractionFlags(
            self.textInteractionFlags()
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self.fit(self.width())
        self.verticalScrollBar().setValue(self._place[1])
        self.whole.emit()

    def _go_to_place(self) -> None:
        cursor = self.textCursor()
        cursor.setPosition(min(self._place[0], self.document().characterCount() - 1))
        self.setTextCursor(cursor)

    # Its size -----------------------------------------------------------------------------

    def fit(self, width: int) -> None:
        """Be as high as the text needs at this width; beyond some lines it scrolls."""
        lines = self._lines(width - 2 * _EDGE)
        bar = Qt.ScrollBarPolicy
        policy = bar.ScrollBarAsNeeded if lines > self._most else bar.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        look = self._theme.look
        height = round(min(lines, self._most) * look.line_height + look.leading / 2)
        if self.height() != height + 2 * _EDGE or self.minimumHeight() != self.maximumHeight():
            self.setFixedHeight(height + 2 * _EDGE)

    def _lines(self, width: int) -> int:
        """How many lines there are at a width; of many, more than are shown at once."""
        option = QTextOption()
        option.setWrapMode(_WRAP)
        count, block = 0, self.document().begin()
        while block.isValid() and count <= self._most:
            count += self._lines_of(block, option, max(width, 1))
            block = block.next()
        return max(count, 1)

    def _lines_of(self, block: QTextBlock, option: QTextOption, width: int) -> int:
        text = block.text()[:_ENOUGH]
        layout = QTextLayout(text, self.font())
        layout.setTextOption(option)
        layout.setFormats([one for one in block.layout().formats() if one.start < len(text)])
        layout.beginLayout()
        count = 0
        while count <= self._most and (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            count += 1
        layout.endLayout()
        return count

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit(self.width())

    # The person's hands -------------------------------------------------------------------

    def _changed(self, _position: int, removed: int, added: int) -> None:
        if (removed or added) and not self._is_showing and self.is_whole:
            self._pause.start()
            self.typed.emit()
            QTimer.singleShot(0, self, lambda: self.fit(self.width()))

    def event(self, event: QEvent) -> bool:
        """Say what kind of thing a placeholder stands for; what it is stands in the list below."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(event), self)
            return True
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> str:
        cursor = self.cursorForPosition(self.viewport().mapFrom(self, event.pos()))
        name = self._marks.at(cursor.block().text(), cursor.positionInBlock())
        sort = self._sorts.get(name)
        return f"Stands for {SORTS[sort][0]}" if sort else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc is the sheet's; Enter is a new line, and where nothing can be written nothing."""
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        elif event.key() in _ENTER and self.isReadOnly():
            event.accept()  # else it would be the sheet's, and close it
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take plain text only, and none that would hold up the window."""
        text = clean(source.text())
        if len(text) > _MOST_PASTED or max(map(len, text.split("\n"))) > LONGEST_LINE:
            self.refused.emit("This is too long to be pasted here. Nothing was inserted.")
        else:
            self.insertPlainText(text)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in it."""
        return source.hasText()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy and drag plain text only."""
        return as_plain_text(super().createMimeDataFromSelection())


@dataclass(frozen=True, slots=True)
class _Change:
    """What makes one text of another. Places as Qt counts them, in UTF-16.

    Attributes:
        begin: Where it begins.
        end: Where in the text of before it ends.
        text: What stands between from then on.
        is_small: It can be laid out in one go, and leaves no line too long to be changed.
    """

    begin: int
    end: int
    text: str = field(repr=False)
    is_small: bool

    @classmethod
    def between(cls, before: str, after: str) -> _Change:
        """The smallest one."""
        same = _common(before, after)
        tail = _common(before[same:][::-1], after[same:][::-1])
        old, new = before[same : len(before) - tail], after[same : len(after) - tail]
        begin = in_document(before[:same])
        longest = max(map(len, after.split("\n")))
        is_small = max(len(old), len(new), longest) <= LONGEST_LINE
        return cls(begin, begin + in_document(old), new, is_small)

    def moved(self, place: int) -> int:
        """Where a place of the text of before is afterwards."""
        if place >= self.end:
            return place - self.end + self.begin + in_document(self.text)
        return min(place, self.begin + in_document(self.text))


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
