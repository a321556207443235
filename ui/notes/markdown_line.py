"""What stands where in one line of Markdown, for styling it while it is written. Pure, no Qt.

Everything here takes time in proportion to the line: a hostile one must not hold up the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from itertools import accumulate
from typing import Final

from assistant.notes.markdown_facts import tags_in

MAX_STYLED: Final = 2_000
"""Characters of a line that are looked at; the rest of it stays plain."""

PROSE: Final = 0
"""The state after a line that is not in a code block; others are made by ``state_after``."""


class Part(Enum):
    """What a piece of a line is, as far as its look goes."""

    MARK = auto()  # asterisks, brackets and the like: there, but quiet
    HEADING_1 = auto()
    HEADING_2 = auto()
    HEADING_3 = auto()  # and below
    STRONG = auto()
    EMPHASIS = auto()
    STRIKE = auto()
    CODE = auto()
    FENCED = auto()  # a line of a code block
    LINK = auto()
    ADDRESS = auto()
    TAG = auto()
    QUOTE = auto()
    BULLET = auto()
    DONE = auto()  # a task that is ticked off


Span = tuple[int, int, Part]  # start and length, in UTF-16 units as Qt counts

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_ITEM = re.compile(r"[ \t]*([-*+]|\d{1,9}[.)])(?=[ \t]|$)")
_TASK = re.compile(r"[ \t]+\[([ xX])\](?=[ \t]|$)")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_TICKS = re.compile("`+")
_DELIMITER = re.compile(r"\*{1,3}|_{1,3}|~~")
_WIKILINK = re.compile(r"!?\[\[([^\[\]]+)\]\]")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)\)")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]`]*[^\s<>()\[\]`.,:;!?'\"]")

_HEADINGS = (Part.HEADING_1, Part.HEADING_2, Part.HEADING_3)
_STYLES = {1: (Part.EMPHASIS,), 2: (Part.STRONG,), 3: (Part.STRONG, Part.EMPHASIS)}


def state_after(line: str, state: int) -> int:
    """Whether the next line is in a code block, and what would end it.

    Args:
        line: Without its line feed.
        state: After the line before it; ``PROSE`` at the beginning.
    """
    found = _FENCE.match(line[:MAX_STYLED])
    if not found:
        return state
    run, rest = found.groups()
    here = len(run) * 2 + (run[0] == "~")
    if state == PROSE:
        return PROSE if run[0] == "`" and "`" in rest else here
    ends = here % 2 == state % 2 and here >= state and not rest.strip()
    return PROSE if ends else state


@lru_cache(maxsize=1024)
def spans(line: str, state: int) -> tuple[Span, ...]:
    """What stands where in a line; later spans lie over earlier ones.

    Args:
        line: Without its line feed.
        state: After the line before it.
    """
    looked_at = line[:MAX_STYLED]
    if state != PROSE or state_after(looked_at, state) != PROSE:
        found: list[Span] = [(0, len(line), Part.FENCED)]
    else:
        found = list(_in_prose(looked_at))
    return tuple(found) if line.isascii() else tuple(_in_utf16(line, found))


def target_at(line: str, column: int) -> tuple[str, str] | None:
    """The link, address or tag that stands at a column.

    Args:
        line: Without its line feed.
        column: In characters.

    Returns:
        ``("note", its name)``, ``("address", ...)``, ``("tag", ...)``, or None.
    """
    looked_at = line[:MAX_STYLED]
    for pattern, kind, group in (
        (_WIKILINK, "note", 1),
        (_LINK, "address", 2),
        (_ADDRESS, "address", 0),
    ):
        for found in pattern.finditer(looked_at):
            if found.start() <= column <= found.end():
                text = found.group(group)
                return kind, text.partition("|")[0].strip() if kind == "note" else text
    tags = tags_in(looked_at)
    return next((("tag", name) for start, end, name in tags if start <= column <= end), None)


# Lines --------------------------------------------------------------------------------------


def _in_prose(line: str) -> Iterator[Span]:
    if _RULE.match(line):
        yield 0, len(line), Part.MARK
        return
    heading = _HEADING.match(line)
    if heading:
        level = min(len(heading.group(1)), len(_HEADINGS))
        yield 0, len(line), _HEADINGS[level - 1]
        yield heading.start(1), len(heading.group(1)), Part.MARK
    yield from _at_start(line)
    yield from _inline(line)


def _at_start(line: str) -> Iterator[Span]:
    """A quotation's mark, an item's bullet or number, a task's box."""
    at = 0
    quote = _QUOTE.match(line)
    if quote:
        at = quote.end()
        yield 0, len(line), Part.QUOTE
        yield 0, at, Part.MARK
    item = _ITEM.match(line, at)
    if not item:
        return
    yield item.start(1), len(item.group(1)), Part.BULLET
    task = _TASK.match(line, item.end())
    if task:
        if task.group(1) != " ":
            words = line[task.end() :].lstrip()
            yield len(line) - len(words), len(words), Part.DONE
        yield task.start(1) - 1, 3, Part.BULLET


