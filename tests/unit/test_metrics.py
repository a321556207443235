"""Figures about replies: kept, summed up, dropped in time, and never worth an error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from assistant.errors import InputRefused, StorageFull, VaultLocked
from assistant.metrics import MetricsService, ModeChange, ModeSpan, ReplyMetric, Spread
from assistant.power.plan import Mode, Plan, Reason
from assistant.records import FinishReason, ReplyFigures
from assistant.store import metric_rows
from assistant.store.metric_rows import DAY_MS, KEPT_DAYS, KEPT_ROWS
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock

T = TypeVar("T")

FULL = Plan()
SLOW = Plan(Mode.THROTTLED, Reason.HOT)
PAUSED = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT)
HOUR = 3600  # seconds
FIGURES = ReplyFigures("a model", 600, 500, 40, 120.0, 128.0, 2048, 0, 0, FinishReason.STOP)
METRIC = ReplyMetric(1, "a model", Mode.FULL, 600, 500, 40, 120.0, 128.0, 4_000_000, None)


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A vault in memory."""
    with Vault.in_memory() as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    """Stands still."""
    return FakeClock()


@pytest.fixture
def service(vault: Vault, clock: FakeClock) -> MetricsService:
    """Over that vault and clock."""
    return MetricsService(vault, clock)


class Failing:
    """A vault that takes work and fails at it, or takes none at all.

    Args:
        error: What goes wrong.
        at_once: Whether it does so before there is a future.
    """

    def __init__(self, error: Exception, *, at_once: bool = False) -> None:
        self._error = error
        self._at_once = at_once

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        if self._at_once:
            raise self._error
        future: Future[T] = Future()
        future.set_exception(self._error)
        return future


def rows(vault: Vault, *metrics: ReplyMetric) -> None:
    """Put rows in."""

    def add(connection: Connection) -> None:
        for metric in metrics:
            metric_rows.add_reply(connection, metric)

    vault.write(add).result()


def kept(vault: Vault) -> tuple[ReplyMetric, ...]:
    """All rows there are."""
    return vault.read(lambda c: metric_rows.replies(c, 0, 2**62)).result()


# Rows ---------------------------------------------------------------------------------------


def test_a_row_comes_back_as_it_was(vault: Vault) -> None:
    """With watt-hours and without; by time, both ends included."""
    first = replace(METRIC, at=10, battery_used=0.25)
    second = replace(METRIC, at=20, mode=Mode.PAUSED)
    rows(vault, second, first)
    assert kept(vault) == (first, second)
    assert vault.read(lambda c: metric_rows.replies(c, 10, 19)).result() == (first,)
    assert vault.read(lambda c: metric_rows.replies(c, 20, 20)).result() == (second,)


def test_old_rows_go_when_one_is_added(vault: Vault) -> None:
    """Ninety days stay to the millisecond, of both tables."""
    now = 200 * DAY_MS
    edge = now - KEPT_DAYS * DAY_MS
    rows(vault, *(replace(METRIC, at=at) for at in (edge - 1, edge, now)))
    assert [metric.at for metric in kept(vault)] == [edge, now]
    for at in (edge - 1, edge, now):
        change = ModeChange(at, Mode.FULL)
        vault.write(partial(metric_rows.add_mode, change=change)).result()
    found = vault.read(lambda c: metric_rows.modes(c, 0, now)).result()
    assert [change.at for change in found] == [edge, now]


def test_no_more_rows_than_are_kept(vault: Vault) -> None:
    """The newest stay, of whatever time they are."""
    many = [replace(METRIC, at=KEPT_ROWS - number) for number in range(3)]

    def fill(connection: Connection) -> None:
        for number in range(KEPT_ROWS):
            connection.execute(
                "INSERT INTO reply_metric VALUES (NULL, ?, 'm', 'full', 1, 1, 1, 1, 1, 1, NULL)",
                (number,),
            )

    vault.write(fill).result()
    rows(vault, *many)
    found = kept(vault)
    assert len(found) == KEPT_ROWS
    assert [metric for metric in found if metric.model == METRIC.model] == many[::-1]


