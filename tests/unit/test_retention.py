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


def test_days_without_a_backup_count() -> None:
    """After two months away the newest from before them stands; after seven it gives way."""
    before = daily("2026-01-05", 7)
    now = at("2026-03-01T12:00")
    assert keep([*before, now], now, ZONE) == {now, before[-1]}
    now = at("2026-08-01T12:00")
    assert keep([*before, now], now, ZONE) == {now}


def test_the_newest_stays_whatever_its_age() -> None:
    """There is always one to go back to."""
    made = daily("2020-01-01", 3)
    assert keep(made, at("2026-03-01"), ZONE) == {made[-1]}


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
    """The newest of each of the latest seven days, four weeks and six months that has one."""
    now = max(made)
    kept = keep(made, now, ZONE)
    today = local(now).date()
    for back in range(DAYS):
        day = today - timedelta(days=back)
        of_day = [m for m in made if local(m).date() == day]
        assert set(sorted(of_day)[-1:]) <= kept
    for back in range(WEEKS):
        week = (today - timedelta(days=7 * back)).isocalendar()[:2]
        assert set(sorted(m for m in made if local(m).isocalendar()[:2] == week)[-1:]) <= kept
    for back in range(MONTHS):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        of_month = [m for m in made if (local(m).year, local(m).month) == (year, month + 1)]
        assert set(sorted(of_month)[-1:]) <= kept


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(-5 * DAY, 250 * DAY), min_size=1, max_size=12),
    st.lists(st.integers(1, 90 * DAY), max_size=40),
    st.sampled_from([DAY, 1]),
)
def test_nothing_outlives_its_expiry(ages: list[int], gaps: list[int], scale: int) -> None:
    """However seldom Hush is opened, and makes a backup: each goes by the time that was shown."""
    now = at("2026-03-20T22:00")
    made = {now, *(now - age for age in ages)}
    until = expiries(made, now, ZONE)
    assert set(until) == made
    assert min(until.values()) >= now
    standing, moment = set(made), now
    for gap in gaps:
        moment += gap if scale == 1 else gap % (2 * DAY) + 1
        standing = set(keep(standing | {moment}, moment, ZONE))
        for backup in standing & made - {moment}:
            assert moment <= until[backup]


def test_the_time_shown_is_reached() -> None:
    """It is no mere promise of the latest possible day: where no other is made, it is that day."""
    alone = at("2026-03-18T12:00")
    until = expiries([alone], alone, ZONE)[alone]
    day_before = until - DAY
    assert alone in keep([alone, day_before], day_before, ZONE)
    assert alone not in keep([alone, until], until, ZONE)


@pytest.mark.parametrize(
    ("made", "gone"),
    [
        ("2026-03-17T12:00", "2026-03-24T23:59"),  # a Tuesday: seven days
        ("2026-03-22T12:00", "2026-04-13T23:59"),  # a Sunday: four weeks
        ("2026-03-31T12:00", "2026-09-01T23:59"),  # the end of a month: six months
    ],
)
def test_a_day_a_week_and_a_month(made: str, gone: str) -> None:
    """As a person would count, with one made on each of the days around it."""
    moment = at(made)
    others = [moment + days * DAY for days in range(-40, 1 if made.endswith("31T12:00") else 2)]
    now = max(others)
    assert local(expiries([*others, moment], now, ZONE)[moment]).isoformat()[:16] == gone
