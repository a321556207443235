"""Cutting a text into passages along its own structure. Pure.

A passage holds at most so many of the embedding model's tokens: what is beyond them the model would
not see. Passages never overlap, and every character that is no white space is in one of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, TypeAlias

Spans: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
"""Where each token of a text begins and ends (``Tokenizer.spans``)."""

BETWEEN_HEADINGS: Final = " › "

HASH_BYTES: Final = 16
"""Of a passage's hash. With a billion passages two would meet with a chance of 1 in 10^21."""

# How good a place is to cut at. To it comes how full the passage is there, 0 to 1, and the best sum
# wins: a paragraph's end at two fifths is as good as a sentence's at the very limit. So most cuts
# stay where they are when something is written above them, and little has to be encoded anew.
_HEADING: Final = 1.3
_END: Final = 1.3  # of the text: short notes stay whole
_PARAGRAPH: Final = 1.0
_ITEM: Final = 0.6
_SENTENCE: Final = 0.4
_LINE: Final = 0.3

_LONG_TOKEN: Final = 32
"""Characters beyond which one token counts as several: to WordPiece any word of over 100 letters is
one token, and so would be 10 MB without a blank."""

_LONG_GAP: Final = 64  # characters between two tokens, likewise
_SEGMENT: Final = 100_000
"""Characters that are looked at together. The tokens of 10 MB at once would take 400 MB."""

_HEADING_CHARACTERS: Final = 100  # of one heading in the context
_CONTEXT_CHARACTERS: Final = 300
_CONTEXT_SHARE: Final = 4  # the context may take a quarter of the tokens; more of it is not counted

