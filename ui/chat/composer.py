"""Where one writes: a field that grows with its text, and the button that sends or stops."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from assistant.text import MAX_MESSAGE_CHARACTERS, clean
from ui.chat.given_row import GivenRow
from ui.controls import IconButton, PlainLabel, TextButton, learn_nothing
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space

_MAX_LINES: Final = 8
_LONG_WORD: Final = 2_000
"""Characters without a space from which lines break anywhere: Qt looks for a word's end in time
that grows with its square (measured: 1.5 s for 200,000 characters, 25 ms when broken anywhere)."""

_PLACEHOLDER: Final = "Ask anything. It stays on this laptop."
_WITH_CLOUD: Final = "Unless you send it yourself, it stays on this laptop."
_PRIVATE: Final = "Private: nothing of this is kept."
_EDITING: Final = "Editing an earlier message. The first version is kept."
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class MessageField(QPlainTextEdit):
    """A plain text field, one to eight lines high. Enter sends, Shift+Enter begins a line."""

    sent = Signal()
    refused = Signal(str, int)  # the beginning that still fits, and the size of the whole
    focus_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "composer")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setPlaceholderText(_PLACEHOLDER)
        self.setAccessibleName("Message")
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def set_text(self, text: str) -> None:
        """Replace the text; the cursor stands behind it."""
        self.clear()  # else the old text would be laid out once more, in the new text's way
        self._break_lines_for(text)
        self.setPlainText(text)
        self.moveCursor(self.textCursor().MoveOperation.End)

    def insert(self, text: str) -> None:
        """Insert text at the cursor, in place of what is selected."""
        self._break_lines_for(self.toPlainText() + text)
        self.insertPlainText(text)
        self.ensureCursorVisible()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take plain text only, and no more than a message holds: the rest never gets in."""
        text = source.text()
        selected = len(self.textCursor().selectedText())
        room = MAX_MESSAGE_CHARACTERS - len(self.toPlainText()) + selected
        if len(text) > room:
            self.refused.emit(clean(text[: max(room, 0)]), len(text))
        else:
            self.insert(clean(text))

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in what is pasted or dropped."""
        return source.hasText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends; with Shift it begins a line."""
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.key() in _ENTER and not shifted:
            self.sent.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame around shows the focus."""
        super().focusInEvent(event)
        self.focus_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The frame around shows the focus."""
        super().focusOutEvent(event)
        self.focus_changed.emit()

    def refit(self) -> None:
        """The font changed: take the height that the text needs now."""
        self._fit()

    def _break_lines_for(self, text: str) -> None:
        longest = max(map(len, text.split()), default=0)
        mode = QTextOption.WrapMode
        at_words = longest < _LONG_WORD
        self.setWordWrapMode(mode.WrapAtWordBoundaryOrAnywhere if at_words else mode.WrapAnywhere)

    def _fit(self) -> None:
        # The size of a plain text document is given in lines.
        lines = min(max(round(self.document().size().height()), 1), _MAX_LINES)
        self.setFixedHeight(lines * QFontMetrics(self.font()).lineSpacing() + 2)
        needed = self.document().size().height() > _MAX_LINES
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if needed else policy.ScrollBarAlwaysOff
        )


