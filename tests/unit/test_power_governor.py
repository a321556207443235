"""The governor's thread: what it reads when, what it tells whom, and what cannot stop it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from assistant.events import Event, PowerChanged
from assistant.power.governor import Governor
from assistant.power.idling import MemoryReading
from assistant.power.patient import KEEPS_SECONDS
from assistant.power.plan import Heat, Mode, Override, Plan, Readings, Reason
from assistant.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.power import FakeProbe, StuckProbe
from tests.gnome_keyring import DEADLINE

MAINS = Readings(on_mains=True, battery=0.9)
BATTERY = Readings(on_mains=False, battery=0.64)
LOW = Readings(on_mains=False, battery=0.18, heat=Heat.FAIR)
CRITICAL = Readings(on_mains=True, battery=0.9, heat=Heat.CRITICAL)


class FakeModel:
    """A model that is idle for as long as it is told to."""

    def __init__(self) -> None:
        self.is_warm = True
        self.in_background = False
        self.idle: float | None = None
        self.evicted: queue.Queue[str] = queue.Queue()

    def idle_seconds(self) -> float | None:
        return self.idle

    def evict(self, reason: str) -> None:
        self.is_warm = False
        self.evicted.put(reason)


class Desk:
    """A governor over a probe, with everything it says kept."""

    def __init__(self, probe: FakeProbe) -> None:
        self.probe = probe
        self.clock = FakeClock()
        self.settings = Settings()
        self.model = FakeModel()
        self.memory = MemoryReading(0.5, 0.0)
        self.plans: queue.Queue[Plan] = queue.Queue()
        self.events: queue.Queue[PowerChanged] = queue.Queue()
        self.waits: queue.Queue[float] = queue.Queue()
        self._news = threading.Event()
        self._asleep = threading.Event()
        self._governor: Governor | None = None

    @property
    def governor(self) -> Governor:
        """It; begun with the first use."""
        if self._governor is None:
            self._governor = Governor(
                self.probe,
                self.clock,
                self.plans.put,
                self._hear,
                lambda: self.settings,
                threads=4,
                model=self.model,
                memory=lambda: self.memory,
                wait=self._wait,
            )
        return self._governor

    def be(self, readings: Readings) -> PowerChanged:
        """Make the machine so, have it read, and wait until that is told."""
        self.probe.readings = readings
        self.governor.refresh()
        return self.told(lambda event: event.readings == readings)

    def told(self, which: Callable[[PowerChanged], bool]) -> PowerChanged:
        """Wait for an event like that."""
        while not which(event := self.events.get(timeout=DEADLINE)):
            pass
        return event

    def mode(self, mode: Mode) -> Plan:
        """Wait until that is told."""
        return self.told(lambda event: event.plan.mode is mode).plan

    def settle(self) -> None:
        """Have it read, and wait until it has looked at that and sleeps."""
        reads = self.probe.reads
        self.governor.refresh()
        while self.probe.reads == reads:
            self._asleep.wait(0.001)
        for thread in threading.enumerate():
            if thread.name == "power-probe":
                thread.join(DEADLINE)  # then its news are there
        while self._news.is_set() or not self._asleep.is_set():
            self._asleep.wait(0.001)

    def pass_time(self, seconds: float) -> float:
        """Let time pass while it sleeps, and wait until it sleeps again: for so long."""
        self.clock.advance(seconds)
        while not self.waits.empty():
            self.waits.get()
        self._news.set()  # as if its wait had ended by time
        return self.waits.get(timeout=DEADLINE)

    def close(self) -> None:
        if self._governor:
            self._governor.close()

    def _hear(self, event: Event) -> None:
        assert isinstance(event, PowerChanged)
        self.events.put(event)

    def _wait(self, event: threading.Event, seconds: float) -> bool:
        self._news = event
        self.waits.put(seconds)
        self._asleep.set()
        try:
            return event.wait(DEADLINE)  # never by time alone
        finally:
            self._asleep.clear()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A governor of a machine on mains."""
    desk = Desk(FakeProbe(MAINS))
    yield desk
    desk.close()