_HEAD: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_FENCE: Final = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?(`{3,}|~{3,})")
_BULLET: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
# Possessive, and only from a run's beginning: a line of a million dots takes time in proportion.
_STOP: Final = re.compile(r"(?<![.!?…])[.!?…]++['\"”’)\]]*+[ \t]+|[。！？]+")
_WORD: Final = re.compile(r"\S+")
_BLANKS: Final = (" ", "\n", "\t")


@dataclass(frozen=True, slots=True)
class PassageText:
    """A piece of a text.

    Attributes:
        start: Where it begins, in characters.
        length: How long it is there.
        context: The text's title and the headings above it, joined by ``BETWEEN_HEADINGS``.
        text: The piece itself.
        hash: Of context and text: equal ones have equal vectors.
    """

    start: int
    length: int
    context: str = field(repr=False)
    text: str = field(repr=False)
    hash: bytes = field(repr=False)


@dataclass(slots=True)
class _Outline:
    """Which headings stand above a place, and whether it is code."""

    title: str
    headings: list[tuple[int, str]] = field(default_factory=list)
    fence: str = ""  # what opened the code that one is in

    def enter(self, level: int, words: str) -> None:
        self.headings = self._above(level)
        self.headings.append((level, words))

    def context(self, level: int | None) -> str:
        """Above a passage that begins with a heading of this level; None: with none."""
        above = self.headings if level is None else self._above(level)
        names = [self.title] if self.title else []
        names += [words for _, words in above if words and words.casefold() not in _folded(names)]
        return BETWEEN_HEADINGS.join(names)[:_CONTEXT_CHARACTERS].strip()

    def _above(self, level: int) -> list[tuple[int, str]]:
        return [one for one in self.headings if one[0] < level]


@dataclass(slots=True)
class _Layout:
    """Of one segment: where it may be cut and how well, and its headings, by place."""

    cuts: list[tuple[int, float]] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)  # place, level, words


def split(text: str, spans: Spans, limit: int, *, title: str = "") -> list[PassageText]:
    """Cut a text into passages.

    Args:
        text: Markdown or plain; any length.
        spans: The model's own tokenizer. Called with pieces of the text.
        limit: Tokens of a passage at the most, together with its context.
        title: Begins every passage's context. An empty text with a title has one empty passage, so
            that its title is found.

    Returns:
        In their order.
    """
    title = " ".join(title.split())
    outline = _Outline(title)
    found: list[PassageText] = []
    for start, end in _segments(text):
        found += _split_segment(text[start:end], start, spans, limit, outline)
    if not found and title:
        return [_passage(0, title, "")]
    return found


def plain_spans(text: str) -> list[tuple[int, int]]:
    """Words as tokens, where there is no tokenizer: about four letters each."""
    return [
        (start, min(start + 4, match.end()))
        for match in _WORD.finditer(text)
        for start in range(match.start(), match.end(), 4)
    ]


def _split_segment(
    text: str, offset: int, spans: Spans, limit: int, outline: _Outline
) -> Iterator[PassageText]:
    layout = _layout(text, outline)
    places = [place for place, _ in layout.cuts]
    units = _units(spans(text), len(text))
    headings = iter([*layout.headings, (len(text) + 1, 0, "")])
    coming = next(headings)
    begin = _next_word(text, 0)
    while begin < len(text):
        while coming[0] < begin:
            outline.enter(coming[1], coming[2])
            coming = next(headings)
        context = outline.context(coming[1] if coming[0] == begin else None)
        room = max(1, limit - min(_count(spans, context), limit // _CONTEXT_SHARE))
        end = _best_cut(text, begin, room, units, layout.cuts, places)
        piece = text[begin:end].rstrip()
        if piece:
            yield _passage(offset + begin, context, piece)
        begin = _next_word(text, end)
    for place, level, words in [coming, *headings]:
        if place < len(text):
            outline.enter(level, words)


def _best_cut(
    text: str,
    begin: int,
    room: int,
    units: Sequence[int],
    cuts: Sequence[tuple[int, float]],
    places: Sequence[int],
) -> int:
    """Where the passage from ``begin`` ends, ``room`` units later at the latest."""
    first = bisect_right(units, begin) - 1
    if first + room >= len(units):
        last = best = len(text)
        best_score = _END + (len(units) - first) / room
    else:
        last = units[first + room]
        # Between words, where nothing better is found, or else between two tokens.
        blank = max(text.rfind(blank, begin, last) for blank in _BLANKS) + 1
        best, best_score = (blank if blank > begin else last), 0.0
    for place, strength in cuts[bisect_right(places, begin) : bisect_right(places, last)]:
        filled = bisect_right(units, place - 1) - first
        score = strength + filled / room
        if score >= best_score:
            best, best_score = place, score
    return best


def _layout(text: str, outline: _Outline) -> _Layout:
    """Find headings, paragraphs, items, sentences and code; ``outline`` knows of open code."""
    layout = _Layout()
    start, after_blank, after_heading = 0, True, False
    for line in text.splitlines(keepends=True):
        place = start + len(line) - len(line.lstrip())
        start += len(line)
        if not line.strip():
            after_blank = True
            continue
        heading = None if outline.fence else _HEAD.match(line)
        if heading:
            words = line[heading.end() :].strip().rstrip("#").strip()[:_HEADING_CHARACTERS]
            layout.headings.append((place, len(heading[1]), words))
            layout.cuts.append((place, _HEADING))
        elif not after_heading:  # a heading does not stay behind alone
            layout.cuts.append((place, _strength(line, outline, after_blank=after_blank)))
        in_code = bool(outline.fence)
        _follow_fence(line, outline)
        if not in_code and not outline.fence:
            begin = start - len(line)
            layout.cuts += [(begin + m.end(), _SENTENCE) for m in _STOP.finditer(line.rstrip())]
        after_blank, after_heading = False, heading is not None
    return layout


def _strength(line: str, outline: _Outline, *, after_blank: bool) -> float:
    if outline.fence:
        return _SENTENCE if after_blank else _LINE
    if _BULLET.match(line):
        return _ITEM
    return _PARAGRAPH if after_blank else _LINE


def _follow_fence(line: str, outline: _Outline) -> None:
    fence = _FENCE.match(line)
    if fence is None:
        return
    if not outline.fence:
        outline.fence = fence[1]
    elif fence[1].startswith(outline.fence) and not line[fence.end() :].strip():
        outline.fence = ""


def _units(spans: Sequence[tuple[int, int]], size: int) -> list[int]:
    """Where each token begins; what is too long for one counts as several."""
    units, reached = [0], 0
    for start, end in spans:
        if start - reached > _LONG_GAP:
            units.extend(range(reached + _LONG_GAP, start, _LONG_GAP))
        if start > units[-1]:
            units.append(start)
        if end - start > _LONG_TOKEN:
            units.extend(range(start + _LONG_TOKEN, end, _LONG_TOKEN))
        reached = end
    units.extend(range(reached + _LONG_GAP, size, _LONG_GAP))
    return units


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Parts of a long text, cut at a paragraph where there is one, else at a line or anywhere."""
    start = 0
    while len(text) - start > _SEGMENT:
        half, full = start + _SEGMENT // 2, start + _SEGMENT
        cut = text.rfind("\n\n", half, full) + 1 or text.rfind("\n", half, full) + 1 or full
        yield start, cut
        start = cut
    yield start, len(text)


def _passage(start: int, context: str, text: str) -> PassageText:
    data = f"{context}\0{text}".encode("utf-8", "replace")
    return PassageText(
        start, len(text), context, text, blake2b(data, digest_size=HASH_BYTES).digest()
    )


def _next_word(text: str, place: int) -> int:
    match = _WORD.search(text, place)
    return match.start() if match else len(text)


def _count(spans: Spans, context: str) -> int:
    return len(spans(context)) if context else 0


def _folded(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}
