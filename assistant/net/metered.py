"""Whether this connection is paid for by volume."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

READ_SECONDS: Final = 2.0


class Metered(StrEnum):
    """What is known. A guess of the system's counts as what it guesses."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class MeteredProbe(Protocol):
    """Asks the system. Used on one thread; only ``close`` comes from others."""

    def read(self) -> Metered:
        """What it is now; ``UNKNOWN`` where nobody says, within ``READ_SECONDS``. Never raises."""

    def close(self) -> None:
        """Let go of whatever is held. Later reads know nothing. Safe to call twice."""


class NobodyKnows:
    """A ``MeteredProbe`` where no service tells: macOS, Windows, a system without a bus."""

    def read(self) -> Metered:
        """See ``MeteredProbe.read``."""
        return Metered.UNKNOWN

    def close(self) -> None:
        """See ``MeteredProbe.close``."""
