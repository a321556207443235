"""How a tag is painted and edited: its colour, name and notes, and below what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QFont, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyleOptionViewItem, QWidget

from assistant.notes.limits import MAX_TAG_CHARACTERS
from assistant.tags.records import MAX_DESCRIPTION_CHARACTERS
from ui.rows.painting import RIGHT, AnyIndex, aligned, is_tooltip, mirrored, show_whole
from ui.rows.two_lines import TwoLineDelegate
from ui.search.pictures import Pictures
from ui.tags.hues import ink
from ui.tags.manager_model import DESCRIPTION_ROLE, NAME_ROLE, SHOWN_ROLE, Shown
from ui.tags.marks import paint_dot
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_DOT: Final = 10  # pixels at 100 %
_MORE: Final = 20
_INDENT: Final = 20
_DESCRIBE: Final = "Describe it in a sentence"


@dataclass(frozen=True, slots=True)
class _Areas:
    """Where the parts of a row stand, as if it were read from the left."""

    dot: QRect
    name: QRect
    notes: QRect
    description: QRect
    more: QRect


class CellField(QLineEdit):
    """A field in a row. It knows what it edits, whatever is edited next.

    Args:
        role: Of what is edited.
        parent: The rows.
    """

    def __init__(self, role: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.role = role
        self.setProperty("kind", "cell")


class TagDelegate(TwoLineDelegate):
    """Paints tags, and has name or description edited where it stands.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.role = DESCRIPTION_ROLE  # what is edited next

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._wish_font = QFont(self._font)
        self._wish_font.setItalic(True)
        self._dot, self._more = theme.px(_DOT), theme.px(_MORE)
        self._indent = min(theme.px(_INDENT), 2 * _INDENT)
        self._pictures = Pictures(theme.palette.quiet, self._more)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        dot = mirrored(option, areas.dot)
        paint_dot(painter, QRectF(dot), ink(self._colours, shown.colour), self._colours)
        self._paint_title(painter, option, areas.name, shown.name)
        written_in = self._font if shown.description else self._wish_font
        words = shown.description or _DESCRIBE
        self._paint_below(painter, option, areas.description, words, written_in)
        painter.setFont(self._caption_font)
        painter.drawText(mirrored(option, areas.notes), aligned(option, RIGHT), shown.notes)
        if self._is_met(option):
            self._pictures.paint(painter, mirrored(option, areas.more), Icon.MORE)

    # Where things stand -------------------------------------------------------------------

    def part_at(self, row: QRect, shown: Shown, at: QPoint, *, mirror: bool) -> str:
        """What stands at a place of a row: "more", "description", or "" for the rest.

        Args:
            row: The row's area.
            shown: What it says.
            at: The place, in the view.
            mirror: Whether the window reads from right to left.
        """
        areas = self._areas(row, shown)
        for name, area in (("more", areas.more), ("description", areas.description)):
            found = QRect(area)
            if mirror:
                found.moveLeft(row.left() + row.right() - area.right())
            if found.adjusted(-Space.HALF, -Space.HALF, Space.HALF, Space.HALF).contains(at):
                return name
        return ""

    def _areas(self, row: QRect, shown: Shown) -> _Areas:
        inside = self._inside(row)
        more = QRect(inside)
        more.setLeft(inside.right() - self._more)
        inside.setRight(more.left() - Space.INSIDE)
        inside.setLeft(min(inside.left() + shown.depth * self._indent, inside.center().x()))
        first, second = self._lines(inside)
        dot = QRect(inside)
        dot.setSize(QSize(self._dot, self._dot))
        dot.moveTop(first.top() + (first.height() - self._dot) // 2)
        begin = dot.right() + 1 + Space.INSIDE
        notes = QRect(first)
        notes.setLeft(first.right() - self._caption_metrics.horizontalAdvance(shown.notes))
        first.setLeft(begin)
        first.setRight(notes.left() - Space.INSIDE)
        second.setLeft(begin)
        return _Areas(dot, first, notes, second, more)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show name and description whole where one of them is cut."""
        if not is_tooltip(event) or not index.isValid():
            return super().helpEvent(event, view, option, index)
        shown: Shown = index.data(SHOWN_ROLE)
        areas = self._areas(option.rect, shown)
        is_cut = (
            self._title_metrics.horizontalAdvance(shown.name) > areas.name.width()
            or self._metrics.horizontalAdvance(shown.description) > areas.description.width()
        )
        show_whole(event, view, f"{shown.name}\n{shown.description}".strip(), is_cut=is_cut)
        return True

    # Editing ------------------------------------------------------------------------------

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex
    ) -> CellField:
        """A field in place of what is edited."""
        del option, index
        editor = CellField(self.role, parent)
        is_name = self.role == NAME_ROLE
        editor.setAccessibleName("Name" if is_name else "What this tag is for")
        editor.setPlaceholderText("" if is_name else "Notes about…")
        editor.setMaxLength(MAX_TAG_CHARACTERS if is_name else MAX_DESCRIPTION_CHARACTERS)
        return editor

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Begin with what there is."""
        if isinstance(editor, CellField) and not editor.isModified():
            editor.setText(index.data(editor.role))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Hand on what was typed."""
        if isinstance(editor, CellField) and editor.isModified():
            model.setData(index, editor.text(), editor.role)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        """The line that is edited, a little larger than its words."""
        areas = self._areas(option.rect, index.data(SHOWN_ROLE))
        is_name = isinstance(editor, CellField) and editor.role == NAME_ROLE
        line = QRect(areas.name if is_name else areas.description)
        line.adjust(-Space.INSIDE, -Space.HALF, 0, Space.HALF)
        editor.setGeometry(mirrored(option, line))
