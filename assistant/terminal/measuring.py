"""``hush metrics``: what replies cost on this machine. Numbers only."""

from __future__ import annotations

from typing import Any, Final

from assistant.app import Session
from assistant.metrics import Metrics, ReplyMetric, Spread
from assistant.power.plan import Mode
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console

_MB: Final = 1_000_000  # as system monitors count
_HOUR: Final = 3600  # seconds
_WHOLE: Final = 10  # watt-hours, from which on decimals say nothing
_UNKNOWN: Final = "–"


def metrics(arguments: Arguments, session: Session, console: Console) -> int:
    """Print the figures of the last ``arguments.days`` days, as a table or as one JSON object."""
    found = session.metrics.read(arguments.days).result()
    if arguments.json:
        console.data(as_data(found))
        return 0
    if not found.replies:
        console.remark(_nothing(found))
        return 0
    for line in as_table(found):
        console.line(line)
    return 0


def as_data(found: Metrics) -> dict[str, Any]:
    """The figures and what they rest on: every value is a number, a list of such, or null.

    Times are milliseconds since 1970, UTC. ``modes`` holds beginnings and ends.
    """
    return {
        "days": found.days,
        "since": found.since,
        "until": found.until,
        "first_token_ms": _spread(found.first_token_ms),
        "tokens_per_second": _spread(found.tokens_per_second),
        "peak_memory_bytes": found.peak_memory_bytes,
        "watt_hours_per_1000_tokens": found.watt_hours_per_1000,
        "modes": {
            mode.value: [[span.since, span.until] for span in found.spans if span.mode is mode]
            for mode in Mode
        },
        "replies": [_reply(one) for one in found.replies],
    }


def as_table(found: Metrics) -> list[str]:
    """The figures as aligned lines."""
    count = len(found.replies)
    rows = [
        ("", "median", "19 of 20"),
        ("first token", *_first_token(found.first_token_ms)),
        ("speed", *_speed(found.tokens_per_second)),
        ("peak memory", _memory(found.peak_memory_bytes), ""),
        ("battery", *_battery(found.watt_hours_per_1000)),
        *((mode.value, f"{found.seconds_in(mode) / _HOUR:.1f} h", "") for mode in Mode),
    ]
    return [
        f"{count:,} repl{'y' if count == 1 else 'ies'} in {_days(found.days)}",
        *(f"{name:<11}  {figure:>14}  {more}".rstrip() for name, figure, more in rows),
    ]


def _nothing(found: Metrics) -> str:
    when = _days(found.days)
    if found.replies_kept:
        return f"Nothing was measured in {when}. Ask for more with --days."
    return "Nothing measured yet."


def _days(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"


def _first_token(spread: Spread | None) -> tuple[str, str]:
    """The median, and what one in twenty waits longer than."""
    if spread is None:
        return _UNKNOWN, ""
    return f"{spread.median / 1000:.2f} s", f"{spread.p95 / 1000:.2f} s or less"


def _speed(spread: Spread | None) -> tuple[str, str]:
    """The median, and what one in twenty is slower than."""
    if spread is None:
        return _UNKNOWN, ""
    return f"{spread.median:.1f} tokens/s", f"{spread.p5:.1f} tokens/s or more"


def _memory(count: int | None) -> str:
    return f"{count / _MB:.0f} MB" if count else _UNKNOWN


def _battery(drain: float | None) -> tuple[str, str]:
    if drain is None:
        return _UNKNOWN, "not measured: on mains, or the battery tells no watts"
    amount = f"{drain:.0f}" if drain >= _WHOLE else f"{drain:.2g}"
    return f"{amount} Wh", "for 1,000 tokens"


def _spread(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {"p5": spread.p5, "median": spread.median, "p95": spread.p95}


def _reply(one: ReplyMetric) -> dict[str, int | float | None]:
    return {
        "at": one.at,
        "prompt_tokens": one.prompt_tokens,
        "reused_tokens": one.reused_tokens,
        "reply_tokens": one.reply_tokens,
        "first_token_ms": one.first_token_ms,
        "tokens_per_second": one.tokens_per_second or None,
        "memory_bytes": one.memory_bytes or None,
        "watt_hours": one.battery_used,
    }
