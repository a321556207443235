"""What every ``OnlineProbe`` keeps: it says what the system says, in time, and never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assistant.net.online import NobodyKnowsOnline, Online, OnlineProbe
from assistant.net.online_linux import NetworkManagerOnline
from tests.fakes.desktop import private_bus
from tests.fakes.network_manager import Manager, mocked_manager
from tests.fakes.online import FakeOnline
from tests.fakes.power import needs_dbusmock
from tests.gnome_keyring import DEADLINE


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


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bus of the tests' own."""
    with private_bus(tmp_path_factory.mktemp("bus")) as (address, _):
        yield address


@pytest.fixture(scope="module")
def manager(bus: str) -> Iterator[Manager]:
    """NetworkManager on that bus."""
    with mocked_manager(bus) as manager:
        yield manager


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
        connectivity, state = said[online]
        self._manager.say(Connectivity=connectivity, State=state)

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
