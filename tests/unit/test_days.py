"""Moments in the few words that a list has room for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ui.days import heading, local, short_time

NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("then", "group", "time"),
    [
        (NOW + timedelta(hours=3), "Today", "now"),  # a clock that was wrong
        (NOW - timedelta(seconds=59), "Today", "now"),
        (NOW - timedelta(minutes=1), "Today", "1m"),
        (NOW - timedelta(minutes=59), "Today", "59m"),
        (NOW - timedelta(hours=1), "Today", "1h"),
        (NOW - timedelta(hours=15), "Today", "15h"),
        (NOW - timedelta(hours=16), "Yesterday", "23:30"),
        (NOW - timedelta(days=1), "Yesterday", "15:30"),
        (NOW - timedelta(days=2), "Previous 7 days", "Sun"),
        (NOW - timedelta(days=7), "Previous 7 days", "Tue"),
        (NOW - timedelta(days=8), "March", "2 Mar"),
        (NOW - timedelta(days=30), "February", "8 Feb"),
        (NOW - timedelta(days=300), "May 2025", "14 May 2025"),
    ],
)
def test_words_for_a_moment(then: datetime, group: str, time: str) -> None:
    """Its group, and its time inside the group."""
    assert heading(then, NOW) == group
    assert short_time(then, NOW) == time


def test_groups_stay_in_order() -> None:
    """Going back in time, no group comes twice: the list finds their ends by bisection."""
    groups = [heading(NOW - timedelta(hours=step), NOW) for step in range(24 * 800)]
    changes = [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]
    assert len(changes) == len(set(changes))


def test_times_are_local() -> None:
    """The person's own clock, with its zone."""
    moment = local(1_750_000_000_000)
    assert moment.tzinfo is not None
    assert moment.timestamp() == 1_750_000_000
