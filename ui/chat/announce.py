"""A streaming answer for a screen reader: whole sentences, once each."""

from __future__ import annotations

import re

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from ui.markdown.safe_text import harmless

# A mark that ends a sentence, with what may close behind it; or the end of a line.
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*\s+|\n+")
_MARKS = re.compile(r"[*_`#>|~]+")
_LONGEST = 400  # characters without an end are read out as they are


class SentenceReader:
    """Cuts text that arrives in pieces into sentences to be read out."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """Take more text; return the sentences it completed, without the marks of Markdown."""
        self._rest += text
        sentences = []
        at = 0
        for end in _END.finditer(self._rest):
            sentences.append(self._rest[at : end.end()])
            at = end.end()
        self._rest = self._rest[at:]
        if len(self._rest) > _LONGEST:
            sentences += self.finish()
        return [spoken for sentence in sentences if (spoken := _spoken(sentence))]

    def finish(self) -> list[str]:
        """Return what is left."""
        rest, self._rest = _spoken(self._rest), ""
        return [rest] if rest else []


def read_out(speaker: QWidget, sentence: str) -> None:
    """Have a screen reader say a sentence, where one listens."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(speaker, sentence))


def _spoken(text: str) -> str:
    return _MARKS.sub("", harmless(text)).strip()
