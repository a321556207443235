"""Round marks, at whatever amounts and times there are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from ui.metrics.axes import amounts, moments

HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def lisbon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place where clocks are put on and back."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    time.tzset()
    yield
    monkeypatch.delenv("TZ") if before is None else monkeypatch.setenv("TZ", before)
    time.tzset()


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    """A moment by the clock on the wall."""
    return round(datetime(year, month, day, hour).astimezone().timestamp() * 1000)


@pytest.mark.parametrize(
    ("highest", "most", "marks"),
    [
        (0.35, 3, (0, 0.2, 0.4)),
        (0.3, 3, (0, 0.1, 0.2, 0.3)),
        (1.0, 1, (0, 1)),
        (150, 4, (0, 50, 100, 150)),
        (151, 4, (0, 50, 100, 150, 200)),
        (412_000_000, 3, (0, 2e8, 4e8, 6e8)),
        (1e-9, 2, (0, 5e-10, 1e-9)),
        (0, 3, (0, 1)),
        (-1, 3, (0, 1)),
        (float("nan"), 3, (0, 1)),
    ],
)
def test_amounts(highest: float, most: int, marks: tuple[float, ...]) -> None:
    """From 0, in steps of 1, 2 or 5, up to what has to fit."""
    assert amounts(highest, most) == pytest.approx(marks)


@pytest.mark.parametrize("most", range(1, 9))
def test_no_more_amounts_than_there_is_room_for(most: int) -> None:
    """And always one that all values are below."""
    for highest in (10.0**power * part for power in range(-4, 11) for part in (1, 3.3, 9.99)):
        marks = amounts(highest, most)
        assert 2 <= len(marks) <= most + 1
        assert marks[-1] >= highest * 0.999_99


def test_a_day_has_hours_and_one_date() -> None:
    """The date stands where a day begins."""
    found = moments(at(2026, 5, 3, 10), at(2026, 5, 4, 10), 4)
    assert found == (
        (at(2026, 5, 3, 12), "12:00"),
        (at(2026, 5, 3, 18), "18:00"),
        (at(2026, 5, 4), "4 May"),
        (at(2026, 5, 4, 6), "06:00"),
    )


def test_days_begin_at_midnight_though_clocks_are_put_on() -> None:
    """On 29 March 2026 the day has 23 hours in Lisbon."""
    found = moments(at(2026, 3, 27, 9), at(2026, 3, 31, 9), 7)
    assert [words for _, words in found] == ["28 Mar", "29 Mar", "30 Mar", "31 Mar"]
    assert [moment for moment, _ in found] == [at(2026, 3, day) for day in (28, 29, 30, 31)]


@pytest.mark.parametrize("days", [1, 7, 90])
def test_as_many_moments_as_there_is_room_for(days: int) -> None:
    """At least one, all of them within the time."""
    since = at(2026, 2, 10, 17)
    until = since + days * DAY
    for most in range(1, 12):
        found = moments(since, until, most)
        assert 1 <= len(found) <= most
        assert all(since <= moment <= until for moment, _ in found)
