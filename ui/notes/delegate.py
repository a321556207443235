"""How a row of the list of notes is painted: its title and time, and below how it begins."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from ui.controls import plain_tooltip
from ui.notes.model import EXCERPT_ROLE, PINNED_ROLE, TIME_ROLE, AnyIndex
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

_RING = 2  # pixels
_MARK = 14  # pixels at 100 %: the pin
_ELIDE = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class NoteDelegate(QStyledItemDelegate):
    """Paints notes. All rows are equally high, so 10,000 cost no layout.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring_shown = False  # whether the keyboard moves through the list
        self.apply(theme)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._colours = theme.palette
        self._title_font = QFont()
        self._title_font.setPixelSize(theme.px(Type.INTERFACE))
        self._title_font.setWeight(QFont.Weight(Type.EMPHASIS))
        self._excerpt_font = QFont()
        self._excerpt_font.setPixelSize(theme.px(Type.INTERFACE))
        self._caption_font = QFont()
        self._caption_font.setPixelSize(theme.px(Type.CAPTION))
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
        self._paint_ground(painter, option)
        self._paint_title(painter, option, index)
        self._paint_excerpt(painter, option, index)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state, ground = option.state, self._ground(option)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(self._colours.selected))
            painter.drawRoundedRect(ground, Radius.BUTTON, Radius.BUTTON)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self._colours.hover))
            painter.drawRoundedRect(ground, Radius.BUTTON, Radius.BUTTON)
        if self.ring_shown and state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colours.focus), _RING))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), Radius.BUTTON, Radius.BUTTON)

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        if index.data(PINNED_ROLE):
            self._pin.paint(painter, self._pin_area(option, index))
        area = self._title_area(option, index)
        painter.setFont(self._title_font)
        painter.setPen(QColor(self._colours.text))
        text = QFontMetrics(self._title_font).elidedText(index.data(), _ELIDE, area.width())
        painter.drawText(area, self._aligned(option, _LEFT), text)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        time = self._time_area(option, index)
        painter.drawText(time, self._aligned(option, _RIGHT), index.data(TIME_ROLE))

    def _paint_excerpt(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        area = self._inside(option)
        area.setTop(area.bottom() - self._line + 1)
        painter.setFont(self._excerpt_font)
        painter.setPen(QColor(self._colours.quiet))
        metrics = QFontMetrics(self._excerpt_font)
        text = metrics.elidedText(index.data(EXCERPT_ROLE) or "", _ELIDE, area.width())
        painter.drawText(area, self._aligned(option, _LEFT), text)

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
        return QStyle.visualRect(option.direction, option.rect, area)

    def _pin_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._first_line(option)
        right = area.right() - self._time_width(index) - Space.HALF
        area.setLeft(right - self._mark_size)
        area.setRight(right)
        return QStyle.visualRect(option.direction, option.rect, area)

    def _title_area(self, option: QStyleOptionViewItem, index: AnyIndex) -> QRect:
        area = self._first_line(option)
        pin = self._mark_size + Space.HALF if index.data(PINNED_ROLE) else 0
        area.setRight(area.right() - self._time_width(index) - pin - Space.INSIDE)
        return QStyle.visualRect(option.direction, option.rect, area)

    def _time_width(self, index: AnyIndex) -> int:
        return QFontMetrics(self._caption_font).horizontalAdvance(index.data(TIME_ROLE) or "")

    @staticmethod
    def _aligned(option: QStyleOptionViewItem, alignment: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
        """Mirrored where the window reads from right to left; the title's own script is not."""
        return QStyle.visualAlignment(option.direction, alignment) | Qt.AlignmentFlag.AlignAbsolute

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show a title whole where it is cut."""
        if event.type() is not QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        width = QFontMetrics(self._title_font).horizontalAdvance(index.data())
        cut = width > self._title_area(option, index).width()
        QToolTip.showText(event.globalPos(), plain_tooltip(index.data()) if cut else "", view)
        return True
