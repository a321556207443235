"""What holds for every ``PowerProbe``. The real one reads a made-up sysfs and real D-Bus peers."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from assistant.power.plan import Heat, Readings
from assistant.power.probe import MergedProbe, PowerProbe, system_probe
from assistant.power.sane import sane
from tests.fakes.desktop import private_bus
from tests.fakes.power import HEATS, FakeProbe, Mocks, SysTree, mocked, needs_dbusmock
from tests.gnome_keyring import DEADLINE

BATTERY = Readings(
    on_mains=False,
    battery=0.5,
    heat=Heat.NOMINAL,
    low_power=False,
    watts=10.0,
    watt_hours=25.0,
    seconds_left=9_000.0,
)
MAINS = Readings(on_mains=True, battery=0.75, heat=Heat.NOMINAL, low_power=False, watt_hours=40.0)


class PowerProbeContract:
    """What every probe does."""

    @pytest.fixture
    @abstractmethod
    def probe(self) -> PowerProbe | Iterator[PowerProbe]:
        """The probe under test; closed by the test or by the fixture."""

    @abstractmethod
    def be(self, readings: Readings) -> None:
        """Make the machine so. ``battery`` None: it has none, or no longer."""

    @abstractmethod
    def go_mad(self) -> None:
        """Make every sensor say what cannot be."""

    @pytest.mark.parametrize("machine", [MAINS, BATTERY])
    def test_it_tells_what_is(self, probe: PowerProbe, machine: Readings) -> None:
        self.be(machine)
        assert probe.read() == machine

    @pytest.mark.parametrize("heat", Heat)
    def test_it_tells_how_hot_it_is(self, probe: PowerProbe, heat: Heat) -> None:
        self.be(Readings(on_mains=True, heat=heat))
        assert probe.read().heat is heat

    def test_it_tells_that_power_is_to_be_saved(self, probe: PowerProbe) -> None:
        self.be(Readings(on_mains=True, low_power=True))
        assert probe.read().low_power is True

    def test_changes_show_in_the_next_reading(self, probe: PowerProbe) -> None:
        for machine in (MAINS, BATTERY, MAINS):
            self.be(machine)
            assert probe.read() == machine

    def test_a_battery_that_vanishes_is_unknown(self, probe: PowerProbe) -> None:
        self.be(BATTERY)
        assert probe.read().battery == 0.5
        self.be(Readings(on_mains=True))
        gone = probe.read()
        assert (gone.battery, gone.watts, gone.seconds_left) == (None, None, None)

    def test_what_cannot_be_is_unknown(self, probe: PowerProbe) -> None:
        self.be(BATTERY)
        probe.read()
        self.go_mad()
        found = probe.read()
        assert found == sane(found)
        assert (found.battery, found.watts, found.watt_hours) == (None, None, None)

    def test_it_knows_nothing_once_closed(self, probe: PowerProbe) -> None:
        self.be(MAINS)
        probe.close()
        probe.close()
        assert probe.read() == Readings()


class TestFakeProbe(PowerProbeContract):
    """The fake that other tests use."""

    @pytest.fixture
    def probe(self) -> PowerProbe:
        self._probe = FakeProbe()
        return self._probe

    def be(self, readings: Readings) -> None:
        self._probe.readings = readings

    def go_mad(self) -> None:
        nan = float("nan")
        self._probe.readings = Readings(False, -1.0, watts=nan, watt_hours=-1.0, seconds_left=nan)


class BrokenSource:
    """Always fails."""

    name = "broken"

    def read(self) -> Readings:
        raise RuntimeError("canary")

    def close(self) -> None:
        pass


class HeldSource:
    """Tells what it is told to."""

    name = "held"

    def __init__(self) -> None:
        self.readings = Readings()

    def read(self) -> Readings:
        return self.readings

    def close(self) -> None:
        pass


class TestMergedProbe(PowerProbeContract):
    """Sources of which one always fails."""

    @pytest.fixture
    def probe(self) -> PowerProbe:
        self._source = HeldSource()
        return MergedProbe([BrokenSource(), self._source], SystemClock())

    def be(self, readings: Readings) -> None:
        self._source.readings = readings

    def go_mad(self) -> None:
        self._source.readings = Readings(True, 1.01, watts=float("inf"), watt_hours=-1.0)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mocks]:
    """UPower and power-profiles-daemon on a bus of the tests' own."""
    with (
        private_bus(tmp_path_factory.mktemp("bus")) as (address, _),
        mocked(address, "upower"),
        mocked(address, "power_profiles_daemon"),
    ):
        mocks = Mocks(address)
        yield mocks
        mocks.close()


