"""Threads that compute let the one that draws go first: they share one interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeAlias

GiveWay: TypeAlias = Callable[[], None]
"""Called between two pieces of work of a millisecond or so; returns when it may go on."""

_MOST_SECONDS: Final = 0.05
"""Three frames. Whoever keeps the window busy for longer does not stop the work altogether."""


class Courtesy:
    """Tells threads that nobody waits for when the window is at work.

    Qt gives the interpreter up with almost every call, hundreds of times for a page. Beside a
    thread that computes each of them waits to have it back, which made 16 ms of painting 90.

    The thread that draws calls ``begin`` and ``end``, the others ``give_way``.

    Args:
        most_seconds: What one wait may take.
    """

    def __init__(self, most_seconds: float = _MOST_SECONDS) -> None:
        self._most = most_seconds
        self._rests = threading.Event()
        self._rests.set()

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody waits for the window now."""
        return self._rests.is_set()

    def begin(self) -> None:
        """The window has something to do. Called with each of its events: at once."""
        if self._rests.is_set():
            self._rests.clear()

    def end(self) -> None:
        """It waits for something to happen."""
        self._rests.set()

    def give_way(self) -> None:
        """Wait for as long as the window is at work, but for a few frames at most, and once."""
        if not self._rests.is_set() and not self._rests.wait(self._most):
            self._rests.set()  # until it wakes again: nobody tells where no loop runs any more


def nobody_draws() -> None:
    """What there is to wait for where there is no window: nothing."""
