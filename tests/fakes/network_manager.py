"""NetworkManager on a bus of the tests' own: python-dbusmock's, and one that answers oddly."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from assistant.net.network_manager import NETWORK_MANAGER, NETWORK_MANAGER_PATH
from tests.fakes.desktop import Service
from tests.gnome_keyring import BUS, DEADLINE, owner_change

_SYSTEM_PYTHON: Final = "/usr/bin/python3"  # has the mock, from Debian
_MOCK: Final = "org.freedesktop.DBus.Mock"

needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or not BUS, reason="dbus-daemon is not installed"
)

Said = tuple[str, tuple[Any, ...]]
"""A reply: its signature and its body."""


class Manager:
    """NetworkManager by python-dbusmock: what sets its properties, and what it was called.

    Args:
        bus: Where it is.
    """

    def __init__(self, bus: str) -> None:
        self._asking = Service(bus)
        for name in ("Connectivity", "State", "Metered"):
            self._call("AddProperty", "ssv", (NETWORK_MANAGER, name, ("u", 0)))
        self._call("AddMethod", "sssss", (NETWORK_MANAGER, "CheckConnectivity", "", "u", "ret = 4"))

    def say(self, **numbers: int) -> None:
        """Have its properties be these."""
        said = {name: ("u", number) for name, number in numbers.items()}
        self._call("UpdateProperties", "sa{sv}", (NETWORK_MANAGER, said))

    def calls(self) -> list[str]:
        """Methods that somebody called of it, but for what it is told here."""
        return [name for _, name, _ in self._call("GetCalls", "", ())]

    def close(self) -> None:
        """Leave the bus."""
        self._asking.close()

    def _call(self, member: str, kinds: str, body: tuple[Any, ...]) -> Any:
        from jeepney import DBusAddress, MessageType, new_method_call  # there is one on Linux only

        address = DBusAddress(NETWORK_MANAGER_PATH, NETWORK_MANAGER, _MOCK)
        call = new_method_call(address, member, kinds, body)
        answer = self._asking.connection.send_and_get_reply(call, timeout=DEADLINE)
        assert answer.header.message_type is MessageType.method_return, answer.body
        return answer.body[0] if answer.body else None


@contextmanager
def mocked_manager(bus: str) -> Iterator[Manager]:
    """NetworkManager by python-dbusmock, in a process of its own, on this bus."""
    command = [_SYSTEM_PYTHON, "-m", "dbusmock", "--system"]
    command += [NETWORK_MANAGER, NETWORK_MANAGER_PATH, NETWORK_MANAGER]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
    with owner_change(bus, NETWORK_MANAGER) as wait:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment
        )
        wait()
    manager = Manager(bus)
    yield manager
    manager.close()
    process.terminate()
    process.wait(DEADLINE)


class OddManager(Service):
    """A NetworkManager that answers each property as it is told to; without an answer: never.

    Args:
        address: The bus.
        answers: For each property a reply.
    """

    def __init__(self, address: str, answers: Mapping[str, Said]) -> None:
        super().__init__(address, NETWORK_MANAGER)
        self._answers = answers
        self.asked: list[tuple[str, str]] = []
        self.was_asked = threading.Event()
        self.caller = ""
        self._until = time.monotonic() + DEADLINE
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        super().close()

    def is_tired(self) -> bool:
        """Whether it has been here for long."""
        return time.monotonic() > self._until

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType, new_method_return

        while True:
            try:
                message = self.connection.receive()
            except (ConnectionError, OSError):
                return
            if message.header.message_type is not MessageType.method_call:
                continue
            _, name = message.body
            self.caller = message.header.fields[HeaderFields.sender]
            self.asked.append((message.header.fields[HeaderFields.member], name))
            self.was_asked.set()
            if name in self._answers:
                self.connection.send(new_method_return(message, *self._answers[name]))
