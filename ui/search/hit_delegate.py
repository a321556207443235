"""How a hit is painted: its title and headings, when it was, and two lines of its text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from assistant.search.records import Kind
from ui.markdown.safe_text import runs_left
from ui.rows.painting import ELIDE, LEFT, RIGHT, AnyIndex, RowDelegate, aligned, font, mirrored
from ui.search.hits import SHOWN_ROLE, Shown
from ui.search.pictures import Pictures
from ui.search.words import units
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

COLUMN: Final = 720  # pixels at 100 %: results are read, not scanned across a whole screen

_DRAWINGS: Final = {Kind.NOTE: Icon.NOTE, Kind.MESSAGE: Icon.CHATS}
_ICON: Final = 16  # pixels at 100 %
_LINES: Final = 2  # of a snippet
_KEPT: Final = 64  # texts that are laid out already: a page and its neighbours
_CUT: Final = 2  # characters that "…" takes the place of


class HitDelegate(RowDelegate):
    """Paints hits in a column in the middle.

    A page of them is painted with each key that is typed: so it asks for nothing twice.
    """

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._column = theme.px(COLUMN)
        self._title = font(theme, Type.INTERFACE, emphasis=True)
        self._icon_size = theme.px(_ICON)
        self._pictures = Pictures(theme.palette.quiet, self._icon_size)
        self._title_metrics = QFontMetrics(self._title)
        self._metrics = QFontMetrics(self._font)
        self._caption_metrics = QFontMetrics(self._caption_font)
        self._ink, self._quiet = QColor(theme.palette.text), QColor(theme.palette.quiet)
        self._line = self._metrics.lineSpacing() + 2
        self.height = 2 * Space.RELATED + self._line * (1 + _LINES) + Space.HALF
        self._layouts: dict[Shown, QTextLayout] = {}
        self._laid_out_at = 0  # pixels: their width
        self._mark = QTextCharFormat()
        self._mark.setFontWeight(QFont.Weight(Type.EMPHASIS))
        self._mark.setForeground(self._ink)
        self._mark.setBackground(QColor(theme.palette.selected))

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """A line of names and two of text."""
        del index
        return QSize(option.rect.width(), self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one hit."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_ring = self.ring_shown and bool(option.state & QStyle.StateFlag.State_Selected)
        ground, radius = self._ground(option), Radius.FIELD
        self._paint_ground(painter, option, ground, has_ring=has_ring, radius=radius)
        shown: Shown = index.data(SHOWN_ROLE)
        self._paint_head(painter, option, shown)
        self._paint_text(painter, option, shown)
        painter.restore()

    def _paint_head(self, painter: QPainter, option: QStyleOptionViewItem, shown: Shown) -> None:
        """Paint an icon, title and headings, and at the end when it was."""
        line = self._inside(option)
        line.setHeight(self._line)
        mark, time = QRect(line), QRect(line)
        mark.setWidth(self._icon_size)
        time.setLeft(line.right() - self._caption_metrics.horizontalAdvance(shown.time))
        line.setLeft(mark.right() + 1 + Space.INSIDE)
        line.setRight(time.left() - Space.RELATED)
        self._pictures.paint(painter, mirrored(option, mark), _DRAWINGS[shown.kind])
        painter.setFont(self._title)
        painter.setPen(self._ink)
        left = self._draw(painter, option, line, shown.title, self._title_metrics)
        line.setLeft(left + Space.INSIDE)
        painter.setPen(self._quiet)
        if shown.context and line.width() > 3 * self._icon_size:
            painter.setFont(self._font)
            self._draw(painter, option, line, shown.context, self._metrics)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, time), aligned(option, RIGHT), shown.time)

    @staticmethod
    def _draw(
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        text: str,
        metrics: QFontMetrics,
    ) -> int:
        """Draw one line as far as it fits; returns where it ends, as if read from the left."""
        fitting = metrics.elidedText(text, ELIDE, area.width())
        painter.drawText(mirrored(option, area), aligned(option, LEFT), fitting)
        return area.left() + metrics.horizontalAdvance(fitting)

    def _paint_text(self, painter: QPainter, option: QStyleOptionViewItem, shown: Shown) -> None:
        inside = self._inside(option)
        area = inside.adjusted(self._icon_size + Space.INSIDE, self._line + Space.HALF, 0, 0)
        area = mirrored(option, area)
        layout = self._layout(shown, area.width())
        painter.setPen(self._quiet)
        for number in range(min(layout.lineCount(), _LINES)):
            line = layout.lineAt(number)
            line.draw(painter, QPointF(area.left(), area.top() + number * self._line))

    def _layout(self, shown: Shown, width: int) -> QTextLayout:
        """What is seen of a hit's text, cut where there is more; kept for the next painting."""
        if self._laid_out_at != width:
            self._laid_out_at = width
            self._layouts.clear()
        layout = self._layouts.get(shown)
        if layout is None:
            layout = self._laid_out(shown.text, width, shown)
            cut = self._end(layout)
            if cut < units(shown.text):
                begin = shown.text.encode("utf-16-le")[: 2 * (cut - _CUT)]
                kept = begin.decode("utf-16-le", "ignore").rstrip()
                layout = self._laid_out(f"{kept}…", width, shown)
            while len(self._layouts) >= _KEPT:
                self._layouts.pop(next(iter(self._layouts)))
            self._layouts[shown] = layout
        return layout

    def _laid_out(self, text: str, width: int, shown: Shown) -> QTextLayout:
        """As many lines of this width as are seen, each at the top of the layout."""
        layout = QTextLayout(text, self._font)
        option = _reading(text)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)  # else drawing a line shapes it once more
        formats = []
        end = units(text)
        for start, length in shown.marks:
            found = QTextLayout.FormatRange()
            found.start, found.length, found.format = start, min(length, end - start), self._mark
            if found.length > 0:
                formats.append(found)
        layout.setFormats(formats)
        layout.beginLayout()
        for _ in range(_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(width)
            line.setPosition(QPointF(0, 0))
        layout.endLayout()
        return layout

    @staticmethod
    def _end(layout: QTextLayout) -> int:
        """Where the last line ends in the text."""
        if not layout.lineCount():
            return 0
        last = layout.lineAt(layout.lineCount() - 1)
        return last.textStart() + last.textLength()

    # Where things stand -------------------------------------------------------------------

    def _ground(self, option: QStyleOptionViewItem) -> QRect:
        """The column, with a margin at least."""
        room = option.rect.width() - 2 * Space.GROUP
        width = min(room, self._column + 2 * Space.RELATED)
        area = QRect(option.rect)
        area.setWidth(width)
        area.moveLeft(option.rect.left() + (option.rect.width() - width) // 2)
        return area.adjusted(0, 1, 0, -1)

    def _inside(self, option: QStyleOptionViewItem) -> QRect:
        edge = Space.RELATED
        return self._ground(option).adjusted(edge, edge - 1, -edge, 1 - edge)


def _reading(text: str) -> QTextOption:
    """A text begins where its own script does, whichever way the window reads."""
    option = QTextOption()
    is_left = runs_left(text)
    directions, sides = Qt.LayoutDirection, Qt.AlignmentFlag
    option.setTextDirection(directions.RightToLeft if is_left else directions.LeftToRight)
    option.setAlignment(sides.AlignRight if is_left else sides.AlignLeft)
    return option
