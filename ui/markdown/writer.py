"""Writes Markdown into a text document with a cursor, token by token.

Neither HTML nor Markdown ever reaches Qt: its own readers open the files and network shares that
a text names in its images (measured). Here an image is a few words, raw HTML is text, and a link
is a number into a list that only Hush reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument

from ui.markdown.blocks import Prose
from ui.markdown.inline import LINE_BREAK
from ui.markdown.look import Look
from ui.markdown.page import LIST_INDENT, Cell, Page, line_format
from ui.markdown.safe_text import harmless

# Lists and quotes nested deeper than markdown-it follows are shown as they were written: it
# drops what lies below. A list takes two of its levels.
_MAX_NESTING = 40

# Unclosed brackets cost markdown-it time with their square: 2,000 of them 35 ms, 100 below 1 ms.
_MAX_BRACKETS = 100

# A table of 240 cells takes about 10 ms to write and lay out (measured on 2 cores).
_MAX_COLUMNS = 12
_MAX_CELLS = 240


class _Parser(MarkdownIt):
    """CommonMark with tables and strikethrough, without HTML.

    Reference definitions are off: blocks are parsed one by one, so a definition would never be
    found, and would vanish.
    """

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
        self.enable(["table", "strikethrough"]).disable("reference")

    def validateLink(self, url: str) -> bool:
        """Let every address pass: which of them become links is decided where they are written."""
        return bool(url)


class DocumentWriter:
    """Writes blocks of Markdown in one look. Stateless between blocks; shared by all messages."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._parser = _Parser()

    @property
    def look(self) -> Look:
        """The look that is written in."""
        return self._look

    def prepare(self, document: QTextDocument) -> None:
        """Set an empty document's font and distances."""
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(0)
        document.setDefaultFont(self._look.font())
        document.setIndentWidth(self._look.scaled(LIST_INDENT))
        QTextCursor(document).setBlockFormat(line_format(self._look))

    def write(self, cursor: QTextCursor, block: Prose, links: list[str]) -> None:
        """Write one block at the cursor, which stands at the document's end.

        Args:
            cursor: At the end; moves along.
            block: One block from the splitter.
            links: The document's addresses so far; new ones are added. A link in the document
                carries its place in this list, never its address.
        """
        tokens = self._parse(block.markdown)
        page = Page(cursor, self._look, links)
        if tokens is None:
            page.plain(block.markdown)
        else:
            _write_blocks(page, tokens, block.number)

    def write_lines(self, cursor: QTextCursor, text: str) -> None:
        """Write the person's own text: every line a paragraph, nothing interpreted."""
        cursor.setBlockFormat(line_format(self._look))
        cursor.insertText(harmless(text))

    def write_unfinished(self, cursor: QTextCursor, text: str) -> None:
        """Write the beginning of a block that is not complete, as plain text."""
        Page(cursor, self._look, []).plain(text)

    def continue_unfinished(self, cursor: QTextCursor, text: str) -> None:
        """Add to what ``write_unfinished`` wrote; the cursor stands at its end."""
        cursor.insertText(harmless(text).replace("\n", LINE_BREAK), QTextCharFormat())

    def _parse(self, markdown: str) -> list[Token] | None:
        """The block's tokens, or None where it is too tangled or too large to be drawn."""
        if markdown.count("[") > _MAX_BRACKETS:
            return None
        tokens = self._parser.parse(markdown)
        deepest = max((token.level for token in tokens), default=0)
        return None if deepest >= _MAX_NESTING - 1 or _too_large_a_table(tokens) else tokens


def _too_large_a_table(tokens: Sequence[Token]) -> bool:
    cells = sum(token.type in ("th_open", "td_open") for token in tokens)
    columns = sum(token.type == "th_open" for token in tokens)
    return cells > _MAX_CELLS or columns > _MAX_COLUMNS


def _write_blocks(page: Page, tokens: Sequence[Token], number: int | None) -> None:
    """Write a block's tokens. ``number`` is that of the first ordered item."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        match token.type:
            case "bullet_list_open":
                page.open_list(None)
            case "ordered_list_open":
                own = token.attrGet("start")
                start = int(own) if own is not None else 1
                page.open_list(start if number is None else number, token.markup)
                number = None
            case "bullet_list_close" | "ordered_list_close":
                page.close_list()
            case "list_item_open":
                page.open_item()
            case "list_item_close":
                page.close_item()
            case "blockquote_open":
                page.quotes += 1
            case "blockquote_close":
                page.quotes -= 1
            case "heading_open":
                page.heading(int(token.tag[1:]), tokens[at + 1].children or [])
            case "paragraph_open":
                page.paragraph(tokens[at + 1].children or [])
            case "fence" | "code_block":
                page.code(token.content)
            case "hr":
                page.rule()
            case "table_open":
                end = next(i for i in range(at, len(tokens)) if tokens[i].type == "table_close")
                page.table(list(_rows(tokens[at:end])))
                at = end
            case _:
                pass  # what the cases above have written, and the ends of paragraphs
        at += 1


def _rows(tokens: Sequence[Token]) -> Iterator[list[Cell]]:
    """A table's rows, the heading first."""
    row: list[Cell] = []
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append((token.children or [], str(before.attrGet("style") or "")))
        elif token.type == "tr_close":
            yield row
