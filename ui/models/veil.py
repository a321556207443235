"""What covers a page while a file is held above it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme.style import Theme
from ui.theme.tokens import Space, Type


class Veil(QWidget):
    """Covers a page while a file is held above it, and says what letting go would do.

    Args:
        theme: Colours and type.
        text: What it says.
    """

    def __init__(self, theme: Theme, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = text
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self) -> None:
        """Show it over all of the page."""
        parent = self.parentWidget()
        if parent:
            self.setGeometry(parent.rect())
        self.raise_()
        self.show()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, a dashed line around it, and the words."""
        del event
        palette = self._theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.page))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(palette.accent), 2, Qt.PenStyle.DashLine))
        inset = Space.MARGIN
        area = self.rect().adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, Space.INSIDE, Space.INSIDE)
        painter.setPen(QColor(palette.text))
        font = self.font()
        font.setPixelSize(self._theme.px(Type.TITLE))
        painter.setFont(font)
        centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, centred, self._text)
