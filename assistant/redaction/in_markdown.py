"""Values that stand in Markdown as they are, and where in Markdown a text has come to. Pure."""

from __future__ import annotations

import re
from typing import Final

from assistant.redaction.records import Sort, Swap

# What CommonMark, its tables and strikethrough do not show as it stands. Not "_" between letters.
_READ: Final = re.compile(
    r"[`*~<\[\]]"
    r"|(?<!\w)_|_++(?![^\W_])"
    r"|\\(?:[!-/:-@\[-`{-~]|\Z)"
    r"|&\#?[A-Za-z0-9]*+(?:;|\Z)"
    r"|\A(?:>|\#{1,6}(?:[ \t]|\Z)|[-+](?:[ \t]|\Z)|[0-9]{1,9}[.)](?:[ \t]|\Z))"
)
_TICKS: Final = re.compile("`+")
_PIECE: Final = re.compile(
    r"(?P<run>`+|~+)|(?P<end>[\r\n])|(?P<blank>[ \t]+)|(?P<head>[>*+\-0-9.)]+)"
    r"|(?P<mark>[\\|\[])|(?P<ink>[^`~\n \t\r>*+\-0-9.)\\|\[]+)"
)
_BLOCK: Final = frozenset("-+*#>|0123456789")  # what may begin a block of its own
_LEAST_FENCE: Final = 3
_LEAST_INDENT: Final = 4  # columns of code without a fence


class Place:
    """Where in Markdown a text has come to, line by line and with bounded memory.

    It guesses where only what follows could tell: a backtick begins code until its like comes.
    """

    def __init__(self) -> None:
        self._run = ("", 0)  # backticks or tildes that may go on
        self._fence: tuple[str, int] | None = None
        self._span = 0  # backticks that the open span of code began with
        self._has_returned = False  # a line feed is of the same line end
        self._after_blank = True  # where lines far in are code
        self._begin_line()

    def _begin_line(self) -> None:
        self._opening: tuple[str, int] | None = None
        self._is_closing = False
        self._is_escaped = False
        self._is_head = True
        self._indent = 0
        self._first = ""
        self._begins_with_bracket = False
        self._has_bracket = False
        self.has_pipe = False
        """Whether this line may be one of a table."""

    def take(self, text: str) -> None:
        """Go on, over any bit of the text."""
        for piece in _PIECE.finditer(text):
            got = piece[0]
            if piece.lastgroup == "run":
                if self._run[0] != got[0]:
                    self._end_run()
                self._run = (got[0], self._run[1] + len(got))
                continue
            self._end_run()
            match piece.lastgroup:
                case "end":
                    if got == "\r" or not self._has_returned:
                        self._end_line()
                case "blank":
                    self._is_escaped = False
                    if not self._first:
                        self._indent += len(got) + 3 * got.count("\t")
                case kind:
                    self._take_ink(got, is_head=kind == "head")
            self._has_returned = got == "\r"

    @property
    def is_block(self) -> bool:
        """Whether these lines are code. Asked where a run of backticks cannot go on."""
        self._end_run()
        return self._fence is not None or self._is_far_in()

    @property
    def is_span(self) -> bool:
        """Whether this is code within a line. Asked where a run of backticks cannot go on."""
        self._end_run()
        return self._span > 0

    @property
    def is_head(self) -> bool:
        """Whether this is where a line begins, or what stands in a list or a quote."""
        return self._is_head

    @property
    def may_define(self) -> bool:
        """Whether "]:" may end the label of a reference here, which may begin lines before."""
        return self._begins_with_bracket or not self._has_bracket

    def _is_far_in(self) -> bool:
        return self._indent >= _LEAST_INDENT and self._after_blank and self._first not in _BLOCK

    def _take_ink(self, got: str, *, is_head: bool) -> None:
        if not self._first:
            self._first = got[0]
            if got[0] in _BLOCK:
                self._span = 0
        self._is_closing = False
        if self._is_head and not is_head:
            self._is_head = False
            self._begins_with_bracket = got == "["
        self._has_bracket |= got == "["
        self.has_pipe |= got == "|"
        self._is_escaped = got == "\\" and not self._is_escaped and not self._span

    def _end_run(self) -> None:
        """What a run of backticks or tildes was, now that it is over."""
        (mark, length), self._run = self._run, ("", 0)
        if not length:
            return
        is_escaped, self._is_escaped = self._is_escaped, False
        is_head, self._is_head = self._is_head, False
        is_closing = self._first in {"", ">"} and is_head
        self._first = self._first or mark
        if self._fence is not None:
            self._is_closing = is_closing and mark == self._fence[0] and length >= self._fence[1]
        elif is_head and length >= _LEAST_FENCE:
            self._opening = (mark, length)
            self._span = length if mark == "`" else 0
        elif mark == "`" and length > is_escaped:
            self._opening = None  # no backtick stands behind a fence that opens
            length -= is_escaped
            self._span = 0 if self._span == length else self._span or length

    def _end_line(self) -> None:
        if self._fence is not None:
            self._fence = None if self._is_closing else self._fence
        elif self._opening is not None:
            self._fence, self._span = self._opening, 0
        is_blank = not self._first
        self._after_blank = is_blank or self._is_far_in()
        self._span = 0 if is_blank else self._span
        self._begin_line()


def shown(swap: Swap, place: Place, before: str, behind: str) -> str | None:
    """A value, so that a reader of Markdown sees it letter for letter, and of plain text as well.

    Where Markdown would read something in it, it becomes a span of code. No backslashes: a terminal
    and the clipboard would show them within a password, and the next request would not know it.

    Args:
        swap: What stands for which value.
        place: Where it comes to stand.
        before: The character before it, or empty.
        behind: The one behind it, or empty.

    Returns:
        None where nothing shows it exactly: better the placeholder than another password.
    """
    value = swap.value
    if place.is_block:
        return value
    if "|" in value and place.has_pipe:  # divides cells, also within code
        return None
    if place.is_span:
        return None if "`" in value else value
    is_number = place.is_head and value.isdecimal() and behind in {".", ")"}  # of a list: "007."
    if "\n" in value or not (is_number or _is_read(swap, before, behind)):
        return value
    if before in {"`", "\\"} or behind == "`":
        return None
    runs = {len(run) for run in _TICKS.findall(value)}
    ticks = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    gap = " " if "`" in {value[0], value[-1]} else ""
    return f"{ticks}{gap}{value}{gap}{ticks}"


def _is_read(swap: Swap, before: str, behind: str) -> bool:
    value = swap.value
    is_tag = before == "<" and swap.sort is not Sort.EMAIL
    is_image = value.endswith("!") and behind == "["
    is_address = before == "]" and value.startswith(("(", ":"))
    return is_tag or is_image or is_address or _READ.search(value) is not None
