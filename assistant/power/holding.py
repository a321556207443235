"""A mode that has begun holds for a while, so that nothing flaps at a threshold."""

from __future__ import annotations

from typing import Final

from assistant.power.plan import Mode, Plan

HOLD_SECONDS: Final = 30.0
_HARDNESS: Final = {Mode.FULL: 0, Mode.THROTTLED: 1, Mode.PAUSED: 2}


class Holding:
    """Lets a worse mode in at once, and a better one when the last has held for 30 seconds.

    Pure but for what it remembers: no clock, no thread.
    """

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._since = 0.0

    def next(self, plan: Plan, now: float) -> Plan:
        """The plan to obey.

        Within a mode the newest plan counts: its words, and what it allows.

        Args:
            plan: As it was decided from the newest readings, without an override.
            now: Seconds since some fixed moment. A clock that goes back, or is no number, begins
                the wait anew: nothing is held longer than 30 seconds after that.
        """
        held = self._plan
        if not now >= self._since:  # also NaN
            self._since = now
        if held is None or _HARDNESS[plan.mode] > _HARDNESS[held.mode]:
            self._since = now
        elif plan.mode is not held.mode:
            if not now - self._since >= HOLD_SECONDS:
                return held
            self._since = now
        self._plan = plan
        return plan
