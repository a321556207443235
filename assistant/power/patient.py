"""Asking what may never answer, without waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from assistant.clock import Clock
from assistant.log import log_event

T = TypeVar("T")

KEEPS_SECONDS: Final = 180.0
"""How long an answer counts where no newer one comes: a battery changes by a few percent in it."""


class Patient(Generic[T]):
    """Asks on a thread of its own, once at a time, and remembers the last answer.

    A thread lives only while it asks: between two questions nothing wakes up. One that hangs is
    left alone, and nothing is asked anew before it is back. Used on one thread.

    Args:
        name: For the thread and the log.
        ask: May hang and may raise; neither is the caller's trouble.
        clock: Tells how old an answer is.
        done: Called on that thread after each answer, and each failure.
        keeps: Seconds for which an answer counts.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[], T],
        clock: Clock,
        *,
        done: Callable[[], None] = lambda: None,
        keeps: float = KEEPS_SECONDS,
    ) -> None:
        self._name = name
        self._ask = ask
        self._clock = clock
        self._done = done
        self._keeps = keeps
        self._answer: tuple[T, float, int] | None = None  # with both times of it
        self._failing = False
        self._asking = False
        self._thread: threading.Thread | None = None

    def begin(self) -> bool:
        """Ask, unless the last question is still out; whether it was asked."""
        if self._asking:
            return False
        self._asking = True
        thread = threading.Thread(target=self._work, name=f"power-{self._name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads: the last answer has to do
            self._asking = False
            return False
        self._thread = thread  # only now: whoever waits for it joins a thread that runs
        return True

    def wait(self, seconds: float) -> None:
        """Wait for the answer, at most so long."""
        if self._thread:
            self._thread.join(max(0.0, seconds))

    def latest(self) -> T | None:
        """The last answer, while it counts.

        Time asleep counts as well. On some systems only the wall clock goes on in sleep, so an
        answer is as old as the clock says that says more.
        """
        if self._answer is None:
            return None
        answer, elapsed, now = self._answer
        age = max(self._clock.elapsed() - elapsed, (self._clock.now() - now) / 1000)
        return answer if age <= self._keeps else None

    def _work(self) -> None:
        try:
            answer = self._ask()
            self._answer = (answer, self._clock.elapsed(), self._clock.now())
            self._failing = False
        except Exception as error:  # noqa: BLE001 - a sensor of any make: what it says is unknown
            if not self._failing:  # once per outage
                log_event("power.probe", of=self._name, gone=type(error).__name__)
            self._failing = True
        finally:
            self._asking = False
            self._done()
