"""Which earlier texts of a note are kept: few to look through, and none missing that matters. Pure.

An editor saves every few words. A text becomes an earlier version where writing went on after a
pause, or for long, or where much of it was replaced at once. With time, fewer stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.notes.delta import common_beginning, common_end
from assistant.notes.records import RevisionLine

_SECOND: Final = 1_000  # the unit of all times here: milliseconds
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

PAUSE: Final = 5 * _MINUTE
"""A text that stood so long was left as it is on purpose."""

EVERY: Final = 10 * _MINUTE
"""While somebody writes on and on, a version is kept this often."""

_MUCH: Final = 200  # characters: of a shorter text nothing is much

# Of texts this old, the first in each span of that length stays: how it was before that hour's,
# that day's writing. Spans hold each other whole, so that what stays now is not missed later.
_SPANS: Final = (
    (10 * _MINUTE, _SECOND),
    (_HOUR, _MINUTE),
    (_DAY, _HOUR),
    (30 * _DAY, _DAY),
    (364 * _DAY, 7 * _DAY),
)
_LONGEST: Final = 28 * _DAY


def is_kept(earlier: str, later: str, stood_since: int, kept_at: int, now: int) -> bool:
    """Whether a text that is replaced becomes an earlier version.

    Args:
        earlier: The text that is replaced.
        later: What it is replaced by.
        stood_since: When it was written.
        kept_at: When the last version was kept; where there is none, when the note was made.
        now: All times are milliseconds since 1970, UTC.
    """
    if earlier == later or not earlier or earlier.isspace():
        return False
    if now - stood_since >= PAUSE or now - kept_at >= EVERY:
        return True
    return _is_much_gone(earlier, later)


def staying(lines: Sequence[RevisionLine], now: int) -> set[int]:
    """Which earlier versions stay, by their revision: the newest, and the first of each span.

    Args:
        lines: All there are, in any order.
        now: Milliseconds since 1970, UTC.
    """
    ordered = sorted(lines, key=lambda line: line.revision)
    found = {line.revision for line in ordered[-1:]}
    spans: set[tuple[int, int]] = set()
    for line in ordered:
        length = _span(now - line.at)
        span = (length, line.at // length)
        if span not in spans:
            spans.add(span)
            found.add(line.revision)
    return found


def _span(age: int) -> int:
    return next((length for until, length in _SPANS if age < until), _LONGEST)


def _is_much_gone(earlier: str, later: str) -> bool:
    """Whether the later text begins and ends otherwise than with at least half of the earlier."""
    if len(earlier) < _MUCH:
        return False
    before, after = earlier.encode(), later.encode()
    begins = common_beginning(before, after)
    ends = common_end(before[begins:], after[begins:])
    return begins + ends < len(before) // 2
