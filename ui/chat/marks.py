"""Small marks at a message: where it is being written, that it is pinned, who wrote it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from assistant.records import Message, Role
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless
from ui.theme.icons import Icon, pixmap
from ui.theme.tokens import Space, Type

_NAMES: Final = {Role.USER: "You", Role.ASSISTANT: "Hush"}
_MODEL_CHARACTERS: Final = 48  # of a model's name; some are a path
_PINNED: Final = "Pinned"
_PIN_ICON: Final = 12  # pixels, beside a caption


def name_of(message: Message) -> str:
    """Who wrote it, as it stands above it: an answer from elsewhere never says "Hush"."""
    mark = message.cloud
    if mark is None:
        return _NAMES[message.role]
    model = " ".join(harmless(mark.model).split())
    if len(model) > _MODEL_CHARACTERS:
        model = model[: _MODEL_CHARACTERS - 1] + "…"
    provider = " ".join(harmless(mark.provider).split())
    return " · ".join(filter(None, (provider, model)))


def spoken_name_of(message: Message) -> str:
    """The same for screen readers, with what the eye sees besides."""
    said = [name_of(message)]
    if message.cloud:
        said.append("from the cloud")
    if message.pinned:
        said.append("pinned")
    return ", ".join(said)


class Caret(QWidget):
    """Where the answer is being written: a thin block that does not blink."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the block."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.accent))
        painter.drawRoundedRect(QRectF(self.rect()), 1, 1)


class PinMark(QWidget):
    """Says quietly that a message is pinned: an icon and the word."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setFont(look.font(Type.CAPTION))
        self.setToolTip("It stays in what the model reads.")

    def sizeHint(self) -> QSize:
        """Icon and word, side by side."""
        metrics = self.fontMetrics()
        left = self._look.scaled(_PIN_ICON + Space.HALF)
        return QSize(left + metrics.horizontalAdvance(_PINNED) + 2, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint icon and word."""
        del event
        painter = QPainter(self)
        size, colour = self._look.scaled(_PIN_ICON), self._look.palette.quiet
        drawing = pixmap(Icon.PIN, colour, size, self.devicePixelRatioF())
        painter.drawPixmap(0, (self.height() - size) // 2, drawing)
        painter.setPen(QColor(colour))
        left = size + self._look.scaled(Space.HALF)
        area = self.rect().adjusted(left, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, _PINNED)
