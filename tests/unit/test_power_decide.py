"""Readings to a plan: the thresholds, what the person wants instead, and what holds."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.power.decide import Limits, decide
from assistant.power.holding import HOLD_SECONDS, Holding
from assistant.power.plan import Heat, Mode, Override, Plan, Readings, Reason
from assistant.power.sane import sane

NUMBERS = st.one_of(
    st.none(), st.floats(), st.sampled_from([-1.0, 0.0, 1.0, 1.01, math.nan, math.inf, 1e300])
)
ANY = st.builds(
    Readings,
    on_mains=st.sampled_from([None, True, False]),
    battery=NUMBERS,
    heat=st.sampled_from([None, *Heat]),
    low_power=st.sampled_from([None, True, False]),
    watts=NUMBERS,
    watt_hours=NUMBERS,
    seconds_left=NUMBERS,
)


def on_battery(battery: float | None, heat: Heat | None = None) -> Readings:
    """A laptop that is not plugged in."""
    return Readings(on_mains=False, battery=battery, heat=heat)


# What may be believed -----------------------------------------------------------------------


@given(ANY)
def test_sane_readings_make_sense(readings: Readings) -> None:
    """Whatever sensors say: in range or unknown, and cleaning twice is cleaning once."""
    clean = sane(readings)
    assert clean == sane(clean)
    assert clean.battery is None or 0 <= clean.battery <= 1
    for value in (clean.watts, clean.watt_hours, clean.seconds_left):
        assert value is None or (value > 0 and math.isfinite(value))
    assert not (clean.on_mains and (clean.watts or clean.seconds_left))


@given(st.floats(0, 1), st.floats(0.1, 1000), st.floats(0.1, 10_000), st.floats(1, 600_000))
def test_sane_leaves_alone_what_can_be(
    battery: float, watts: float, watt_hours: float, seconds: float
) -> None:
    """Every value in its range comes through as it is."""
    readings = Readings(False, battery, Heat.FAIR, True, watts, watt_hours, seconds)
    assert sane(readings) == readings


@pytest.mark.parametrize("nonsense", [math.nan, -1.0, 1.01, math.inf, 10**400, True, "0.5"])
def test_a_battery_that_cannot_be_is_unknown(nonsense: float) -> None:
    """NaN, -1, over 100 %, a wrong type."""
    assert sane(Readings(battery=nonsense)).battery is None


def test_mains_and_discharging_contradict_each_other() -> None:
    """Neither is believed; the charge is."""
    clean = sane(Readings(on_mains=True, battery=0.1, watts=12.0, seconds_left=60.0))
    assert (clean.on_mains, clean.watts, clean.battery) == (None, None, 0.1)


def test_wrong_types_are_unknown() -> None:
    """What came from a driver of any make."""
    strange = Readings("yes", "full", 3, "no", [], {}, b"1")  # type: ignore[arg-type] # on purpose
    assert sane(strange) == Readings()


# Thresholds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readings", "mode", "reason"),
    [
        (on_battery(0.9, Heat.CRITICAL), Mode.PAUSED, Reason.CRITICAL_HEAT),
        (Readings(on_mains=True, heat=Heat.CRITICAL), Mode.PAUSED, Reason.CRITICAL_HEAT),
        (on_battery(0.19, Heat.SERIOUS), Mode.PAUSED, Reason.HOT_ON_BATTERY),
        (on_battery(0.20, Heat.SERIOUS), Mode.THROTTLED, Reason.HOT),
        (on_battery(None, Heat.SERIOUS), Mode.THROTTLED, Reason.HOT),
        (Readings(True, 0.1, Heat.SERIOUS), Mode.THROTTLED, Reason.HOT),
        (Readings(None, 0.1, Heat.SERIOUS), Mode.THROTTLED, Reason.HOT),
        (on_battery(0.29, Heat.FAIR), Mode.THROTTLED, Reason.WARM_ON_BATTERY),
        (on_battery(0.30, Heat.FAIR), Mode.FULL, Reason.ON_BATTERY),
        (on_battery(None, Heat.FAIR), Mode.FULL, Reason.ON_BATTERY),
        (Readings(True, 0.1, Heat.FAIR), Mode.FULL, Reason.NOTHING),
        (on_battery(0.02, Heat.NOMINAL), Mode.FULL, Reason.ON_BATTERY),
        (on_battery(0.02), Mode.FULL, Reason.ON_BATTERY),
        (Readings(True, low_power=True), Mode.THROTTLED, Reason.LOW_POWER),
        (Readings(low_power=True), Mode.THROTTLED, Reason.LOW_POWER),
        (Readings(), Mode.FULL, Reason.NOTHING),
    ],
)
def test_thresholds(readings: Readings, mode: Mode, reason: Reason) -> None:
    """Row 7 of the requirements, at both sides of each threshold."""
    plan = decide(readings)
    assert (plan.mode, plan.reason) == (mode, reason)


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        (on_battery(0.18, Heat.FAIR), "Running slower to save battery (18 %)."),
        (on_battery(0.299, Heat.FAIR), "Running slower to save battery (29 %)."),
        (
            on_battery(0.15, Heat.SERIOUS),
            "Paused: the machine is hot and the battery is low (15 %).",
        ),
        (on_battery(0.64), "Full power on battery (64 %). Nothing runs in the background."),
        (on_battery(None), "Full power on battery. Nothing runs in the background."),
        (Readings(on_mains=True, battery=0.5), "Full power."),
        (Readings(heat=Heat.CRITICAL), "Paused: the machine is too hot."),
        (
            Readings(True, 0.5, low_power=True),
            "Running slower: your system is set to save power.",
        ),
    ],
)
def test_words(readings: Readings, words: str) -> None:
    """Short, honest, with the charge where it matters."""
    assert decide(readings).words == words


@given(ANY, st.sampled_from(Override), st.integers(0, 64))
def test_every_plan_is_sound(readings: Readings, override: Override, threads: int) -> None:
    """Of any readings and wishes."""
    plan = decide(sane(readings), override, Limits(threads=threads))
    assert plan.words.endswith(".")
    if plan.mode is Mode.THROTTLED:
        assert 10 <= plan.token_delay_ms <= 20
        assert 1 <= plan.threads <= max(1, threads // 2)
        assert plan.max_reply_tokens == 128
    else:
        assert (plan.token_delay_ms, plan.threads, plan.max_reply_tokens) == (0, 0, None)
    if plan.mode is not Mode.FULL or not sane(readings).on_mains:
        assert not plan.background_allowed


@given(ANY)
def test_what_is_unknown_never_throttles(readings: Readings) -> None:
    """Without heat and the wish to save power nothing else counts."""
    unknown = sane(Readings(readings.on_mains, readings.battery, watts=readings.watts))
    assert decide(unknown).mode is Mode.FULL


@pytest.mark.parametrize("allowed", [True, False])
def test_background_on_battery_is_the_persons_choice(allowed: bool) -> None:
    """On battery only; never where Hush runs slower."""
    limits = Limits(background_on_battery=allowed)
    assert decide(on_battery(0.8), limits=limits).background_allowed is allowed
    assert decide(Readings(on_mains=True), limits=limits).background_allowed
    assert not decide(on_battery(0.1, Heat.FAIR), limits=limits).background_allowed
    assert not decide(Readings(), limits=limits).background_allowed


# What the person wants instead --------------------------------------------------------------


def test_full_power_once_lifts_throttling_and_pauses() -> None:
    """But lets nothing run in the background that would not."""
    for readings in (
        on_battery(0.1, Heat.FAIR),
        on_battery(0.1, Heat.SERIOUS),
        Readings(True, low_power=True),
    ):
        plan = decide(readings, Override.FULL_ONCE)
        assert (plan.mode, plan.reason) == (Mode.FULL, Reason.FULL_ONCE)
        assert not plan.background_allowed
    assert decide(Readings(True), Override.FULL_ONCE).background_allowed


def test_full_power_in_critical_heat_is_slow() -> None:
    """A machine that is about to switch itself off gets no full power."""
    plan = decide(Readings(heat=Heat.CRITICAL), Override.FULL_ONCE)
    assert (plan.mode, plan.reason) == (Mode.THROTTLED, Reason.GOING_ON)


def test_always_quiet_throttles_what_is_full_and_keeps_pauses() -> None:
    """A reason that is there anyway is told instead."""
    plan = decide(Readings(on_mains=True), Override.ALWAYS_QUIET)
    assert (plan.mode, plan.reason) == (Mode.THROTTLED, Reason.ALWAYS_QUIET)
    hot = decide(Readings(heat=Heat.SERIOUS), Override.ALWAYS_QUIET)
    assert hot.reason is Reason.HOT
    assert decide(Readings(heat=Heat.CRITICAL), Override.ALWAYS_QUIET).mode is Mode.PAUSED


def test_going_on_slowly_softens_pauses_alone_and_says_so() -> None:
    """Critical heat, too: the person decided."""
    plan = decide(Readings(heat=Heat.CRITICAL), Override.GO_ON_SLOWLY)
    assert (plan.mode, plan.reason) == (Mode.THROTTLED, Reason.GOING_ON)
    assert plan.words == "Going on slowly, as you chose, although the machine is too hot."
    for readings in (Readings(True), on_battery(0.1, Heat.FAIR)):
        assert decide(readings, Override.GO_ON_SLOWLY) == decide(readings)


# What holds ---------------------------------------------------------------------------------

FULL = decide(Readings(on_mains=True))
SLOW = decide(on_battery(0.18, Heat.FAIR))
SLOWER = decide(on_battery(0.17, Heat.FAIR))
PAUSED = decide(Readings(heat=Heat.CRITICAL))


def test_worse_comes_at_once_and_better_after_a_while() -> None:
    """Half a minute from the beginning of a mode, whatever was decided meanwhile."""
    holding = Holding()
    steps = [(FULL, 0, FULL), (SLOW, 1, SLOW), (FULL, 2, SLOW), (PAUSED, 3, PAUSED)]
    steps += [(FULL, 32.9, PAUSED), (FULL, 33, FULL), (SLOW, 34, SLOW), (FULL, 63, SLOW)]
    steps += [(FULL, 64, FULL)]
    for plan, now, expected in steps:
        assert holding.next(plan, now) == expected


def test_words_change_within_a_mode() -> None:
    """And do not make it hold longer."""
    holding = Holding()
    assert holding.next(SLOW, 0) == SLOW
    assert holding.next(SLOWER, 29) == SLOWER
    assert holding.next(FULL, 29.5) == SLOWER
    assert holding.next(FULL, 30) == FULL


def test_readings_that_flap_do_not_flap_the_mode() -> None:
    """A threshold crossed with each reading, for ten minutes: at most one change in 15 s."""
    holding, changes, last = Holding(), 0, Mode.FULL
    for second, plan in zip(range(0, 600, 5), itertools.cycle([SLOW, FULL]), strict=False):
        mode = holding.next(plan, second).mode
        changes += mode is not last
        last = mode
    assert changes <= 600 / 15


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FULL, SLOW, SLOWER, PAUSED]),
            st.floats(allow_nan=True, allow_infinity=True),
        )
    )
)
def test_no_clock_makes_it_hold_for_ever(steps: list[tuple[Plan, float]]) -> None:
    """Jumps back, jumps ahead, NaN: soon after, the newest plan counts."""
    holding = Holding()
    for plan, now in steps:
        held = holding.next(plan, now)
        assert [Mode.FULL, Mode.THROTTLED, Mode.PAUSED].index(held.mode) >= [
            Mode.FULL,
            Mode.THROTTLED,
            Mode.PAUSED,
        ].index(plan.mode)
    holding.next(FULL, 1000.0)
    assert holding.next(FULL, 1000.0 + HOLD_SECONDS) == FULL


def test_a_clock_that_goes_back_holds_half_a_minute_more() -> None:
    """And no longer."""
    holding = Holding()
    holding.next(SLOW, 1e9)
    assert holding.next(FULL, 10) == SLOW
    assert holding.next(FULL, 39.9) == SLOW
    assert holding.next(FULL, 40) == FULL