# What it decides ----------------------------------------------------------------------------


def test_the_first_plan_is_of_the_first_reading(desk: Desk) -> None:
    """Not of nothing: the engine is not slowed and background not held before that."""
    assert desk.governor
    first = desk.events.get(timeout=DEADLINE)
    assert (first.plan, first.readings) == (Plan(), MAINS)
    assert desk.plans.get(timeout=DEADLINE) == Plan()


def test_the_engine_obeys_what_changes(desk: Desk) -> None:
    """A plan with half the threads; other words alone are told, and no news for the engine."""
    desk.be(MAINS)
    assert desk.be(LOW).plan.words == "Running slower to save battery (18 %)."
    assert [desk.plans.get(timeout=DEADLINE).mode for _ in range(2)] == [Mode.FULL, Mode.THROTTLED]
    assert desk.governor.plan.threads == 2
    assert desk.be(replace(LOW, battery=0.17)).plan.words.endswith("(17 %).")
    assert desk.plans.empty()
    assert desk.governor.readings.battery == 0.17


def test_the_persons_threads_count(desk: Desk) -> None:
    """Half of what the settings say."""
    desk.settings = Settings(threads=6)
    assert desk.be(LOW).plan.threads == 3


def test_a_mode_holds_for_half_a_minute(desk: Desk) -> None:
    """Worse comes at once."""
    desk.be(LOW)
    assert desk.be(MAINS).plan.mode is Mode.THROTTLED
    assert desk.be(CRITICAL).plan.mode is Mode.PAUSED
    desk.clock.advance(30)
    assert desk.be(MAINS).plan.mode is Mode.FULL


def test_small_changes_are_no_news(desk: Desk) -> None:
    """No storm of events where a sensor trembles."""
    steady = replace(BATTERY, watts=9.0, watt_hours=30.0, seconds_left=9000.0)
    desk.be(steady)
    for tremble in (1e-4, -1e-4, 2e-4):
        desk.probe.readings = replace(
            steady,
            battery=0.641 + tremble,
            watts=9.0 + tremble,
            seconds_left=9000 + 1000 * tremble,
        )
        desk.settle()
    assert desk.events.empty()
    assert desk.be(replace(steady, battery=0.62)).readings.battery == 0.62


def test_insane_readings_are_unknown(desk: Desk) -> None:
    """Whatever a probe lets through."""
    desk.probe.read = lambda: Readings(True, float("nan"), watts=5.0)  # type: ignore[method-assign] # a probe in one line
    desk.governor.refresh()
    assert desk.told(lambda event: event.readings == Readings()).plan.mode is Mode.FULL


def test_battery_that_vanishes_lifts_what_it_caused(desk: Desk) -> None:
    """After the half minute."""
    assert desk.be(LOW).plan.mode is Mode.THROTTLED
    desk.clock.advance(31)
    plan = desk.be(Readings(heat=Heat.FAIR)).plan
    assert plan.mode is Mode.FULL
    assert not plan.background_allowed


# What the person wants ----------------------------------------------------------------------


def test_full_power_once_ends_with_the_reply(desk: Desk) -> None:
    """At once both times: what the person wants is not held up."""
    desk.be(LOW)
    desk.governor.override(Override.FULL_ONCE)
    assert desk.mode(Mode.FULL).reason is Reason.FULL_ONCE
    desk.governor.reply_ended()
    assert desk.mode(Mode.THROTTLED).reason is Reason.WARM_ON_BATTERY
    desk.governor.reply_ended()  # of nothing: nothing
    desk.settle()
    assert desk.events.empty()


def test_always_quiet_is_a_setting(desk: Desk) -> None:
    """Full power once goes before it, and leaves it in place."""
    desk.be(MAINS)
    desk.settings = Settings(always_quiet=True)
    desk.governor.refresh()
    assert desk.mode(Mode.THROTTLED).reason is Reason.ALWAYS_QUIET
    desk.governor.override(Override.FULL_ONCE)
    full = desk.mode(Mode.FULL)
    assert full.reason is Reason.FULL_ONCE
    assert not full.background_allowed
    desk.governor.reply_ended()
    assert desk.mode(Mode.THROTTLED).reason is Reason.ALWAYS_QUIET
    desk.settings = Settings()
    desk.governor.refresh()
    assert desk.mode(Mode.FULL).reason is Reason.NOTHING


