"""What the battery tells of its end and of its use. A figure that was not measured is None.

All of it is of the whole machine: no battery tells what one program draws.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.power.plan import Readings

_LONGEST: Final = 48 * 3600.0
"""Seconds. A draw that would last longer is no laptop's at work: the sensor is wrong."""
_LEAST_SECONDS: Final = 300.0
_LEAST_DROP: Final = 0.03
"""Of the charge: sensors step by 1 %, so a smaller drop tells too little of its rate."""
_APART: Final = 30.0  # seconds between two charges that are kept
_KEPT: Final = 60  # charges: half an hour
_ASLEEP: Final = 30.0  # seconds by which two clocks differ after a sleep


@dataclass(frozen=True, slots=True)
class Charge:
    """How full the battery was: ``battery`` from 0 to 1, ``at`` in seconds of a steady clock."""

    at: float
    battery: float


class ChargeHistory:
    """The charges since the battery was last what the machine runs on, half an hour at most.

    Begins anew on mains, where the battery vanishes or is charged, and after a sleep, in which the
    machine draws next to nothing.
    """

    def __init__(self) -> None:
        self._charges: deque[Charge] = deque(maxlen=_KEPT)
        self._last = (0.0, 0)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Oldest first."""
        return tuple(self._charges)

    def note(self, readings: Readings, elapsed: float, now: int) -> None:
        """Take a reading.

        Args:
            readings: As ``sane`` leaves them.
            elapsed: Seconds of a clock that never goes back.
            now: Milliseconds since 1970.
        """
        before, self._last = self._last, (elapsed, now)
        passed, shown = elapsed - before[0], (now - before[1]) / 1000
        if not (passed >= 0 and abs(shown - passed) <= _ASLEEP):
            self._charges.clear()
        if readings.on_mains is not False or readings.battery is None:
            self._charges.clear()
            return
        if self._charges and readings.battery > self._charges[-1].battery + 0.01:
            self._charges.clear()
        if not self._charges or elapsed - self._charges[-1].at >= _APART:
            self._charges.append(Charge(elapsed, readings.battery))


def time_left(readings: Readings, history: Sequence[Charge] = ()) -> float | None:
    """Seconds until the battery is empty at the present draw; None on mains or where unknown.

    From measured watts where there are some, else the system's own estimate, else by how the
    charge fell.

    Args:
        readings: As ``sane`` leaves them.
        history: Charges since the machine runs on battery, oldest first.
    """
    if readings.on_mains is not False:
        return None
    for seconds in (_by_watts(readings), readings.seconds_left, _by_fall(readings, history)):
        if seconds is not None and 0 <= seconds <= _LONGEST:
            return seconds
    return None


def watt_hours(watts: float | None, seconds: float) -> float | None:
    """What was drawn in ``seconds``; None where the watts are unknown, as they are on mains."""
    if watts is None or not (watts >= 0 and seconds >= 0):
        return None
    return watts * seconds / 3600


def watt_hours_per_thousand(used: float | None, tokens: int) -> float | None:
    """Watt-hours per 1,000 tokens of reply; None where nothing was measured.

    Args:
        used: Watt-hours that the machine drew while they were written.
        tokens: How many there were.
    """
    return None if used is None or tokens <= 0 else used * 1000 / tokens


def _by_watts(readings: Readings) -> float | None:
    if not readings.watts or readings.watt_hours is None:
        return None
    return readings.watt_hours / readings.watts * 3600


def _by_fall(readings: Readings, history: Sequence[Charge]) -> float | None:
    if len(history) < 2 or readings.battery is None:
        return None
    seconds = history[-1].at - history[0].at
    drop = history[0].battery - history[-1].battery
    if not (seconds >= _LEAST_SECONDS and drop >= _LEAST_DROP):
        return None
    return readings.battery / (drop / seconds)
