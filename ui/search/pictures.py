"""Icons in the rows of a list: each is drawn when it is first seen, and only for that screen."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPixmap

from ui.theme.icons import Icon, pixmap


class Pictures:
    """Icons of one colour and size.

    Args:
        colour: A token's value.
        size: The edge, in pixels.
    """

    def __init__(self, colour: str, size: int) -> None:
        self._colour = colour
        self._size = size
        self._drawn: dict[tuple[Icon, float], QPixmap] = {}

    def paint(self, painter: QPainter, area: QRect, drawing: Icon) -> None:
        """Paint one in the middle of an area's height, at its left."""
        ratio = painter.device().devicePixelRatioF()
        drawn = self._drawn.get((drawing, ratio))
        if drawn is None:
            drawn = self._drawn[drawing, ratio] = pixmap(drawing, self._colour, self._size, ratio)
        top = area.top() + (area.height() - self._size) // 2
        painter.drawPixmap(area.left(), top, drawn)
