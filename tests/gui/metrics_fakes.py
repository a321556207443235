"""Figures as the window gets them, made up, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from assistant.errors import HushError
from assistant.metrics import Metrics, ModeSpan, ReplyMetric, Spread
from assistant.power.plan import Mode, Reason

NOON = 1_750_000_000_000
"""Milliseconds since 1970: 15 June 2025, 15:06:40 UTC."""

HOUR = 3_600_000  # milliseconds
DAY = 24 * HOUR


def reply(hours_ago: float = 1.0, *, wait: float = 120.0, speed: float = 128.0) -> ReplyMetric:
    """A reply at full power, some hours before noon."""
    at = NOON - round(hours_ago * HOUR)
    return ReplyMetric(at, "SmolLM2 135M", Mode.FULL, 600, 500, 40, wait, speed, 412_000_000, None)


def span(mode: Mode, since_hours: float, until_hours: float, reason: Reason) -> ModeSpan:
    """A mode that held between so many hours before noon."""
    return ModeSpan(
        mode, reason, NOON - round(since_hours * HOUR), NOON - round(until_hours * HOUR)
    )


def measured(
    days: int, replies: Sequence[ReplyMetric] = (), spans: Sequence[ModeSpan] = ()
) -> Metrics:
    """What was measured in some days before noon. Sums are those of these replies."""
    since = NOON - days * DAY
    found = tuple(sorted((r for r in replies if r.at >= since), key=lambda r: r.at))
    drained = [one for one in found if one.battery_used is not None]
    tokens = sum(one.reply_tokens for one in drained)
    return Metrics(
        days=days,
        since=since,
        until=NOON,
        replies=found,
        spans=tuple(one for one in spans if one.until > since),
        replies_kept=len(replies),
        first_token_ms=Spread.of(one.first_token_ms for one in found),
        tokens_per_second=Spread.of(one.tokens_per_second for one in found),
        peak_memory_bytes=max((one.memory_bytes for one in found), default=None),
        watt_hours_per_1000=(
            sum(one.battery_used or 0 for one in drained) * 1000 / tokens if tokens else None
        ),
    )


class FakeMetrics:
    """``MetricsService`` over two lists. ``hold`` keeps answers back until ``release``."""

    def __init__(self) -> None:
        self.replies: list[ReplyMetric] = []
        self.spans: list[ModeSpan] = []
        self.asked: list[int] = []  # days
        self.forgotten = 0
        self.problem: HushError | None = None  # what the next call fails with
        self.closed: HushError | None = None  # what every call raises
        self._held: list[tuple[Future[Any], Any]] | None = None

    def read(self, days: int) -> Future[Metrics]:
        self.asked.append(days)
        return self._answer(measured(days, self.replies, self.spans))

    def forget(self) -> Future[None]:
        self.forgotten += 1
        if not self.problem:
            self.replies.clear()
            self.spans.clear()
        return self._answer(None)

    def hold(self) -> None:
        """Keep answers back."""
        self._held = []

    def release(self) -> None:
        """Give them, the last one first."""
        held, self._held = self._held or [], None
        for future, value in reversed(held):
            future.set_result(value)

    def _answer(self, value: Any) -> Future[Any]:
        if self.closed:
            raise self.closed
        problem, self.problem = self.problem, None
        future: Future[Any] = Future()
        if problem:
            future.set_exception(problem)
        elif self._held is not None:
            self._held.append((future, value))
        else:
            future.set_result(value)
        return future
