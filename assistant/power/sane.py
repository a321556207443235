"""What may be believed of readings. Sensors lie: what makes no sense counts as unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from assistant.power.plan import Heat, Readings

_MOST_WATTS: Final = 1_000.0  # no machine with a battery draws more
_MOST_WATT_HOURS: Final = 10_000.0  # of a large UPS
_MOST_SECONDS: Final = 7 * 24 * 3600.0  # drivers say -1, 0 or years where they do not know


def sane(readings: Readings) -> Readings:
    """The same without what cannot be: NaN, -1, a battery over 100 %, a wrong type.

    On mains and discharging contradict each other, and nothing says which of them is wrong: then
    both are unknown. Never raises; ``sane(sane(x)) == sane(x)``.
    """
    on_mains = _truth(readings.on_mains)
    watts = _number(readings.watts, _MOST_WATTS)
    if on_mains and watts is not None:
        on_mains = watts = None
    seconds_left = None if on_mains else _number(readings.seconds_left, _MOST_SECONDS)
    battery = readings.battery
    return replace(
        readings,
        on_mains=on_mains,
        battery=0.0 if _is_zero(battery) else _number(battery, 1.0),
        heat=readings.heat if isinstance(readings.heat, Heat) else None,
        low_power=_truth(readings.low_power),
        watts=watts,
        watt_hours=_number(readings.watt_hours, _MOST_WATT_HOURS),
        seconds_left=seconds_left,
    )


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _number(value: object, most: float) -> float | None:
    """The number where it is above 0 and at most ``most``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= most else None  # NaN compares as False