def test_words_of_a_newer_hush_are_unknown(vault: Vault, service: MetricsService) -> None:
    """A mode or reason that this one has no name for takes nothing along."""

    def write(connection: Connection) -> None:
        metric_rows.add_reply(connection, replace(METRIC, at=1_800_000_000_000))
        connection.execute("UPDATE reply_metric SET mode = 'turbo'")
        connection.execute("INSERT INTO mode_change VALUES (1, 5, 'full', 'moonlight')")
        connection.execute("INSERT INTO mode_change VALUES (2, 6, 'turbo', 'hot')")

    vault.write(write).result()
    found = service.read(1).result()
    assert [reply.mode for reply in found.replies] == [None]
    assert vault.read(lambda c: metric_rows.modes(c, 0, 9)).result() == (
        ModeChange(5, Mode.FULL, None),
        ModeChange(6, None, Reason.HOT),
    )


# What is told -------------------------------------------------------------------------------


def test_what_is_kept_of_a_reply(
    vault: Vault, service: MetricsService, clock: FakeClock, tmp_path: Path
) -> None:
    """Its numbers, the mode, the model's name and the time; after a restart, too."""
    del vault, service
    with Vault.open(tmp_path / "vault.db", bytes(32)) as opened:
        MetricsService(opened, clock).reply_ended(FIGURES, Mode.THROTTLED, 5_000, 0.01)
    with Vault.open_read_only(tmp_path / "vault.db", bytes(32)) as opened:
        (reply,) = MetricsService(opened, clock, is_kept=False).read(1).result().replies
    assert reply == ReplyMetric(
        clock.now(), "a model", Mode.THROTTLED, 600, 500, 40, 120.0, 128.0, 5_000, 0.01
    )


@pytest.mark.parametrize(
    "figures",
    [
        replace(FIGURES, reply_tokens=0),
        replace(FIGURES, first_token_ms=math.nan),
        replace(FIGURES, first_token_ms=-1.0),
        replace(FIGURES, tokens_per_second=math.inf),
    ],
    ids=["no token", "NaN", "negative", "infinite"],
)
def test_what_cannot_be_is_not_kept(
    vault: Vault, service: MetricsService, figures: ReplyFigures
) -> None:
    """No token, or a clock that told nonsense."""
    service.reply_ended(figures, Mode.FULL, 1, None)
    assert kept(vault) == ()


@pytest.mark.parametrize("used", [math.nan, math.inf, -0.5, None])
def test_battery_that_tells_nonsense_is_unknown(
    vault: Vault, service: MetricsService, used: float | None
) -> None:
    """The rest of the reply counts all the same; so does memory that is no amount."""
    service.reply_ended(FIGURES, Mode.FULL, -1, used)
    (reply,) = kept(vault)
    assert reply.battery_used is None
    assert reply.memory_bytes == 0
    found = service.read(1).result()
    assert found.watt_hours_per_1000 is None
    assert found.peak_memory_bytes is None


def test_a_session_that_only_reads_writes_nothing(vault: Vault, clock: FakeClock) -> None:
    """Neither replies nor modes, nor an end."""
    service = MetricsService(vault, clock, is_kept=False)
    service.mode_changed(FULL)
    service.reply_ended(FIGURES, Mode.FULL, 1, None)
    service.session_ended()
    found = service.read(90).result()
    assert (found.replies, found.spans, found.replies_kept) == ((), (), 0)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_full_disk_or_a_closed_vault_is_nobodys_trouble(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, at_once: bool
) -> None:
    """It is logged with its code, and nothing is raised."""
    caplog.set_level("INFO", "hush")
    error = VaultLocked("closed") if at_once else StorageFull("full")
    vault: Any = Failing(error, at_once=at_once)
    service = MetricsService(vault, clock)
    service.mode_changed(FULL)
    service.reply_ended(FIGURES, Mode.FULL, 1, None)
    service.session_ended()
    assert caplog.messages == [f"metrics.lost code={error.code}"] * 3


