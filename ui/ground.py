"""What lies under a thing that can be pressed: a ground, and a ring with the keyboard's focus."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton

from ui.theme.tokens import Palette, Radius

RING: Final = 2
"""Width of the ring, in pixels."""


def paint_ground(painter: QPainter, button: QAbstractButton, palette: Palette) -> None:
    """Paint a ground under the pointer or a press, and a ring with the keyboard's focus."""
    area = QRectF(button.rect()).adjusted(RING / 2, RING / 2, -RING / 2, -RING / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    if button.isDown() or (button.underMouse() and button.isEnabled()):
        painter.setBrush(QColor(palette.selected if button.isDown() else palette.hover))
        painter.drawRoundedRect(area, Radius.BUTTON, Radius.BUTTON)
    if button.hasFocus():
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(palette.focus), RING))
        painter.drawRoundedRect(area, Radius.BUTTON, Radius.BUTTON)
