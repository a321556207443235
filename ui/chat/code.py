"""A code block: its language, a copy button, and text that scrolls sideways only."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QWidget

from ui.chat.button import CopyButton
from ui.chat.colourist import Colourist
from ui.chat.reader import Reader, as_plain_text, caret_rect, writing
from ui.chat.tools import Tools
from ui.markdown.look import Look
from ui.markdown.safe_text import encodable, revealed
from ui.markdown.syntax import is_known
from ui.theme.tokens import Radius, Space, Type

# What is drawn; a copy has all of it. A longer line is broken: one line is one layout.
MAX_LINES = 2_000
MAX_LINE_CHARACTERS = 2_000


class CodeBody(QPlainTextEdit):
    """The text of a code block: read only, as high as its lines."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setAcceptDrops(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.viewport().setAutoFillBackground(False)
        self.setFont(look.code_font())
        self.setPalette(look.text_palette())
        self.document().setDocumentMargin(look.scaled(Space.RELATED))
        self.reader = Reader(self)

    def append(self, text: str) -> None:
        """Add text at the end, without moving the person's selection."""
        with writing(self) as cursor:
            cursor.insertText(text)

    def needed_height(self) -> int:
        """The height of all lines and, below them, of a scroll bar: it covers no text."""
        last = self.blockBoundingGeometry(self.document().lastBlock())
        bar = self.horizontalScrollBar().sizeHint().height()
        return ceil(last.bottom() + self.document().documentMargin()) + bar

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy and drag plain text only."""
        return as_plain_text(super().createMimeDataFromSelection())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll sideways; leave up and down to the conversation."""
        sideways = abs(event.angleDelta().x()) > abs(event.angleDelta().y())
        if sideways or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            super().wheelEvent(event)
        else:
            event.ignore()


class CodeView(QFrame):
    """A code block that may still be growing.

    Args:
        language: The fence's language, as the model wrote it.
        tools: Shared by the conversation.
    """

    def __init__(self, language: str, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = tools.look
        self._source: list[str] = []
        self._lines = 1
        self._column = 0  # characters in the last line that is drawn
        self._language = self._caption(revealed(language))
        self._cut = self._caption(f"Only the first {MAX_LINES:,} lines are shown. Copy takes all.")
        self._cut.hide()
        self.copy_button = CopyButton(self._look, self, name="Copy code")
        self.copy_button.clicked.connect(self._copy)
        self.body = CodeBody(self._look, self)
        self.body.setAccessibleName(f"Code, {revealed(language)}" if language else "Code")
        self._colourist = Colourist(self.body, language, tools) if is_known(language) else None

    def _caption(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(self._look.font(Type.CAPTION))
        label.setPalette(self._look.text_palette(quiet=True))
        return label

    @property
    def source(self) -> str:
        """The whole code, as the model wrote it."""
        return "".join(self._source)

    def append(self, text: str) -> None:
        """Add text at the end."""
        self._source.append(text)
        if self._lines > MAX_LINES:
            return
        self.body.append(self._drawable(text))
        self._cut.setVisible(self._lines > MAX_LINES)
        if self._colourist:
            self._colourist.text_grew()

    def complete(self) -> None:
        """Take the code as complete."""
        if self._colourist:
            self._colourist.text_is_complete()

    def _drawable(self, text: str) -> str:
        """What is drawn of new text: harmless, its long lines broken, nothing past the last."""
        drawn: list[str] = []  # the first goes on where the text stands
        for number, line in enumerate(revealed(text).split("\n")):
            room = MAX_LINE_CHARACTERS - (0 if number else self._column)
            drawn.append(line[:room])
            starts = range(room, len(line), MAX_LINE_CHARACTERS)
            drawn += [line[at : at + MAX_LINE_CHARACTERS] for at in starts]
        self._column = len(drawn[-1]) + (self._column if len(drawn) == 1 else 0)
        kept = drawn[: MAX_LINES - self._lines + 1]
        self._lines += len(drawn) - 1
        return "\n".join(kept)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(encodable(self.source))
        self.copy_button.confirm()

    # Geometry -----------------------------------------------------------------------------

    def fit(self, width: int) -> int:
        """Lay out at a width; return the height that takes. Both in pixels."""
        side = self._look.scaled(Space.RELATED)
        button = self.copy_button.sizeHint()
        top = self._look.scaled(Space.HALF)
        self.copy_button.setGeometry(
            width - button.width() - top, top, button.width(), button.height()
        )
        self._language.setGeometry(side, top, self.copy_button.x() - 2 * side, button.height())
        below = top + button.height()
        self.body.setGeometry(0, below - side // 2, width, self.body.needed_height())
        bottom = self.body.geometry().bottom() + 1
        if not self._cut.isHidden():
            self._cut.setGeometry(side, bottom, width - 2 * side, button.height())
            bottom += button.height()
        return bottom

    def caret_rect(self) -> QRect:
        """Where a caret stands behind the last character, in this widget."""
        return caret_rect(self.body).translated(self.body.pos())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.code))
        painter.drawRoundedRect(self.rect(), Radius.FIELD, Radius.FIELD)
