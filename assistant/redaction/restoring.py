"""Placeholders in an answer become the person's own words again. Pure.

Not within an address: a model that writes ``https://example.net/?q=[EMAIL_1]`` would else have a
click send what was kept back.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import product
from typing import Final

from assistant.redaction.in_markdown import Place, shown
from assistant.redaction.records import Swap, Table

_LONGEST: Final = 40  # characters of a placeholder or a marker
_FARTHEST: Final = 64  # characters of a mail address before its "@" (RFC 5321, 4.5.3.1.1)
MOST_HELD: Final = _LONGEST + _FARTHEST
"""Characters at most that wait for what comes after them."""

_AT: Final = ("&#64;", "&#x40;", "&commat;")
_SCHEMES: Final = ("http", "https", "ftp", "mailto", "tel", "sms", "xmpp")
# As Markdown escapes them as well.
_ADDRESSES: Final = (
    *map("".join, product(_SCHEMES, (":", "\\:", "&#58;", "&#x3a;", "&colon;"))),
    *("www.", "www\\.", "//", "/\\/", "\\//", "\\/\\/", "href=", "src="),
)
_OPENINGS: Final = ("](", "]:")  # of a link's address, and of a reference's
_PLACEHOLDER: Final = r"\\?\[[A-Za-z]{1,9}\\?_[0-9]{1,9}\\?\]"
_LETTER: Final = r"A-Za-zÀ-ɏ0-9"
_TOKEN: Final = re.compile(
    rf"(?P<placeholder>{_PLACEHOLDER})"
    rf"|(?P<address>(?i:{'|'.join(map(re.escape, _ADDRESSES))}))"
    rf"|(?P<opening>\][(:])|(?P<angle><)"
    rf"|(?P<at>(?<=[{_LETTER}._+\-])\\?@|(?i:{'|'.join(_AT)}))"
)
_ONE: Final = re.compile(_PLACEHOLDER)
_LOCAL: Final = rf"[{_LETTER}._+\-\\&#;]"
_RUN: Final = re.compile(rf"{_LOCAL}{{0,{_FARTHEST}}}")
_TO_AN_AT: Final = re.compile(
    rf"{_LOCAL}{{{_FARTHEST}}}|{_LOCAL}{{0,{_FARTHEST}}}?(?:@|(?i:{'|'.join(_AT)}))"
)
_GOES_ON: Final = re.compile(rf"[.\\\-]{{0,{_FARTHEST}}}+[{_LETTER}_&\[]")


class _Where(Enum):
    TEXT = auto()
    OPENED = auto()  # behind "](" or "]:": blanks, a line break and "<" may follow
    BELOW = auto()  # behind that line break: an empty line ends it
    ADDRESS = auto()
    ANGLED = auto()  # within "](<", where blanks may stand
    AUTOLINK = auto()  # behind "<": a scheme, or a mail address
    DOMAIN = auto()  # behind the "@" of a mail address


# What ends an address is what ends a link's destination in CommonMark (6.3): a no-break space,
# say, does not. Nor does a bracket here, for some of them may stand in one.
_ENDS: Final = {
    _Where.OPENED: re.compile(r"[^ \t\r]"),
    _Where.BELOW: re.compile(r"[^ \t\r]"),
    _Where.ADDRESS: re.compile(
        r"\][(:]|\\[\x00-\x1f]|[\x00-\x20\x7f]"
    ),  # markdown-it escapes a tab
    _Where.ANGLED: re.compile(r"\\[^\r\n]|[>\r\n]"),
    _Where.AUTOLINK: re.compile(r"\][(:]|[\x00-\x20\x7f<>]"),
    _Where.DOMAIN: re.compile(rf"\][(:]|[^{_LETTER}.\-_\[\]\\&#;%]"),
}


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
        self._swaps = {
            spelling: swap
            for swap in table.swaps
            for spelling in _spellings(swap.placeholder)
            if len(spelling) <= _LONGEST
        }
        words = (*self._swaps, *_ADDRESSES, *_OPENINGS, *_AT)
        self._beginnings = {word[:end] for word in words for end in range(1, len(word))}
        self._before = ""  # the last character that is done with
        self._last = ""  # the last that came out of it
        self._held = ""
        self._where = _Where.TEXT
        self._place = Place()

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
        at = len(self._before)
        text = self._before + text
        done: list[str] = []
        waits = False
        while at < len(text) and not waits:
            through = self._through_text if self._where is _Where.TEXT else self._through_address
            kept, at, waits = through(text, at, is_end=is_end)
            done.append(kept)
            self._last = kept[-1:] or self._last
        self._held = text[at:]
        self._before = text[at - 1 : at] if at else ""
        return "".join(done)

    def _passed(self, text: str, at: int, end: int) -> str:
        """A stretch that comes out as it is."""
        self._place.take(text[at:end])
        return text[at:end]

    def _through_text(self, text: str, at: int, *, is_end: bool) -> tuple[str, int, bool]:
        """What comes out up to the next placeholder or address, its end, and whether to wait."""
        kept = ""
        seek = at
        while token := _TOKEN.search(text, seek):
            start, end = token.span()
            kept, at = kept + self._passed(text, at, start), start
            seek = start + 1
            if token["placeholder"] is not None:
                swap = self._swaps.get(token[0])
                if swap is not None:
                    if not is_end and _is_open(text, end):
                        return kept, at, True
                    value = self._value(text, token, swap, (kept or self._last)[-1:])
                    if value is not None:
                        rest, at = self._left(text, end)
                        return kept + value + rest, at, False
            elif token["angle"] is not None:
                if not is_end and self._may_be_angled(text, end):
                    return kept, at, True
                if not self._is_angled(text, end):
                    self._where = _Where.AUTOLINK
                    return kept + self._passed(text, at, end), end, False
            elif token["opening"] != "]:" or self._place.may_define:
                self._where = _entered(token)
                return kept + self._passed(text, at, end), end, False
        end = len(text) if is_end else self._certain(text, at)
        return kept + self._passed(text, at, end), end, True

    def _value(self, text: str, token: re.Match[str], swap: Swap, last: str) -> str | None:
        """What stands for a placeholder here, behind what came out; None where it stays one."""
        start, end = token.span()
        behind = text[end : end + 1]
        is_begun = text.startswith("<", start - 1) if start else False
        if _makes_address(text, end, swap) or (is_begun and behind != ">"):
            return None
        is_link = behind == "(" and token[0].startswith("[")
        if not is_link or self._place.is_block or self._place.is_span:
            return shown(swap, self._place, last, behind)
        value = shown(swap, self._place, "[", "]")
        return None if value is None else f"[{value}]"

    def _left(self, text: str, end: int) -> tuple[str, int]:
        """Go on behind a placeholder that was restored: it may be the text of a link."""
        self._place.take("x")  # its brackets are gone: they begin no label
        if not text.startswith("(", end):
            return "", end
        self._where = _Where.OPENED
        return self._passed(text, end, end + 1), end + 1

    def _is_angled(self, text: str, at: int) -> bool:
        """Whether there is nothing but a placeholder between "<" and ">"."""
        one = _ONE.match(text, at)
        return one is not None and one[0] in self._swaps and text.startswith(">", one.end())

    def _may_be_angled(self, text: str, at: int) -> bool:
        rest = text[at : at + _LONGEST + 1]
        return not rest or rest in self._swaps or self._begins(rest)

    def _certain(self, text: str, at: int) -> int:
        """Where the first beginning of a token stands that the text breaks off in."""
        for start in range(max(at, len(text) - _LONGEST + 1), len(text)):
            if self._begins(text[start:]):
                return start
        return len(text)

    def _begins(self, tail: str) -> bool:
        return tail in self._beginnings or tail.lower() in self._beginnings

    def _through_address(self, text: str, at: int, *, is_end: bool) -> tuple[str, int, bool]:
        """The same up to where the part ends that one is in; the next one is entered there."""
        over = _ENDS[self._where].search(text, at)
        if over is None:
            waits = not is_end and text.endswith(("]", "\\"))
            end = len(text) - waits
            return self._passed(text, at, end), end, True
        mark, end = over[0], over.end()
        if mark in _OPENINGS:
            self._where = _Where.OPENED
        elif self._where is _Where.ADDRESS and len(mark) > 1:
            pass
        elif self._where is _Where.ANGLED:
            # Where it is none after all, the "](" of another link may stand in it.
            ends = _Where.ADDRESS if mark == ">" else _Where.BELOW
            self._where = _Where.ANGLED if len(mark) > 1 else ends
        elif self._where not in {_Where.OPENED, _Where.BELOW}:
            self._where, end = _Where.TEXT, over.start()
        elif mark == "\n":
            self._where = _Where.BELOW if self._where is _Where.OPENED else _Where.TEXT
        elif mark == "<":
            self._where = _Where.ANGLED
        else:
            self._where, end = _Where.ADDRESS, over.start()
        return self._passed(text, at, end), end, False


def _entered(token: re.Match[str]) -> _Where:
    """What begins with a token."""
    if token["opening"] is not None:
        return _Where.OPENED
    return _Where.ADDRESS if token["address"] is not None else _Where.DOMAIN


def _is_open(text: str, end: int) -> bool:
    """Whether what follows a placeholder, and decides about it, is not all there yet."""
    run = _RUN.match(text, end)
    return run is not None and run.end() == len(text) < end + _FARTHEST


def _makes_address(text: str, end: int, swap: Swap) -> bool:
    """Whether a value would be a mail address with what follows, or another one than it is."""
    if _TO_AN_AT.match(text, end):
        return True
    return "@" in swap.value and _GOES_ON.match(text, end) is not None


def _spellings(placeholder: str) -> tuple[str, ...]:
    return placeholder, placeholder.lower(), re.sub(r"([\[\]_])", r"\\\1", placeholder)
