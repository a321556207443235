"""What sysfs tells on Linux: power supplies and heat, from a tree made up for the test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assistant.clock import SystemClock
from assistant.power.plan import Heat, Readings
from assistant.power.probe import merged, system_probe
from tests.fakes.clock import FakeClock
from tests.fakes.power import SysTree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sysfs is Linux's")

if sys.platform == "linux":
    from assistant.power.linux_heat import ProcessorHeat, zone_heat
    from assistant.power.linux_supplies import PowerSupplies


@pytest.fixture
def tree(tmp_path: Path) -> SysTree:
    """An empty sysfs."""
    return SysTree(tmp_path / "sys")


# Batteries and mains ------------------------------------------------------------------------


def supplies(tree: SysTree) -> Readings:
    """What the power supplies say."""
    return PowerSupplies(tree.root).read()


def test_a_machine_without_a_battery_runs_on_mains(tree: SysTree) -> None:
    """Also where a wireless mouse has one; psutil would take that for the machine's."""
    tree.supply("hidpp_battery_0", type="Battery", scope="Device", status="Discharging", capacity=5)
    assert supplies(tree) == Readings(on_mains=True)


def test_no_folder_tells_nothing(tmp_path: Path) -> None:
    """As in a container."""
    assert PowerSupplies(tmp_path / "nothing").read() == Readings()


@pytest.mark.parametrize(
    ("kinds", "status", "on_mains"),
    [
        ({"AC": ("Mains", 1)}, "Charging", True),
        ({"AC": ("Mains", 0)}, "Discharging", False),
        ({"AC": ("Mains", 0)}, "Unknown", False),
        ({"ucsi": ("USB", 1)}, "Charging", True),
        ({"ucsi": ("USB", 1)}, "Discharging", False),  # it gives power to a telephone
        ({}, "Full", True),
        ({}, "Not charging", True),
        ({}, "Discharging", False),
        ({}, "Unknown", None),
    ],
)
def test_mains(
    tree: SysTree, kinds: dict[str, tuple[str, int]], status: str, on_mains: bool | None
) -> None:
    """By its own word first, else by what the battery does."""
    for name, (kind, online) in kinds.items():
        tree.supply(name, type=kind, online=online)
    tree.supply("BAT0", type="Battery", status=status, capacity=50)
    assert supplies(tree).on_mains is on_mains


def test_batteries_that_count_in_ampere_hours(tree: SysTree) -> None:
    """Two of them; drawn from one, with a minus as some drivers do."""
    common = {"type": "Battery", "voltage_now": 12_000_000, "charge_full": 4_000_000}
    tree.supply(
        "BAT0", **common, status="Discharging", charge_now=1_000_000, current_now=-1_500_000
    )
    tree.supply("BAT1", **common, status="Not charging", charge_now=3_000_000, current_now=0)
    found = supplies(tree)
    assert found.battery == 0.5
    assert found.watts == pytest.approx(18.0)
    assert found.watt_hours == pytest.approx(48.0)


def test_a_vanished_battery_makes_no_desktop(tree: SysTree) -> None:
    """Nothing says that there is mains."""
    source = PowerSupplies(tree.root)
    battery = tree.supply("BAT0", type="Battery", status="Discharging", capacity=18)
    assert source.read().battery == 0.18
    for file in battery.iterdir():
        file.unlink()
    battery.rmdir()
    assert source.read() == Readings()


@pytest.mark.parametrize("nonsense", ["", "NaN", "-1", "1e9", "9" * 400, "\xff\0", "0x10", "1 2"])
def test_nonsense_in_files(tree: SysTree, nonsense: str) -> None:
    """The rest is read all the same."""
    names = ("energy_now", "energy_full", "power_now", "capacity", "voltage_now", "present")
    tree.supply("AC", type="Mains", online=0)
    tree.supply("BAT0", type="Battery", status="Discharging", **dict.fromkeys(names, nonsense))
    found = merged([supplies(tree)])
    assert found == Readings(on_mains=False)


