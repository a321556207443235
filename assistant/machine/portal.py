"""Asks the Linux desktop's portal to open an address: it starts the browser, not this process.

See https://flatpak.github.io/xdg-desktop-portal/, interface ``OpenURI``. Its answer only says that
the portal took the request; the desktop may still ask the person which program it shall be. Only
the owner of the name is believed, and nothing is started: without a portal that runs, no.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Final

from assistant.machine.bell import Bell
from assistant.machine.bus import BUS, Answer, BusGone, BusLink, Stopped
from assistant.machine.session_linux import session_bus

PORTAL: Final = "org.freedesktop.portal.Desktop"
PORTAL_PATH: Final = "/org/freedesktop/portal/desktop"
OPEN: Final = "org.freedesktop.portal.OpenURI.OpenURI"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_SECONDS: Final = 1.0  # it takes milliseconds, and a person waits


def ask_portal(address: str, environment: Mapping[str, str], seconds: float = _SECONDS) -> bool:
    """Whether a portal took the address.

    Args:
        address: What is to be opened.
        environment: Says where the session's bus is.
        seconds: How long all of it may take.
    """
    deadline = time.monotonic() + seconds
    with closing(Bell()) as bell:
        try:
            link = BusLink(session_bus(environment), bell, answer_seconds=seconds)
            with closing(link):
                return _Asking(link).ask(address, deadline)
        except (BusGone, Stopped, OSError):
            return False


class _Asking:
    """Who owns the name, then the address."""

    def __init__(self, link: BusLink) -> None:
        self._link = link
        self._outcome: bool | None = None

    def ask(self, address: str, deadline: float) -> bool:
        def found(answer: Answer) -> None:
            if answer.signature != "s" or not answer.body[0]:
                self._outcome = False
                return
            owner = answer.body[0]
            self._link.know(owner)
            # No window of ours is named: on Wayland only its owner can.
            body: tuple[object, ...] = ("", address, {})
            self._link.call(owner, PORTAL_PATH, OPEN, self._taken, "ssa{sv}", body)

        self._link.call(BUS, _BUS_PATH, f"{BUS}.GetNameOwner", found, "s", (PORTAL,))
        while self._outcome is None:
            if time.monotonic() > deadline:  # strangers that say much must not hold us up
                raise BusGone("no answer in time")
            self._link.receive(deadline)
        return self._outcome

    def _taken(self, answer: Answer) -> None:
        self._outcome = not answer.refused
