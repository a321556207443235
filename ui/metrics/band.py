"""The history of modes: a lane for each, so that its place says which it was."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from assistant.metrics import ModeSpan
from assistant.power.plan import Mode
from ui.days import local
from ui.metrics.plot import Plot, mode_ink
from ui.metrics.series import Bar
from ui.metrics.words import MODES, REASONS, span
from ui.theme.style import Theme
from ui.vault.words import moment

_HEIGHT: Final = 84  # pixels at 100 %
_SHARE: Final = 0.42  # of a lane that a bar takes
_LEAST: Final = 2.0  # pixels: a minute in ninety days is seen, too
_ROUNDED: Final = 2.0


class ModePlot(Plot):
    """Bars in lanes; nothing is drawn where Hush was closed.

    Args:
        name: What it shows.
        theme: Colours and type.
    """

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(name, _HEIGHT, theme, parent)
        self._spans: tuple[ModeSpan, ...] = ()
        self._bars: Mapping[Mode, tuple[Bar, ...]] = {}

    def show_modes(
        self,
        spans: tuple[ModeSpan, ...],
        bars: Mapping[Mode, tuple[Bar, ...]],
        since: int,
        until: int,
    ) -> None:
        """Show these modes of this time; ``bars`` is what can be told apart of them."""
        self._spans, self._bars = spans, bars
        self.take(since, until, [one.since for one in spans])

    def reading(self, stop: int) -> str:
        """The mode, from when on, how long, and why."""
        one = self._spans[stop]
        begun = moment(local(one.since), local(self._until))
        why = REASONS.get(one.reason, "") if one.reason else ""
        length = span((one.until - one.since) / 1000)
        return " · ".join(part for part in (MODES[one.mode], begun, length, why) if part)

    def nearest(self, place: QPointF) -> int | None:
        """The mode that held, or the one before where none did."""
        return max(0, bisect_right(self._stops, self.moment(place.x())) - 1)

    # Painting -----------------------------------------------------------------------------

    def _lane(self, mode: Mode, area: QRectF) -> QRectF:
        height = area.height() / len(MODES)
        return QRectF(
            area.left(), area.top() + list(MODES).index(mode) * height, area.width(), height
        )

    def _bar(self, mode: Mode, since: int, until: int, area: QRectF) -> QRectF:
        lane = self._lane(mode, area)
        left, right = self.across(since, area), self.across(until, area)
        if right - left < _LEAST:
            left = min(left, area.right() - _LEAST)
            right = left + _LEAST
        height = lane.height() * _SHARE
        return QRectF(left, lane.center().y() - height / 2, right - left, height)

    def paint_frame(self, painter: QPainter, area: QRectF) -> None:
        """A name and a hairline for every lane."""
        for mode, words in MODES.items():
            y = round(self._lane(mode, area).center().y()) + 0.5
            painter.setPen(QPen(QColor(self.theme.palette.hairline), 0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            self.paint_beside(painter, area, y, words)

    def paint_content(self, painter: QPainter, area: QRectF) -> None:
        """The bars."""
        painter.setPen(Qt.PenStyle.NoPen)
        for mode, bars in self._bars.items():
            painter.setBrush(mode_ink(self.theme, mode))
            painter.drawRects([self._bar(mode, bar.since, bar.until, area) for bar in bars])

    def paint_mark(self, painter: QPainter, area: QRectF, stop: int) -> None:
        """A line around the bar."""
        marked = self._spans[stop]
        around = self._bar(marked.mode, marked.since, marked.until, area)
        painter.setPen(QPen(QColor(self.theme.palette.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(around.adjusted(-3, -3, 3, 3), _ROUNDED, _ROUNDED)
