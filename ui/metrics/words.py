"""What the metrics page says: amounts, times and modes in words. All pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PySide6.QtCore import QDate, QLocale

from assistant.metrics import Spread
from assistant.power.plan import Mode, Reason
from ui.vault.words import number, size

NOTHING: Final = "–"

_ENGLISH: Final = QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom)
_UNKNOWN: Final = "Not measured."
_TWENTY: Final = 20
_WHOLE: Final = 10  # from here on decimals say nothing
_MINUTE: Final = 60  # seconds
_HOUR: Final = 3600
_DAY: Final = 86_400

MODES: Final = {Mode.FULL: "Full power", Mode.THROTTLED: "Slower", Mode.PAUSED: "Paused"}
REASONS: Final = {
    Reason.ON_BATTERY: "on battery",
    Reason.WARM_ON_BATTERY: "warm and on battery",
    Reason.HOT: "hot",
    Reason.HOT_ON_BATTERY: "hot and on battery",
    Reason.CRITICAL_HEAT: "far too hot",
    Reason.LOW_POWER: "the system was saving power",
    Reason.ALWAYS_QUIET: "you chose always quiet",
    Reason.FULL_ONCE: "you chose full power once",
    Reason.GOING_ON: "you chose to go on slowly",
}
RANGES: Final = {1: "24 hours", 7: "7 days", 90: "90 days"}


@dataclass(frozen=True, slots=True)
class Unit:
    """How amounts of a kind are written.

    Args:
        say: A measured one: "0.08 s", "128 tok/s".
        mark: A round one at an axis: "0.5 s".
    """

    say: Callable[[float], str]
    mark: Callable[[float], str]


def seconds(milliseconds: float) -> str:
    """A wait: "0.08 s", "1.2 s", "34 s"."""
    value = milliseconds / 1000
    return f"{value:.2f} s" if value < 1 else f"{_short(value)} s"


def speed(tokens: float) -> str:
    """A speed: "8.4 tok/s", "128 tok/s"."""
    return f"{_short(tokens)} tok/s"


def memory(count: float) -> str:
    """An amount of memory: "412 MB"."""
    return size(round(count))


SECONDS: Final = Unit(seconds, lambda milliseconds: f"{milliseconds / 1000:,g} s")
SPEED: Final = Unit(speed, lambda tokens: f"{tokens:,g} tok/s")
MEMORY: Final = Unit(memory, memory)


def energy(watt_hours: float) -> str:
    """Watt-hours in two digits: "0.021 Wh", "1.4 Wh", "12 Wh"."""
    return f"{watt_hours:.0f} Wh" if watt_hours >= _WHOLE else f"{watt_hours:.2g} Wh"


def span(length: float) -> str:
    """How long something took, in seconds: "40 s", "14 min", "5 h 12 min", "3 days"."""
    if length < _MINUTE:
        return f"{length:.0f} s"
    minutes = round(length / _MINUTE)
    if length < _HOUR:
        return f"{minutes} min"
    if length < 2 * _DAY:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return number(round(length / _DAY), "day")


def first_word(spread: Spread | None, count: int) -> str:
    """The waits for so many first words, in a sentence."""
    if spread is None:
        return _UNKNOWN
    if count == 1:
        return f"{seconds(spread.median)}."
    # Below twenty values "19 of 20" would claim more than was measured.
    few, many = f"longest {seconds(spread.p95)}", f"19 of 20 within {seconds(spread.p95)}"
    return f"Median {seconds(spread.median)}, {few if count < _TWENTY else many}."


def pace(spread: Spread | None, count: int) -> str:
    """So many speeds of writing, in a sentence."""
    if spread is None:
        return _UNKNOWN
    if count == 1:
        return f"{speed(spread.median)}."
    few, many = f"slowest {speed(spread.p5)}", f"19 of 20 at {speed(spread.p5)} or faster"
    return f"Median {speed(spread.median)}, {few if count < _TWENTY else many}."


def peak(count: int | None) -> str:
    """The memory, in a sentence."""
    return _UNKNOWN if count is None else f"At most {memory(count)}."


def time_in(lengths: Mapping[Mode, float]) -> str:
    """How long each mode held, in a sentence; in seconds."""
    held = [f"{MODES[mode].lower()} {span(lengths[mode])}" for mode in Mode if lengths.get(mode)]
    words = ", ".join(held)
    return f"{words[:1].upper()}{words[1:]}." if words else "Not known for this time."


def replies(count: int, days: int) -> str:
    """How many answers the figures rest on."""
    return f"{number(count, 'answer')} in the last {RANGES.get(days, f'{days} days')}."


def short_date(then: datetime) -> str:
    """A day for an axis: "3 Mar"."""
    return _ENGLISH.toString(QDate(then.year, then.month, then.day), "d MMM")


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= _WHOLE else f"{value:.1f}"
