"""How fast bytes come, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from typing import Final

from assistant.clock import Clock

_WINDOW_SECONDS: Final = 5.0  # long enough to be steady, short enough to follow a change
_STEP_SECONDS: Final = 0.1  # between two samples that are kept: fifty of them at most
_LEAST_SECONDS: Final = 0.5  # before that a speed is a guess


class Pace:
    """Speed over the last seconds. On one thread.

    Args:
        clock: Measures.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()

    def begin(self, done: int) -> None:
        """Start anew from ``done`` bytes: a wait between two connections is no slowness."""
        self._samples.clear()
        self._samples.append((self._clock.elapsed(), done))

    def note(self, done: int) -> None:
        """So many bytes are here now."""
        now = self._clock.elapsed()
        if len(self._samples) > 1 and now - self._samples[-2][0] < _STEP_SECONDS:
            self._samples.pop()  # the last one is always the newest, whatever its distance
        self._samples.append((now, done))
        while now - self._samples[0][0] > _WINDOW_SECONDS and len(self._samples) > 2:
            self._samples.popleft()

    @property
    def bytes_per_second(self) -> float:
        """0 until there is something to tell it from."""
        if len(self._samples) < 2:
            return 0.0
        (since, before), (now, done) = self._samples[0], self._samples[-1]
        seconds = now - since
        return max(0.0, (done - before) / seconds) if seconds >= _LEAST_SECONDS else 0.0

    def seconds_left(self, rest: int) -> float | None:
        """For so many bytes more; None: not known."""
        speed = self.bytes_per_second
        return rest / speed if speed else None
