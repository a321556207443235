"""Whether the connection is paid for by volume, asked on a thread of its own."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final

from assistant.background import Background
from assistant.clock import Clock
from assistant.log import log_error
from assistant.net.metered import READ_SECONDS, Metered, MeteredProbe

_KEPT_SECONDS: Final = 60.0


class Meter:
    """Asks a probe on a thread of its own, so that one that hangs holds nobody up.

    Args:
        probe: May take as long as it likes.
        clock: For when it was asked.
        seconds: How long a reading may take.
    """

    def __init__(self, probe: MeteredProbe, clock: Clock, seconds: float = READ_SECONDS) -> None:
        self._probe = probe
        self._clock = clock
        self._seconds = seconds
        self._thread = Background("net-gate")
        self._lock = threading.Lock()
        self._known = Metered.UNKNOWN
        self._read_at: float | None = None
        self._next: Future[Metered] | None = None  # a reading that has not begun
        self._reads = False

    def known(self) -> Metered:
        """What was last read; reads again in the background where that is long ago."""
        with self._lock:
            is_old = self._read_at is None or self._clock.elapsed() - self._read_at >= _KEPT_SECONDS
            if is_old and not self._reads:
                self._ask()
            return self._known

    def now(self) -> Metered:
        """What it is now, read anew; nothing is known where that takes too long."""
        with self._lock:
            asking = self._ask()
        try:
            return asking.result(2 * self._seconds)  # one reading may be under way before it
        except FutureTimeout:
            return Metered.UNKNOWN

    def close(self) -> None:
        """Let go of the bus."""
        self._probe.close()

    def _ask(self) -> Future[Metered]:
        """The next reading: one that has begun may have been answered before now. Locked."""
        if self._next is None:
            self._next = self._thread.submit(self._read)
        return self._next

    def _read(self) -> Metered:
        with self._lock:
            self._next = None
            self._reads = True
        found = Metered.UNKNOWN
        try:
            found = self._probe.read()
        except Exception as error:  # noqa: BLE001 - whatever the bus says, a yes is not made of it
            log_error("net.meter", error)
        finally:
            with self._lock:
                self._known = found
                self._read_at = self._clock.elapsed()
                self._reads = False
        return found
