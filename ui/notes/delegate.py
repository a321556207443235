"""How a row of the list of notes is painted: its title and time, and below how it begins."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from ui.notes.model import SHOWN_ROLE, Shown
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


@dataclass(frozen=True, slots=True)
class _Areas:
    """Where the parts of a row stand, as if it were read from the left."""

    title: QRect
    pin: QRect
    time: QRect
    excerpt: QRect


class NoteDelegate(RowDelegate):
    """Paints notes. A page of them is painted with each step down the list: so it asks once."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._title_font = font(theme, Type.INTERFACE, emphasis=True)
        self._mark_size = theme.px(_MARK)
        self._pin = icon(Icon.PIN, theme.palette.accent, size=self._mark_size)
        self._title_metrics = QFontMetrics(self._title_font)
        self._metrics = QFontMetrics(self._font)
        self._caption_metrics = QFontMetrics(self._caption_font)
        self._text, self._quiet = QColor(theme.palette.text), QColor(theme.palette.quiet)
        self._line = self._title_metrics.height()
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
        self._paint_words(painter, option, index.data(SHOWN_ROLE))
        painter.restore()

    def _paint_words(self, painter: QPainter, option: QStyleOptionViewItem, shown: Shown) -> None:
        areas, begin = self._areas(option, shown), aligned(option, LEFT)
        painter.setFont(self._title_font)
        painter.setPen(self._text)
        title = self._title_metrics.elidedText(shown.title, ELIDE, areas.title.width())
        painter.drawText(mirrored(option, areas.title), begin, title)
        painter.setPen(self._quiet)
        painter.setFont(self._font)
        excerpt = self._metrics.elidedText(shown.excerpt, ELIDE, areas.excerpt.width())
        painter.drawText(mirrored(option, areas.excerpt), begin, excerpt)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, areas.time), aligned(option, RIGHT), shown.time)
        if shown.pinned:
            self._pin.paint(painter, mirrored(option, areas.pin))

    # Where things stand -------------------------------------------------------------------

    def _ground(self, option: QStyleOptionViewItem) -> QRect:
        return option.rect.adjusted(Space.INSIDE, 1, -Space.INSIDE, -1)

    def _areas(self, option: QStyleOptionViewItem, shown: Shown) -> _Areas:
        edge = Space.INSIDE
        inside = self._ground(option).adjusted(edge, edge, -edge, -edge)
        first, excerpt = QRect(inside), QRect(inside)
        first.setHeight(self._line)
        excerpt.setTop(inside.bottom() - self._line + 1)
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
        room = self._areas(option, shown).title.width()
        show_if_cut(event, view, shown.title, self._title_font, room)
        return True