def _inline(line: str) -> Iterator[Span]:
    code = list(_code(line))
    hidden = _without(line, [(start, length) for start, length, _ in code])
    links: list[tuple[int, int]] = []
    for found in _WIKILINK.finditer(hidden):
        links.append(found.span())
        yield found.start(), found.end() - found.start(), Part.MARK
        name = found.group(1).rpartition("|")[2]
        yield found.end() - 2 - len(name), len(name), Part.LINK
    for found in _LINK.finditer(hidden):
        links.append(found.span(2))
        yield found.start(), found.end() - found.start(), Part.MARK
        yield found.start(1), len(found.group(1)), Part.LINK
    for found in _ADDRESS.finditer(hidden):
        links.append(found.span())
        yield found.start(), found.end() - found.start(), Part.ADDRESS
    rest = _without(hidden, [(start, end - start) for start, end in links])
    yield from _emphasis(rest)
    for start, end, _ in tags_in(rest):
        yield start, end - start, Part.TAG
    for start, length, ticks in code:
        yield start, length, Part.CODE
        yield start, ticks, Part.MARK
        yield start + length - ticks, ticks, Part.MARK


def _without(line: str, places: list[tuple[int, int]]) -> str:
    """The line with these places blanked: nothing else is looked for in them."""
    for start, length in places:
        line = f"{line[:start]}{chr(0) * length}{line[start + length :]}"
    return line


def _code(line: str) -> Iterator[tuple[int, int, int]]:
    """Start, length and number of backticks of each piece of code."""
    runs = [(found.start(), len(found.group())) for found in _TICKS.finditer(line)]
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for nth in range(len(runs) - 1, -1, -1):
        closing[nth] = following.get(runs[nth][1])
        following[runs[nth][1]] = nth
    nth = 0
    while nth < len(runs):
        end = closing[nth]
        if end is None:
            nth += 1
            continue
        start, ticks = runs[nth]
        yield start, runs[end][0] + ticks - start, ticks
        nth = end + 1


def _emphasis(line: str) -> Iterator[Span]:
    """Pairs of the same mark, the nearest first."""
    opened: dict[str, int] = {}
    for found in _DELIMITER.finditer(line):
        mark, start, end = found.group(), found.start(), found.end()
        before, after = line[start - 1 : start], line[end : end + 1]
        inside_word = mark[0] == "_" and before.isalnum() and after.isalnum()
        if mark in opened and before.strip() and not (mark[0] == "_" and after.isalnum()):
            begin = opened.pop(mark)
            opened = {each: at for each, at in opened.items() if at < begin}
            yield from _marked(mark, begin, end)
        elif after.strip() and not inside_word:
            opened[mark] = start


def _marked(mark: str, start: int, end: int) -> Iterator[Span]:
    parts = (Part.STRIKE,) if mark == "~~" else _STYLES[len(mark)]
    for part in parts:
        yield start, end - start, part
    yield start, len(mark), Part.MARK
    yield end - len(mark), len(mark), Part.MARK


def _in_utf16(line: str, found: list[Span]) -> Iterator[Span]:
    places = [0, *accumulate(2 if ord(each) > 0xFFFF else 1 for each in line)]
    for start, length, part in found:
        yield places[start], places[start + length] - places[start], part
