"""A run of text in a message: as high as its document, read only, and unable to open anything."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QImage,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser, QTextEdit, QWidget

from ui.chat.reader import Reader, as_plain_text, caret_rect, writing
from ui.markdown.blocks import Prose
from ui.markdown.safe_text import runs_left
from ui.markdown.writer import DocumentWriter

# A document is laid out from where it changes to its end: short ones keep that short.
MAX_CHARACTERS = 4_000
MAX_BLOCKS = 200

_READING = (
    Qt.TextInteractionFlag.TextSelectableByMouse
    | Qt.TextInteractionFlag.TextSelectableByKeyboard
    | Qt.TextInteractionFlag.LinksAccessibleByMouse
    | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
)


class ProseView(QTextBrowser):
    """Text without a frame, a background or scroll bars of its own.

    Finished blocks are written once; the unfinished tail stands below them as plain text, and is
    only ever added to until its block is finished.
    """

    link_requested = Signal(str)  # the address, as the text names it

    def __init__(self, writer: DocumentWriter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._writer = writer
        self._links: list[str] = []
        self._tail = ""
        self._tail_at = 0  # where the document ended before the tail
        self._runs_left = False  # whether some line of it begins at the right
        self.reader = Reader(self)
        self._set_up_frame()
        self._set_up_links()
        self.setPalette(writer.look.text_palette())
        writer.prepare(self.document())

    def _set_up_frame(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAcceptDrops(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        # A fixed width: growing in height alone then does not lay the whole document out again.
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)

    def _set_up_links(self) -> None:
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setTextInteractionFlags(_READING)
        self.anchorClicked.connect(self._follow)

    # Writing ------------------------------------------------------------------------------

    def write(self, block: Prose) -> None:
        """Write a finished block in place of the tail."""
        with writing(self) as cursor:
            self._remove_tail(cursor)
            self._writer.write(cursor, block, self._links)

    def write_lines(self, text: str) -> None:
        """Write the person's own text into an empty view, as it is."""
        with writing(self) as cursor:
            self._writer.write_lines(cursor, text)
        self._runs_left = any(runs_left(line) for line in text.split("\n"))

    def set_tail(self, text: str) -> None:
        """Show the unfinished block. Where it only grew, only what is new is inserted."""
        if text == self._tail:
            return
        with writing(self) as cursor:
            if self._tail and text.startswith(self._tail):
                self._writer.continue_unfinished(cursor, text[len(self._tail) :])
            else:
                self._remove_tail(cursor)
                self._tail_at = cursor.position()
                if text:
                    self._writer.write_unfinished(cursor, text)
        self._tail = text

    def _remove_tail(self, cursor: QTextCursor) -> None:
        if self._tail:
            cursor.setPosition(self._tail_at, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            self._tail = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written yet."""
        return self.document().isEmpty()

    @property
    def is_full(self) -> bool:
        """Whether the next block should begin another view."""
        document = self.document()
        return document.characterCount() > MAX_CHARACTERS or document.blockCount() > MAX_BLOCKS

    # Geometry -----------------------------------------------------------------------------

    def fit(self, width: int) -> int:
        """Lay out at a width; return the height that takes. Both in pixels."""
        if width != self.lineWrapColumnOrWidth():
            self.setLineWrapColumnOrWidth(width)
        return ceil(self.document().size().height())

    def natural_width(self) -> int:
        """The width that the text takes up, in pixels, after ``fit``.

        All there is where a line runs from the right: it begins at the other edge.
        """
        if self._runs_left:
            return self.lineWrapColumnOrWidth()
        return ceil(self.document().idealWidth())

    def caret_rect(self) -> QRect:
        """Where a caret stands behind the last character, in this widget."""
        return caret_rect(self)

    def sizeHint(self) -> QSize:
        """As laid out last; the message gives the geometry."""
        return self.document().size().toSize()

    # Safety -------------------------------------------------------------------------------

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return an image of one pixel for whatever is asked for; open nothing.

        No image ever reaches the document. Should one, only a real image keeps Qt from opening
        the path itself (measured: with None it does).
        """
        del kind, name
        return QImage(1, 1, QImage.Format.Format_ARGB32)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy and drag plain text only."""
        return as_plain_text(super().createMimeDataFromSelection())

    def _follow(self, url: QUrl) -> None:
        number = url.toString()
        if number.isdecimal() and int(number) < len(self._links):
            self.link_requested.emit(self._links[int(number)])

    # The person's hands -------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the conversation."""
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu, which goes when it closes."""
        menu = self.menu_at(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu_at(self, place: QPoint) -> QMenu:
        """What can be done there: copy and select, and for a link ask about it or copy it.

        Qt's own menu would copy a link's number.
        """
        menu = QMenu(self)
        number = self.anchorAt(place)
        if number:
            address = self._links[int(number)]
            menu.addAction("Open link…", lambda: self.link_requested.emit(address))
            menu.addAction("Copy address", lambda: QGuiApplication.clipboard().setText(address))
            menu.addSeparator()
        copy = menu.addAction("Copy", self.copy)
        copy.setEnabled(self.textCursor().hasSelection())
        menu.addAction("Select all", self.selectAll)
        return menu
