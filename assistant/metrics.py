"""What replies cost on this machine: kept in the vault, numbers only, and gone after 90 days."""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from assistant.clock import Clock
from assistant.errors import HushError, InputRefused
from assistant.log import log_error, log_event
from assistant.power.plan import Mode, Plan, Reason
from assistant.records import ReplyFigures
from assistant.store import metric_rows
from assistant.store.metric_rows import DAY_MS, KEPT_DAYS, ModeChange, ReplyMetric
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

__all__ = [
    "KEPT_DAYS",
    "Metrics",
    "MetricsService",
    "ModeChange",
    "ModeSpan",
    "ReplyMetric",
    "Spread",
]

_PER: Final = 1000  # tokens: about what a long answer and its follow-up take


@dataclass(frozen=True, slots=True)
class Spread:
    """How a figure varies: by nearest rank one in twenty is below ``p5``, one above ``p95``."""

    p5: float
    median: float
    p95: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """Of some values; None where there are none."""
        ordered = sorted(values)
        if not ordered:
            return None
        return cls(_rank(ordered, 0.05), statistics.median(ordered), _rank(ordered, 0.95))


@dataclass(frozen=True, slots=True)
class ModeSpan:
    """A mode, and from when to when it held: milliseconds since 1970, UTC."""

    mode: Mode
    reason: Reason | None
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was measured in a time, and what follows from it.

    Attributes:
        days: How long that time is.
        since: Its beginning, milliseconds since 1970, UTC.
        until: Its end: the moment of asking.
        replies: Oldest first.
        spans: Modes, oldest first, only while Hush was running as far as that is known.
        replies_kept: How many there are in all, before this time, too.
        first_token_ms: From Enter to the first token; None where nothing is known.
        tokens_per_second: While writing; None where nothing is known.
        peak_memory_bytes: The most the model's process held; None where nothing is known.
        watt_hours_per_1000: Drawn from the battery for 1,000 tokens written; None where no reply
            was written on a battery that tells its watts.
    """

    days: int
    since: int
    until: int
    replies: tuple[ReplyMetric, ...]
    spans: tuple[ModeSpan, ...]
    replies_kept: int
    first_token_ms: Spread | None
    tokens_per_second: Spread | None
    peak_memory_bytes: int | None
    watt_hours_per_1000: float | None

    def seconds_in(self, mode: Mode) -> float:
        """How long a mode held in this time."""
        return sum(span.until - span.since for span in self.spans if span.mode is mode) / 1000


class MetricsService:
    """Keeps figures and hands them out. Never to be told of a private chat.

    What is written is not waited for, and where it cannot be written it is lost: a figure is
    never worth an error. Every method may be called on any thread.

    Args:
        vault: Open.
        clock: Says when.
        is_kept: Whether anything is written at all; a session that only reads writes nothing.
    """

    def __init__(self, vault: Vault, clock: Clock, *, is_kept: bool = True) -> None:
        self._vault = vault
        self._clock = clock
        self._is_kept = is_kept
        self._plan: Plan | None = None  # of now, as far as anybody told
        self._gate = threading.Lock()  # the plan and the order of what is written about it

    # What is told -------------------------------------------------------------------------

    def reply_ended(
        self, figures: ReplyFigures, mode: Mode, memory_bytes: int, battery_used: float | None
    ) -> None:
        """Keep what a reply cost. One with no token measured nothing.

        Args:
            figures: Of the reply.
            mode: In which it was written.
            memory_bytes: Resident memory of the model's process; 0 where unknown.
            battery_used: Watt-hours; None on mains, or unknown. What cannot be is unknown, too.
        """
        if figures.reply_tokens < 1 or not _is_sound(figures):
            return
        metric = ReplyMetric(
            at=self._clock.now(),
            model=figures.model,
            mode=mode,
            prompt_tokens=figures.prompt_tokens,
            reused_tokens=figures.reused_tokens,
            reply_tokens=figures.reply_tokens,
            first_token_ms=figures.first_token_ms,
            tokens_per_second=figures.tokens_per_second,
            memory_bytes=max(0, memory_bytes),
            battery_used=battery_used if _is_amount(battery_used) else None,
        )
        self._write(lambda connection: metric_rows.add_reply(connection, metric))

    def mode_changed(self, plan: Plan) -> None:
        """Keep the mode that holds from now on; the same for the same reason is no change."""
        with self._gate:
            before, self._plan = self._plan, plan
            if before and (before.mode, before.reason) == (plan.mode, plan.reason):
                return
            now = self._clock.now()
            change = ModeChange(now, plan.mode, plan.reason)

            def work(connection: Connection) -> None:
                if before is None:
                    metric_rows.close_last_mode(connection, now)
                metric_rows.add_mode(connection, change)

            self._write(work)

    def session_ended(self) -> None:
        """Note that from now on no mode holds. Without it, that is found out at the next start."""
        with self._gate:
            before, self._plan = self._plan, None
            if before:
                change = ModeChange(self._clock.now(), None)
                self._write(lambda connection: metric_rows.add_mode(connection, change))

    # What is asked ------------------------------------------------------------------------

    def read(self, days: int) -> Future[Metrics]:
        """What was measured in the last so many days, 1 to 90.

        Raises:
            InputRefused: another number of days.
            VaultLocked: the vault is closed.
        """
        if not 1 <= days <= KEPT_DAYS:
            raise InputRefused(f"Figures are kept for {KEPT_DAYS} days.", "Ask for 1 to 90.")
        now = self._clock.now()
        is_running = self._is_kept and self._plan is not None  # who only reads runs beside it
        return self._vault.read(lambda connection: _read(connection, days, now, is_running))

    def forget(self) -> Future[None]:
        """Delete all figures. The mode of now is noted again: it holds still.

        Raises:
            VaultLocked: the vault is closed.
            StorageFull: in the future; nothing was deleted.
        """
        with self._gate:
            plan, now = self._plan, self._clock.now()

            def work(connection: Connection) -> None:
                metric_rows.clear(connection)
                if plan:
                    metric_rows.add_mode(connection, ModeChange(now, plan.mode, plan.reason))

            return self._vault.write(work)

    def _write(self, work: Callable[[Connection], None]) -> None:
        if not self._is_kept:
            return
        try:
            self._vault.write(work).add_done_callback(_note_loss)
        except HushError as error:  # the vault is closed
            log_event("metrics.lost", code=error.code)


def _note_loss(done: Future[None]) -> None:
    error = done.exception()
    if isinstance(error, HushError):
        log_event("metrics.lost", code=error.code)
    elif error:
        log_error("metrics.bug", error)


def _read(connection: Connection, days: int, now: int, is_running: bool) -> Metrics:  # noqa: FBT001 - private
    since = now - days * DAY_MS
    # A clock that was put back by less than a day leaves rows ahead of now; they count still.
    found = metric_rows.replies(connection, since, now + DAY_MS)
    until = max(now, found[-1].at if found else now)
    changes = metric_rows.modes(connection, since, until)
    last = until if is_running else metric_rows.last_sign(connection) or until
    return Metrics(
        days=days,
        since=since,
        until=until,
        replies=found,
        spans=_spans(changes, since, min(last, until)),
        replies_kept=metric_rows.count_replies(connection),
        first_token_ms=Spread.of(one.first_token_ms for one in found),
        tokens_per_second=Spread.of(s for one in found if (s := one.tokens_per_second) > 0),
        peak_memory_bytes=max((one.memory_bytes for one in found), default=0) or None,
        watt_hours_per_1000=_drain(found),
    )


def _drain(replies: Iterable[ReplyMetric]) -> float | None:
    """Watt-hours for 1,000 tokens, over every reply whose watt-hours are known."""
    used, tokens = 0.0, 0
    for one in replies:
        if one.battery_used is not None:
            used += one.battery_used
            tokens += one.reply_tokens
    return used / tokens * _PER if tokens else None


def _spans(changes: Sequence[ModeChange], since: int, until: int) -> tuple[ModeSpan, ...]:
    """From changes to spans; ``until`` is how long the last one is known to hold."""
    found: list[ModeSpan] = []
    for change, after in pairwise([*changes, ModeChange(until, None)]):
        begin, end = max(change.at, since), min(after.at, until)
        if change.mode is None or end <= begin:
            continue
        span = ModeSpan(change.mode, change.reason, begin, end)
        if found and found[-1] == replace(span, since=found[-1].since, until=begin):
            found[-1] = replace(found[-1], until=end)  # noted again, as at a new start
        else:
            found.append(span)
    return tuple(found)


def _rank(ordered: Sequence[float], share: float) -> float:
    """The value at a share of the way, by nearest rank."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def _is_sound(figures: ReplyFigures) -> bool:
    """Whether these can be numbers of a reply: a clock or an engine may have told nonsense."""
    return _is_amount(figures.first_token_ms) and _is_amount(figures.tokens_per_second)


def _is_amount(value: Any) -> bool:
    return value is not None and math.isfinite(value) and value >= 0
