"""Something over time, drawn: axes, and a mark that the mouse and the arrow keys move."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from assistant.power.plan import Mode
from ui.chat.announce import read_out
from ui.metrics.axes import moments
from ui.metrics.words import MODES
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

_RING: Final = 2  # pixels
_TICK: Final = 4
_PAGE: Final = 10  # Page Up and Page Down move by so many parts of all there is
_APART: Final = 1.4  # times a label's own width from one to the next


class Plot(QWidget):
    """The frame of a plot. Who draws into it says what there is to be moved through.

    Args:
        name: What it shows, for those who do not see it.
        height: Of the plot without its axis, in pixels at 100 %.
        theme: Colours and type.
    """

    marked = Signal(str, object)  # what is marked, in words, and its moment; empty and None

    def __init__(self, name: str, height: int, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._height = height
        self._since, self._until = 0, 1
        self._stops: Sequence[int] = ()  # moments, in order
        self._at: int | None = None  # which of them is marked
        self._followed: int | None = None  # the moment that is marked in another plot
        self._picture: QPixmap | None = None  # what stands still, once painted
        self.setAccessibleName(name)
        # As with buttons: only the keyboard gives it the focus, so its ring means the keyboard.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # What is drawn ------------------------------------------------------------------------

    def take(self, since: int, until: int, stops: Sequence[int]) -> None:
        """Show another time.

        Args:
            since: Where it begins, milliseconds since 1970, UTC.
            until: Where it ends.
            stops: The moments to be moved through, in order. What was marked stays marked where
                its moment is still among them.
        """
        marked = None if self._at is None else self._stops[self._at]
        self._since, self._until = since, max(until, since + 1)
        self._stops = stops
        self._at = None
        if marked is not None:
            place = bisect_left(stops, marked)
            if place < len(stops) and stops[place] == marked:
                self._mark(place)
            else:
                self.marked.emit("", None)
        self._paint_anew()

    def follow(self, moment: int | None) -> None:
        """Show a moment that is marked elsewhere; None: nothing is."""
        if moment != self._followed:
            self._followed = moment
            self.update()

    @property
    def at(self) -> int | None:
        """Which stop is marked, if any."""
        return self._at

    @property
    def theme(self) -> Theme:
        """Colours and type."""
        return self._theme

    def reading(self, stop: int) -> str:
        """What is at a stop, in words."""
        raise NotImplementedError

    def nearest(self, place: QPointF) -> int | None:
        """The stop that the pointer means; None where it means none."""
        raise NotImplementedError

    def paint_frame(self, painter: QPainter, area: QRectF) -> None:
        """Paint what stands still: the lines and words of the upright axis."""
        raise NotImplementedError

    def paint_content(self, painter: QPainter, area: QRectF) -> None:
        """Paint what was measured."""
        raise NotImplementedError

    def paint_mark(self, painter: QPainter, area: QRectF, stop: int) -> None:
        """Paint what says that a stop is marked."""
        raise NotImplementedError

    # Where things are ---------------------------------------------------------------------

    @property
    def caption(self) -> QFont:
        """The font of what stands at the axes."""
        font = QFont(self.font())
        font.setPixelSize(self._theme.px(Type.CAPTION))
        return font

    @property
    def area(self) -> QRectF:
        """Where is drawn. It begins at the same place in every plot, so that times align."""
        metrics = QFontMetricsF(self.caption)
        left = max(metrics.horizontalAdvance(words) for words in MODES.values())
        half, inset = metrics.height() / 2, Space.HALF + _RING
        return QRectF(
            left + Space.INSIDE + inset,
            half + inset,
            max(1.0, self.width() - left - Space.INSIDE - 2 * inset),
            max(1.0, self.height() - half - 2 * inset - metrics.height() - _TICK - Space.HALF),
        )

    def across(self, moment: int, area: QRectF) -> float:
        """Where a moment of the time shown is, in pixels from the left."""
        return area.left() + (moment - self._since) * self.scale(area)

    def scale(self, area: QRectF) -> float:
        """Pixels for a millisecond."""
        return area.width() / (self._until - self._since)

    def moment(self, x: float) -> int:
        """The moment that is at so many pixels from the left."""
        area = self.area
        return self._since + round((x - area.left()) / self.scale(area))

    def sizeHint(self) -> QSize:
        """As high as it needs to be, and as wide as there is room."""
        metrics = QFontMetricsF(self.caption)
        axis = 1.5 * metrics.height() + _TICK + Space.HALF + 2 * (Space.HALF + _RING)
        return QSize(self._theme.px(320), round(self._theme.px(self._height) + axis))

    def minimumSizeHint(self) -> QSize:
        """It can be narrow."""
        return QSize(160, self.sizeHint().height())

    # Mouse and keys -----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark what is nearest."""
        self._mark(self.nearest(event.position()) if self._stops else None)

    def leaveEvent(self, event: object) -> None:
        """Mark nothing, unless the keyboard does."""
        del event
        if not self.hasFocus():
            self._mark(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go on by one, Page Up and Page Down by a tenth, Home and End to the ends."""
        last = len(self._stops) - 1
        now = last + 1 if self._at is None else self._at
        page = max(1, len(self._stops) // _PAGE)
        key = Qt.Key
        goals = {
            key.Key_Left: now - 1,
            key.Key_Right: 0 if self._at is None else now + 1,
            key.Key_PageUp: now - page,
            key.Key_PageDown: now + page,
            key.Key_Home: 0,
            key.Key_End: last,
        }
        goal = goals.get(Qt.Key(event.key()))
        if goal is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif self._stops:
            self._mark(min(last, max(0, goal)))
            if self._at is not None:
                read_out(self, self.reading(self._at))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What the keyboard marked is marked no more."""
        super().focusOutEvent(event)
        self._mark(None)

    def _mark(self, stop: int | None) -> None:
        if stop != self._at:
            self._at = stop
            words = "" if stop is None else self.reading(stop)
            self.marked.emit(words, None if stop is None else self._stops[stop])
            self.update()

    # Painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """What was measured, as it was painted before; and over it what mouse and keys do."""
        del event
        ratio = self.devicePixelRatio()
        if self._picture is None or self._picture.size() != self.size() * ratio:
            self._picture = self._painted(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        area = self.area
        self._paint_moment(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._at is not None:
            self.paint_mark(painter, area, self._at)
        if self.hasFocus():
            self._paint_ring(painter)

    def _painted(self, ratio: float) -> QPixmap:
        """Axes and what was measured: a picture, for under the pointer it would be slow to do."""
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setFont(self.caption)
        area = self.area
        self.paint_frame(painter, area)
        self._paint_times(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_content(painter, area)
        painter.end()
        return picture

    def _paint_anew(self) -> None:
        self._picture = None
        self.update()

    def paint_beside(self, painter: QPainter, area: QRectF, y: float, words: str) -> None:
        """Paint words left of the plot, at a height."""
        height = QFontMetricsF(painter.font()).height()
        box = QRectF(0, y - height / 2, area.left() - Space.INSIDE, height)
        painter.setPen(QColor(self._theme.palette.quiet))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_times(self, painter: QPainter, area: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        widest = metrics.horizontalAdvance("00 Sept")
        most = max(1, int(area.width() / (widest * _APART)))
        top = area.bottom() + _TICK + Space.HALF
        for moment, words in moments(self._since, self._until, most):
            x = self.across(moment, area)
            painter.setPen(QPen(QColor(self._theme.palette.hairline), 0))
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + _TICK))
            width = metrics.horizontalAdvance(words) + 1
            left = min(max(0.0, x - width / 2), self.width() - width - _RING)
            painter.setPen(QColor(self._theme.palette.quiet))
            painter.drawText(
                QRectF(left, top, width, metrics.height()), Qt.AlignmentFlag.AlignCenter, words
            )

    def _paint_moment(self, painter: QPainter, area: QRectF) -> None:
        moment = self._followed if self._at is None else self._stops[self._at]
        if moment is not None:
            painter.setPen(QPen(QColor(self._theme.palette.quiet), 0))
            x = self.across(moment, area)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_ring(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.palette.focus), _RING))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ring = QRectF(self.rect()).adjusted(_RING / 2, _RING / 2, -_RING / 2, -_RING / 2)
        painter.drawRoundedRect(ring, Radius.BUTTON, Radius.BUTTON)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.updateGeometry()
        self._paint_anew()


def mode_ink(theme: Theme, mode: Mode | None) -> QColor:
    """The colour that a mode is drawn in; its place or its form says it, too."""
    palette = theme.palette
    inks = {Mode.THROTTLED: palette.throttled, Mode.PAUSED: palette.quiet}
    return QColor(palette.accent if mode is None else inks.get(mode, palette.accent))
