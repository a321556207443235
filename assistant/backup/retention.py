"""Which backups stay: the newest of each of the latest 7 days, 4 weeks and 6 months.

Pure: times in, times out. Days, ISO weeks and months are those of the person's own time zone. Like
restic and borg, a day without a backup does not count: after a month away the last seven days on
which there was one still stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAYS: Final = 7
WEEKS: Final = 4
MONTHS: Final = 6

MAX_TIME: Final = 2**47
"""No time beyond this, in the year 6429, is believed: dates end in the year 9999."""

_LONGEST: Final = timedelta(days=31 * (MONTHS + 1))

_PERIODS: Final[tuple[tuple[Callable[[date], tuple[int, ...]], int], ...]] = (
    (lambda day: (day.year, day.month, day.day), DAYS),
    (lambda day: tuple(day.isocalendar()[:2]), WEEKS),
    (lambda day: (day.year, day.month), MONTHS),
)


def keep(made: Iterable[int], now: int, zone: tzinfo | None = None) -> frozenset[int]:
    """Choose what stays.

    The newest always does, and so does what claims to be from the future: a clock that was wrong
    once is no reason to delete anything.

    Args:
        made: When each backup was made, milliseconds since 1970, UTC, up to ``MAX_TIME``.
        now: Likewise.
        zone: Whose days count; default: the machine's own.
    """
    times = set(made)
    past = sorted((moment for moment in times if moment <= now), reverse=True)
    kept = {moment for moment in times if moment > now} | set(past[:1])
    days = [(moment, _local_day(moment, zone)) for moment in past]
    for period_of, count in _PERIODS:
        newest: dict[tuple[int, ...], int] = {}
        for moment, day in days:
            newest.setdefault(period_of(day), moment)
        kept |= set(list(newest.values())[:count])
    return frozenset(kept)


def expiries(made: Collection[int], now: int, zone: tzinfo | None = None) -> dict[int, int]:
    """The latest moment at which each of these backups is dropped, if one is made every day.

    Found by letting time pass: a backup at the end of each day that has none yet, and ``keep``.

    Args:
        made: As for ``keep``.
        now: Likewise.
        zone: Likewise.

    Returns:
        Milliseconds since 1970, UTC, for each time in ``made``.
    """
    waiting = set(made)
    dropped: dict[int, int] = {}
    standing = set(made)
    day = _local_day(now, zone)
    last = day + _LONGEST
    if day in {_local_day(moment, zone) for moment in made if moment <= now}:
        day += timedelta(days=1)
    while waiting and day <= last:
        moment = _end_of(day, zone)
        standing = set(keep(standing | {moment}, moment, zone))
        for gone in waiting - standing:
            dropped[gone] = moment
        waiting &= standing
        day += timedelta(days=1)
    longest = _LONGEST // timedelta(milliseconds=1)
    return dropped | {moment: moment + longest for moment in waiting}  # from the future


def _local_day(moment: int, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date()


def _end_of(day: date, zone: tzinfo | None) -> int:
    """The last millisecond of a day."""
    midnight = datetime.combine(day + timedelta(days=1), time.min)
    aware = midnight.replace(tzinfo=zone) if zone else midnight.astimezone()
    return int(aware.timestamp() * 1000) - 1
