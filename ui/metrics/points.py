"""A figure of every answer, as points over time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from assistant.power.plan import Mode
from ui.days import local
from ui.metrics.axes import amounts
from ui.metrics.plot import Plot, mode_ink
from ui.metrics.series import Point, Series
from ui.metrics.words import MODES, Unit
from ui.theme.style import Theme
from ui.vault.words import moment, number

_HEIGHT: Final = 104  # pixels at 100 %
_POINT: Final = 5  # its width in pixels at 100 %
_LARGE: Final = 7  # the same, where there are few
_FEW: Final = 100
_RING: Final = 11  # around the one that is marked
_FAINT: Final = 0.4  # of the ink, for the line from the lowest to the highest
_REACH: Final = 24  # the pointer means nothing that is further off, sideways
_STEPS: Final = 4  # of the upright axis, at the most
_ROOM: Final = 2.2  # times a label's own height from one to the next


class PointPlot(Plot):
    """Filled points; hollow ones were measured while running slower. The dashes are the median.

    Args:
        name: What it shows.
        unit: How its amounts are written.
        theme: Colours and type.
    """

    def __init__(self, name: str, unit: Unit, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(name, _HEIGHT, theme, parent)
        self._unit = unit
        self._series = Series()

    def show_series(self, series: Series, since: int, until: int) -> None:
        """Show these values of this time."""
        self._series = series
        self.take(since, until, [point.at for point in series.points])

    def reading(self, stop: int) -> str:
        """The amount, when it was, and what made it so."""
        point, say = self._series.points[stop], self._unit.say
        when = moment(local(point.at), local(self._until))
        if point.count > 1:
            ends = f"{say(point.lowest)} to {say(point.highest)}"
            return f"{say(point.value)} · {ends} · {number(point.count, 'answer')} around {when}"
        slower = [MODES[Mode.THROTTLED].lower()] if point.mode is Mode.THROTTLED else []
        return " · ".join([say(point.value), when, *slower, point.model])

    def nearest(self, place: QPointF) -> int | None:
        """The nearest point, where one is near enough sideways."""
        first = bisect_left(self._stops, self.moment(place.x() - _REACH))
        last = bisect_left(self._stops, self.moment(place.x() + _REACH))
        places = self._places(self._series.points[first:last], self.area, self._top)
        offs = [(_distance(place, found), first + at) for at, found in enumerate(places)]
        return min(offs)[1] if offs else None

    # Painting -----------------------------------------------------------------------------

    @property
    def _marks(self) -> tuple[float, ...]:
        height = QFontMetricsF(self.caption).height() * _ROOM
        return amounts(self._series.highest, min(_STEPS, max(1, int(self.area.height() / height))))

    @property
    def _top(self) -> float:
        return self._marks[-1]

    def _places(self, points: Sequence[Point], area: QRectF, top: float) -> list[QPointF]:
        """Where points are. One expression for all: hundreds of calls would take milliseconds."""
        left, bottom = area.left(), area.bottom()
        across, up = self.scale(area), area.height() / top
        since = self._since
        return [
            QPointF(left + (point.at - since) * across, bottom - min(top, point.value) * up)
            for point in points
        ]

    def paint_frame(self, painter: QPainter, area: QRectF) -> None:
        """A hairline and an amount at every mark, and the median."""
        palette, marks = self.theme.palette, self._marks
        up = area.height() / marks[-1]
        for mark in marks:
            y = round(area.bottom() - mark * up) + 0.5
            painter.setPen(QPen(QColor(palette.hairline), 0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            self.paint_beside(painter, area, y, self._unit.mark(mark) if mark else "0")
        median = self._series.median
        if median is not None and len(self._series.points) > 1:
            y = round(area.bottom() - median * up) + 0.5
            painter.setPen(QPen(QColor(palette.quiet), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def paint_content(self, painter: QPainter, area: QRectF) -> None:
        """The points, and what several of them range over."""
        points, top = self._series.points, self._top
        self._paint_ranges(painter, [point for point in points if point.count > 1], area, top)
        fast = [point for point in points if point.mode is not Mode.THROTTLED]
        slow = [point for point in points if point.mode is Mode.THROTTLED]
        size = self.theme.px(_POINT if len(points) > _FEW else _LARGE)
        painter.setPen(_dots(mode_ink(self.theme, Mode.FULL), size))
        painter.drawPoints(self._places(fast, area, top))
        hollow = self._places(slow, area, top)
        for ink, width in (
            (mode_ink(self.theme, Mode.THROTTLED), size),
            (QColor(self.theme.palette.page), size - 3),
        ):
            painter.setPen(_dots(ink, width))
            painter.drawPoints(hollow)
        beyond = [point for point in points if point.highest > top]
        self._paint_arrows(painter, [place.x() for place in self._places(beyond, area, top)], area)

    def _paint_ranges(
        self, painter: QPainter, points: Sequence[Point], area: QRectF, top: float
    ) -> None:
        """From the lowest to the highest, in a fainter ink. Upright lines need no smoothing."""
        bottom, up = area.bottom(), area.height() / top
        lines: dict[Mode, list[QLineF]] = {Mode.FULL: [], Mode.THROTTLED: []}
        for point, place in zip(points, self._places(points, area, top), strict=True):
            x = round(place.x())
            high = bottom - min(top, point.highest) * up
            lines[point.mode].append(QLineF(x, bottom - point.lowest * up, x, high))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for mode, drawn in lines.items():
            painter.setPen(QPen(_fainter(mode_ink(self.theme, mode), self.theme), 1))
            painter.drawLines(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_arrows(self, painter: QPainter, places: Sequence[float], area: QRectF) -> None:
        """At the upper edge, for what is far beyond it."""
        half, path = self.theme.px(_POINT) / 2, QPainterPath()
        for x in places:
            path.moveTo(x, area.top() - half)
            path.lineTo(x + half, area.top() + half)
            path.lineTo(x - half, area.top() + half)
            path.closeSubpath()
        path.setFillRule(Qt.FillRule.WindingFill)
        painter.fillPath(path, QColor(self.theme.palette.text))

    def paint_mark(self, painter: QPainter, area: QRectF, stop: int) -> None:
        """A ring around the point."""
        (place,) = self._places([self._series.points[stop]], area, self._top)
        radius = self.theme.px(_RING) / 2
        painter.setPen(QPen(QColor(self.theme.palette.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(place, radius, radius)


def _dots(ink: QColor, size: float) -> QPen:
    """Draws points as dots: the end of a line of no length is round."""
    return QPen(ink, size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def _fainter(ink: QColor, theme: Theme) -> QColor:
    """Mixed with the page, for a translucent ink would be slower to draw."""
    page = QColor(theme.palette.page)

    def mixed(one: float, other: float) -> float:
        return _FAINT * one + (1 - _FAINT) * other

    return QColor.fromRgbF(
        mixed(ink.redF(), page.redF()),
        mixed(ink.greenF(), page.greenF()),
        mixed(ink.blueF(), page.blueF()),
    )


def _distance(one: QPointF, other: QPointF) -> float:
    off = one - other
    return QPointF.dotProduct(off, off)
