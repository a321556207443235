"""What is drawn, made ready beside the GUI thread: 20,000 replies become at most 480 points."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from assistant.metrics import Metrics, ModeSpan, ReplyMetric, Spread
from assistant.power.plan import Mode

_PARTS: Final = 240
"""Of the time, each drawn as one point where there are more than two for each: in a column of 640
pixels a part is as wide as a point."""

_FEW: Final = 20  # of fewer values none is called an exception
_BEYOND: Final = 6  # times what 19 of 20 stay below: the scale leaves such a value out
_ROOM: Final = 3  # and ends at so many times that


@dataclass(frozen=True, slots=True)
class Point:
    """A value, or the median of several that are too close to be told apart.

    Attributes:
        at: When it was measured, milliseconds since 1970, UTC.
        value: How much.
        mode: Slower where that holds for most of them, else full.
        model: With which.
        lowest: Of several values.
        highest: The same.
        count: How many values it stands for.
    """

    at: int
    value: float
    mode: Mode
    model: str
    lowest: float
    highest: float
    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time.

    Attributes:
        points: Oldest first.
        count: How many values they stand for.
        median: Of all of these; None where there are none.
        highest: What the scale has to reach. A rare value far beyond it is drawn at its edge.
    """

    points: tuple[Point, ...] = ()
    count: int = 0
    median: float | None = None
    highest: float = 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time to be drawn; short breaks in it are left out."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows.

    Attributes:
        days: The time it is about.
        since: Its beginning, milliseconds since 1970, UTC.
        until: Its end.
        replies: How many there are in it.
        replies_kept: How many there are in all.
        first_token_ms: See ``Metrics``; so are the four below.
        tokens_per_second: Speed of writing.
        peak_memory_bytes: The most there was.
        watt_hours_per_1000: Drawn from the battery.
        spans: Modes, oldest first.
        seconds_in: How long each mode held.
        waits: Milliseconds to the first token.
        speeds: Tokens per second.
        memory: Bytes.
        bars: Where each mode is drawn.
        is_thinned: Whether some points stand for several values.
        has_slow: Whether some were measured while running slower.
        has_beyond: Whether some are beyond their scale.
    """

    days: int
    since: int
    until: int
    replies: int
    replies_kept: int
    first_token_ms: Spread | None
    tokens_per_second: Spread | None
    peak_memory_bytes: int | None
    watt_hours_per_1000: float | None
    spans: tuple[ModeSpan, ...]
    seconds_in: Mapping[Mode, float]
    waits: Series
    speeds: Series
    memory: Series
    bars: Mapping[Mode, tuple[Bar, ...]]
    is_thinned: bool
    has_slow: bool
    has_beyond: bool


Measured = tuple[float, ReplyMetric]
"""An amount, and the reply that it was measured of."""


def overview(metrics: Metrics) -> Overview:
    """Make everything ready. Not for the GUI thread: 20,000 replies take tenths of a second."""
    waits = _series(metrics, [(one.first_token_ms, one) for one in metrics.replies])
    speeds = _series(metrics, [(one.tokens_per_second, one) for one in metrics.replies])
    memory = _series(metrics, [(float(one.memory_bytes), one) for one in metrics.replies])
    return Overview(
        days=metrics.days,
        since=metrics.since,
        until=metrics.until,
        replies=len(metrics.replies),
        replies_kept=metrics.replies_kept,
        first_token_ms=metrics.first_token_ms,
        tokens_per_second=metrics.tokens_per_second,
        peak_memory_bytes=metrics.peak_memory_bytes,
        watt_hours_per_1000=metrics.watt_hours_per_1000,
        spans=metrics.spans,
        seconds_in={mode: metrics.seconds_in(mode) for mode in Mode},
        waits=waits,
        speeds=speeds,
        memory=memory,
        bars={mode: _bars(metrics, mode) for mode in Mode},
        is_thinned=len(waits.points) < waits.count,
        has_slow=any(one.mode is Mode.THROTTLED for one in metrics.replies),
        has_beyond=any(_is_beyond(series) for series in (waits, speeds, memory)),
    )


def _series(metrics: Metrics, every: Sequence[Measured]) -> Series:
    """One figure of every reply where it is known, which is where it is above 0."""
    known = [(amount, one) for amount, one in every if amount > 0]
    spread = Spread.of(amount for amount, _ in known)
    if spread is None:
        return Series()
    highest = max(amount for amount, _ in known)
    if len(known) >= _FEW and highest > _BEYOND * spread.p95:
        highest = _ROOM * spread.p95
    points = _points(known, metrics.since, metrics.until)
    return Series(points, len(known), spread.median, highest)


def _is_beyond(series: Series) -> bool:
    return any(point.highest > series.highest for point in series.points)


def _points(known: Sequence[Measured], since: int, until: int) -> tuple[Point, ...]:
    """One for each, or where they are too many to be told apart one for each part of the time."""
    if len(known) <= 2 * _PARTS:
        return tuple(_merged([measured]) for measured in known)
    width = (until - since) / _PARTS

    def part(measured: Measured) -> int:
        return min(_PARTS - 1, int((measured[1].at - since) / width))

    return tuple(_merged(list(group)) for _, group in groupby(known, part))


def _merged(group: Sequence[Measured]) -> Point:
    """One point for several: at the moment of the one in their middle."""
    amounts = [amount for amount, _ in group]
    middle = group[len(group) // 2][1]
    slow = sum(one.mode is Mode.THROTTLED for _, one in group)
    return Point(
        at=middle.at,
        value=statistics.median(amounts),
        mode=Mode.THROTTLED if 2 * slow > len(group) else Mode.FULL,
        model=middle.model,
        lowest=min(amounts),
        highest=max(amounts),
        count=len(group),
    )


def _bars(metrics: Metrics, mode: Mode) -> tuple[Bar, ...]:
    """Where a mode held, as far as it can be told apart in a plot."""
    least = (metrics.until - metrics.since) / (2 * _PARTS)
    return tuple(_joined((span for span in metrics.spans if span.mode is mode), least))


def _joined(spans: Iterable[ModeSpan], least: float) -> list[Bar]:
    found: list[Bar] = []
    for span in spans:
        if found and span.since - found[-1].until < least:
            found[-1] = Bar(found[-1].since, span.until)
        else:
            found.append(Bar(span.since, span.until))
    return found
