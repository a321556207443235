"""Cuts a message into blocks while it is still being written.

The cut depends on the text alone, never on how it arrived: fed at once or character by
character, the parts are the same (but for where a ``CodeText`` is cut in two).

What ends a block of prose: a blank line, a code fence, the next item of a list at the left edge,
or one of the limits below. Each item of a list is a block of its own, so a long list is drawn
item by item; ``Prose.number`` carries the count on. Inside a list the item's own nested blocks
stay with it. A fence inside an item ends the block, and what follows goes on at the left edge.

Work for each character is bounded, so that neither one line of 10 MB nor 10,000 nested lists
cost more than their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# A block is parsed and laid out in one go on the GUI thread: 2,000 characters or 40 lines take
# 2 to 5 ms there (measured on 2 cores), well below a frame.
MAX_BLOCK_CHARACTERS = 2_000
MAX_BLOCK_LINES = 40

# A table cut by a limit goes on under its own heading, unless the heading itself is the bulk.
_MAX_REPEATED_HEADING = 400
_MAX_LANGUAGE = 40
_MAX_CLOSING_FENCE = 200

_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
_MARKER = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])( +(?=\S)| *$)")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}")
_TABLE_RULE = re.compile(r" {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")


@dataclass(frozen=True, slots=True)
class Prose:
    """A finished block of Markdown. ``number`` is the item's number in an ordered list."""

    markdown: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class CodeStart:
    """A fence opened. ``language`` is the fence's first word, as written; may be empty."""

    language: str


@dataclass(frozen=True, slots=True)
class CodeText:
    """More text of the open code block; lines are joined by line feeds."""

    text: str


@dataclass(frozen=True, slots=True)
class CodeEnd:
    """The code block is complete: its fence was closed, or the message ended."""


Part = Prose | CodeStart | CodeText | CodeEnd


@dataclass(frozen=True, slots=True)
class _Item:
    """The list item that is open: its kind of marker, where its text begins, its number."""

    kind: str
    column: int
    number: int | None
    interrupts: bool  # whether it may end a paragraph (CommonMark 0.31, 5.2)

    def follow(self, previous: _Item | None) -> _Item:
        """This item, counted on from the one before it where both are of one ordered list."""
        if previous is None or previous.kind != self.kind or previous.number is None:
            return self
        return _Item(self.kind, self.column, previous.number + 1, self.interrupts)


@dataclass(slots=True)
class _Fence:
    """The code fence that is open."""

    mark: str
    length: int
    indent: int
    lines: int = 0
    inside_line: bool = False  # the current line's beginning was given out already

    def may_close(self, line: str) -> bool:
        """Whether a line is, or may still become, the closing fence."""
        body = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" "))
        return (
            len(line) <= _MAX_CLOSING_FENCE
            and indent <= self.indent + 3
            and not body.strip(self.mark)
        )

    def closes(self, line: str) -> bool:
        """Whether a complete line is the closing fence."""
        return self.may_close(line) and line.count(self.mark) >= self.length

    def undecided(self, line: str) -> bool:
        """Whether it is too early to give an unfinished line out as code."""
        blank = not line.strip(" ") and len(line) <= _MAX_CLOSING_FENCE
        return blank or self.may_close(line)

    def dedent(self, line: str) -> str:
        """A line without the indentation that the fence itself has."""
        extra = len(line) - len(line.lstrip(" "))
        return line[min(extra, self.indent) :]


def _leading_tabs_expanded(line: str) -> str:
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(4) + body


def _item(line: str) -> _Item | None:
    """The list item that a line begins, if it does."""
    match = _MARKER.match(line)
    if match is None or _RULE.fullmatch(line):
        return None
    indent, marker, digits, gap = match.groups()
    after = len(gap) if 1 <= len(gap) <= 4 else 1
    number = int(digits) if digits else None
    interrupts = match.end() < len(line) and number in (None, 1)
    return _Item(marker[-1], len(indent) + len(marker) + after, number, interrupts)


