"""How a text looks that is about to leave: nothing in it is hidden, what was swapped is seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Final

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from assistant.redaction.records import Sort
from ui.markdown.safe_text import revealed
from ui.theme.style import Theme
from ui.theme.tokens import Type

_NOT_ASCII: Final = "[^\x00-\x7f\u200c\u200d]"
_JOINER: Final = re.compile(f"(?<={_NOT_ASCII})[\u200c\u200d](?={_NOT_ASCII})")
"""Joiners where scripts and emoji need them. Elsewhere they could carry what nobody sees."""

_LAST_OF_PLANE: Final = "\uffff"

SORTS: Final = {
    Sort.NAME: ("a name", "names"),
    Sort.EMAIL: ("an e-mail address", "e-mail addresses"),
    Sort.PHONE: ("a phone number", "phone numbers"),
    Sort.ADDRESS: ("a postal address", "postal addresses"),
    Sort.CARD: ("a card number", "card numbers"),
    Sort.ACCOUNT: ("an account number", "account numbers"),
    Sort.KEY: ("a key or password", "keys or passwords"),
    Sort.HIDDEN: ("a word of your own list", "words of your own list"),
}
"""What is swapped: one, and more."""


def exactly(text: str) -> str:
    """A text as it is looked at before it goes: what cannot be seen stands there by its number."""
    if text.isascii():
        return revealed(text)
    pieces = map(revealed, _JOINER.split(text))
    return "".join(
        piece + joiner for piece, joiner in zip_longest(pieces, _JOINER.findall(text), fillvalue="")
    )


def in_document(text: str) -> int:
    """How long a text is where it is counted as Qt counts, in UTF-16."""
    return (
        len(text) if max(text, default="") <= _LAST_OF_PLANE else len(text.encode("utf-16-le")) // 2
    )


def placeholder_form(theme: Theme) -> QTextCharFormat:
    """Of what stands for something: bold and underlined with dots, so not by colour alone."""
    form = QTextCharFormat()
    form.setForeground(QColor(theme.palette.accent))
    form.setFontWeight(Type.EMPHASIS)
    form.setFontUnderline(True)
    form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    return form


class PlaceholderMarks(QSyntaxHighlighter):
    """Marks placeholders that stand for something; what merely looks like one is left alone.

    Args:
        document: Whose.
        theme: Colours.
    """

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._form = placeholder_form(theme)
        self._names: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def set_names(self, names: Iterable[str]) -> None:
        """Mark these from now on."""
        wanted = frozenset(names)
        if wanted == self._names:
            return
        self._names = wanted
        self._pattern = re.compile("|".join(map(re.escape, sorted(wanted)))) if wanted else None
        block = self.document().begin()
        while block.isValid():
            if "[" in block.text():  # every placeholder has one
                self.rehighlightBlock(block)
            block = block.next()

    def highlightBlock(self, text: str) -> None:
        """Mark those of one line."""
        if self._pattern is None or "[" not in text:
            return
        for found in self._pattern.finditer(text):
            self.setFormat(in_document(text[: found.start()]), len(found[0]), self._form)

    def at(self, line: str, column: int) -> str:
        """The placeholder at a place of a line, in UTF-16; empty where there is none."""
        for found in self._pattern.finditer(line) if self._pattern else ():
            begin = in_document(line[: found.start()])
            if begin <= column < begin + len(found[0]):
                return found[0]
        return ""
