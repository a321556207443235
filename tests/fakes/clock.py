"""A clock that stands still until told otherwise."""

from __future__ import annotations


class FakeClock:
    """A ``Clock``; ``advance`` moves both of its times."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self._now = now
        self._elapsed = 0.0

    def now(self) -> int:
        return self._now

    def elapsed(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += round(seconds * 1000)
        self._elapsed += seconds
