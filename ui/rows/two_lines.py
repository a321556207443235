"""How a row of two lines is painted: what it is called, and below it what else there is to say."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ui.rows.painting import ELIDE, LEFT, AnyIndex, RowDelegate, aligned, card, font, mirrored
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type


class TwoLineDelegate(RowDelegate):
    """Paints a row's ground; what stands on it is said by whoever derives from this.

    A page of rows is painted with each step down a list: so it asks for fonts and colours once.
    """

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._title_font = font(theme, Type.INTERFACE, emphasis=True)
        self._metrics = QFontMetrics(self._font)
        self._title_metrics = QFontMetrics(self._title_font)
        self._caption_metrics = QFontMetrics(self._caption_font)
        self._text, self._quiet = QColor(theme.palette.text), QColor(theme.palette.quiet)
        self._line = self._title_metrics.height()
        self.height = 2 * self._line + 2 * Space.INSIDE + Space.HALF + 2

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_ring = self._has_ring(option)
        self._paint_ground(painter, option, card(option.rect), has_ring=has_ring)
        self._paint_row(painter, option, index)
        painter.restore()

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint what stands in a row."""
        raise NotImplementedError

    def _is_met(self, option: QStyleOptionViewItem) -> bool:
        """Whether the pointer or the keyboard is on this row: it may offer more."""
        is_under = bool(option.state & QStyle.StateFlag.State_MouseOver)
        return is_under or self._has_ring(option)

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, title: str
    ) -> None:
        """Paint the first line, as far as it fits."""
        painter.setFont(self._title_font)
        painter.setPen(self._text)
        fitting = self._title_metrics.elidedText(title, ELIDE, area.width())
        painter.drawText(mirrored(option, area), aligned(option, LEFT), fitting)

    def _paint_below(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        words: str,
        written_in: QFont | None = None,
    ) -> None:
        """Paint the second line, as far as it fits. The pen stays quiet after it."""
        painter.setFont(written_in or self._font)
        painter.setPen(self._quiet)
        fitting = self._metrics.elidedText(words, ELIDE, area.width())
        painter.drawText(mirrored(option, area), aligned(option, LEFT), fitting)

    # Where things stand -------------------------------------------------------------------

    @staticmethod
    def _inside(row: QRect) -> QRect:
        edge = Space.INSIDE
        return card(row).adjusted(edge, edge, -edge, -edge)

    def _lines(self, inside: QRect) -> tuple[QRect, QRect]:
        """The two lines, all over the width."""
        first, second = QRect(inside), QRect(inside)
        first.setHeight(self._line)
        second.setTop(inside.bottom() - self._line + 1)
        return first, second
