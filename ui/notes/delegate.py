"""How a row of the list of notes is painted: its title and time, and below how it begins."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from ui.notes.model import EXCERPT_ROLE, PINNED_ROLE, TIME_ROLE
from ui.rows.painting import (
    ELIDE,
    LEFT,
    RIGHT,
    AnyIndex,
    RowDelegate,
    aligned,
    font,
    is_tooltip,
    mirrored,
    show_if_cut,
)
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

_MARK = 14  # pixels at 100 %: the pin


class NoteDelegate(RowDelegate):
    """Paints notes."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._title_font = font(theme, Type.INTERFACE, emphasis=True)
        self._mark_size = theme.px(_MARK)
        self._pin = icon(Icon.PIN, theme.palette.accent, size=self._mark_size)
        self._line = QFontMetrics(self._title_font).height()
        self.height = 2 * self._line + 2 * Space.INSIDE + Space.HALF + 2

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """The same for every row; in pixels."""
        del option, index
        return QSize(0, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a note."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, has_ring = self._ground(option), self._has_ring(option)
        self._paint_ground(painter, option, ground, has_ring=has_ring)
        self._paint_title(painter, option, index)
        self._paint_excerpt(painter, option, index)
        painter.restore()

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        if index.data(PINNED_ROLE):
            self._pin.paint(painter, self._pin_area(option, index))
        area = self._title_area(option, index)
        painter.setFont(self._title_font)
        painter.setPen(QColor(self._colours.text))
        text = QFontMetrics(self._title_font).elidedText(index.data(), ELIDE, area.width())
        painter.drawText(area, aligned(option, LEFT), text)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        time = self._time_area(option, index)
        painter.drawText(time, aligned(option, RIGHT), index.data(TIME_ROLE))

    def _paint_excerpt(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        area = self._inside(option)
        area.setTop(area.bottom() - self._line + 1)
        painter.setFont(self._font)
        painter.setPen(QColor(self._colours.quiet))
        metrics = QFontMetrics(self._font)
        text = metrics.elidedText(index.data(EXCERPT_ROLE) or "", ELIDE, area.width())
        painter.drawText(area, aligned(option, LEFT), text)

    # Where things stand -------------------------------------------------------------------

    def _ground(self, option: QStyleOptionViewItem) -> QRect:
        return option.rect.adjusted(Space.INSIDE, 1, -Space.INSIDE, -1)

    def _inside(self, option: QStyleOptionViewItem) -> QRect:
        edge = Space.INSIDE
        return self._ground(option).adjusted(edge, edge, -edge, -edge)

    def _first_line(self, option: QStyleOptionViewItem) -> QRect:
        area = self._inside(option)
        area.setHeight(self._line)
        return area

    def _time_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._first_line(option)
        area.setLeft(area.right() - self._time_width(index))
        return mirrored(option, area)

    def _pin_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._first_line(option)
        right = area.right() - self._time_width(index) - Space.HALF
        area.setLeft(right - self._mark_size)
        area.setRight(right)
        return mirrored(option, area)

    def _title_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._first_line(option)
        pin = self._mark_size + Space.HALF if index.data(PINNED_ROLE) else 0
        area.setRight(area.right() - self._time_width(index) - pin - Space.INSIDE)
        return mirrored(option, area)

    def _time_width(self, index: AnyIndex) -> int:
        return QFontMetrics(self._caption_font).horizontalAdvance(index.data(TIME_ROLE) or "")

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show a title whole where it is cut."""
        if not is_tooltip(event) or not index.isValid():
            return super().helpEvent(event, view, option, index)
        room = self._title_area(option, index).width()
        show_if_cut(event, view, index.data(), self._title_font, room)
        return True
