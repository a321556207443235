"""What NetworkManager says of this: is there a network, and does it lead anywhere?

See ``NMConnectivityState`` and ``NMState`` in
https://networkmanager.dev/docs/api/latest/nm-dbus-types.html. Both are read, and
``CheckConnectivity`` is never called: that would have the internet asked. Whether NetworkManager
asks it by itself is the system's setting; where it does not, a route counts as being connected.
"""

from __future__ import annotations

from typing import Final

from assistant.net.network_manager import NetworkManagerNumbers
from assistant.net.online import Online

_STATE_UNKNOWN: Final = 0
_STATE_CONNECTING: Final = 40  # and below it: asleep, disconnected, disconnecting
_STATE_GLOBAL: Final = 70
_MEANINGS: Final = {1: Online.NO, 2: Online.NO, 3: Online.UNKNOWN, 4: Online.YES}
"""NONE; PORTAL: somebody has to sign in first; LIMITED: its own test does not get through, and
another way, a proxy's for one, may; FULL."""


class NetworkManagerOnline:
    """An ``OnlineProbe``. It connects for each reading.

    Args:
        address: As in ``DBUS_SYSTEM_BUS_ADDRESS``.
        seconds: How long a reading may take.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self._numbers = NetworkManagerNumbers(address, seconds)

    def read(self) -> Online:
        """See ``OnlineProbe.read``."""
        found = self._numbers.read("Connectivity", "State")
        return meaning(found.get("Connectivity", 0), found.get("State", _STATE_UNKNOWN))

    def close(self) -> None:
        """See ``OnlineProbe.close``. Ends a reading that is under way."""
        self._numbers.close()


def meaning(connectivity: int, state: int) -> Online:
    """What both numbers say together; 0 is unknown."""
    if _STATE_UNKNOWN < state <= _STATE_CONNECTING:
        return Online.NO  # whatever its last test found
    if connectivity == 0:
        return Online.YES if state == _STATE_GLOBAL else Online.UNKNOWN
    return _MEANINGS.get(connectivity, Online.UNKNOWN)