@needs_dbusmock
@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus and sysfs are Linux's")
class TestLinuxProbeOverBuses(PowerProbeContract):
    """UPower and power-profiles-daemon tell of power, sysfs of heat."""

    @pytest.fixture
    def probe(self, tmp_path: Path, services: Mocks) -> Iterator[PowerProbe]:
        self._services, self._tree = services, SysTree(tmp_path / "sys")
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": services.address}
        probe = system_probe(SystemClock(), environment, self._tree.root, DEADLINE)
        yield probe
        probe.close()

    def be(self, readings: Readings) -> None:
        self._services.be(readings)
        degrees = HEATS[readings.heat or Heat.NOMINAL]
        self._tree.zone(0, degrees, passive=80, critical=100)

    def go_mad(self) -> None:
        self._services.battery(-1.0, watts=float("nan"), watt_hours=float("-inf"), seconds=-1)
        self._services.profile("\ufffd" * 1000, "???")
        self._tree.zone(0, "NaN", passive=80)


@pytest.mark.skipif(sys.platform != "linux", reason="sysfs is Linux's")
class TestLinuxProbeWithoutBus(PowerProbeContract):
    """sysfs alone; without power-profiles-daemon nothing tells that power is to be saved."""

    @pytest.fixture
    def probe(self, tmp_path: Path) -> Iterator[PowerProbe]:
        self._tree = SysTree(tmp_path / "sys")
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nothing"}
        probe = system_probe(SystemClock(), environment, self._tree.root, DEADLINE)
        yield probe
        probe.close()

    def be(self, readings: Readings) -> None:
        self._tree.supply("AC", type="Mains", online=int(bool(readings.on_mains)))
        present = int(readings.battery is not None)
        full = 50_000_000
        self._tree.supply(
            "BAT0",
            type="Battery",
            present=present,
            status="Charging" if readings.on_mains else "Discharging",
            energy_now=int((readings.battery or 0) * full),
            energy_full=full,
            power_now=int((readings.watts or 3.0) * 1e6),
        )
        degrees = HEATS[readings.heat or Heat.NOMINAL]
        self._tree.zone(0, degrees, passive=80, critical=100)

    def go_mad(self) -> None:
        self._tree.supply("BAT0", energy_now=-1, energy_full=0, power_now="NaN", capacity=900)

    @pytest.mark.parametrize("machine", [MAINS, BATTERY])
    def test_it_tells_what_is(self, probe: PowerProbe, machine: Readings) -> None:
        self.be(machine)
        found = probe.read()
        assert found.on_mains is machine.on_mains
        assert (found.battery, found.watts, found.heat) == (
            machine.battery,
            machine.watts,
            machine.heat,
        )
        assert found.low_power is None

    def test_it_tells_that_power_is_to_be_saved(self, probe: PowerProbe) -> None:
        """Only a daemon knows."""
        self.be(Readings(on_mains=True, low_power=True))
        assert probe.read().low_power is None

    def test_changes_show_in_the_next_reading(self, probe: PowerProbe) -> None:
        for machine in (MAINS, BATTERY, MAINS):
            self.be(machine)
            found = probe.read()
            assert (found.on_mains, found.battery) == (machine.on_mains, machine.battery)
