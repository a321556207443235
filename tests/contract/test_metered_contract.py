"""What every ``MeteredProbe`` keeps: it says what the system says, in time, and never raises."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.net.metered import Metered, MeteredProbe, NobodyKnows
from assistant.net.metered_linux import NetworkManagerMetered
from assistant.net.system_probes import system_metered
from tests.fakes.desktop import private_bus
from tests.fakes.net import FakeMetered
from tests.fakes.network_manager import Manager, OddManager, Said, mocked_manager, needs_bus
from tests.fakes.power import needs_dbusmock
from tests.gnome_keyring import DEADLINE


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
def manager(bus: str) -> Iterator[Manager]:
    """NetworkManager on that bus."""
    with mocked_manager(bus) as manager:
        yield manager


@needs_bus
@needs_dbusmock
class TestNetworkManager(MeteredContract):
    """NetworkManager, on a bus."""

    @pytest.fixture
    def probe(self, bus: str, manager: Manager) -> Iterator[MeteredProbe]:
        self._manager = manager
        probe = NetworkManagerMetered(bus, DEADLINE)
        yield probe
        probe.close()

    def be(self, metered: Metered) -> None:
        self._manager.say(Metered={Metered.YES: 1, Metered.NO: 2, Metered.UNKNOWN: 0}[metered])

    @pytest.mark.parametrize(
        ("said", "metered"),
        [(3, Metered.YES), (4, Metered.NO), (5, Metered.UNKNOWN), (2**32 - 1, Metered.UNKNOWN)],
    )
    def test_guesses_and_what_nobody_knows(
        self, probe: MeteredProbe, said: int, metered: Metered
    ) -> None:
        """A guess counts as what it guesses; a value of no meaning says nothing."""
        self._manager.say(Metered=said)
        assert probe.read() is metered


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
def test_an_answer_of_another_type(tmp_path: Path, answer: Said) -> None:
    """Says nothing."""
    with private_bus(tmp_path) as (address, _):
        odd = OddManager(address, {"Metered": answer})
        assert NetworkManagerMetered(address, DEADLINE).read() is Metered.UNKNOWN
        odd.close()


@needs_bus
def test_a_manager_that_never_answers(tmp_path: Path) -> None:
    """It is waited for so long, and no longer; closing ends even that."""
    with private_bus(tmp_path) as (address, _):
        silent = OddManager(address, {})
        assert NetworkManagerMetered(address, 0.05).read() is Metered.UNKNOWN
        silent.was_asked.clear()
        probe = NetworkManagerMetered(address, 10 * DEADLINE)
        found: list[Metered] = []
        reading = threading.Thread(target=lambda: found.append(probe.read()))
        reading.start()
        assert silent.was_asked.wait(DEADLINE)
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
