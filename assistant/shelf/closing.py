"""What runs on models is called off when Hush closes: a copy of gigabytes does not hold it up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.cancel import Cancel


class Closing:
    """Knows the requests that are under way. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: set[Cancel] = set()
        self._closed = False

    @contextmanager
    def over(self, cancel: Cancel) -> Iterator[None]:
        """While this lasts ``close`` asks it to stop; at once, where it was closed before."""
        with self._lock:
            self._under_way.add(cancel)
            closed = self._closed
        if closed:
            cancel.ask()
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(cancel)

    def close(self) -> None:
        """Ask all to stop, and whatever begins from now on."""
        with self._lock:
            self._closed = True
            under_way = tuple(self._under_way)
        for cancel in under_way:
            cancel.ask()
