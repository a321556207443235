"""One row of the panel beside a note: two lines that can be pressed."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui.controls import plain_tooltip
from ui.ground import paint_ground
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

_LEFT = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_ELIDE = Qt.TextElideMode.ElideRight


class PanelRow(QAbstractButton):
    """Paints itself: a style sheet's button has one line.

    Args:
        title: The first line, elided where it must be; whole in the tooltip.
        caption: The second, in smaller letters; none where it is empty.
        theme: Colours and type.
    """

    def __init__(
        self, title: str, caption: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.say(title, caption)

    @property
    def title(self) -> str:
        """The first line."""
        return self._title

    def say(self, title: str, caption: str) -> None:
        """Say something else."""
        self._title, self._caption = title, caption
        self.setAccessibleName(", ".join(filter(None, (title, caption))))
        self.setToolTip(plain_tooltip(title))
        self.updateGeometry()
        self.update()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """One line or two, with their distances."""
        height = QFontMetrics(self._font(Type.INTERFACE)).height() + 2 * Space.HALF + Space.HALF
        if self._caption:
            height += QFontMetrics(self._font(Type.CAPTION)).height() + 2
        return QSize(0, height)

    def minimumSizeHint(self) -> QSize:
        """As ``sizeHint``."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the ring and both lines."""
        del event
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, self, palette)
        inside = self.rect().adjusted(Space.INSIDE, Space.HALF, -Space.INSIDE, -Space.HALF)
        self._line(painter, inside, self._title, Type.INTERFACE, palette.text)
        if self._caption:
            below = QRect(inside)
            below.setTop(inside.top() + QFontMetrics(self._font(Type.INTERFACE)).height() + 2)
            self._line(painter, below, self._caption, Type.CAPTION, palette.quiet)

    def _line(self, painter: QPainter, area: QRect, text: str, size: int, colour: str) -> None:
        font = self._font(size)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        line = QRect(area.left(), area.top(), area.width(), metrics.height() + 2)
        painter.drawText(line, _LEFT, metrics.elidedText(text, _ELIDE, area.width()))

    def _font(self, size: int) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(self._theme.px(size))
        return font
