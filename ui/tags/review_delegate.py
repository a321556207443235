"""How a suggestion is painted among many: a box, the note, its tag, and how sure Hush is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from ui.rows.painting import ELIDE, RIGHT, AnyIndex, aligned, is_tooltip, mirrored, show_whole
from ui.rows.two_lines import TwoLineDelegate
from ui.tags.marks import paint_box, paint_label
from ui.tags.review_model import SHOWN_ROLE, Shown
from ui.theme.style import Theme
from ui.theme.tokens import Space

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


class ReviewDelegate(TwoLineDelegate):
    """Paints lines."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._accent = QColor(theme.palette.accent)
        self._box = theme.px(_BOX)
        self._widest_sure = self._caption_metrics.horizontalAdvance("100 %")

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        paint_box(painter, mirrored(option, areas.box), self._colours, ticked=shown.ticked)
        self._paint_title(painter, option, areas.title, shown.title)
        self._paint_below(painter, option, areas.excerpt, shown.excerpt)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, areas.sure), aligned(option, RIGHT), shown.drawn_sure)
        room = areas.tag.width() - 2 * Space.INSIDE
        tag = self._caption_metrics.elidedText(shown.tag, ELIDE, room)
        paint_label(painter, mirrored(option, areas.tag), tag, self._colours)
        if self._is_met(option):
            painter.setPen(self._accent)
            painter.setFont(self._caption_font)
            painter.drawText(mirrored(option, areas.open), aligned(option, RIGHT), _OPEN)

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
        inside = self._inside(row)
        first, second = self._lines(inside)
        box = QRect(inside)
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
        show_whole(event, view, f"{shown.title}\n{shown.tag}", is_cut=is_cut)
        return True
