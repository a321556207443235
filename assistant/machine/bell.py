"""A way to wake a thread that waits on a file descriptor. POSIX only."""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress


class Bell:
    """Rung on any thread; heard by the one thread that waits on ``fileno``.

    Rings add up to one: whoever hears it looks at what there is to do.
    """

    def __init__(self) -> None:
        self._hears, self._rings = os.pipe()
        os.set_blocking(self._hears, False)
        os.set_blocking(self._rings, False)
        self._stopped = False
        self._open = threading.Lock()  # a ring must never go to a descriptor's next owner

    @property
    def stopped(self) -> bool:
        """Whether the listener is to end for good."""
        return self._stopped

    def fileno(self) -> int:
        """Readable when the bell was rung."""
        return self._hears

    def ring(self) -> None:
        """Wake the listener. It may have ended already."""
        with self._open, suppress(OSError):  # full: it rings as it is; closed: nobody listens
            os.write(self._rings, b"\0")

    def stop(self) -> None:
        """Wake the listener to make it end."""
        self._stopped = True
        self.ring()

    def silence(self) -> None:
        """Take the rings away; for the listener, before it looks at what there is to do."""
        with suppress(OSError):
            while os.read(self._hears, 64):
                pass

    def wait(self, seconds: float) -> bool:
        """Wait for ``stop`` at most so long; whether it came."""
        poll = select.poll()
        poll.register(self._hears, select.POLLIN)
        if not self._stopped and poll.poll(seconds * 1000):
            self.silence()
        return self._stopped

    def close(self) -> None:
        """Give the descriptors back; for the listener, when it has ended."""
        self._stopped = True
        with self._open:
            hears, rings, self._hears, self._rings = self._hears, self._rings, -1, -1
            for descriptor in (hears, rings):
                if descriptor >= 0:
                    os.close(descriptor)
