"""How a row of the list of notes is painted: its title and time, and below how it begins."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from ui.notes.model import SHOWN_ROLE, Shown
from ui.rows.painting import RIGHT, AnyIndex, aligned, is_tooltip, mirrored, show_if_cut
from ui.rows.two_lines import TwoLineDelegate
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_MARK = 14  # pixels at 100 %: the pin


@dataclass(frozen=True, slots=True)
class _Areas:
    """Where the parts of a row stand, as if it were read from the left."""

    title: QRect
    pin: QRect
    time: QRect
    excerpt: QRect


class NoteDelegate(TwoLineDelegate):
    """Paints notes."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._mark_size = theme.px(_MARK)
        self._pin = icon(Icon.PIN, theme.palette.accent, size=self._mark_size)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        self._paint_title(painter, option, areas.title, shown.title)
        self._paint_below(painter, option, areas.excerpt, shown.excerpt)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, areas.time), aligned(option, RIGHT), shown.time)
        if shown.pinned:
            self._pin.paint(painter, mirrored(option, areas.pin))

    # Where things stand -------------------------------------------------------------------

    def _areas(self, row: QRect, shown: Shown) -> _Areas:
        first, excerpt = self._lines(self._inside(row))
        title, pin, time = QRect(first), QRect(first), QRect(first)
        time.setLeft(first.right() - self._caption_metrics.horizontalAdvance(shown.time))
        pin.setRight(time.left() - Space.HALF)
        pin.setLeft(pin.right() - self._mark_size)
        end = pin.left() if shown.pinned else time.left()
        title.setRight(end - Space.INSIDE)
        return _Areas(title, pin, time, excerpt)

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
        shown: Shown = index.data(SHOWN_ROLE)
        room = self._areas(option.rect, shown).title.width()
        show_if_cut(event, view, shown.title, self._title_font, room)
        return True
