"""What Enter and Tab do in a list of Markdown. Pure, no Qt."""

from __future__ import annotations

import re
from typing import Final

INDENT: Final = "    "
"""What Tab puts before an item: four columns, which every Markdown reader takes for a level."""

_ITEM = re.compile(r"([ \t]*(?:>[ \t]?)*[ \t]*)([-*+]|(\d{1,9})([.)]))([ \t]+)(\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")


def next_beginning(line: str, column: int) -> str | None:
    """How the line after this one begins when Enter is pressed.

    Args:
        line: The line that the caret is in.
        column: Where it is, in characters.

    Returns:
        The next item's bullet or number; None where this is no item, or the caret is before it.
    """
    item = _ITEM.match(line)
    if item and column >= item.end():
        indent, bullet, number, after, blank, task = item.groups()
        bullet = f"{int(number) + 1}{after}" if number else bullet
        return f"{indent}{bullet}{blank}{'[ ] ' if task else ''}"
    quote = _QUOTE.match(line)
    return quote.group() if quote and column >= quote.end() else None


def is_empty_item(line: str) -> bool:
    """Whether there is nothing behind the bullet: Enter then ends the list."""
    item = _ITEM.fullmatch(line) or _ITEM.fullmatch(line + " ")
    return bool(item or _QUOTE.fullmatch(line))


def is_item(line: str) -> bool:
    """Whether the line is an item, which Tab indents."""
    return bool(_ITEM.match(line) or _ITEM.fullmatch(line + " "))


def outdented(line: str) -> int:
    """How many characters Shift+Tab takes from the line's beginning."""
    if line.startswith("\t"):
        return 1
    return min(len(line) - len(line.lstrip(" ")), len(INDENT))


def task_box(line: str) -> int | None:
    """The column between a task's brackets; None where the line is no task."""
    item = _ITEM.match(line)
    return item.start(6) + 1 if item and item.group(6) else None