@pytest.mark.parametrize("quiet", [True, False])
def test_going_on_slowly_ends_when_nothing_pauses(desk: Desk, quiet: bool) -> None:
    """The next heat pauses again: the person decided for this one."""
    desk.settings = Settings(always_quiet=quiet)
    desk.be(CRITICAL)
    desk.governor.override(Override.GO_ON_SLOWLY)
    assert desk.mode(Mode.THROTTLED).reason is Reason.GOING_ON
    desk.clock.advance(31)
    after = desk.be(MAINS).plan.mode
    assert after is (Mode.THROTTLED if quiet else Mode.FULL)
    assert desk.be(CRITICAL).plan.mode is Mode.PAUSED


def test_an_override_can_be_taken_back(desk: Desk) -> None:
    """Either kind."""
    desk.be(MAINS)
    desk.governor.override(Override.ALWAYS_QUIET)
    desk.mode(Mode.THROTTLED)
    desk.governor.override(Override.NONE)
    assert desk.mode(Mode.FULL) == Plan()


def test_background_on_battery_is_a_setting(desk: Desk) -> None:
    """It counts with the next look."""
    assert not desk.be(BATTERY).plan.background_allowed
    desk.settings = Settings(background_on_battery=True)
    desk.governor.refresh()
    assert desk.told(lambda event: event.plan.background_allowed)


# When it reads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readings", "seconds"),
    [
        (replace(MAINS, battery=0.8), 15),
        (Readings(), 15),
        (BATTERY, 5),
        (replace(MAINS, heat=Heat.NOMINAL), 15),
        (replace(MAINS, heat=Heat.FAIR), 5),
        (replace(MAINS, low_power=True), 15),
    ],
)
def test_how_often_it_reads(desk: Desk, readings: Readings, seconds: float) -> None:
    """Rarely on mains and cool; else every five seconds. In between it sleeps."""
    desk.be(readings)
    desk.settle()
    reads = desk.probe.reads
    assert desk.pass_time(seconds - 0.5) == pytest.approx(0.5)
    assert desk.probe.reads == reads
    desk.probe.readings = replace(readings, battery=0.42)
    desk.pass_time(0.5)
    desk.told(lambda event: event.readings.battery == 0.42)
    assert desk.probe.reads == reads + 1


def test_looks_every_second_while_something_runs_in_the_background(desk: Desk) -> None:
    """So that it stops soon after the plug is pulled."""
    desk.be(MAINS)
    desk.model.in_background = True
    desk.settle()
    assert desk.pass_time(0.5) == pytest.approx(0.5)
    desk.probe.readings = BATTERY
    desk.pass_time(0.5)
    assert not desk.told(lambda event: event.readings == BATTERY).plan.background_allowed


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_jumps_puts_nothing_off(desk: Desk, jump: float) -> None:
    """It reads at once, and sleeps no longer than usual after it."""
    desk.be(BATTERY)
    desk.settle()
    desk.probe.readings = replace(BATTERY, battery=0.42)
    assert 0 < desk.pass_time(jump) <= 5
    desk.told(lambda event: event.readings.battery == 0.42)


def test_history_of_the_charge(desk: Desk) -> None:
    """For the estimate of what is left."""
    desk.be(BATTERY)
    desk.clock.advance(40)
    desk.be(replace(BATTERY, battery=0.63))
    assert [charge.battery for charge in desk.governor.history] == [0.64, 0.63]
    desk.be(MAINS)
    assert desk.governor.history == ()


# What is idle -------------------------------------------------------------------------------


