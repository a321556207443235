"""The end of a document that is being written: where in lists and quotes it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from markdown_it.token import Token
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTableFormat,
)

from ui.markdown.inline import LINE_BREAK, InlineWriter
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless, revealed
from ui.theme.tokens import Space, Type

LIST_INDENT = 24  # pixels at 100 %

_MAX_DRAWN_DEPTH = 6  # deeper levels are not indented further: the column would run out
_HEADING_PIXELS = {1: 17, 2: 16}  # at 100 %; all below are as large as the text

# At least: a line with taller letters (another script, emoji) is as high as they are.
_AT_LEAST = QTextBlockFormat.LineHeightTypes.MinimumHeight.value
_RULER = QTextFormat.Property.BlockTrailingHorizontalRulerWidth
_ALIGNMENT = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
}

Cell = tuple[Sequence[Token], str]  # its inline tokens, and its "style" (the alignment)


@dataclass(slots=True)
class _OpenList:
    """A list that is being written. ``margin`` is what wide numbers need beside the indent."""

    form: QTextListFormat
    margin: int = 0
    written: QTextList | None = None


class Page:
    """The end of a document, and where in lists and quotes it stands."""

    def __init__(self, cursor: QTextCursor, look: Look, links: list[str]) -> None:
        self._cursor = cursor
        self._look = look
        self._links = links
        self._lists: list[_OpenList] = []
        self._item_begins = False
        self.quotes = 0

    # Lists --------------------------------------------------------------------------------

    def open_list(self, number: int | None, delimiter: str = ".") -> None:
        """Begin a list one level deeper; ``number`` is None for bullets."""
        form = QTextListFormat()
        form.setIndent(min(len(self._lists) + 1, _MAX_DRAWN_DEPTH))
        opened = _OpenList(form)
        if number is None:
            bullets = (QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListCircle)
            form.setStyle(bullets[len(self._lists) % 2])
        else:
            form.setStyle(QTextListFormat.Style.ListDecimal)
            form.setStart(number)
            form.setNumberSuffix(delimiter)
            opened.margin = self._margin_for(number)
        self._lists.append(opened)

    def close_list(self) -> None:
        """End the innermost list."""
        self._lists.pop()
        self._item_begins = False

    def open_item(self) -> None:
        """The next block is the first of a list's item."""
        self._item_begins = True

    def close_item(self) -> None:
        """The item is over; one without any text is an empty line with its marker."""
        if self._item_begins:
            self._begin(self._paragraph_format())

    # Blocks -------------------------------------------------------------------------------

    def paragraph(self, inline: Sequence[Token]) -> None:
        """A paragraph of reading text."""
        self._begin(self._paragraph_format())
        self._inline(inline, self._text_format())

    def plain(self, text: str) -> None:
        """Text as it stands, in one paragraph."""
        self._begin(self._paragraph_format())
        self._cursor.insertText(harmless(text).replace("\n", LINE_BREAK), self._text_format())

    def heading(self, level: int, inline: Sequence[Token]) -> None:
        """A heading; the level counts from 1."""
        form = self._paragraph_format()
        form.setHeadingLevel(level)
        form.setTopMargin(self._look.scaled(Space.RELATED + Space.HALF))
        form.setBottomMargin(self._look.scaled(Space.HALF))
        self._begin(form)
        text = self._text_format()
        pixels = _HEADING_PIXELS.get(level, Type.READING)
        text.setFont(self._look.font(pixels, emphasis=True))
        self._inline(inline, text)

    def code(self, text: str) -> None:
        """A code block inside a quote or list, where it cannot be a widget of its own."""
        form = self._paragraph_format()
        form.setBackground(QColor(self._look.palette.code))
        form.setLineHeight(0, QTextBlockFormat.LineHeightTypes.SingleHeight.value)
        self._begin(form)
        lines = revealed(text.removesuffix("\n")).replace("\n", LINE_BREAK)
        code_format = self._text_format()
        code_format.setFont(self._look.code_font())
        self._cursor.insertText(lines, code_format)

    def rule(self) -> None:
        """A hairline across the column."""
        form = self._paragraph_format()
        form.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        form.setTopMargin(self._look.scaled(Space.RELATED) + round(self._look.leading))
        full = QTextLength(QTextLength.Type.PercentageLength, 100)
        form.setProperty(_RULER, full)
        form.setBackground(QColor(self._look.palette.hairline))  # the colour Qt draws it in
        self._begin(form)

    def table(self, rows: list[list[Cell]]) -> None:
        """A table with hairlines; the first row is its heading."""
        self._begin(self._paragraph_format())
        table = self._cursor.insertTable(len(rows), len(rows[0]), self._table_format())
        heading = self._text_format()
        heading.setFontWeight(Type.EMPHASIS)
        for row, cells in enumerate(rows):
            for column, (inline, style) in enumerate(cells):
                self._cursor = table.cellAt(row, column).firstCursorPosition()
                form = QTextBlockFormat()
                form.setAlignment(_ALIGNMENT.get(style, Qt.AlignmentFlag.AlignLeading))
                self._cursor.setBlockFormat(form)
                self._inline(inline, heading if row == 0 else self._text_format())
        self._cursor = table.lastCursorPosition()
        self._cursor.movePosition(QTextCursor.MoveOperation.NextBlock)

    def _inline(self, tokens: Sequence[Token], form: QTextCharFormat) -> None:
        InlineWriter(self._cursor, self._look, self._links, form).write(tokens)

    def _begin(self, form: QTextBlockFormat) -> None:
        """Stand in a new block.

        A spare one at the end (of a new document, or below a table) is used: no empty line is
        left behind.
        """
        if _is_spare(self._cursor):
            self._cursor.setBlockFormat(form)
        else:
            self._cursor.insertBlock(form)
        self._cursor.setBlockCharFormat(self._text_format())  # a list's marker has its colour
        if self._item_begins:
            self._item_begins = False
            self._mark_item()

    def _mark_item(self) -> None:
        opened = self._lists[-1]
        if opened.written is None:
            opened.written = self._cursor.createList(opened.form)
        else:
            opened.written.add(self._cursor.block())

    # Formats ------------------------------------------------------------------------------

    def _paragraph_format(self) -> QTextBlockFormat:
        look = self._look
        form = line_format(look)
        margin = look.scaled(Space.HALF if self._item_begins else Space.RELATED)
        form.setTopMargin(margin)
        form.setBottomMargin(margin)
        depth = min(len(self._lists), _MAX_DRAWN_DEPTH)
        form.setIndent(0 if self._item_begins else depth)  # a list indents its items itself
        quotes = look.scaled(LIST_INDENT * min(self.quotes, _MAX_DRAWN_DEPTH))
        form.setLeftMargin(quotes + sum(opened.margin for opened in self._lists))
        return form

    def _margin_for(self, number: int) -> int:
        """What a number needs beside the indent, which has room for one digit.

        At least two digits, so that the tenth item stands below the ninth.
        """
        widest = "0" * max(2, len(str(number))) + ". "
        width = QFontMetricsF(self._look.font()).horizontalAdvance(widest)
        return max(0, ceil(width) - self._look.scaled(LIST_INDENT))

    def _text_format(self) -> QTextCharFormat:
        form = QTextCharFormat()
        if self.quotes:
            form.setForeground(QColor(self._look.palette.quiet))
        return form

    def _table_format(self) -> QTextTableFormat:
        form = QTextTableFormat()
        form.setBorder(1)
        form.setBorderCollapse(True)
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderBrush(QBrush(QColor(self._look.palette.hairline)))
        form.setCellPadding(self._look.scaled(Space.HALF + 2))
        form.setCellSpacing(0)
        form.setTopMargin(self._look.scaled(Space.INSIDE))
        form.setBottomMargin(self._look.scaled(Space.RELATED))
        return form


def _is_spare(cursor: QTextCursor) -> bool:
    """Whether the cursor's block is empty and means nothing: no list item, no rule."""
    block = cursor.block()
    return (
        block.length() == 1
        and block.textList() is None
        and not block.blockFormat().hasProperty(_RULER)
    )


def line_format(look: Look) -> QTextBlockFormat:
    """A line of reading text, without margins."""
    form = QTextBlockFormat()
    form.setLineHeight(look.line_height, _AT_LEAST)
    return form
