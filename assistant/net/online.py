"""Whether there is a network, as far as the system knows. Nothing is sent to find out."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Online(StrEnum):
    """What is known. ``YES``: there is a network; whether a server answers only asking it tells."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class OnlineProbe(Protocol):
    """Asks the system. Used on one thread; only ``close`` comes from others."""

    def read(self) -> Online:
        """What it is now; ``UNKNOWN`` where nobody says, within two seconds. Never raises."""

    def close(self) -> None:
        """Let go of whatever is held. Later reads know nothing. Safe to call twice."""


class NobodyKnowsOnline:
    """An ``OnlineProbe`` where no service tells: macOS, Windows, a system without a bus."""

    def read(self) -> Online:
        """See ``OnlineProbe.read``."""
        return Online.UNKNOWN

    def close(self) -> None:
        """See ``OnlineProbe.close``."""
