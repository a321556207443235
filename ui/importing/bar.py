"""How far something is, as a thin bar."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from ui.theme.style import Theme

_HEIGHT: Final = 6  # pixels at 100 %
_STEPS: Final = 1_000


class ThinBar(QProgressBar):
    """Empty while it is not known how much there is to do. Words beside it say the same.

    Args:
        name: What it measures, for screen readers.
        theme: Colours and type.
    """

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.setTextVisible(False)
        self.setRange(0, _STEPS)
        self.setValue(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_share(self, done: int, total: int) -> None:
        """Show how far it is; ``total`` 0: not known yet."""
        self.setValue(min(_STEPS, _STEPS * done // total) if total else 0)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room for."""
        return QSize(0, self._theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """As ``sizeHint``."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, and on it the share that is done."""
        del event
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        radius = area.height() / 2
        painter.setBrush(QColor(palette.hairline))
        painter.drawRoundedRect(area, radius, radius)
        if self.value():
            done = QRectF(area)
            done.setWidth(max(area.height(), area.width() * self.value() / _STEPS))
            if self.isRightToLeft():
                done.moveRight(area.right())
            painter.setBrush(QColor(palette.accent))
            painter.drawRoundedRect(done, radius, radius)
