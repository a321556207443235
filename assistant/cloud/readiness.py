"""What asking needs is kept ready as long as somebody is about to ask, and no longer."""

from __future__ import annotations

import threading

from assistant.cloud.keys import KeySafe
from assistant.cloud.preview import Preview
from assistant.cloud.records import KIND, Provider
from assistant.net.gate import NetworkGate


class Readiness:
    """A net child waits, and a key is read ahead, as long as somebody looks at what to send.

    Args:
        gate: Has the child wait.
        keys: Reads keys.
    """

    def __init__(self, gate: NetworkGate, keys: KeySafe) -> None:
        self._gate = gate
        self._keys = keys
        self._lock = threading.Lock()
        self._count = 0  # previews and runs
        self._open: set[Preview] = set()

    def prepare(self) -> None:
        """Somebody is about to look."""
        self.enter()
        self._gate.prepare(KIND)

    def warm(self, provider: Provider) -> None:
        """Read ahead what asking this one needs."""
        if provider.has_key:
            self._keys.warm(provider.id)

    def open(self, preview: Preview) -> None:
        """Somebody looks."""
        with self._lock:
            self._open.add(preview)

    def close(self, preview: Preview) -> None:
        """They look no more. A second time changes nothing."""
        with self._lock:
            was_open = preview in self._open
            self._open.discard(preview)
        if was_open:
            self.leave()

    def enter(self) -> None:
        """One more needs it."""
        with self._lock:
            self._count += 1

    def leave(self) -> None:
        """One less does; nobody: the child goes. One that a run took is not waiting any more."""
        with self._lock:
            self._count -= 1
            is_last = self._count == 0
        if is_last:
            self._gate.discard()
            self._keys.cool()
