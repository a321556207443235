"""What NetworkManager says on Linux's system bus: numbers of its own object, read once.

See https://networkmanager.dev/docs/api/latest/gdbus-org.freedesktop.NetworkManager.html. Only the
owner of the name is believed, no value of another type than it should have, and nothing is started:
a property is read and no method called, for some of these would have it ask the internet.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Final

from assistant.machine.bell import Bell
from assistant.machine.bus import BUS, Answer, BusGone, BusLink, Stopped

NETWORK_MANAGER: Final = "org.freedesktop.NetworkManager"
NETWORK_MANAGER_PATH: Final = "/org/freedesktop/NetworkManager"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"


class NetworkManagerNumbers:
    """Reads properties that are numbers. It connects for each reading: that is seldom.

    Used on one thread; only ``close`` comes from others.

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

    def read(self, *names: str) -> dict[str, int]:
        """What is known of some properties; one that nobody tells is left out. Never raises."""
        deadline = time.monotonic() + self._seconds
        found: dict[str, int] = {}
        with self._lock:
            if self._closed:
                return found
            self._bell = bell = Bell()
        try:
            link = BusLink(self._address, bell, answer_seconds=self._seconds)
            try:
                _ask(link, names, found, deadline)
            finally:
                link.close()
        except (BusGone, Stopped):
            pass  # what was told until then is known
        finally:
            with self._lock:
                self._bell = None
                bell.close()
        return found

    def close(self) -> None:
        """Later readings know nothing; one that is under way ends. Safe to call twice."""
        with self._lock:
            self._closed = True
            if self._bell:
                self._bell.stop()


def _ask(link: BusLink, names: tuple[str, ...], found: dict[str, int], deadline: float) -> None:
    """Ask the bus who owns the name, and the owner for the properties."""
    left = set(names)

    def told(name: str, answer: Answer) -> None:
        kind, value = answer.body[0] if answer.signature == "v" else ("", 0)
        if kind == "u":
            found[name] = value
        left.discard(name)

    def owned(answer: Answer) -> None:
        if answer.signature != "s" or not answer.body[0]:
            left.clear()
            return
        owner = answer.body[0]
        link.know(owner)
        for name in names:
            what = (NETWORK_MANAGER, name)
            get = f"{_PROPERTIES}.Get"
            link.call(owner, NETWORK_MANAGER_PATH, get, partial(told, name), "ss", what)

    link.call(BUS, _BUS_PATH, f"{BUS}.GetNameOwner", owned, "s", (NETWORK_MANAGER,))
    while left:
        if time.monotonic() > deadline:  # strangers that say much must not hold us up
            raise BusGone("no answer in time")
        link.receive(deadline)
