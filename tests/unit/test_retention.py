"""Which backups stay, and until when: by example, and for any history at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.backup.retention import DAYS, MONTHS, WEEKS, expiries, keep

ZONE = ZoneInfo("Europe/Vienna")  # with two changes of the clock each year
DAY = 24 * 3_600_000


def at(text: str) -> int:
    """A local moment, in milliseconds since 1970, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def local(moment: int) -> datetime:
    """The other way round."""
    return datetime.fromtimestamp(moment / 1000, ZONE)


def daily_at(first: str, hours: list[int]) -> list[int]:
    """A backup a day, each at its hour of the local day."""
    begin = datetime.fromisoformat(first).replace(tzinfo=ZONE)
    times = [begin.replace(hour=hour) + timedelta(days=day) for day, hour in enumerate(hours)]
    return [int(time.timestamp() * 1000) for time in times]


def daily(first: str, days: int) -> list[int]:
    """A backup a day, at noon."""
    return daily_at(first, [12] * days)


moments = st.integers(at("2024-01-01"), at("2026-12-31"))
histories = st.lists(moments, max_size=60)


def test_a_year_of_daily_backups() -> None:
    """Seven days, the last days of earlier weeks, the last days of earlier months."""
    made = daily("2025-01-01", 365)
    kept = keep(made, made[-1], ZONE)
    assert [local(moment).strftime("%m-%d") for moment in sorted(kept)] == [
        *("07-31", "08-31", "09-30", "10-31", "11-30"),
        *("12-14", "12-21"),
        *("12-25", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"),
    ]


def test_of_one_day_the_newest_stays() -> None:
    """However many there were."""
    made = [at("2026-03-04T08:00"), at("2026-03-04T09:00"), at("2026-03-04T23:59")]
    assert keep(made, made[-1], ZONE) == {made[-1]}


def test_days_are_the_persons_own() -> None:
    """Half past midnight in Vienna is the evening before in Greenwich."""
    made = [at("2026-03-04T23:30"), at("2026-03-05T00:30")]
    assert keep(made, made[-1], ZONE) == set(made)
    assert keep(made, made[-1], ZoneInfo("UTC")) == {made[-1]}


def test_days_without_a_backup_do_not_count() -> None:
    """After a month away the backups from before it still stand."""
    before = daily("2026-01-05", 7)
    now = at("2026-03-01T12:00")
    assert keep([*before, now], now, ZONE) >= {now, *before[-6:]}


def test_nothing_is_kept_of_nothing() -> None:
    """And nothing expires."""
    assert keep([], at("2026-01-01"), ZONE) == frozenset()
    assert expiries([], at("2026-01-01"), ZONE) == {}


def test_the_future_is_neither_dropped_nor_counted() -> None:
    """A clock that was wrong once must not push out what is right."""
    made = daily("2026-01-01", 7)
    wrong = at("2061-01-01")
    assert keep([*made, wrong], made[-1], ZONE) == keep(made, made[-1], ZONE) | {wrong}
    assert expiries([*made, wrong], made[-1], ZONE)[wrong] > wrong


@settings(max_examples=50, deadline=None)
@given(histories, moments)
def test_what_is_kept_was_there_and_is_bounded(made: list[int], now: int) -> None:
    """At most one for each period; the newest is always among them."""
    kept = keep(made, now, ZONE)
    past = [moment for moment in made if moment <= now]
    assert kept <= set(made)
    assert {moment for moment in made if moment > now} <= kept
    assert len(kept & set(past)) <= DAYS + WEEKS + MONTHS
    if past:
        assert max(past) in kept


@settings(max_examples=50, deadline=None)
@given(histories, moments)
def test_keeping_twice_is_keeping_once(made: list[int], now: int) -> None:
    """What stays does so again: pruning at every backup changes nothing more."""
    kept = keep(made, now, ZONE)
    assert keep(kept, now, ZONE) == kept


@settings(max_examples=50, deadline=None)
@given(st.lists(moments, min_size=1, max_size=60))
def test_the_latest_periods_are_all_covered(made: list[int]) -> None:
    """The newest of each of the latest seven days on which there was one, and so on."""
    now = max(made)
    kept = keep(made, now, ZONE)
    by_day = sorted({local(moment).date() for moment in made}, reverse=True)[:DAYS]
    for day in by_day:
        assert max(m for m in made if local(m).date() == day) in kept
    months = sorted({(local(m).year, local(m).month) for m in made}, reverse=True)[:MONTHS]
    for month in months:
        assert max(m for m in made if (local(m).year, local(m).month) == month) in kept


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.integers(0, 60 * DAY), min_size=1, max_size=12),
    st.lists(st.integers(0, 23), min_size=225, max_size=225),
)
def test_nothing_outlives_its_expiry(ages: list[int], hours: list[int]) -> None:
    """If there is a backup each day, at whatever hour, each goes by the time that was shown."""
    now = at("2026-03-20T22:00")
    made = {now, *(now - age for age in ages)}
    until = expiries(made, now, ZONE)
    assert set(until) == made
    standing = set(made)
    for moment in daily_at("2026-03-21", hours):
        standing = set(keep(standing | {moment}, moment, ZONE))
        for backup in standing & made:
            assert moment <= until[backup]
    assert not standing & made


@pytest.mark.parametrize(
    ("made", "gone"),
    [
        ("2026-03-18T12:00", "2026-03-25T23:59"),  # a Wednesday: seven days
        ("2026-03-22T12:00", "2026-04-13T23:59"),  # a Sunday: four weeks
        ("2026-03-31T12:00", "2026-09-01T23:59"),  # the end of a month: six months
    ],
)
def test_a_day_a_week_and_a_month(made: str, gone: str) -> None:
    """As a person would count."""
    moment = at(made)
    assert local(expiries([moment], moment, ZONE)[moment]).isoformat()[:16] == gone