class Composer(QWidget):
    """The field in its frame, with the button; above it, while editing, what is being edited.

    Args:
        theme: Colours and type.
    """

    send_wanted = Signal(str)
    send_refused = Signal()  # a reply is still being written
    stop_wanted = Signal()
    editing_left = Signal()
    paste_refused = Signal(str, int)  # the beginning that still fits, and the size of the whole
    more_wanted = Signal()  # notes to ask, or something to attach

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._busy = False
        self._is_private = False
        self._is_cloud_on = False
        self.field = MessageField()
        self.send_button = IconButton(Icon.SEND, "Send", theme.palette, shortcut="Enter")
        self.stop_button = IconButton(Icon.STOP, "Stop", theme.palette, shortcut="Esc")
        self.more_button = IconButton(Icon.PLUS, "Ask your notes, or attach", theme.palette)
        self.given = GivenRow(theme)
        self._banner = QWidget()
        self.cancel_button = TextButton("Cancel", "link")
        self._frame = _Frame(self.field)
        self._set_up_buttons()
        self._lay_out()
        self._connect()
        self.show_editing(editing=False)
        self.set_busy(busy=False)
        self.apply(theme)

    def _set_up_buttons(self) -> None:
        for button in (self.send_button, self.stop_button):
            button.setProperty("kind", "main")
            button.setFixedSize(32, 32)
            button.setIconSize(QSize(18, 18))

        self.more_button.hide()  # until somebody offers what it is for

    def _lay_out(self) -> None:
        banner = QHBoxLayout(self._banner)
        banner.setContentsMargins(Space.RELATED, 0, 0, Space.HALF)
        banner.addWidget(PlainLabel(_EDITING, "quiet", wrap=True), 1)
        banner.addWidget(self.cancel_button)
        inside = QVBoxLayout(self._frame)
        inside.setContentsMargins(Space.RELATED, Space.INSIDE, Space.INSIDE, Space.INSIDE)
        inside.setSpacing(Space.HALF)
        inside.addWidget(self.given)
        row = QHBoxLayout()
        row.setSpacing(Space.INSIDE)
        inside.addLayout(row)
        row.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.send_button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.stop_button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._banner)
        column.addWidget(self._frame)

    def _connect(self) -> None:
        self.field.sent.connect(self._ask_to_send)
        self.field.refused.connect(self.paste_refused)
        self.field.textChanged.connect(self._offer)
        self.send_button.clicked.connect(self._ask_to_send)
        self.stop_button.clicked.connect(self.stop_wanted)
        self.cancel_button.clicked.connect(self.editing_left)
        self.more_button.clicked.connect(self.more_wanted)

    @property
    def text(self) -> str:
        """What is written."""
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace what is written."""
        self.field.set_text(text)

    @property
    def is_editing(self) -> bool:
        """Whether it says that an earlier message is being edited."""
        return not self._banner.isHidden()

    def show_editing(self, *, editing: bool) -> None:
        """Say whether an earlier message is being edited."""
        self._banner.setVisible(editing)

    def show_private(self, *, private: bool) -> None:
        """Say, where nothing is written yet, whether what is written here is kept."""
        self._is_private = private
        self._promise()
        learn_nothing(self.field, private=private)

    def show_cloud(self, *, on: bool) -> None:
        """Promise no more than holds: with the cloud on, a person may send something."""
        self._is_cloud_on = on
        self._promise()

    def _promise(self) -> None:
        kept = _WITH_CLOUD if self._is_cloud_on else _PLACEHOLDER
        self.field.setPlaceholderText(_PRIVATE if self._is_private else kept)

    def set_busy(self, *, busy: bool) -> None:
        """Offer to stop while a reply is being written; typing goes on."""
        self._busy = busy
        self.send_button.setVisible(not busy)
        self.stop_button.setVisible(busy)
        self._offer()

    def take_focus(self) -> None:
        """Let the person write."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self._frame.apply(theme)
        for button in (self.send_button, self.stop_button, self.more_button):
            button.apply(theme.palette)
        self.given.apply(theme)
        self._offer()
        self.field.refit()

    def _offer(self) -> None:
        self.send_button.setEnabled(not self.field.document().isEmpty())

    def _ask_to_send(self) -> None:
        if self._busy:
            self.send_refused.emit()
        elif self.text.strip():
            self.send_wanted.emit(self.text)


class _Frame(QFrame):
    """The rounded field around text and button; its ring shows the text's focus."""

    def __init__(self, field: MessageField) -> None:
        super().__init__()
        self._field = field
        field.focus_changed.connect(self.update)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._palette = theme.palette
        self.update()

    def mousePressEvent(self, event: object) -> None:
        """The edge of the field is the field."""
        del event
        self._field.setFocus(Qt.FocusReason.MouseFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and ring."""
        del event
        focused = self._field.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self._palette.field))
        colour = self._palette.focus if focused else self._palette.hairline
        width = 2.0 if focused else 1.0
        painter.setPen(QPen(QColor(colour), width))
        inset = width / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, Radius.FIELD, Radius.FIELD)
