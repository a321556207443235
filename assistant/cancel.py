"""Asking for a stop, on any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Cancel:
    """A request to stop, made on any thread, heard by whoever works.

    Asking before, during and after the work are all safe: a listener that comes late is called
    at once, so no request falls between two chairs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._listener: Callable[[], None] | None = None

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked

    def ask(self) -> None:
        """Ask for a stop. Asking again changes nothing."""
        with self._lock:
            listener = None if self._asked else self._listener
            self._asked = True
        if listener:
            listener()

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Call ``listener`` once when a stop is asked for; now, where it was. None: nobody."""
        with self._lock:
            self._listener = listener
            asked = self._asked
        if asked and listener:
            listener()
