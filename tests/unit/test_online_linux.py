"""What NetworkManager's numbers mean, and what becomes of answers that are none."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.net.network_manager import NETWORK_MANAGER, NetworkManagerNumbers
from assistant.net.online import NobodyKnowsOnline, Online
from assistant.net.online_linux import NetworkManagerOnline, meaning
from assistant.net.system_probes import system_online
from tests.fakes.desktop import Service, private_bus
from tests.gnome_keyring import BUS, DEADLINE

needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or not BUS, reason="dbus-daemon is not installed"
)

Said = tuple[str, tuple[Any, ...]]


@pytest.mark.parametrize(
    ("connectivity", "state", "online"),
    [
        (4, 70, Online.YES),  # full
        (4, 0, Online.YES),
        (0, 70, Online.YES),  # it does not test, and there is a route
        (1, 70, Online.NO),  # none
        (2, 60, Online.NO),  # somebody has to sign in first
        (3, 60, Online.UNKNOWN),  # its own test does not get through; a proxy may
        (0, 60, Online.UNKNOWN),
        (0, 50, Online.UNKNOWN),
        (4, 40, Online.NO),  # connecting, whatever was found before
        (4, 20, Online.NO),  # disconnected
        (4, 10, Online.NO),  # asleep
        (0, 0, Online.UNKNOWN),
        (5, 70, Online.UNKNOWN),
        (2**32 - 1, 2**32 - 1, Online.UNKNOWN),
    ],
)
def test_what_both_numbers_mean(connectivity: int, state: int, online: Online) -> None:
    """As NetworkManager's pages say, and nothing where they say nothing."""
    assert meaning(connectivity, state) is online


class OddManager(Service):
    """A NetworkManager that answers each property as it is told to; without an answer: never.

    Args:
        address: The bus.
        answers: For each property a reply's signature and body.
    """

    def __init__(self, address: str, answers: dict[str, Said]) -> None:
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
        import socket

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


@needs_bus
@pytest.mark.parametrize(
    "odd",
    [
        ("v", (("s", "full"),)),
        ("v", (("i", 4),)),
        ("v", (("b", True),)),
        ("v", (("au", [4]),)),
        ("u", (4,)),
        ("s", ("full",)),
        ("", ()),
    ],
    ids=str,
)
def test_an_answer_of_another_type(tmp_path: Path, odd: Said) -> None:
    """Says nothing of its property; the other one counts."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {"Connectivity": odd, "State": ("v", (("u", 20),))})
        found = NetworkManagerNumbers(address, DEADLINE).read("Connectivity", "State")
        assert found == {"State": 20}
        assert manager.asked == [("Get", "Connectivity"), ("Get", "State")]
        manager.close()


@needs_bus
def test_half_an_answer(tmp_path: Path) -> None:
    """What was told in time is known; the rest is not waited for beyond it."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {"State": ("v", (("u", 20),))})
        assert NetworkManagerOnline(address, 0.2).read() is Online.NO
        manager.close()


@needs_bus
def test_a_manager_that_never_answers(tmp_path: Path) -> None:
    """Closing ends the reading at once."""
    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {})
        assert NetworkManagerOnline(address, 0.05).read() is Online.UNKNOWN
        manager.was_asked.clear()
        probe = NetworkManagerOnline(address, 10 * DEADLINE)
        found: list[Online] = []
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert manager.was_asked.wait(DEADLINE)
        probe.close()
        reading.join(DEADLINE)
        assert found == [Online.UNKNOWN]
        manager.close()


@needs_bus
def test_a_manager_that_says_much_and_nothing(tmp_path: Path) -> None:
    """Each of its signals is read, and none of them puts off the end."""
    from jeepney import DBusAddress, HeaderFields, new_signal

    with private_bus(tmp_path) as (address, _):
        manager = OddManager(address, {})
        place = DBusAddress("/org/freedesktop/NetworkManager", NETWORK_MANAGER, NETWORK_MANAGER)
        found: list[Online] = []
        probe = NetworkManagerOnline(address, 0.3)
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert manager.was_asked.wait(DEADLINE)
        noise = new_signal(place, "StateChanged", "u", (70,))
        noise.header.fields[HeaderFields.destination] = manager.caller
        while reading.is_alive() and not manager.is_tired():
            manager.connection.send(noise)
        assert not manager.is_tired(), "or nobody looked at the time"
        assert found == [Online.UNKNOWN]
        manager.close()


@needs_bus
def test_nobody_there(tmp_path: Path) -> None:
    """A bus without NetworkManager, and no bus at all."""
    with private_bus(tmp_path) as (address, _):
        assert NetworkManagerOnline(address, DEADLINE).read() is Online.UNKNOWN
    nothing = f"unix:path={tmp_path}/nothing"
    probe = system_online({"DBUS_SYSTEM_BUS_ADDRESS": nothing})
    assert isinstance(probe, NetworkManagerOnline)
    assert probe.read() is Online.UNKNOWN
    probe.close()


def test_elsewhere_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS and Windows there is no NetworkManager."""
    monkeypatch.setattr("sys.platform", "darwin")
    assert isinstance(system_online({}), NobodyKnowsOnline)
