"""A long text in portions that the model reads one at a time. Pure.

Portions never overlap, and joined they are the text. They end where a paragraph does, or else a
sentence, a word, or anywhere: in this order. A fenced code block, a heading, a table, front matter
and a line of links are no prose: a rewriting leaves them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.context.fitting import Counter

_FENCE: Final = re.compile(r"[ \t]*(`{3,}|~{3,})")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)|[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*$")
_TABLE: Final = re.compile(r"[ \t]*\|")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
# Possessive, so that a line of a million dots takes time in proportion.
_SENTENCE: Final = re.compile(r"(?<![.!?…])[.!?…]++['\"”’)\]]*+\s+|[。！？]+|\n")
_BLANKS: Final = re.compile(r"\s+")
_LETTER: Final = re.compile(r"[^\W\d_]")
_ADDRESS: Final = re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)|[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)

_SHRINK: Final = 0.9  # a cut that was too long is made shorter in proportion, and a little more
_FRONT: Final = "---"


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a text, with the white space behind it.

    Attributes:
        text: The piece.
        is_prose: Whether it is sentences, and not code, a heading or a table.
    """

    text: str = field(repr=False)
    is_prose: bool = True

    @property
    def words(self) -> str:
        """The piece without the white space around it."""
        return self.text.strip()

    def with_words(self, words: str) -> str:
        """These words with the white space that is around the piece."""
        begin = len(self.text) - len(self.text.lstrip())
        end = len(self.text.rstrip())
        return f"{self.text[:begin]}{words}{self.text[end:]}" if words else ""


def portions(text: str, count: Counter, limit: int) -> list[Portion]:
    """Cut a text into as few portions as may be, code and all.

    Args:
        text: Any; white space alone gives no portion.
        count: Tokens of each text.
        limit: Tokens of one portion, at least 1.
    """
    found: list[str] = []
    room = 0
    for _, piece, tokens in _pieces(blocks(text), count, limit):
        if found and tokens <= room:
            found[-1] += piece
            room -= tokens
        else:
            found.append(piece)
            room = limit - tokens
    return [Portion(one) for one in found if one.strip()]


def paragraphs(text: str, count: Counter, limit: int) -> list[Portion]:
    """Cut a text into its paragraphs, each of so many tokens at most, and what is no prose.

    Args:
        text: Any. What is no prose may be longer.
        count: Tokens of each text.
        limit: Tokens of one paragraph, at least 1.
    """
    pieces = _pieces(blocks(text), count, limit, cuts_all=False)
    return [Portion(piece, block.is_prose) for block, piece, _ in pieces]


def tail(text: str, count: Counter, limit: int) -> str:
    """The end of a text, of so many tokens at most, from a sentence's beginning on where it can."""
    (total,) = count([text])
    if total <= limit:
        return text
    kept = len(text) * limit // max(1, total)
    while kept > 0:
        (tokens,) = count([text[-kept:]])
        if tokens <= limit:
            break
        kept = min(kept - 1, int(kept * limit / tokens * _SHRINK))
    end = text[len(text) - kept :]
    begins = next((found.end() for found in _SENTENCE.finditer(end)), len(end))
    return end[begins:] if begins <= len(end) // 2 else end


def blocks(text: str) -> list[Portion]:
    """A text's paragraphs, list items, headings, code blocks and tables, in their order.

    The white space behind a block is part of it; what stands before the first one, of that one.
    """
    found: list[Portion] = []
    lines: list[str] = []
    kind = ""  # of the block that these lines are; none while all of them are blank
    for line, its_kind, begins in _kinds(text):
        if kind and its_kind and (begins or its_kind != kind):
            found.append(Portion("".join(lines), kind == "prose"))
            lines = []
        kind = its_kind or kind
        lines.append(line)
    if lines:
        found.append(Portion("".join(lines), kind == "prose"))
    return found


def _kinds(text: str) -> Iterator[tuple[str, str, bool]]:
    """Each line, what it is ("" for a blank one), and whether a block begins with it."""
    fence, was_blank = "", True
    in_front = text.startswith(f"{_FRONT}\n")
    for number, line in enumerate(_LINE.findall(text)):
        bare = line.strip()
        if in_front:
            in_front = number == 0 or bare != _FRONT
            yield line, "front", False
            continue
        mark = _FENCE.match(line)
        if fence:
            if mark and bare == mark[1] and mark[1].startswith(fence):
                fence = ""
            yield line, "code", False
        elif mark:
            fence = mark[1]
            yield line, "code", True
        elif not bare:
            yield line, "", False
        elif _HEADING.match(line):
            yield line, "heading", True
        elif _TABLE.match(line):
            yield line, "table", was_blank
        else:
            is_prose = _LETTER.search(_ADDRESS.sub("", bare))
            yield line, "prose" if is_prose else "marks", was_blank
        was_blank = not bare


def _pieces(
    found: Sequence[Portion], count: Counter, limit: int, *, cuts_all: bool = True
) -> Iterator[tuple[Portion, str, int]]:
    """Each block in pieces of so many tokens at most: the block, the piece and its tokens.

    Without ``cuts_all`` what is no prose stays whole.
    """
    # All at once: the engine is another process, and a long text has thousands of them.
    counted = count([block.text for block in found])
    for block, tokens in zip(found, counted, strict=True):
        if tokens <= limit or not (cuts_all or block.is_prose):
            yield block, block.text, tokens
            continue
        rest = block.text
        while rest:
            piece, tokens = _first(rest, count, limit)
            yield block, piece, tokens
            rest = rest[len(piece) :]


def _first(text: str, count: Counter, limit: int) -> tuple[str, int]:
    """As much of a text's beginning as fits, at least one character, and its tokens."""
    # A token has a character at least, most have four: the rest of a book need not be counted.
    beginning = text[: limit * 16]
    (tokens,) = count([beginning])
    if tokens <= limit and len(beginning) == len(text):
        return text, tokens
    kept = len(beginning)
    while kept > 1:
        kept = min(kept - 1, int(kept * limit / max(limit, tokens) * _SHRINK)) or 1
        place = _cut(beginning[:kept])
        (tokens,) = count([beginning[:place]])
        if tokens <= limit:
            return beginning[:place], tokens
    return beginning[:1], limit


def _cut(text: str) -> int:
    """Where to end a piece: behind its last sentence, or else its last word."""
    for pattern in (_SENTENCE, _BLANKS):
        ends = [found.end() for found in pattern.finditer(text)]
        if ends and ends[-1] > len(text) // 4:
            return ends[-1]
    return len(text)
