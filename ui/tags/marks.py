"""Marks that are painted: a tick, a box for it, and a tag's name on a ground of its own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ui.theme.tokens import Palette, Radius

_CORNER: Final = 3.0  # of a box, in pixels
_STROKE: Final = 9.0  # a tick is so many times as wide as its stroke
_TICK: Final = ((0.18, 0.54), (0.41, 0.76), (0.82, 0.27))  # in parts of its square


def paint_tick(painter: QPainter, area: QRectF, colour: str) -> None:
    """Paint a tick into a square."""
    pen = QPen(QColor(colour), max(1.4, area.width() / _STROKE))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    points = [
        QPointF(area.left() + across * area.width(), area.top() + down * area.height())
        for across, down in _TICK
    ]
    painter.drawPolyline(QPolygonF(points))


def paint_box(painter: QPainter, area: QRect, palette: Palette, *, ticked: bool) -> None:
    """Paint a box that is ticked, or not: by its ground and by the tick."""
    box = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(QColor(palette.accent if ticked else palette.quiet), 1))
    painter.setBrush(QColor(palette.accent if ticked else palette.field))
    painter.drawRoundedRect(box, _CORNER, _CORNER)
    if ticked:
        paint_tick(painter, box.adjusted(1, 1, -1, -1), palette.on_accent)


def paint_label(painter: QPainter, area: QRect, words: str, palette: Palette) -> None:
    """Paint a tag's name, in the painter's font, on a ground that it fills."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.selected))
    painter.drawRoundedRect(area, Radius.BUTTON, Radius.BUTTON)
    painter.setPen(QColor(palette.accent))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def paint_dot(painter: QPainter, area: QRectF, colour: str, palette: Palette) -> None:
    """Paint a tag's colour; a ring where it has none.

    Args:
        painter: Paints.
        area: A square.
        colour: A token's value; empty for none.
        palette: The colour of the ring.
    """
    inside = area.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(QColor(colour or palette.quiet), 1))
    painter.setBrush(QColor(colour) if colour else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(inside)
