"""How a suggestion is painted among many: a box, the note, its tag, and how sure Hush is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QToolTip

from ui.controls import plain_tooltip
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
)
from ui.tags.marks import paint_box, paint_label
from ui.tags.review_model import SHOWN_ROLE, Shown
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

_BOX: Final = 16  # pixels at 100 %
_TAG_SHARE: Final = 0.4  # of a row's width, at the most
_OPEN: Final = "Open"


@dataclass(frozen=True, slots=True)
class _Areas:
    """Where the parts of a row stand, as if it were read from the left."""

    box: QRect
    title: QRect
    tag: QRect
    sure: QRect
    excerpt: QRect
    open: QRect


class ReviewDelegate(RowDelegate):
    """Paints lines. A page of them is painted with each step down the list: so it asks once."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._title_font = font(theme, Type.INTERFACE, emphasis=True)
        self._metrics = QFontMetrics(self._font)
        self._title_metrics = QFontMetrics(self._title_font)
        self._caption_metrics = QFontMetrics(self._caption_font)
        self._text, self._quiet = QColor(theme.palette.text), QColor(theme.palette.quiet)
        self._accent = QColor(theme.palette.accent)
        self._box = theme.px(_BOX)
        self._line = self._title_metrics.height()
        self._widest_sure = self._caption_metrics.horizontalAdvance("100 %")
        self.height = 2 * self._line + 2 * Space.INSIDE + Space.HALF + 2

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """The same for every row; in pixels."""
        del option, index
        return QSize(0, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a line."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_ring = self._has_ring(option)
        self._paint_ground(painter, option, _ground(option.rect), has_ring=has_ring)
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        box = mirrored(option, areas.box)
        paint_box(painter, box, self._colours, ticked=shown.ticked)
        self._paint_words(painter, option, areas, shown)
        is_met = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if is_met or has_ring:
            painter.setPen(self._accent)
            painter.setFont(self._caption_font)
            painter.drawText(mirrored(option, areas.open), aligned(option, RIGHT), _OPEN)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, areas: _Areas, shown: Shown
    ) -> None:
        begin = aligned(option, LEFT)
        painter.setFont(self._title_font)
        painter.setPen(self._text)
        title = self._title_metrics.elidedText(shown.title, ELIDE, areas.title.width())
        painter.drawText(mirrored(option, areas.title), begin, title)
        painter.setFont(self._font)
        painter.setPen(self._quiet)
        excerpt = self._metrics.elidedText(shown.excerpt, ELIDE, areas.excerpt.width())
        painter.drawText(mirrored(option, areas.excerpt), begin, excerpt)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, areas.sure), aligned(option, RIGHT), shown.sure)
        room = areas.tag.width() - 2 * Space.INSIDE
        tag = self._caption_metrics.elidedText(shown.tag, ELIDE, room)
        paint_label(painter, mirrored(option, areas.tag), tag, self._colours)

    # Where things stand -------------------------------------------------------------------

    def is_open(self, area: QRect, shown: Shown, at: QPoint, *, mirror: bool) -> bool:
        """Whether a place of a row is that of "Open".

        Args:
            area: The row's.
            shown: What it says.
            at: The place, in the view.
            mirror: Whether the window reads from right to left.
        """
        found = self._areas(area, shown).open
        if mirror:
            found.moveLeft(area.left() + area.right() - found.right())
        return found.adjusted(-Space.INSIDE, -Space.HALF, Space.INSIDE, Space.INSIDE).contains(at)

    def _areas(self, row: QRect, shown: Shown) -> _Areas:
        edge = Space.INSIDE
        inside = _ground(row).adjusted(edge, edge, -edge, -edge)
        first, second, box = QRect(inside), QRect(inside), QRect(inside)
        first.setHeight(self._line)
        second.setTop(inside.bottom() - self._line + 1)
        box.setSize(QSize(self._box, self._box))
        box.moveTop(first.top() + (first.height() - self._box) // 2)
        begin = box.right() + 1 + Space.RELATED
        sure, tag, title = QRect(first), QRect(first), QRect(first)
        sure.setLeft(first.right() - self._widest_sure)
        tag.setRight(sure.left() - Space.INSIDE)
        wanted = self._caption_metrics.horizontalAdvance(shown.tag) + 2 * Space.INSIDE + 2
        tag.setLeft(tag.right() - min(wanted, round(inside.width() * _TAG_SHARE)))
        title.setLeft(begin)
        title.setRight(tag.left() - Space.INSIDE)
        opens, excerpt = QRect(second), QRect(second)
        opens.setLeft(second.right() - self._caption_metrics.horizontalAdvance(_OPEN))
        excerpt.setLeft(begin)
        excerpt.setRight(opens.left() - Space.INSIDE)
        return _Areas(box, title, tag, sure, excerpt, opens)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show title and tag whole where one of them is cut."""
        if not is_tooltip(event) or not index.isValid():
            return super().helpEvent(event, view, option, index)
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        is_cut = (
            self._title_metrics.horizontalAdvance(shown.title) > areas.title.width()
            or self._caption_metrics.horizontalAdvance(shown.tag) > areas.tag.width()
        )
        words = plain_tooltip(f"{shown.title}\n{shown.tag}") if is_cut else ""
        QToolTip.showText(event.globalPos(), words, view)
        return True


def _ground(row: QRect) -> QRect:
    return row.adjusted(Space.INSIDE, 1, -Space.INSIDE, -1)
