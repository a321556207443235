"""Time, handed in, so that tests can bring their own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Two times: one to write down, one to measure with."""

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment; never goes back."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        """See ``Clock.now``."""
        return time.time_ns() // 1_000_000

    def elapsed(self) -> float:
        """See ``Clock.elapsed``."""
        return time.perf_counter()
