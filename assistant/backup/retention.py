"""Which backups stay: the newest of each of the latest 7 days, 4 weeks and 6 months.

Pure: times in, times out. Days, ISO weeks and months are those of the person's own time zone, and
of the calendar: a day without a backup counts, so that it can be said how long one stays. The
newest of all stays whatever its age; the next one takes its place.
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


def _week(day: date) -> int:
    return (day.toordinal() - 1) // 7  # the first day of the calendar was a Monday


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of_month(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


# The number of a day's period, how many of them stay, and the first day of one.
_PERIODS: Final[tuple[tuple[Callable[[date], int], int, Callable[[int], date]], ...]] = (
    (date.toordinal, DAYS, date.fromordinal),
    (_week, WEEKS, lambda week: date.fromordinal(week * 7 + 1)),
    (_month, MONTHS, _first_of_month),
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
    today = _local_day(now, zone)
    past = {moment: _local_day(moment, zone) for moment in times if moment <= now}
    kept = {moment for moment in times if moment > now}
    if past:
        kept.add(max(past))
    for period_of, count, _ in _PERIODS:
        newest = _newest(past, period_of)
        kept |= {newest[period] for period in newest if period_of(today) - period < count}
    return frozenset(kept)


def expiries(made: Collection[int], now: int, zone: tzinfo | None = None) -> dict[int, int]:
    """The end of the day by which each of these backups is dropped, whatever others are made.

    Later ones can only have one dropped sooner. This holds where Hush is opened on that day and
    a newer backup is there, or can be made.

    Args:
        made: As for ``keep``.
        now: Likewise.
        zone: Likewise.

    Returns:
        Milliseconds since 1970, UTC, for each time in ``made``.
    """
    days = {moment: _local_day(moment, zone) for moment in made}
    past = {moment: day for moment, day in days.items() if moment <= now}
    gone = dict.fromkeys(days, _local_day(now, zone))
    for period_of, count, first_day in _PERIODS:
        newest = set(_newest(past, period_of).values())
        for moment, day in days.items():
            if moment > now or moment in newest:
                gone[moment] = max(gone[moment], first_day(period_of(day) + count))
    return {moment: _end_of(day, zone) for moment, day in gone.items()}


def _newest(days: dict[int, date], period_of: Callable[[date], int]) -> dict[int, int]:
    """The newest moment in each period that has one."""
    return {period_of(days[moment]): moment for moment in sorted(days)}


def _local_day(moment: int, zone: tzinfo | None) -> date:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date()


def _end_of(day: date, zone: tzinfo | None) -> int:
    """The last millisecond of a day."""
    midnight = datetime.combine(day + timedelta(days=1), time.min)
    aware = midnight.replace(tzinfo=zone) if zone else midnight.astimezone()
    return int(aware.timestamp() * 1000) - 1
