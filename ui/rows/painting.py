"""How a row is painted, whatever stands in it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
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
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

AnyIndex = QModelIndex | QPersistentModelIndex

ELIDE: Final = Qt.TextElideMode.ElideRight
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
BOTTOM: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom

_RING: Final = 2  # pixels


class RowDelegate(QStyledItemDelegate):
    """Paints rows that are all equally high, so that 10,000 cost no layout.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ring_shown = False  # whether the keyboard moves through the list
        self.height = 0  # of a row, in pixels; told by ``apply``
        self.apply(theme)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._colours = theme.palette
        self._font = font(theme, Type.INTERFACE)
        self._caption_font = font(theme, Type.CAPTION)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """The same for every row; in pixels."""
        del option, index
        return QSize(0, self.height)

    def _paint_ground(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        ground: QRect,
        *,
        has_ring: bool = False,
        radius: int = Radius.BUTTON,
    ) -> None:
        """Paint what tells the marked row, the one under the pointer, and the keyboard's."""
        states = QStyle.StateFlag
        is_marked = bool(option.state & states.State_Selected)
        if is_marked or option.state & states.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colours.selected if is_marked else self._colours.hover))
            painter.drawRoundedRect(ground, radius, radius)
        if has_ring:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colours.focus), _RING))
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), radius, radius)

    def _has_ring(self, option: QStyleOptionViewItem) -> bool:
        """Whether the keyboard's ring is on this row."""
        return self.ring_shown and bool(option.state & QStyle.StateFlag.State_HasFocus)


def font(theme: Theme, size: int, *, emphasis: bool = False) -> QFont:
    """A font of so many pixels at 100 %."""
    made = QFont()
    made.setPixelSize(theme.px(size))
    if emphasis:
        made.setWeight(QFont.Weight(Type.EMPHASIS))
    return made


def card(row: QRect) -> QRect:
    """The ground of a row that stands apart from its neighbours."""
    return row.adjusted(Space.INSIDE, 1, -Space.INSIDE, -1)


def mirrored(option: QStyleOptionViewItem, area: QRect) -> QRect:
    """Where an area of a row is where the window reads from right to left."""
    return QStyle.visualRect(option.direction, option.rect, area)


def aligned(option: QStyleOptionViewItem, alignment: Qt.AlignmentFlag) -> Qt.AlignmentFlag:
    """Mirrored where the window reads from right to left; a text's own script is not."""
    return QStyle.visualAlignment(option.direction, alignment) | Qt.AlignmentFlag.AlignAbsolute


def is_tooltip(event: QHelpEvent) -> bool:
    """Whether a row is asked for its tooltip, and for nothing else."""
    return event.type() is QEvent.Type.ToolTip


def show_if_cut(
    event: QHelpEvent, view: QAbstractItemView, title: str, written_in: QFont, room: int
) -> None:
    """Show a title whole where it does not fit into so many pixels."""
    show_whole(event, view, title, is_cut=QFontMetrics(written_in).horizontalAdvance(title) > room)


def show_whole(event: QHelpEvent, view: QAbstractItemView, words: str, *, is_cut: bool) -> None:
    """Show a row's words whole where some of them are cut."""
    QToolTip.showText(event.globalPos(), plain_tooltip(words) if is_cut else "", view)
