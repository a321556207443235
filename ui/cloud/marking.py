"""How a text looks that is about to leave: nothing in it is hidden, what was swapped is seen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from assistant.redaction.records import Sort
from ui.markdown.safe_text import revealed
from ui.theme.style import Theme
from ui.theme.tokens import Type

_NOT_ASCII: Final = "[^\x00-\x7f\u200c\u200d]"
_JOINER: Final = re.compile(f"(?<={_NOT_ASCII})[\u200c\u200d](?={_NOT_ASCII})")
"""Joiners where scripts and emoji need them. Elsewhere they could carry what nobody sees."""

_PLACEHOLDER: Final = re.compile(r"\[[A-Z]{1,9}_[0-9]{1,9}\]")
"""What may be one. One pattern for any number of them: which it is a set tells."""

_SECONDS: Final = 0.003  # of one turn of marking: beside what else a frame has to do

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
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


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

    Lines that stand there already are marked in turns, so that no length holds up the window.

    Args:
        document: Whose.
        theme: Colours.
        clock: Seconds; measures a turn.
    """

    marked = Signal()  # all lines are, after more than one turn

    def __init__(
        self,
        document: QTextDocument,
        theme: Theme,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(document)
        self._form = placeholder_form(theme)
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._changed: frozenset[str] = frozenset()  # of them, since all lines were as they should
        self._at = 0  # where the next line to look at begins, in UTF-16
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        document.contentsChange.connect(self._move)

    def set_names(self, names: Iterable[str]) -> None:
        """Mark these from now on."""
        wanted = frozenset(names)
        if wanted == self._names:
            return
        self._changed |= wanted ^ self._names
        self._names = wanted
        self._at = 0
        self._go_on()

    def apply(self, theme: Theme) -> None:
        """Mark in the colours of another theme."""
        self._form = placeholder_form(theme)
        self._changed |= self._names
        self._at = 0
        self._go_on()

    def _go_on(self) -> None:
        """Mark anew, for a moment, the lines in which one stands that changed."""
        until = self._clock() + _SECONDS
        block = self.document().findBlock(self._at)
        while block.isValid():
            if not self._changed.isdisjoint(_PLACEHOLDER.findall(block.text())):
                self.rehighlightBlock(block)
            block = block.next()
            if block.isValid() and self._clock() >= until:
                self._at = block.position()
                self._timer.start()
                return
        self._changed = frozenset()
        if self._timer.isActive():
            self._timer.stop()
            self.marked.emit()

    def _move(self, position: int, removed: int, added: int) -> None:
        """What changes before the place where marking stands moves it; it is marked by itself."""
        if self._timer.isActive() and position < self._at:
            self._at = max(position, self._at + added - removed)

    def highlightBlock(self, text: str) -> None:
        """Mark those of one line."""
        for found in self._found(text):
            self.setFormat(in_document(text[: found.start()]), len(found[0]), self._form)

    def at(self, line: str, column: int) -> str:
        """The placeholder at a place of a line, in UTF-16; empty where there is none."""
        for found in self._found(line):
            begin = in_document(line[: found.start()])
            if begin <= column < begin + len(found[0]):
                return found[0]
        return ""

    def _found(self, line: str) -> list[re.Match[str]]:
        """Where those stand in a line that stand for something."""
        return [one for one in _PLACEHOLDER.finditer(line) if one[0] in self._names]