# Heat ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("degrees", "trips", "heat"),
    [
        (60, {"passive": 80}, Heat.NOMINAL),
        (75, {"passive": 80}, Heat.FAIR),
        (80, {"passive": 80}, Heat.SERIOUS),
        (95, {"passive": 80}, Heat.SERIOUS),
        (79, {"critical": 100}, Heat.NOMINAL),
        (80, {"critical": 100}, Heat.FAIR),
        (90, {"critical": 100}, Heat.SERIOUS),
        (97, {"critical": 100}, Heat.CRITICAL),
        (85, {"hot": 95}, Heat.FAIR),
        (90, {"hot": 95}, Heat.SERIOUS),
        (95, {"hot": 95}, Heat.CRITICAL),
        (85, {"active": 50, "critical": 110}, Heat.NOMINAL),
        (99, {"active": 50}, None),
        (99, {}, None),
        (50, {"passive": 0, "critical": -274}, None),
        (-1, {"passive": 80}, None),
        (0, {"passive": 80}, None),
        (999, {"passive": 80}, None),
        ("nan", {"passive": 80}, None),
    ],
)
def test_heat_is_the_distance_to_a_zones_own_trip_points(
    tree: SysTree, degrees: object, trips: dict[str, int], heat: Heat | None
) -> None:
    """A fan's trip point is no heat, and one that is not set is none."""
    assert zone_heat(tree.zone(0, degrees, **trips)) is heat


def test_the_hottest_zone_counts_and_a_disabled_one_does_not(tree: SysTree) -> None:
    """More than ten zones, whose names do not sort by number."""
    for number in range(12):
        tree.zone(number, 30, passive=80)
    hot = tree.zone(10, 85, passive=80)
    heat = ProcessorHeat(tree.root, FakeClock().elapsed)
    assert heat.read().heat is Heat.SERIOUS
    (hot / "mode").write_text("disabled\n")
    assert heat.read().heat is Heat.NOMINAL


def test_a_processor_that_holds_itself_back(tree: SysTree) -> None:
    """Its counters are compared with those of the reading before, and with the time between."""
    clock = FakeClock()
    heat = ProcessorHeat(tree.root, clock.elapsed)
    found = []
    for count, slow in ((900, 70_000), (900, 70_000), (901, 70_010), (950, 71_010), (3, 5)):
        tree.processor(0, package_throttle_count=count, package_throttle_total_time_ms=slow)
        found.append(heat.read().heat)
        clock.advance(5.0)
    assert found == [None, Heat.NOMINAL, Heat.FAIR, Heat.SERIOUS, Heat.NOMINAL]


def test_a_clock_that_stands_still_or_goes_back_is_no_heat(tree: SysTree) -> None:
    """A share of no time is none."""
    times = iter([10.0, 10.0, 10.0, 10.0, 10.0, 1.0, 1.0])
    heat = ProcessorHeat(tree.root, lambda: next(times, 1.0))
    for slow in (10, 20, 30):
        tree.processor(0, core_throttle_total_time_ms=slow)
        assert heat.read().heat in {None, Heat.FAIR}


@pytest.mark.parametrize(("now", "heat"), [(2_000, Heat.FAIR), (4_000, None), (0, None)])
def test_frequencies_that_are_held_down(tree: SysTree, now: int, heat: Heat | None) -> None:
    """All of them; one slow core among fast ones is a design."""
    for number in range(2):
        tree.frequency(now, 5_000, number)
    assert ProcessorHeat(tree.root, FakeClock().elapsed).read().heat is heat
    tree.frequency(5_000, 5_000, 1)
    assert ProcessorHeat(tree.root, FakeClock().elapsed).read().heat is None


def test_a_sensor_that_blocks_holds_nothing_up(tree: SysTree) -> None:
    """Pipes that nobody writes to, in the place of sensors; what else there is, is read."""
    tree.zone(0, 50, passive=80)
    tree.zone(1, 85, passive=80)
    tree.supply("AC", type="Mains", online=1)
    for file in ("class/thermal/thermal_zone0/temp", "class/thermal/thermal_zone0/mode"):
        tree.pipe(file)
    tree.supply("BAT0", type="Battery", status="Charging")
    tree.pipe("class/power_supply/BAT0/capacity")
    probe = system_probe(
        SystemClock(), {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nothing"}, tree.root
    )
    try:
        assert probe.read() == Readings(on_mains=True, heat=Heat.SERIOUS)
    finally:
        probe.close()


def test_what_comes_through_a_pipe_is_not_believed(tree: SysTree) -> None:
    """A sensor is a file; a pipe or a device in its place is somebody's doing."""
    zone = tree.zone(0, 85, passive=80)
    tree.pipe("class/thermal/thermal_zone0/temp")
    pipe = os.open(zone / "temp", os.O_RDWR)
    try:
        os.write(pipe, b"85000\n")
        assert zone_heat(zone) is None
    finally:
        os.close(pipe)


def test_links_in_a_circle_and_folders_for_files(tree: SysTree) -> None:
    """They cannot be read, and that is all."""
    zone = tree.zone(0, 85, passive=80)
    (zone / "temp").unlink()
    (zone / "temp").symlink_to("temp")
    (zone / "mode").unlink()
    (zone / "mode").mkdir()
    assert zone_heat(zone) is None
