"""Where an axis has its marks: round amounts from 0, round times of the local day. All pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ui.days import local
from ui.metrics.words import short_date

_ROUND: Final = (1, 2, 5, 10)
_HOURS: Final = (1, 2, 3, 6, 12)  # each divides a day
_DAYS: Final = (1, 2, 3, 4, 7, 14, 21, 30, 45)


def amounts(highest: float, most: int) -> tuple[float, ...]:
    """Marks from 0 up to the first at or above ``highest``, of which that is the last.

    Args:
        highest: What has to fit; 0 or less fits anywhere.
        most: So many steps at the most, from 1.
    """
    if not highest > 0:
        return (0.0, 1.0)
    least = highest / max(1, most)
    power = 10.0 ** math.floor(math.log10(least))
    # 0.999…: 0.3 / 3 is a hair above 0.1, and 0.1 is the step that was meant.
    step = next(power * number for number in _ROUND if power * number >= least * 0.999_999)
    return tuple(step * number for number in range(math.ceil(highest / step * 0.999_999) + 1))


def moments(since: int, until: int, most: int) -> tuple[tuple[int, str], ...]:
    """Marks of a time, and what stands at each: "14:00", or the date where a day begins.

    Args:
        since: Milliseconds since 1970, UTC.
        until: The same, later.
        most: So many marks at the most, from 1.
    """
    found: list[tuple[int, str]] = []
    steps = [*(timedelta(hours=hours) for hours in _HOURS), *(timedelta(days=d) for d in _DAYS)]
    for step in steps:
        if (until - since) / (step.total_seconds() * 1000) > most + 1:
            continue  # far too many to count them
        found = list(_every(step, since, until))
        if len(found) <= most:
            return tuple(found)
    return tuple(found[-most:])


def _every(step: timedelta, since: int, until: int) -> Iterator[tuple[int, str]]:
    """Marks by the clock on the wall, so that a day of 23 hours moves none of them."""
    begin = local(since).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    at = begin
    while (moment := _milliseconds(at)) <= until:
        if moment >= since:
            yield moment, f"{at:%H:%M}" if at.hour or at.minute else short_date(at)
        at += step


def _milliseconds(wall: datetime) -> int:
    return round(wall.astimezone().timestamp() * 1000)
