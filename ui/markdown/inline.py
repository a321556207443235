"""Writes what stands inside a paragraph: emphasis, code, links and the names of images."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor

from ui.markdown.addresses import is_link
from ui.markdown.citations import MARK, address_of
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless, revealed
from ui.theme.tokens import Type

LINE_BREAK = "\u2028"  # a new line of the same paragraph


class InlineWriter:
    """Writes one run of inline tokens at a cursor.

    Args:
        cursor: Where to write; moves along.
        look: Colours and type.
        links: The document's addresses so far; new ones are added.
        form: The format that emphasis and links are laid over.
    """

    def __init__(
        self, cursor: QTextCursor, look: Look, links: list[str], form: QTextCharFormat
    ) -> None:
        self._cursor = cursor
        self._look = look
        self._links = links
        self._forms = [form]
        self._address: str | None = None  # of the link that is open
        self._label = ""  # what was written of it

    def write(self, tokens: Sequence[Token]) -> None:
        """Write the tokens in order."""
        for token in tokens:
            self._write(token)

    def _write(self, token: Token) -> None:
        match token.type:
            case "text" | "text_special":
                self._text(token.content)
            # The model's own line ends stay: what was read while it was written does not move.
            case "softbreak" | "hardbreak":
                self._cursor.insertText(LINE_BREAK, self._form)
            case "code_inline":
                self._cursor.insertText(revealed(token.content), self._code())
            case "image":
                self._image(token)
            case "strong_open":
                self._change().setFontWeight(Type.EMPHASIS)
            case "em_open":
                self._change().setFontItalic(True)
            case "s_open":
                self._change().setFontStrikeOut(True)
            case "link_open":
                self._open_link(str(token.attrGet("href") or ""))
            case "link_close":
                self._close_link()
            case "strong_close" | "em_close" | "s_close":
                self._forms.pop()
            case _:  # nothing else comes from our parser; if it did, it would be text
                self._text(token.content)

    @property
    def _form(self) -> QTextCharFormat:
        return self._forms[-1]

    def _change(self) -> QTextCharFormat:
        """Open a format that begins as the current one."""
        self._forms.append(QTextCharFormat(self._form))
        return self._form

    def _text(self, text: str) -> None:
        inside_link = self._address is not None
        self._label += text if inside_link else ""
        if inside_link:
            self._cursor.insertText(revealed(text).replace("\n", LINE_BREAK), self._form)
            return
        for place, part in enumerate(MARK.split(text)):
            if place % 2:
                self._cite(int(part))
            elif part:
                self._cursor.insertText(harmless(part).replace("\n", LINE_BREAK), self._form)

    def _cite(self, number: int) -> None:
        """Write a citation: its number, as a link to the passage."""
        form = self._linking(address_of(number))
        form.setFontWeight(Type.EMPHASIS)
        self._cursor.insertText(f"[{number}]", form)

    def _code(self) -> QTextCharFormat:
        form = QTextCharFormat(self._form)
        form.setFont(self._look.code_font(), QTextCharFormat.FontPropertiesInheritanceBehavior(0))
        form.setBackground(QColor(self._look.palette.code))
        return form

    def _image(self, token: Token) -> None:
        label = harmless(token.content).replace("\n", " ").strip()
        form = QTextCharFormat(self._form)
        form.setForeground(QColor(self._look.palette.quiet))
        self._cursor.insertText(f"[image: {label}]" if label else "[image]", form)

    def _open_link(self, address: str) -> None:
        self._address = address
        self._label = ""
        if is_link(address):
            self._forms.append(self._linking(address))
            self._form.setFontUnderline(True)
        else:
            self._change()

    def _linking(self, address: str) -> QTextCharFormat:
        """The present format, leading to an address."""
        form = QTextCharFormat(self._form)
        form.setAnchor(True)
        form.setAnchorHref(str(len(self._links)))
        form.setForeground(QColor(self._look.palette.accent))
        self._links.append(address)
        return form

    def _close_link(self) -> None:
        """End the link; what is no link shows its address as text, where the label hides it."""
        address, self._address = self._address or "", None
        self._forms.pop()
        if address and not is_link(address) and address != self._label:
            form = QTextCharFormat(self._form)
            form.setForeground(QColor(self._look.palette.quiet))
            self._cursor.insertText(f" ({revealed(address)})", form)
