"""Sources together: one that hangs keeps nobody waiting. macOS's and Windows's by their logic."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.clock import SystemClock
from assistant.power.macos import ProcessInfo, SystemBattery
from assistant.power.patient import KEEPS_SECONDS, Patient
from assistant.power.plan import Heat, Readings
from assistant.power.probe import MergedProbe, PowerProbe, merged
from assistant.power.windows import PowerStatus, Status, readings_of
from tests.fakes.clock import FakeClock
from tests.gnome_keyring import DEADLINE


class Hanging:
    """A source that hangs while it is told to."""

    name = "hanging"

    def __init__(self) -> None:
        self.going = threading.Event()

    def read(self) -> Readings:
        self.going.wait(DEADLINE)
        return Readings(heat=Heat.FAIR)

    def close(self) -> None:
        self.going.set()


class Steady:
    """A source that says how full the battery is."""

    name = "steady"

    def read(self) -> Readings:
        return Readings(battery=0.5)

    def close(self) -> None:
        raise OSError("canary")


def read_until(probe: PowerProbe, expected: Readings) -> None:
    """Read until that is read: on a busy machine any source may be late."""
    while probe.read() != expected:
        pass


@pytest.mark.logs_problems
def test_a_source_that_hangs_keeps_nobody_waiting() -> None:
    """Its last word counts for three minutes; the others are heard. Closing never raises."""
    clock, source = FakeClock(), Hanging()
    probe = MergedProbe([source, Steady()], clock, seconds=0.05)
    read_until(probe, Readings(battery=0.5))
    source.going.set()
    read_until(probe, Readings(battery=0.5, heat=Heat.FAIR))
    source.going.clear()
    assert probe.read().heat is Heat.FAIR
    clock.advance(KEEPS_SECONDS + 1)
    read_until(probe, Readings(battery=0.5))
    probe.close()
    assert probe.read() == Readings()


def test_an_answer_grows_old_in_sleep() -> None:
    """Some systems' steady clock stops in it: then the wall clock counts."""
    clock = FakeClock()
    patient = Patient("test", lambda: 1, clock)
    assert patient.latest() is None
    assert patient.begin()
    patient.wait(DEADLINE)
    assert patient.latest() == 1
    clock._now += 3_600_000
    assert patient.latest() is None
    clock._now -= 7_200_000  # a wall clock that goes back makes nothing older
    assert patient.latest() == 1


def test_merging() -> None:
    """The first that knows is believed, the hottest counts, and any wish to save power."""
    one = Readings(None, 0.5, Heat.FAIR, False)
    other = Readings(False, 0.9, Heat.SERIOUS, True, watts=9.0)
    assert merged([one, other]) == Readings(False, 0.5, Heat.SERIOUS, True, watts=9.0)
    assert merged([]) == Readings()
    assert merged([Readings(on_mains=True), Readings(watts=5.0)]) == Readings()


# macOS and Windows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "readings"),
    [
        ((0, False), Readings(heat=Heat.NOMINAL, low_power=False)),
        ((3, True), Readings(heat=Heat.CRITICAL, low_power=True)),
        ((2, None), Readings(heat=Heat.SERIOUS)),
        ((7, True), Readings(low_power=True)),
        ((-1, False), Readings(low_power=False)),
    ],
)
def test_macos_state(state: tuple[int, bool | None], readings: Readings) -> None:
    """A state that a newer system may have is unknown."""
    assert ProcessInfo(lambda: lambda: state).read() == readings


def test_macos_battery() -> None:
    """The codes of psutil for "unknown" and "unlimited", and a battery that vanishes."""
    found: list[Any] = [
        None,
        SimpleNamespace(percent=50, secsleft=3600, power_plugged=False),
        SimpleNamespace(percent=101, secsleft=-2, power_plugged=True),
        SimpleNamespace(percent=50, secsleft=-1, power_plugged=None),
        None,
    ]
    source = SystemBattery(lambda: found.pop(0))
    told = [merged([source.read()]) for _ in range(5)]
    assert told == [
        Readings(on_mains=True),
        Readings(False, 0.5, seconds_left=3600.0),
        Readings(on_mains=True),
        Readings(battery=0.5),
        Readings(),
    ]


@pytest.mark.parametrize(
    ("status", "readings"),
    [
        (Status(0, 2, 18, 1, 3600), Readings(False, 0.18, None, True, seconds_left=3600.0)),
        (Status(1, 8, 90, 0, 0xFFFFFFFF), Readings(True, 0.9, low_power=False)),
        (Status(1, 128, 255, 0, 0xFFFFFFFF), Readings(True, low_power=False)),
        (Status(255, 128, 255, 0, 0xFFFFFFFF), Readings(True, low_power=False)),
        (Status(255, 255, 255, 0, 0xFFFFFFFF), Readings(low_power=False)),
        (Status(77, 0, 200, 9, 0), Readings(low_power=False)),
    ],
)
def test_windows_status(status: Status, readings: Readings) -> None:
    """255 and -1 are "unknown"; no battery is mains."""
    assert merged([readings_of(status)]) == readings


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="they are there")
@pytest.mark.parametrize("source", [ProcessInfo, PowerStatus])
def test_elsewhere_sources_know_nothing(source: Callable[[], Any]) -> None:
    """As here: the probe logs it once and goes on."""
    probe = MergedProbe([source(), source()], SystemClock())
    assert probe.read() == probe.read() == Readings()
    probe.close()
