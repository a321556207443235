"""What every ``MeteredProbe`` keeps: it says what the system says, in time, and never raises."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from assistant.net.metered import Metered, MeteredProbe, NobodyKnows
from assistant.net.metered_linux import NetworkManagerMetered
from assistant.net.network_manager import NETWORK_MANAGER, NETWORK_MANAGER_PATH
from assistant.net.system_probes import system_metered
from tests.fakes.desktop import Service, private_bus
from tests.fakes.net import FakeMetered
from tests.fakes.power import needs_dbusmock
from tests.gnome_keyring import BUS, DEADLINE, owner_change

_SYSTEM_PYTHON: Final = "/usr/bin/python3"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"

needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or not BUS, reason="dbus-daemon is not installed"
)


class MeteredContract:
    """Subclasses bring the probe, and a way to say what is."""

    @pytest.fixture
    def probe(self) -> MeteredProbe:
        raise NotImplementedError

    def be(self, metered: Metered) -> None:
        """Have the system say so."""
        raise NotImplementedError

    @pytest.mark.parametrize("metered", Metered)
    def test_it_tells_what_is(self, probe: MeteredProbe, metered: Metered) -> None:
        self.be(metered)
        assert probe.read() is metered

    def test_changes_show_in_the_next_reading(self, probe: MeteredProbe) -> None:
        for metered in (Metered.YES, Metered.NO, Metered.YES):
            self.be(metered)
            assert probe.read() is metered

    def test_a_closed_one_knows_nothing(self, probe: MeteredProbe) -> None:
        self.be(Metered.NO)
        probe.close()
        probe.close()
        assert probe.read() is Metered.UNKNOWN


class TestFake(MeteredContract):
    """The one that other tests use."""

    @pytest.fixture
    def probe(self) -> MeteredProbe:
        self._probe = FakeMetered()
        return self._probe

    def be(self, metered: Metered) -> None:
        self._probe.metered = metered


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bus of the tests' own."""
    with private_bus(tmp_path_factory.mktemp("bus")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def manager(bus: str) -> Iterator[Callable[[int], None]]:
    """NetworkManager by python-dbusmock; what sets its property."""
    command = [_SYSTEM_PYTHON, "-m", "dbusmock", "--system"]
    command += [NETWORK_MANAGER, NETWORK_MANAGER_PATH, NETWORK_MANAGER]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
    with owner_change(bus, NETWORK_MANAGER) as wait:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment
        )
        wait()
    asking = Service(bus)
    mock = "org.freedesktop.DBus.Mock"
    _call(asking, mock, "AddProperty", "ssv", (NETWORK_MANAGER, "Metered", ("u", 0)))
    yield lambda value: _call(
        asking, mock, "UpdateProperties", "sa{sv}", (NETWORK_MANAGER, {"Metered": ("u", value)})
    )
    asking.close()
    process.terminate()
    process.wait(DEADLINE)


def _call(asking: Service, interface: str, member: str, kinds: str, body: tuple[Any, ...]) -> None:
    from jeepney import DBusAddress, MessageType, new_method_call

    address = DBusAddress(NETWORK_MANAGER_PATH, NETWORK_MANAGER, interface)
    call = new_method_call(address, member, kinds, body)
    answer = asking.connection.send_and_get_reply(call, timeout=DEADLINE)
    assert answer.header.message_type is MessageType.method_return, answer.body


@needs_bus
@needs_dbusmock
class TestNetworkManager(MeteredContract):
    """NetworkManager, on a bus."""

    @pytest.fixture
    def probe(self, bus: str, manager: Callable[[int], None]) -> Iterator[MeteredProbe]:
        self._manager = manager
        probe = NetworkManagerMetered(bus, DEADLINE)
        yield probe
        probe.close()

    def be(self, metered: Metered) -> None:
        self._manager({Metered.YES: 1, Metered.NO: 2, Metered.UNKNOWN: 0}[metered])

    @pytest.mark.parametrize(
        ("said", "metered"),
        [(3, Metered.YES), (4, Metered.NO), (5, Metered.UNKNOWN), (2**32 - 1, Metered.UNKNOWN)],
    )
    def test_guesses_and_what_nobody_knows(
        self, probe: MeteredProbe, said: int, metered: Metered
    ) -> None:
        """A guess counts as what it guesses; a value of no meaning says nothing."""
        self._manager(said)
        assert probe.read() is metered


class OddManager(Service):
    """A NetworkManager that answers a property as a function does; None: never.

    Args:
        address: The bus.
        answer: The reply's signature and body.
    """

    def __init__(self, address: str, answer: tuple[str, tuple[Any, ...]] | None) -> None:
        super().__init__(address, NETWORK_MANAGER)
        self._answer = answer
        self.asked = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        import socket

        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        super().close()

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType, new_method_return

        while True:
            try:
                message = self.connection.receive()
            except (ConnectionError, OSError):
                return
            if message.header.message_type is not MessageType.method_call:
                continue
            assert message.header.fields[HeaderFields.member] == "Get"
            self.asked.set()
            if self._answer:
                self.connection.send(new_method_return(message, *self._answer))


@needs_bus
@pytest.mark.parametrize(
    "answer",
    [
        ("v", (("s", "no"),)),
        ("v", (("i", 2),)),
        ("v", (("b", True),)),
        ("v", (("au", [2]),)),
        ("u", (2,)),
        ("s", ("no",)),
        ("", ()),
    ],
    ids=str,
)
def test_an_answer_of_another_type(tmp_path: Path, answer: tuple[str, tuple[Any, ...]]) -> None:
    """Says nothing."""
    with private_bus(tmp_path) as (address, _):
        odd = OddManager(address, answer)
        assert NetworkManagerMetered(address, DEADLINE).read() is Metered.UNKNOWN
        odd.close()


@needs_bus
def test_a_manager_that_never_answers(tmp_path: Path) -> None:
    """It is waited for so long, and no longer; closing ends even that."""
    with private_bus(tmp_path) as (address, _):
        silent = OddManager(address, None)
        assert NetworkManagerMetered(address, 0.05).read() is Metered.UNKNOWN
        silent.asked.clear()
        probe = NetworkManagerMetered(address, 10 * DEADLINE)
        found: list[Metered] = []
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert silent.asked.wait(DEADLINE)
        probe.close()
        reading.join(DEADLINE)
        assert found == [Metered.UNKNOWN]
        silent.close()


@needs_bus
def test_nobody_there(tmp_path: Path) -> None:
    """A bus without NetworkManager, and no bus at all."""
    with private_bus(tmp_path) as (address, _):
        assert NetworkManagerMetered(address, DEADLINE).read() is Metered.UNKNOWN
    nothing = f"unix:path={tmp_path}/nothing"
    assert NetworkManagerMetered(nothing, DEADLINE).read() is Metered.UNKNOWN
    probe = system_metered({"DBUS_SYSTEM_BUS_ADDRESS": nothing})
    assert probe.read() is Metered.UNKNOWN
    probe.close()


def test_where_no_service_tells() -> None:
    """On macOS and Windows it is not known, and nobody says otherwise."""
    probe = NobodyKnows()
    assert probe.read() is Metered.UNKNOWN
    probe.close()
