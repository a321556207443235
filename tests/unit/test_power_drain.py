"""Time left and energy used: measured or unknown, never made up. And when an idle model goes."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from assistant.power.drain import (
    Charge,
    ChargeHistory,
    time_left,
    watt_hours,
    watt_hours_per_thousand,
)
from assistant.power.idling import MemoryReading, read_memory, reason_to_evict
from assistant.power.plan import Readings

FALLING = (Charge(0.0, 0.50), Charge(600.0, 0.44))


def test_measured_watts_come_first() -> None:
    """30 Wh at 12 W last two and a half hours, whatever the system thinks."""
    readings = Readings(False, 0.5, watts=12.0, watt_hours=30.0, seconds_left=60.0)
    assert time_left(readings, FALLING) == 9000


def test_then_the_systems_word_then_how_the_charge_fell() -> None:
    """Each only where the one before it knows nothing."""
    readings = Readings(False, 0.44, watts=12.0, seconds_left=5000.0)
    assert time_left(readings, FALLING) == 5000
    left = time_left(Readings(False, 0.44), FALLING)
    assert left == pytest.approx(4400)  # 6 % in ten minutes


@pytest.mark.parametrize(
    ("readings", "history"),
    [
        (Readings(True, 0.5, seconds_left=60.0), FALLING),
        (Readings(None, 0.5, watts=12.0, watt_hours=30.0), FALLING),
        (Readings(False, 0.5), ()),
        (Readings(False, None), FALLING),
        (Readings(False, 0.5), (Charge(0.0, 0.5), Charge(299.0, 0.4))),
        (Readings(False, 0.5), (Charge(0.0, 0.50), Charge(900.0, 0.48))),
        (Readings(False, 0.5), (Charge(0.0, 0.5), Charge(900.0, 0.6))),
        (Readings(False, 0.5, watts=0.001, watt_hours=50.0), ()),
        (Readings(False, 0.5, watts=math.nan, watt_hours=50.0), ()),
    ],
    ids=["mains", "mains?", "new", "no charge", "short", "flat", "rising", "tiny draw", "nan"],
)
def test_what_was_not_measured_is_unknown(readings: Readings, history: tuple[Charge, ...]) -> None:
    """No guess stands for it."""
    assert time_left(readings, history) is None


def test_nonsense_gives_way_to_the_next_way() -> None:
    """A draw of a milliwatt is a broken sensor's."""
    readings = Readings(False, 0.5, watts=0.001, watt_hours=50.0, seconds_left=7000.0)
    assert time_left(readings) == 7000


def test_energy() -> None:
    """12 W for 30 s are 0.1 Wh; 200 tokens in them make 0.5 Wh per 1,000."""
    used = watt_hours(12.0, 30.0)
    assert used == pytest.approx(0.1)
    assert watt_hours_per_thousand(used, 200) == pytest.approx(0.5)
    assert watt_hours(None, 30.0) is None
    assert watt_hours(math.nan, 30.0) is None
    assert watt_hours(12.0, -1.0) is None
    assert watt_hours_per_thousand(None, 200) is None
    assert watt_hours_per_thousand(0.1, 0) is None


def note(history: ChargeHistory, at: float, charge: float | None, **more: float) -> None:
    """A reading on battery, of two clocks that agree unless told otherwise."""
    readings = Readings(on_mains=False, battery=charge)
    history.note(readings, at, int((at + more.get("asleep", 0.0)) * 1000))


def test_history_keeps_a_charge_each_half_minute() -> None:
    """Half an hour of them, from which the rate follows."""
    history = ChargeHistory()
    for second in range(1, 3601, 5):
        note(history, second, 0.9 - second / 36_000)
    charges = history.charges
    assert len(charges) == 60
    assert all(b.at - a.at >= 30 for a, b in itertools.pairwise(charges))
    left = time_left(Readings(on_mains=False, battery=0.8), charges)
    assert left == pytest.approx(0.8 * 36_000, rel=0.01)


@pytest.mark.parametrize(
    ("charge", "asleep", "on_mains"),
    [(0.4, 0.0, True), (None, 0.0, False), (0.7, 0.0, False), (0.4, 3600.0, False)],
    ids=["mains", "vanished", "charged", "slept"],
)
def test_history_begins_anew(charge: float | None, asleep: float, on_mains: bool) -> None:
    """On mains, where the battery vanishes or is charged, and after a sleep."""
    history = ChargeHistory()
    note(history, 100, 0.5)
    note(history, 140, 0.49)
    readings = Readings(on_mains=on_mains, battery=charge)
    history.note(readings, 180, int((180 + asleep) * 1000))
    assert all(kept.at == 180 for kept in history.charges)


def test_history_survives_a_clock_that_goes_back() -> None:
    """It begins anew."""
    history = ChargeHistory()
    note(history, 1000, 0.5)
    note(history, 10, 0.49)
    assert [kept.at for kept in history.charges] == [10]


# Idle ---------------------------------------------------------------------------------------

PLENTY = MemoryReading(0.5, 0.0)


@pytest.mark.parametrize(
    ("idle", "on_mains", "memory", "goes"),
    [
        (600.0, False, PLENTY, True),
        (599.0, False, PLENTY, False),
        (1e6, True, PLENTY, False),
        (1e6, None, PLENTY, False),
        (30.0, True, MemoryReading(0.09, None), True),
        (29.0, True, MemoryReading(0.09, None), False),
        (30.0, True, MemoryReading(0.10, 15.0), False),
        (30.0, True, MemoryReading(None, 15.1), True),
        (1e6, True, MemoryReading(), False),
        (1e6, True, MemoryReading(math.nan, math.nan), False),
        (1e6, True, MemoryReading(-1.0, -1.0), False),
        (None, False, MemoryReading(0.01, 99.0), False),
    ],
)
def test_idle_models_go(
    idle: float | None, on_mains: bool | None, memory: MemoryReading, goes: bool
) -> None:
    """On battery after ten minutes, under memory pressure after half of one, never at work."""
    assert bool(reason_to_evict(idle, on_mains, memory)) is goes


def test_memory_is_read(tmp_path: Path) -> None:
    """The kernel's own format; what is no such file tells nothing."""
    (tmp_path / "pressure").mkdir()
    file = tmp_path / "pressure/memory"
    file.write_text("some avg10=12.34 avg60=1.00 avg300=0.10 total=99\nfull avg10=0.00 x\n")
    found = read_memory(tmp_path)
    assert found.pressure == 12.34
    assert found.available is not None
    assert 0 < found.available <= 1
    file.write_text("some avg10=nan avg60=1.00\nfull avg10=3.00 avg60=0\n")
    assert read_memory(tmp_path).pressure is None
    assert read_memory(tmp_path / "nothing").pressure is None