@pytest.mark.logs_problems
def test_a_bug_of_ours_is_logged_and_not_raised(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A reply that ended well stays ended well."""
    vault: Any = Failing(LookupError("ours"))
    MetricsService(vault, clock).reply_ended(FIGURES, Mode.FULL, 1, None)
    assert "metrics.bug" in caplog.messages
    assert "ours" not in caplog.text


# What is asked ------------------------------------------------------------------------------


def test_nothing_measured(service: MetricsService, clock: FakeClock) -> None:
    """Everything is unknown, and the time is right."""
    found = service.read(7).result()
    assert (found.since, found.until) == (clock.now() - 7 * DAY_MS, clock.now())
    assert found.first_token_ms is None
    assert found.tokens_per_second is None
    assert found.peak_memory_bytes is None
    assert found.watt_hours_per_1000 is None
    assert found.replies_kept == 0


@pytest.mark.parametrize("days", [0, -1, 91, 10**9])
def test_a_time_that_is_not_kept(service: MetricsService, days: int) -> None:
    """One to ninety days can be asked for."""
    with pytest.raises(InputRefused):
        service.read(days)


def test_only_what_is_of_that_time(service: MetricsService, clock: FakeClock) -> None:
    """A day is 24 hours; what is older counts among what is kept."""
    service.reply_ended(FIGURES, Mode.FULL, 9, None)
    clock.advance(25 * HOUR)
    service.reply_ended(FIGURES, Mode.FULL, 3, None)
    day, week = service.read(1).result(), service.read(7).result()
    assert (len(day.replies), day.replies_kept, day.peak_memory_bytes) == (1, 2, 3)
    assert (len(week.replies), week.replies_kept, week.peak_memory_bytes) == (2, 2, 9)


def test_what_follows_from_the_rows(service: MetricsService) -> None:
    """Spreads, the peak, and watt-hours over those replies alone whose watt-hours are known."""
    for number in range(1, 21):
        service.reply_ended(
            replace(FIGURES, first_token_ms=number * 10.0, tokens_per_second=float(number)),
            Mode.FULL,
            number,
            None,
        )
    service.reply_ended(
        replace(FIGURES, reply_tokens=100, first_token_ms=200.0, tokens_per_second=0.0),
        Mode.FULL,
        0,
        0.01,
    )
    service.reply_ended(
        replace(FIGURES, reply_tokens=300, first_token_ms=200.0, tokens_per_second=0.0),
        Mode.FULL,
        0,
        0.07,
    )
    found = service.read(1).result()
    assert found.first_token_ms == Spread(20.0, 115.0, 200.0)
    assert found.tokens_per_second == Spread(1.0, 10.5, 19.0)  # one of no speed counts for none
    assert found.peak_memory_bytes == 20
    assert found.watt_hours_per_1000 == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([], None),
        ([3.0], Spread(3.0, 3.0, 3.0)),
        ([1.0, 2.0], Spread(1.0, 1.5, 2.0)),
        ([float(n) for n in range(100, 0, -1)], Spread(5.0, 50.5, 95.0)),
    ],
)
def test_spreads(values: list[float], spread: Spread | None) -> None:
    """By nearest rank, of any order."""
    assert Spread.of(values) == spread


def test_modes_become_spans(service: MetricsService, clock: FakeClock) -> None:
    """Each until the next; the last until now; the same told again is no change."""
    begin = clock.now()
    service.mode_changed(FULL)
    clock.advance(10)
    service.mode_changed(replace(FULL, words="Full power, said anew."))
    clock.advance(10)
    service.mode_changed(SLOW)
    clock.advance(30)
    service.mode_changed(PAUSED)
    clock.advance(5)
    found = service.read(1).result()
    at = [begin, begin + 20_000, begin + 50_000, begin + 55_000]
    assert found.spans == (
        ModeSpan(Mode.FULL, Reason.NOTHING, at[0], at[1]),
        ModeSpan(Mode.THROTTLED, Reason.HOT, at[1], at[2]),
        ModeSpan(Mode.PAUSED, Reason.CRITICAL_HEAT, at[2], at[3]),
    )
    assert [found.seconds_in(mode) for mode in Mode] == [20, 30, 5]


def test_a_mode_from_before_the_time_asked_for(service: MetricsService, clock: FakeClock) -> None:
    """It counts from the time's beginning."""
    service.mode_changed(SLOW)
    clock.advance(30 * 24 * HOUR)
    (span,) = service.read(1).result().spans
    assert (span.since, span.until) == (clock.now() - DAY_MS, clock.now())


def test_no_mode_while_hush_is_closed(
    vault: Vault, service: MetricsService, clock: FakeClock
) -> None:
    """A tidy end ends the mode; the next run begins one."""
    begin = clock.now()
    service.mode_changed(FULL)
    clock.advance(HOUR)
    service.session_ended()
    service.session_ended()
    clock.advance(HOUR)
    later = MetricsService(vault, clock)
    assert [span.until for span in later.read(1).result().spans] == [begin + HOUR * 1000]
    later.mode_changed(FULL)
    clock.advance(HOUR)
    assert later.read(1).result().seconds_in(Mode.FULL) == 2 * HOUR


def test_a_run_that_was_killed(vault: Vault, service: MetricsService, clock: FakeClock) -> None:
    """Its last mode ends with the last that is known of it, seen from beside it and later."""
    service.mode_changed(SLOW)
    clock.advance(HOUR)
    service.reply_ended(FIGURES, Mode.THROTTLED, 1, None)
    clock.advance(HOUR)  # and killed
    reader = MetricsService(vault, clock, is_kept=False)
    reader.mode_changed(FULL)
    assert reader.read(1).result().seconds_in(Mode.THROTTLED) == HOUR
    later = MetricsService(vault, clock)
    later.mode_changed(FULL)
    clock.advance(HOUR)
    found = later.read(1).result()
    assert found.seconds_in(Mode.THROTTLED) == HOUR
    assert found.seconds_in(Mode.FULL) == HOUR


@pytest.mark.parametrize("jump", [-12 * HOUR, -40 * 24 * HOUR, 12 * HOUR])
def test_a_clock_that_jumps(service: MetricsService, clock: FakeClock, jump: int) -> None:
    """Nothing is lost, no span runs backwards; a small step back hides nothing."""
    service.mode_changed(FULL)
    service.reply_ended(FIGURES, Mode.FULL, 1, None)
    clock.advance(jump)
    service.mode_changed(SLOW)
    service.reply_ended(FIGURES, Mode.THROTTLED, 1, None)
    found = service.read(7).result()
    assert found.replies_kept == 2
    assert len(found.replies) == (1 if jump < -24 * HOUR else 2)
    assert all(found.since <= span.since < span.until <= found.until for span in found.spans)


def test_forgetting(service: MetricsService, clock: FakeClock) -> None:
    """Everything goes; the mode of now is known on."""
    service.mode_changed(FULL)
    clock.advance(HOUR)
    service.mode_changed(SLOW)
    service.reply_ended(FIGURES, Mode.FULL, 1, None)
    clock.advance(10)
    service.forget().result()
    clock.advance(5)
    found = service.read(90).result()
    assert (found.replies, found.replies_kept) == ((), 0)
    assert found.spans == (ModeSpan(Mode.THROTTLED, Reason.HOT, clock.now() - 5_000, clock.now()),)


def test_forgetting_says_where_it_could_not(clock: FakeClock) -> None:
    """A person asked for it: here a full disk is told."""
    vault: Any = Failing(StorageFull("full"))
    with pytest.raises(StorageFull):
        MetricsService(vault, clock).forget().result()
