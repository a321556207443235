"""Placeholders in an answer become the person's own words again. Pure.

Not within an address: a model that writes ``https://example.net/?q=[EMAIL_1]`` would else have a
click send what was kept back.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from assistant.redaction.records import Table

MOST_HELD: Final = 40
"""Characters at most that wait for what comes after them."""

_MARKERS: Final = ("http:", "https:", "www.", "mailto:", "tel:", "//", "](")
_TOKEN: Final = re.compile(
    r"(?P<placeholder>\\?\[[A-Za-z]{1,9}\\?_[0-9]{1,9}\\?\])"
    r"|(?P<address>(?i:https?:|www\.|mailto:|tel:|//|\]\())"
)
# What ends an address is what ends a link's destination in CommonMark (6.3): a no-break space,
# say, does not. Nor does a bracket here, for some of them may stand in one.
_BLANK: Final = re.compile(r"[\x00-\x20\x7f]")
_INK: Final = re.compile(r"[^ \t\r\n]")
_LINE_END: Final = re.compile(r"[\r\n]")


class _Where(Enum):
    TEXT = auto()
    BEHIND = auto()  # a placeholder: where "(" follows, it was the text of a link
    OPENED = auto()  # behind "](": blanks, "<" and a line break may follow
    ADDRESS = auto()
    ANGLED = auto()  # within "](<", where blanks may stand


def restored(text: str, table: Table) -> str:
    """A text with the values of all placeholders that a table knows, but within addresses."""
    restorer = Restorer(table)
    return restorer.feed(text) + restorer.end()


class Restorer:
    r"""The same, for a text that comes bit by bit: wherever it is cut, the same comes out.

    Restored are ``[EMAIL_1]``, ``[email_1]`` and, as Markdown is escaped, ``\[EMAIL\_1\]``.

    Args:
        table: What stands for what.
    """

    def __init__(self, table: Table) -> None:
        self._values = {
            spelling: swap.value
            for swap in table.swaps
            for spelling in _spellings(swap.placeholder)
            if len(spelling) <= MOST_HELD
        }
        self._beginnings = {
            word[:end] for word in (*self._values, *_MARKERS) for end in range(1, len(word))
        }
        self._held = ""
        self._where = _Where.TEXT

    def feed(self, text: str) -> str:
        """Take the next bit.

        Returns:
            What is certain by now.
        """
        return self._taken(self._held + text, is_end=False)

    def end(self) -> str:
        """What was held back; nothing comes any more."""
        return self._taken(self._held, is_end=True)

    def _taken(self, text: str, *, is_end: bool) -> str:
        done: list[str] = []
        at = 0
        while at < len(text):
            if self._where is _Where.TEXT:
                kept, at = self._through_text(text, at, is_end=is_end)
                done.append(kept)
                if self._where is _Where.TEXT:
                    break
            else:
                end = self._through_address(text, at)
                done.append(text[at:end])
                at = end
        self._held = text[at:]
        return "".join(done)

    def _through_text(self, text: str, at: int, *, is_end: bool) -> tuple[str, int]:
        """Up to the next placeholder or address, and what comes out; or to what must wait."""
        seek = at
        while token := _TOKEN.search(text, seek):
            if token["address"] is not None:
                self._where = _Where.OPENED if token[0] == "](" else _Where.ADDRESS
                return text[at : token.end()], token.end()
            value = self._values.get(token[0])
            if value is not None:
                self._where = _Where.BEHIND
                return text[at : token.start()] + value, token.end()
            seek = token.start() + 1
        end = len(text) if is_end else self._certain(text, at)
        return text[at:end], end

    def _certain(self, text: str, at: int) -> int:
        """Where the first beginning of a token stands that the text breaks off in."""
        for start in range(max(at, len(text) - MOST_HELD + 1), len(text)):
            tail = text[start:]
            if tail in self._beginnings or tail.lower() in self._beginnings:
                return start
        return len(text)

    def _through_address(self, text: str, at: int) -> int:
        """Where the part ends that one is in; the next one is entered there."""
        if self._where is _Where.BEHIND:
            self._where = _Where.OPENED if text[at] == "(" else _Where.TEXT
            return at + (text[at] == "(")
        if self._where is _Where.OPENED:
            ink = _INK.search(text, at)
            if ink is None:
                return len(text)
            self._where = _Where.ANGLED if ink[0] == "<" else _Where.ADDRESS
            return ink.start()
        over = (_LINE_END if self._where is _Where.ANGLED else _BLANK).search(text, at)
        if over is None:
            return len(text)
        self._where = _Where.TEXT
        return over.start()


def _spellings(placeholder: str) -> tuple[str, ...]:
    return placeholder, placeholder.lower(), re.sub(r"([\[\]_])", r"\\\1", placeholder)
