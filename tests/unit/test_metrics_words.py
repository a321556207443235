"""What the metrics page says, and what it draws of thousands of answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.metrics import Spread
from assistant.power.plan import Mode, Reason
from tests.gui.metrics_fakes import DAY, HOUR, NOON, measured, reply, span
from ui.metrics import words
from ui.metrics.series import Bar, overview

SPREAD = Spread(80.0, 120.0, 310.0)


@pytest.mark.parametrize(
    ("say", "amount", "said"),
    [
        (words.seconds, 84.0, "0.08 s"),
        (words.seconds, 1240.0, "1.2 s"),
        (words.seconds, 34_200.0, "34 s"),
        (words.speed, 8.44, "8.4 tok/s"),
        (words.speed, 128.4, "128 tok/s"),
        (words.memory, 412_300_000.0, "412 MB"),
        (words.energy, 0.0213, "0.021 Wh"),
        (words.energy, 0.0, "0 Wh"),
        (words.energy, 123.4, "123 Wh"),
        (words.span, 40.0, "40 s"),
        (words.span, 14 * 60.0, "14 min"),
        (words.span, 5 * 3600.0, "5 h"),
        (words.span, 5 * 3600 + 12 * 60.0, "5 h 12 min"),
        (words.span, 3 * 86_400.0, "3 days"),
        (words.SECONDS.mark, 500.0, "0.5 s"),
        (words.SECONDS.mark, 2_000_000.0, "2,000 s"),
        (words.SPEED.mark, 50.0, "50 tok/s"),
        (words.MEMORY.mark, 2e8, "200 MB"),
    ],
)
def test_amounts(say: Callable[[float], str], amount: float, said: str) -> None:
    """As many digits as mean something, and the unit."""
    assert say(amount) == said


@pytest.mark.parametrize(
    ("spread", "count", "wait", "pace"),
    [
        (None, 0, "Not measured.", "Not measured."),
        (SPREAD, 1, "0.12 s.", "120 tok/s."),
        (SPREAD, 19, "Median 0.12 s, longest 0.31 s.", "Median 120 tok/s, slowest 80 tok/s."),
        (
            SPREAD,
            20,
            "Median 0.12 s, 19 of 20 within 0.31 s.",
            "Median 120 tok/s, 19 of 20 at 80 tok/s or faster.",
        ),
    ],
)
def test_no_more_is_claimed_than_was_measured(
    spread: Spread | None, count: int, wait: str, pace: str
) -> None:
    """Nineteen of twenty of three would be a word too many."""
    assert words.first_word(spread, count) == wait
    assert words.pace(spread, count) == pace


def test_time_in_modes() -> None:
    """Only those that held."""
    lengths = {Mode.FULL: 7200.0, Mode.THROTTLED: 0.0, Mode.PAUSED: 90.0}
    assert words.time_in(lengths) == "Full power 2 h, paused 2 min."
    assert words.time_in({}) == "Not known for this time."
    assert words.peak(None) == "Not measured."


def test_every_mode_and_reason_has_words() -> None:
    """Also those that are added; only where nothing is the matter there is no reason to say."""
    assert set(words.MODES) == set(Mode)
    assert set(words.REASONS) == set(Reason) - {Reason.NOTHING}


def test_few_answers_are_drawn_as_they_are() -> None:
    """Each a point; what was not measured is none."""
    found = overview(measured(7, [reply(3), replace(reply(2), tokens_per_second=0.0), reply(1)]))
    assert [point.count for point in found.waits.points] == [1, 1, 1]
    assert [point.at for point in found.speeds.points] == [NOON - 3 * HOUR, NOON - HOUR]
    assert found.speeds.count == 2
    assert not found.is_thinned
    assert not found.has_beyond


def test_thousands_of_answers() -> None:
    """Some hundred points stand for all of them, and none of the extremes is left out."""
    chance = random.Random(1)  # noqa: S311 - not for secrets
    replies = [
        reply(chance.uniform(0, 90 * 24), wait=chance.uniform(50, 150)) for _ in range(20_000)
    ]
    replies[700] = replace(replies[700], first_token_ms=3.0)
    replies[9000] = replace(replies[9000], first_token_ms=200.0)
    found = overview(measured(90, replies))
    points = found.waits.points
    assert 200 <= len(points) <= 240
    assert sum(point.count for point in points) == found.waits.count == 20_000
    assert min(point.lowest for point in points) == 3.0
    assert max(point.highest for point in points) == 200.0
    assert all(point.lowest <= point.value <= point.highest for point in points)
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert found.is_thinned


def test_one_answer_far_beyond_leaves_the_others_readable() -> None:
    """The scale ends before it; among few values none is called an exception."""
    many = [reply(hours, wait=100.0) for hours in range(1, 40)]
    late = reply(0.5, wait=60_000.0)
    found = overview(measured(7, [*many, late]))
    assert found.waits.highest == 300.0
    assert found.has_beyond
    few = overview(measured(7, [*many[:5], late]))
    assert few.waits.highest == 60_000.0
    assert not few.has_beyond


def test_slower_where_most_were_slower() -> None:
    """One point for many takes the mode of most of them."""
    slow = [replace(reply(hours / 100), mode=Mode.THROTTLED) for hours in range(400)]
    fast = [reply(20 + hours / 100) for hours in range(400)]
    found = overview(measured(1, [*slow, *fast]))
    modes = [point.mode for point in found.waits.points]
    assert modes[0] is Mode.FULL
    assert modes[-1] is Mode.THROTTLED
    assert found.has_slow


def test_short_breaks_are_not_drawn() -> None:
    """A plot of ninety days shows no minutes; what is read out keeps them."""
    full = [
        span(Mode.FULL, 100.0, 99.0, Reason.NOTHING),
        span(Mode.PAUSED, 99.0, 98.95, Reason.CRITICAL_HEAT),
        span(Mode.FULL, 98.95, 90.0, Reason.NOTHING),
        span(Mode.FULL, 20.0, 10.0, Reason.NOTHING),
    ]
    found = overview(measured(90, [reply()], full))
    assert found.bars[Mode.FULL] == (
        Bar(NOON - 100 * HOUR, NOON - 90 * HOUR),
        Bar(NOON - 20 * HOUR, NOON - 10 * HOUR),
    )
    assert len(found.bars[Mode.PAUSED]) == 1
    assert len(found.spans) == 4
    assert found.since == NOON - 90 * DAY
