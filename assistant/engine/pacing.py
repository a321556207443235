"""How hard the model works while it works: told on one thread, obeyed on another.

The engine child's reader thread hears a new pace or a cancel; its main thread asks here before
each decode and after each token. So both take effect within one token or one batch, and without
the threads of llama.cpp being changed under a running decode.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from assistant.engine.protocol import Pace

_REST: Final = 0.8
"""Of the time that a token took: so the processor rests at least four ninths of the time, where
the pace says so, whatever the model and however slow the machine."""

_LONGEST_REST: Final = 0.25  # seconds; what took longer than that allows for was reading


class Pacer:
    """Holds, slows and steers the main thread.

    Args:
        aborted: Whether what runs was cancelled.
        changed: Waited on while nothing may go on.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        aborted: Callable[[], bool],
        changed: threading.Condition | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aborted = aborted
        self._changed = changed or threading.Condition()
        self._clock = clock
        self._pace = Pace()
        self._set_threads: Callable[[int], None] | None = None
        self._threads = 0
        self._rested = clock()  # until then

    # -- the reader thread --------------------------------------------------------------------

    def obey(self, pace: Pace) -> None:
        """Work at this pace from now on."""
        with self._changed:
            self._pace = pace
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again whether what runs was cancelled."""
        with self._changed:
            self._changed.notify_all()

    # -- the main thread ----------------------------------------------------------------------

    def steer(self, set_threads: Callable[[int], None]) -> None:
        """Tell changes of the number of threads to ``set_threads``: a new context's.

        It gets 0 for as many as were loaded with, which a new context begins with.
        """
        self._set_threads = set_threads
        self._threads = 0

    def go_on(self) -> bool:
        """Wait while paused; then set the threads for the next decode. False: cancelled."""
        with self._changed:
            while self._pace.paused and not self._aborted():
                self._changed.wait()
            threads = self._pace.threads
        if threads != self._threads and self._set_threads:
            self._set_threads(threads)
            self._threads = threads
        return not self._aborted()

    @property
    def paused(self) -> bool:
        """Whether ``go_on`` would wait now."""
        return self._pace.paused

    def after_token(self, tokens: int = 1) -> None:
        """Wait the pace's delay for each of these tokens; a cancel or a new pace ends it sooner.

        On a slow machine, or with a large model, longer: see ``_REST``.
        """
        began = self._clock()
        worked = began - self._rested
        with self._changed:
            while (left := began + self._delay(tokens, worked) - self._clock()) > 0:
                if self._aborted():
                    break
                self._changed.wait(left)
        self._rested = self._clock()

    def _delay(self, tokens: int, worked: float) -> float:
        delay = tokens * self._pace.token_delay_ms / 1000
        return max(delay, min(worked * _REST, _LONGEST_REST)) if delay else 0.0