def test_an_idle_model_goes_on_battery(desk: Desk) -> None:
    """After ten minutes; one that is not loaded is not unloaded again."""
    desk.model.idle = 599.0
    desk.be(BATTERY)
    desk.settle()
    assert desk.model.evicted.empty()
    desk.model.idle = 600.0
    desk.governor.refresh()
    assert desk.model.evicted.get(timeout=DEADLINE) == "Unloaded to save battery."
    desk.settle()
    assert desk.model.evicted.empty()


def test_an_idle_model_goes_under_memory_pressure(desk: Desk) -> None:
    """On mains, too."""
    desk.be(replace(MAINS, battery=0.8))
    desk.model.idle, desk.memory = 31.0, MemoryReading(0.05, 0.0)
    desk.governor.refresh()
    assert "memory" in desk.model.evicted.get(timeout=DEADLINE)


# What cannot stop it ------------------------------------------------------------------------


def until_it_hangs(desk: Desk, probe: StuckProbe) -> None:
    """Have it read once, and hang when it is asked again."""
    assert desk.governor
    desk.told(lambda event: event.readings == BATTERY)
    probe.going.clear()
    desk.governor.refresh()
    assert probe.hanging.wait(DEADLINE)


def test_a_probe_that_hangs_is_left_alone() -> None:
    """What was known grows old; overrides work and the end comes all the same."""
    probe = StuckProbe(BATTERY)
    desk = Desk(probe)
    try:
        until_it_hangs(desk, probe)
        desk.governor.override(Override.ALWAYS_QUIET)
        assert desk.told(lambda e: e.plan.mode is Mode.THROTTLED).readings == BATTERY
        desk.clock.advance(KEEPS_SECONDS + 1)
        desk.governor.reply_ended()
        desk.governor.override(Override.NONE)
        assert desk.told(lambda event: event.readings == Readings()).plan.mode is Mode.FULL
        assert probe.reads == 2  # it is not asked twice at a time
    finally:
        desk.close()
    assert probe.closed


def test_a_probe_that_comes_back_is_believed() -> None:
    """A refresh that came while it hung is made up for."""
    probe = StuckProbe(BATTERY)
    desk = Desk(probe)
    try:
        until_it_hangs(desk, probe)
        probe.readings = MAINS
        desk.governor.override(Override.ALWAYS_QUIET)  # refreshes, too
        desk.mode(Mode.THROTTLED)
        probe.going.set()
        assert desk.told(lambda event: event.readings == MAINS)
    finally:
        desk.close()


@pytest.mark.logs_problems
def test_whoever_fails_is_outlived() -> None:
    """Probe, engine, listener, settings: logged by place, and the next look comes."""
    desk = Desk(FakeProbe(MAINS))
    failing = {"probe", "settings", "obey", "publish", "memory"}

    def fail(what: str) -> None:
        if what in failing:
            failing.discard(what)
            raise RuntimeError("canary")

    def read() -> Readings:
        fail("probe")
        return MAINS

    def settings() -> Settings:
        fail("settings")
        return Settings()

    def obey(plan: Plan) -> None:
        fail("obey")
        desk.plans.put(plan)

    def publish(event: Event) -> None:
        fail("publish")
        desk._hear(event)

    def memory() -> MemoryReading:
        fail("memory")
        return MemoryReading()

    desk.probe.read = read  # type: ignore[method-assign] # a probe in one line
    governor = Governor(
        desk.probe,
        desk.clock,
        obey,
        publish,
        settings,
        model=desk.model,
        memory=memory,
        wait=lambda event, _: event.wait(0.001),
    )
    try:
        assert desk.plans.get(timeout=DEADLINE).mode is Mode.FULL
        governor.refresh()
        desk.told(lambda event: event.readings == MAINS)
        while failing:
            governor.refresh()
    finally:
        governor.close()


def test_close_twice_ends_the_thread(desk: Desk) -> None:
    """And the probe with it; what is asked for later is heard by nobody."""
    others = set(threading.enumerate())
    desk.be(BATTERY)
    desk.governor.close()
    desk.governor.close()
    assert desk.probe.closed
    left = set(threading.enumerate()) - others
    assert not any(thread.name == "governor" for thread in left)
    desk.governor.override(Override.FULL_ONCE)
    desk.governor.reply_ended()
