"""What NetworkManager says on Linux's system bus: is the connection paid for by volume?

See ``NMMetered`` in https://networkmanager.dev/docs/api/latest/nm-dbus-types.html. Only the owner
of the name is believed, no value of another type than it should have, and nothing is started.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from assistant.machine.bell import Bell
from assistant.machine.bus import BUS, Answer, BusGone, BusLink, Stopped
from assistant.net.metered import Metered

NETWORK_MANAGER: Final = "org.freedesktop.NetworkManager"
NETWORK_MANAGER_PATH: Final = "/org/freedesktop/NetworkManager"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_MEANINGS: Final = {1: Metered.YES, 2: Metered.NO, 3: Metered.YES, 4: Metered.NO}
"""NM_METERED_YES, NO, GUESS_YES, GUESS_NO; 0 is unknown."""


class NetworkManagerMetered:
    """A ``MeteredProbe``. It connects for each reading: one in a minute is no reason to stay.

    Args:
        address: As in ``DBUS_SYSTEM_BUS_ADDRESS``.
        seconds: How long a reading may take.
    """

    def __init__(self, address: str, seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._lock = threading.Lock()
        self._bell: Bell | None = None
        self._closed = False

    def read(self) -> Metered:
        """See ``MeteredProbe.read``."""
        deadline = time.monotonic() + self._seconds
        with self._lock:
            if self._closed:
                return Metered.UNKNOWN
            self._bell = bell = Bell()
        try:
            link = BusLink(self._address, bell, answer_seconds=self._seconds)
            try:
                return _ask(link, deadline)
            finally:
                link.close()
        except (BusGone, Stopped):
            return Metered.UNKNOWN
        finally:
            with self._lock:
                self._bell = None
                bell.close()

    def close(self) -> None:
        """See ``MeteredProbe.close``. Ends a reading that is under way."""
        with self._lock:
            self._closed = True
            if self._bell:
                self._bell.stop()


def _ask(link: BusLink, deadline: float) -> Metered:
    """Ask the bus who owns the name, and the owner for the property."""
    found: list[Metered] = []

    def told(answer: Answer) -> None:
        kind, value = answer.body[0] if answer.signature == "v" else ("", 0)
        found.append(_MEANINGS.get(value if kind == "u" else 0, Metered.UNKNOWN))

    def owned(answer: Answer) -> None:
        if answer.signature != "s" or not answer.body[0]:
            found.append(Metered.UNKNOWN)
            return
        owner = answer.body[0]
        link.know(owner)
        what = (NETWORK_MANAGER, "Metered")
        link.call(owner, NETWORK_MANAGER_PATH, f"{_PROPERTIES}.Get", told, "ss", what)

    link.call(BUS, _BUS_PATH, f"{BUS}.GetNameOwner", owned, "s", (NETWORK_MANAGER,))
    while not found:
        if time.monotonic() > deadline:  # strangers that say much must not hold us up
            raise BusGone("no answer in time")
        link.receive(deadline)
    return found[0]
