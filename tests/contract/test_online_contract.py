"""What every ``OnlineProbe`` keeps: it says what the system says, in time, and never raises."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from assistant.net.network_manager import NETWORK_MANAGER, NETWORK_MANAGER_PATH
from assistant.net.online import NobodyKnowsOnline, Online, OnlineProbe
from assistant.net.online_linux import NetworkManagerOnline
from tests.fakes.desktop import Service, private_bus
from tests.fakes.online import FakeOnline
from tests.fakes.power import needs_dbusmock
from tests.gnome_keyring import DEADLINE, owner_change

_SYSTEM_PYTHON: Final = "/usr/bin/python3"
_MOCK: Final = "org.freedesktop.DBus.Mock"


class OnlineContract:
    """Subclasses bring the probe, and a way to say what is."""

    @pytest.fixture
    def probe(self) -> OnlineProbe:
        raise NotImplementedError

    def be(self, online: Online) -> None:
        """Have the system say so."""
        raise NotImplementedError

    @pytest.mark.parametrize("online", Online)
    def test_it_tells_what_is(self, probe: OnlineProbe, online: Online) -> None:
        """Each of the three."""
        self.be(online)
        assert probe.read() is online

    def test_changes_show_in_the_next_reading(self, probe: OnlineProbe) -> None:
        """Nothing is remembered."""
        for online in (Online.YES, Online.NO, Online.YES):
            self.be(online)
            assert probe.read() is online

    def test_a_closed_one_knows_nothing(self, probe: OnlineProbe) -> None:
        """Twice is once."""
        self.be(Online.YES)
        probe.close()
        probe.close()
        assert probe.read() is Online.UNKNOWN


class TestFake(OnlineContract):
    """The one that other tests use."""

    @pytest.fixture
    def probe(self) -> OnlineProbe:
        self._probe = FakeOnline()
        return self._probe

    def be(self, online: Online) -> None:
        self._probe.online = online


class Manager:
    """NetworkManager by python-dbusmock: what sets its properties, and what it was called."""

    def __init__(self, bus: str) -> None:
        self._asking = Service(bus)
        for name in ("Connectivity", "State"):
            self._call("AddProperty", "ssv", (NETWORK_MANAGER, name, ("u", 0)))
        self._call("AddMethod", "sssss", (NETWORK_MANAGER, "CheckConnectivity", "", "u", "ret = 4"))

    def say(self, connectivity: int, state: int) -> None:
        """Have it say so."""
        said = {"Connectivity": ("u", connectivity), "State": ("u", state)}
        self._call("UpdateProperties", "sa{sv}", (NETWORK_MANAGER, said))

    def calls(self) -> list[str]:
        """Methods that somebody called of it, but for what it is told here."""
        return [name for _, name, _ in self._call("GetCalls", "", ())]

    def close(self) -> None:
        """Leave the bus."""
        self._asking.close()

    def _call(self, member: str, kinds: str, body: tuple[Any, ...]) -> Any:
        from jeepney import DBusAddress, MessageType, new_method_call

        address = DBusAddress(NETWORK_MANAGER_PATH, NETWORK_MANAGER, _MOCK)
        call = new_method_call(address, member, kinds, body)
        answer = self._asking.connection.send_and_get_reply(call, timeout=DEADLINE)
        assert answer.header.message_type is MessageType.method_return, answer.body
        return answer.body[0] if answer.body else None


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bus of the tests' own."""
    with private_bus(tmp_path_factory.mktemp("bus")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def manager(bus: str) -> Iterator[Manager]:
    """NetworkManager on that bus."""
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


@needs_dbusmock
class TestNetworkManager(OnlineContract):
    """NetworkManager, on a bus."""

    @pytest.fixture
    def probe(self, bus: str, manager: Manager) -> Iterator[OnlineProbe]:
        self._manager = manager
        probe = NetworkManagerOnline(bus, DEADLINE)
        yield probe
        probe.close()

    def be(self, online: Online) -> None:
        said = {Online.YES: (4, 70), Online.NO: (1, 20), Online.UNKNOWN: (0, 0)}
        self._manager.say(*said[online])

    def test_it_is_read_and_never_called(self, probe: OnlineProbe, manager: Manager) -> None:
        """``CheckConnectivity`` would have NetworkManager ask the internet."""
        self.be(Online.YES)
        ask: Callable[[], Online] = probe.read
        assert ask() is Online.YES
        assert "CheckConnectivity" not in manager.calls()


def test_where_no_service_tells() -> None:
    """On macOS and Windows it is not known, and nobody says otherwise."""
    probe = NobodyKnowsOnline()
    assert probe.read() is Online.UNKNOWN
    probe.close()
