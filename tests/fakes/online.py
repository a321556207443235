"""A system that says whether there is a network as it is told to."""

from __future__ import annotations

from assistant.net.online import Online


class FakeOnline:
    """An ``OnlineProbe``; set ``online``. ``reads`` counts."""

    def __init__(self, online: Online = Online.UNKNOWN) -> None:
        self.online = online
        self.reads = 0
        self.closed = False

    def read(self) -> Online:
        """See ``OnlineProbe.read``."""
        self.reads += 1
        return Online.UNKNOWN if self.closed else self.online

    def close(self) -> None:
        """See ``OnlineProbe.close``."""
        self.closed = True
