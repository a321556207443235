"""An address goes to the desktop's portal, else to the broker; never to a child of ours."""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.machine.portal import PORTAL, PORTAL_PATH, ask_portal
from assistant.net.starting import NoStarter
from tests.fakes.desktop import Service, private_bus
from tests.gnome_keyring import DEADLINE, needs_gnome_keyring
from ui.opening import Opening

ROOT = Path(__file__).parent.parent.parent
ADDRESS = "https://example.org/a?b=c#d"


class Outlet(NoStarter):
    """A broker that notes what it is given."""

    def __init__(self, *, takes: bool = True) -> None:
        super().__init__("Nothing is started here.")
        self.opened: list[str] = []
        self._takes = takes

    def open_address(self, address: str) -> bool:
        """See ``NetStarter.open_address``."""
        self.opened.append(address)
        return self._takes


@pytest.mark.parametrize(
    ("portal", "broker", "taken", "asked"),
    [
        (True, True, True, []),
        (False, True, True, [ADDRESS]),
        (False, False, False, [ADDRESS]),
    ],
)
def test_who_is_asked(portal: bool, broker: bool, taken: bool, asked: list[str]) -> None:
    """The portal first; the broker where there is none."""
    outlet = Outlet(takes=broker)
    assert Opening(outlet, lambda _: portal)(ADDRESS) is taken
    assert outlet.opened == asked


class FakePortal(Service):
    """The desktop's portal.

    Args:
        address: The bus.
        takes: Whether it takes addresses; None keeps silent.
    """

    def __init__(self, address: str, *, takes: bool | None = True) -> None:
        super().__init__(address, PORTAL)
        self.asked: list[tuple[object, ...]] = []
        self._takes = takes
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        import socket

        with contextlib.suppress(OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)

    def _serve(self) -> None:
        from jeepney import MessageType

        with contextlib.suppress(OSError), contextlib.closing(self.connection):
            while True:
                message = self.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._answer(message)

    def _answer(self, message: Any) -> None:
        from jeepney import HeaderFields, new_error, new_method_return

        fields = message.header.fields
        place = [fields[HeaderFields.path], fields[HeaderFields.member]]
        self.asked.append((*place, *message.body))
        if self._takes:
            self.connection.send(new_method_return(message, "o", (f"{PORTAL_PATH}/request/1",)))
        elif self._takes is False:
            self.connection.send(new_error(message, "org.freedesktop.portal.Error.NotAllowed"))


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A bus with nobody on it: the environment that names it."""
    with private_bus(tmp_path) as (address, _):
        yield {"DBUS_SESSION_BUS_ADDRESS": address}


@needs_gnome_keyring
def test_the_portal_takes_it(bus: dict[str, str]) -> None:
    """The address arrives as it stands."""
    portal = FakePortal(bus["DBUS_SESSION_BUS_ADDRESS"])
    assert ask_portal(ADDRESS, bus, DEADLINE)
    portal.close()
    assert portal.asked == [(PORTAL_PATH, "OpenURI", "", ADDRESS, {})]


@needs_gnome_keyring
def test_the_portal_refuses(bus: dict[str, str]) -> None:
    """Then the broker has its turn."""
    portal = FakePortal(bus["DBUS_SESSION_BUS_ADDRESS"], takes=False)
    assert not ask_portal(ADDRESS, bus, DEADLINE)
    portal.close()


@needs_gnome_keyring
def test_a_portal_that_keeps_silent(bus: dict[str, str]) -> None:
    """It is waited for, and not for ever."""
    portal = FakePortal(bus["DBUS_SESSION_BUS_ADDRESS"], takes=None)
    assert not ask_portal(ADDRESS, bus, 0.3)
    portal.close()


@needs_gnome_keyring
def test_no_portal(bus: dict[str, str]) -> None:
    """A bus, and nobody there who opens anything; nothing is started."""
    assert not ask_portal(ADDRESS, bus, DEADLINE)


def test_no_bus(tmp_path: Path) -> None:
    """Nor is it an error that there is none."""
    assert not ask_portal(ADDRESS, {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/none"})


def test_nobody_goes_past_it() -> None:
    """What Qt, or ``webbrowser``, starts would be sealed: nothing of ours uses either."""
    banned = {"openUrl", "QDesktopServices", "webbrowser"}
    for path in (ROOT / "ui").rglob("*.py"):
        names = {
            getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))
            for node in ast.walk(ast.parse(path.read_text()))
        }
        assert not banned & names, path.name
