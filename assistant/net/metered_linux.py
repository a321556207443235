"""What NetworkManager says of this: is the connection paid for by volume?

See ``NMMetered`` in https://networkmanager.dev/docs/api/latest/nm-dbus-types.html.
"""

from __future__ import annotations

from typing import Final

from assistant.net.metered import Metered
from assistant.net.network_manager import NetworkManagerNumbers

_MEANINGS: Final = {1: Metered.YES, 2: Metered.NO, 3: Metered.YES, 4: Metered.NO}
"""NM_METERED_YES, NO, GUESS_YES, GUESS_NO; 0 is unknown."""


class NetworkManagerMetered:
    """A ``MeteredProbe``. One reading in a minute is no reason to stay connected.

    Args:
        address: As in ``DBUS_SYSTEM_BUS_ADDRESS``.
        seconds: How long a reading may take.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self._numbers = NetworkManagerNumbers(address, seconds)

    def read(self) -> Metered:
        """See ``MeteredProbe.read``."""
        found = self._numbers.read("Metered")
        return _MEANINGS.get(found.get("Metered", 0), Metered.UNKNOWN)

    def close(self) -> None:
        """See ``MeteredProbe.close``. Ends a reading that is under way."""
        self._numbers.close()
