"""What changed between two texts of a note, line by line, as a person reads it. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import Enum, auto
from typing import Final

MOST_COMPARED: Final = 3_000
"""Lines that are compared, on either side, where texts differ: comparing takes time that grows with
their product."""

MOST_SHOWN: Final = 2_000  # lines
_AROUND: Final = 3  # unchanged lines shown beside a change


class Kind(Enum):
    """What became of a line since the earlier text."""

    SAME = auto()
    GONE = auto()  # it stood in the earlier text, and does not now
    NEW = auto()
    SKIPPED = auto()  # unchanged lines that are not shown; ``text`` says how many


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or what is said in place of many."""

    kind: Kind
    text: str = field(repr=False)


def changes(earlier: str, now: str) -> list[Line]:
    """What was taken out and put in since an earlier text, with a few lines around.

    Lines that only differ in what follows are shown whole. Texts that differ in more than can be
    compared are shown one below the other, all of the earlier one being gone.
    """
    before, after = earlier.split("\n"), now.split("\n")
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    changed = before[start : len(before) - end], after[start : len(after) - end]
    lines = [Line(Kind.SAME, text) for text in before[:start]]
    lines += _compared(*changed)
    lines += [Line(Kind.SAME, text) for text in before[len(before) - end :] if end]
    return list(_limited(_folded(lines)))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many equal lines both begin."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    if max(len(before), len(after)) > MOST_COMPARED:
        yield from (Line(Kind.GONE, text) for text in before)
        yield from (Line(Kind.NEW, text) for text in after)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=True)
    for what, first, last, begin, end in matcher.get_opcodes():
        if what == "equal":
            yield from (Line(Kind.SAME, text) for text in before[first:last])
        else:
            yield from (Line(Kind.GONE, text) for text in before[first:last])
            yield from (Line(Kind.NEW, text) for text in after[begin:end])


def _folded(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out unchanged lines that are far from any change."""
    changed = [place for place, line in enumerate(lines) if line.kind is not Kind.SAME]
    if not changed:
        yield from lines
        return
    at = 0
    for place in [*changed, len(lines) + _AROUND]:
        begin = max(place - _AROUND, at)
        skipped = begin - at - (_AROUND if at else 0)
        if skipped > 1:
            yield from lines[at : begin - skipped]
            yield Line(Kind.SKIPPED, f"{skipped:,} lines are the same")
            at = begin
        yield from lines[at : place + 1]
        at = min(place + 1, len(lines))


def _limited(lines: Iterator[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines):
        if count == MOST_SHOWN:
            yield Line(Kind.SKIPPED, f"Only the first {MOST_SHOWN:,} lines are shown")
            return
        yield line
