"""The very bytes, for who wants to see them: what stands before the body, the body, its digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.cloud.composing import head_of
from assistant.cloud.records import Composed
from ui.chat.reader import as_plain_text
from ui.cloud.sheet_words import EXACTLY_WORDS, in_groups
from ui.controls import PlainLabel, TextButton
from ui.markdown.safe_text import revealed
from ui.read_only_text import ReadOnlyText
from ui.theme.style import Theme
from ui.theme.tokens import Space

_LINES: Final = 14  # seen at once
_PIECE: Final = 2_000  # characters of a line: JSON is one line, and one line is one layout
_SECONDS: Final = 0.005  # of one turn of putting them in: a third of a frame


class ExactText(QWidget):
    """Read only, in the system's monospace; put in bit by bit.

    Args:
        theme: Colours and type.
        name: For screen readers.
        clock: Seconds; measures a turn.
    """

    whole = Signal()  # all of it is there

    def __init__(
        self,
        theme: Theme,
        name: str,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self.head = PlainLabel("", "code", wrap=True)
        self.body = _Bytes(name)
        self.digest = PlainLabel("", "code", wrap=True)
        self.body.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.body.setFont(theme.look.code_font())
        self._bytes, self._at = "", 0  # what is put in, and how much of it is
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.INSIDE, Space.INSIDE, Space.INSIDE, 0)
        column.setSpacing(Space.INSIDE)
        column.addWidget(self.head)
        column.addWidget(self.body)
        column.addWidget(self.digest)

    def show_bytes(self, head: Sequence[tuple[str, str]], body: str, sha256: str) -> None:
        """Show this.

        Args:
            head: Method and path, then each header; may be empty.
            body: The bytes, decoded.
            sha256: Of what is approved, hexadecimal; may be empty.
        """
        said = [
            f"{name} {value}" if not at else f"{name}: {value}"
            for at, (name, value) in enumerate(head)
        ]
        self.head.setText(revealed("\n".join(said)))
        self.head.setVisible(bool(said))
        self.digest.setText(f"SHA-256 {in_groups(sha256)}")
        self.digest.setVisible(bool(sha256))
        self.body.clear()
        self.body.document().setUndoRedoEnabled(False)
        self._bytes, self._at = body, 0
        self._go_on()
        self._fit()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there to be read."""
        return self._at >= len(self._bytes)

    def _go_on(self) -> None:
        """Put in a line at least, and more while there is time."""
        until = self._clock() + _SECONDS
        cursor = QTextCursor(self.body.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        while not self.is_whole:
            # No byte of JSON is a line feed: one that is seen is none of it, and none is copied.
            piece = revealed(self._bytes[self._at : self._at + _PIECE])
            cursor.insertText(f"\n{piece}" if self._at else piece)
            self._at += _PIECE
            if self._clock() >= until:
                break
        if not self.is_whole:
            self._timer.start()
            return
        self._timer.stop()
        self._fit()
        self.whole.emit()

    def _first(self, most: int) -> list[str]:
        """The lines that make up the first so many characters."""
        found: list[str] = []
        block = self.body.document().begin()
        while block.isValid() and most > 0:
            found.append(block.text()[:most])
            most -= len(found[-1]) + 1
            block = block.next()
        return found

    def _fit(self) -> None:
        """Be as high as the text needs, up to some lines."""
        metrics, bar = self.body.fontMetrics(), self.body.verticalScrollBar().sizeHint().width()
        room = max(self.width() - 2 * Space.INSIDE - 2 * Space.RELATED - bar, 1)
        columns = max(room // max(metrics.horizontalAdvance("m"), 1), 1)
        pieces = self._first(columns * _LINES)
        lines = min(sum(-(-max(len(piece), 1) // columns) for piece in pieces), _LINES)
        room_around = 2 * Space.RELATED + Space.INSIDE  # with a little to spare: else it scrolls
        self.body.setFixedHeight(lines * metrics.lineSpacing() + room_around)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()


class ExactSection(QWidget):
    """A link, and below it the bytes of a request once somebody wants to see them.

    Args:
        theme: Colours and type.
        name: Of the link.
    """

    changed = Signal()  # it wants more room or less

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._composed: Composed | None = None
        self.button = TextButton(name, "link")
        self.text: ExactText | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.HALF)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        inset = QVBoxLayout()
        inset.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
        inset.addWidget(PlainLabel(EXACTLY_WORDS, "quiet", wrap=True))
        self._column.addLayout(inset)
        self.button.clicked.connect(self._turn)

    def take(self, composed: Composed) -> None:
        """These are the bytes now."""
        self._composed = composed
        if self.text and not self.text.isHidden():
            request = composed.request
            self.text.show_bytes(head_of(request), composed.body, request.payload_sha256)

    def _turn(self) -> None:
        if self.text is None:
            self.text = ExactText(self._theme, self._name)
            self.text.whole.connect(self.changed)
            self._column.addWidget(self.text)
            self.text.show()
        else:
            self.text.setVisible(self.text.isHidden())
        if self._composed:
            self.take(self._composed)
        self.changed.emit()


class _Bytes(ReadOnlyText):
    """What is copied is one line, as it is sent."""

    def __init__(self, name: str) -> None:
        super().__init__("", name)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy plain text only, without the line ends that are for the eye."""
        data = as_plain_text(super().createMimeDataFromSelection())
        data.setText(data.text().replace("\n", ""))
        return data

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does nothing: else it would be the sheet's, and close it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
        else:
            super().keyPressEvent(event)