class BlockSplitter:
    """Takes a message as it comes and gives out its blocks as they are completed."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._line = ""  # the line that has not ended yet
        self._carriage_return = False  # the last text ended with CR: LF may follow
        self._lines: list[str] = []  # complete lines of the open block
        self._size = 0  # their characters
        self._number: int | None = None
        self._strip = 0  # leading blanks to take off each line of the open block
        self._blank = False  # a blank line inside the open item: the next line decides
        self._heading: list[str] = []  # of the table that goes on, should a row come
        self._item: _Item | None = None
        self._fence: _Fence | None = None

    @property
    def tail(self) -> str:
        """The open block as it stands, at most ``MAX_BLOCK_CHARACTERS``.

        Empty inside code, which is given out as it comes. A line that may become a fence is
        held back, so that its marks are never drawn.
        """
        if self._fence:
            return ""
        held = _FENCE.match(self._line) or not self._line.strip("`~ ")
        return "\n".join(self._lines if held else [*self._lines, self._line])

    def feed(self, text: str) -> list[Part]:
        """Take more text; return the parts it completed, in order."""
        first, *rest = self._newlines(text).split("\n")
        self._extend(first)
        for piece in rest:
            self._end_line()
            self._extend(piece)
        return self._take_parts()

    def finish(self) -> list[Part]:
        """The message ended: return what was still open. Nothing can be fed after that."""
        if self._carriage_return or self._line:
            self._end_line()
        self._flush()
        if self._fence:
            self._parts.append(CodeEnd())
        return self._take_parts()

    def _take_parts(self) -> list[Part]:
        parts, self._parts = self._parts, []
        return list(_joined(parts))

    def _newlines(self, text: str) -> str:
        """Make every line end a line feed, also where CR and LF arrive apart."""
        if self._carriage_return and text:
            text = "\r" + text
        self._carriage_return = text.endswith("\r")
        if self._carriage_return:
            text = text[:-1]
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _extend(self, piece: str) -> None:
        if self._fence:
            self._line += piece
            if self._fence.inside_line or not self._fence.undecided(self._line):
                self._give_code(self._fence)
            return
        # In slices: cutting pieces off the front of 10 MB again and again would be quadratic.
        for at in range(0, len(piece), MAX_BLOCK_CHARACTERS):
            self._line += piece[at : at + MAX_BLOCK_CHARACTERS]
            while self._size + len(self._line) > MAX_BLOCK_CHARACTERS:
                self._cut()

    def _cut(self) -> None:
        """The open block is full: complete it at a line's end, or inside one huge line."""
        if self._lines:
            self._flush(full=True)
        if len(self._line) > MAX_BLOCK_CHARACTERS - self._size:
            room = MAX_BLOCK_CHARACTERS - self._size
            space = self._line.rfind(" ", room // 2, room)
            head = self._line[: space if space > 0 else room]
            self._line = self._line[space + 1 if space > 0 else room :]
            self._take_prose(head)
            self._flush()

    def _end_line(self) -> None:
        if self._fence:
            self._end_code_line(self._fence)
            return
        line, self._line = self._line, ""
        if not self._opens_fence(line):
            self._take_prose(line)

    # Code ---------------------------------------------------------------------------------

    def _opens_fence(self, line: str) -> bool:
        match = _FENCE.fullmatch(_leading_tabs_expanded(line))
        if match is None:
            return False
        indent, marks, info = len(match[1]), match[2], match[3].strip()
        column = self._item.column if self._item else 0
        if indent > column + 3 or (marks[0] == "`" and "`" in info):
            return False
        self._flush()
        if indent < column:
            self._item = None
        self._fence = _Fence(marks[0], len(marks), indent)
        self._parts.append(CodeStart(info.partition(" ")[0][:_MAX_LANGUAGE]))
        return True

    def _give_code(self, fence: _Fence) -> None:
        """Give out what stands of the current line of code."""
        text, self._line = self._line, ""
        if not fence.inside_line:
            fence.inside_line = True
            text = ("\n" if fence.lines else "") + fence.dedent(text)
        if text:
            self._parts.append(CodeText(text))

    def _end_code_line(self, fence: _Fence) -> None:
        if not fence.inside_line and fence.closes(self._line):
            self._line = ""
            self._fence = None
            self._parts.append(CodeEnd())
            return
        self._give_code(fence)
        fence.inside_line = False
        fence.lines += 1

    # Prose --------------------------------------------------------------------------------

    def _take_prose(self, raw: str) -> None:
        line = _leading_tabs_expanded(raw)
        if not line.strip():
            self._take_blank()
            return
        indent = len(line) - len(line.lstrip(" "))
        if self._item and indent >= self._item.column:
            self._append(line)
            return
        item = _item(line)
        if item and (not self._lines or self._item or item.interrupts):
            self._flush()
            self._item = item.follow(self._item)
            self._number = self._item.number
        elif self._item and (self._blank or not self._lines):
            self._flush()
            self._item = None
        self._append(line)

    def _take_blank(self) -> None:
        if self._item:
            self._blank = bool(self._lines)
        else:
            self._flush()

    def _append(self, line: str) -> None:
        if len(self._lines) >= MAX_BLOCK_LINES:
            self._flush(full=True)
        if self._blank:
            self._lines.append("")
            self._blank = False
        if self._heading and not self._lines:
            self._lines = self._heading
            self._size = sum(len(row) + 1 for row in self._heading)
        indent = len(line) - len(line.lstrip(" "))
        if not self._lines and self._item and indent >= self._item.column:
            self._strip = indent  # an item goes on after a cut: its text begins at the edge
        self._lines.append(line[min(self._strip, indent) :])
        self._size += len(line) + 1

    def _flush(self, *, full: bool = False) -> None:
        """Complete the open block. ``full``: a limit ended it, so a table goes on below."""
        if self._lines:
            self._parts.append(Prose("\n".join(self._lines), self._number))
        self._heading = _repeated_heading(self._lines) if full else []
        self._lines = []
        self._size = 0
        self._number = None
        self._strip = 0
        self._blank = False


def _repeated_heading(lines: list[str]) -> list[str]:
    """The two lines that head a table, where the lines are one; else nothing."""
    heading = lines[:2]
    is_table = len(lines) > 2 and "|" in lines[0] and _TABLE_RULE.fullmatch(lines[1])
    return heading if is_table and sum(map(len, heading)) <= _MAX_REPEATED_HEADING else []


def _joined(parts: Iterable[Part]) -> Iterable[Part]:
    """The parts with neighbouring pieces of code made one."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, CodeText):
            texts.append(part.text)
            continue
        if texts:
            yield CodeText("".join(texts))
            texts.clear()
        yield part
    if texts:
        yield CodeText("".join(texts))
