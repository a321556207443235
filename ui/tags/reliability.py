"""What Hush said of its suggestions against what the person decided, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from assistant.tags.records import Bin
from assistant.text import percent
from ui.metrics.plot import Plot
from ui.tags.words import reading, share
from ui.theme.style import Theme
from ui.theme.tokens import Space

_HEIGHT: Final = 200  # pixels at 100 %
_WHOLE: Final = 1_000  # the axis reaches from 0 to 1, in thousandths
_POINT: Final = 8  # the width of a point, in pixels at 100 %
_RING: Final = 14  # around the one that is marked
_MARKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_EDGE: Final = Space.HALF + 2  # pixels, as in every plot: room for the ring
_REACH: Final = 24  # the pointer means nothing that is further off, sideways


class ReliabilityPlot(Plot):
    """On the dashed line what was said is what happened. Below each point: how many decisions.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("How sure Hush was, and how often it was right", _HEIGHT, theme, parent)
        self._bins: Sequence[Bin] = ()
        self._is_decided = True

    def show_bins(self, bins: Sequence[Bin], *, is_decided: bool = True) -> None:
        """Show these, the least probable first; they count decisions, or else trials."""
        self._is_decided = is_decided
        self._bins = sorted(bins, key=lambda one: one.said)
        self.take(0, _WHOLE, [round(_WHOLE * one.said) for one in self._bins])

    @property
    def bins(self) -> Sequence[Bin]:
        """Those that are drawn."""
        return self._bins

    def reading(self, stop: int) -> str:
        """What is at a point, in words."""
        return reading(self._bins[stop], is_decided=self._is_decided)

    def nearest(self, place: QPointF) -> int | None:
        """The point that is nearest sideways."""
        area = self.area
        offs = [
            (abs(self._place(one, area).x() - place.x()), n) for n, one in enumerate(self._bins)
        ]
        off, found = min(offs)
        return found if off <= self.theme.px(_REACH) else None

    @property
    def area(self) -> QRectF:
        """Where is drawn: below it are two lines of words, the counts and the axis."""
        metrics = QFontMetricsF(self.caption)
        left = metrics.horizontalAdvance(percent(1.0)) + Space.INSIDE + _EDGE
        top = metrics.height() / 2 + _EDGE
        below = 2 * metrics.height() + 2 * Space.HALF + _EDGE
        right = metrics.horizontalAdvance(percent(1.0)) / 2 + _EDGE
        return QRectF(
            left, top, max(1.0, self.width() - left - right), max(1.0, self.height() - top - below)
        )

    def _place(self, one: Bin, area: QRectF) -> QPointF:
        return QPointF(
            area.left() + min(max(one.said, 0.0), 1.0) * area.width(),
            area.bottom() - min(max(one.right, 0.0), 1.0) * area.height(),
        )

    # Painting -----------------------------------------------------------------------------

    def paint_frame(self, painter: QPainter, area: QRectF) -> None:
        """Hairlines, shares, and the line on which both are the same."""
        palette = self.theme.palette
        for mark in _MARKS:
            y = round(area.bottom() - mark * area.height()) + 0.5
            painter.setPen(QPen(QColor(palette.hairline), 0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if mark * 2 == round(mark * 2):
                self.paint_beside(painter, area, y, share(mark))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(palette.quiet), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_times(self, painter: QPainter, area: QRectF) -> None:
        """The axis below: counts under their points, and under these the shares."""
        metrics = QFontMetricsF(painter.font())
        first = area.bottom() + Space.HALF
        end = -1.0
        for one in self._bins:
            end = self._paint_below(
                painter, self._place(one, area).x(), first, f"{one.count:,}", after=end
            )
        second = first + metrics.height() + Space.HALF
        for mark in (0.0, 0.5, 1.0):
            x = area.left() + mark * area.width()
            self._paint_below(painter, x, second, share(mark))

    def _paint_below(
        self, painter: QPainter, x: float, top: float, words: str, *, after: float = -1.0
    ) -> float:
        """Paint words around a place, unless others stand there; answers where they end."""
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(words) + 1
        left = min(max(0.0, x - width / 2), self.width() - width)
        if left <= after:
            return after
        painter.setPen(QColor(self.theme.palette.quiet))
        box = QRectF(left, top, width, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        return left + width + Space.HALF

    def paint_content(self, painter: QPainter, area: QRectF) -> None:
        """A line from the middle to each point says how far off it is."""
        palette, size = self.theme.palette, self.theme.px(_POINT)
        for one in self._bins:
            place = self._place(one, area)
            meant = QPointF(place.x(), area.bottom() - one.said * area.height())
            painter.setPen(QPen(QColor(palette.accent), 1))
            painter.drawLine(meant, place)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.accent))
            painter.drawEllipse(place, size / 2, size / 2)

    def paint_mark(self, painter: QPainter, area: QRectF, stop: int) -> None:
        """A ring around the point."""
        radius = self.theme.px(_RING) / 2
        painter.setPen(QPen(QColor(self.theme.palette.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self._place(self._bins[stop], area), radius, radius)
