"""How hard the model works: the status line, its panel, and the line while an answer waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget

from assistant.power.decide import Limits, decide
from assistant.power.plan import Heat, Mode, Override, Plan, Readings, Reason
from tests.gui.bench import Bench
from ui.power.panel import PowerPanel
from ui.power.words import duration, effects, power_words, supply, waiting
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.window import SETTINGS

MAINS = Readings(on_mains=True)
BATTERY = Readings(on_mains=False, battery=0.64, watts=9.3, watt_hours=27.9)
LOW = Readings(on_mains=False, battery=0.18, heat=Heat.FAIR)
HOT = Readings(on_mains=False, battery=0.15, heat=Heat.SERIOUS)
CRITICAL = Readings(on_mains=True, heat=Heat.CRITICAL)
LIMITS = Limits(threads=4)


def plan_for(readings: Readings, override: Override = Override.NONE) -> Plan:
    """What the core decides."""
    return decide(readings, override, LIMITS)


def tell(bench: Bench, readings: Readings, override: Override = Override.NONE) -> None:
    """Let the machine be like this."""
    bench.app.governor.tell(plan_for(readings, override), readings)
    bench.settle()


def opened(bench: Bench) -> PowerPanel:
    """The panel, opened as a person does."""
    bench.window.status.power_button.click()
    return bench.window.findChild(PowerPanel)


# Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readings", "override", "words", "drawing"),
    [
        (MAINS, Override.NONE, "mains, full power", Icon.FULL_POWER),
        (BATTERY, Override.NONE, "battery 64 %, full power", Icon.FULL_POWER),
        (replace(BATTERY, battery=None), Override.NONE, "battery, full power", Icon.FULL_POWER),
        (Readings(), Override.NONE, "full power", Icon.FULL_POWER),
        (LOW, Override.FULL_ONCE, "battery 18 %, full power once", Icon.FULL_POWER),
        (LOW, Override.NONE, "slower: 18 % battery", Icon.SLOWER),
        (replace(MAINS, heat=Heat.SERIOUS), Override.NONE, "slower: hot", Icon.SLOWER),
        (replace(MAINS, low_power=True), Override.NONE, "slower: saving power", Icon.SLOWER),
        (
            replace(BATTERY, low_power=True),
            Override.NONE,
            "slower: saving power, 64 % battery",
            Icon.SLOWER,
        ),
        (MAINS, Override.ALWAYS_QUIET, "slower: always quiet", Icon.SLOWER),
        (CRITICAL, Override.GO_ON_SLOWLY, "slower: as you wished", Icon.SLOWER),
        (CRITICAL, Override.NONE, "paused: too hot", Icon.PAUSED),
        (HOT, Override.NONE, "paused: hot, 15 % battery", Icon.PAUSED),
    ],
)
def test_the_status_line_in_words(
    readings: Readings, override: Override, words: str, drawing: Icon
) -> None:
    """Every mode has words and a drawing of its own: colour is never the only sign."""
    said = power_words(plan_for(readings, override), readings)
    assert (said.words, said.drawing) == (words, drawing)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("mode", list(Mode))
def test_no_reason_is_without_words(mode: Mode, reason: Reason) -> None:
    """Whatever the core may decide one day, the line says the mode."""
    said = power_words(Plan(mode, reason), Readings())
    assert said.words.startswith(said.short)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a minute"),
        (59, "a minute"),
        (3000, "50 min"),
        (3600, "1 h"),
        (7920, "2 h 10 min"),
        (86_399, "24 h"),
        (200_000, "a day or more"),
    ],
)
def test_a_time_to_plan_with(seconds: float, words: str) -> None:
    """No more exact than anybody can know it."""
    assert duration(seconds) == words


def test_what_is_unknown_is_said() -> None:
    """A machine that tells nothing, and a battery that does not tell how long it lasts."""
    assert supply(Readings(), None) == "This machine does not tell what it runs on."
    assert supply(MAINS, None) == "On mains power."
    assert supply(replace(MAINS, battery=0.8), None) == "On mains power. Battery: 80 %."
    assert supply(Readings(on_mains=False), None).startswith("On battery. How long")
    assert supply(replace(BATTERY, watts=None), None) == (
        "On battery: 64 %. How long it lasts is not known yet."
    )
    assert supply(BATTERY, 10_800) == (
        "On battery: 64 %. 9.3 W are drawn now. About 3 h left at this draw."
    )


def test_what_a_mode_changes() -> None:
    """Each effect in a sentence; nothing is said twice."""
    assert effects(plan_for(MAINS)) == ["Answers come as fast as this machine can write them."]
    assert effects(plan_for(LOW)) == [
        "Answers come slower: 2 processor cores, a rest of 15 ms after each token.",
        "Answers are shorter: 128 tokens at most. Expand goes on.",
        "Nothing runs in the background.",
    ]
    assert "Nothing is sent anywhere." in effects(plan_for(CRITICAL))
    assert not any("background" in line for line in effects(plan_for(BATTERY)))


def test_what_is_waited_for() -> None:
    """Mains helps where the battery is part of the reason, and not against heat."""
    assert waiting(plan_for(HOT)) == "Waiting until it is cooler or on mains."
    assert waiting(plan_for(CRITICAL)) == "Waiting until it is cooler."


# The status line --------------------------------------------------------------------------


def test_it_is_there_from_the_start(bench: Bench) -> None:
    """What was decided before the window was furnished is shown, with no event."""
    assert "mains, full power" in bench.window.status.text


def test_amber_is_for_throttled_only(bench: Bench) -> None:
    """Paused and full are quiet."""
    button = bench.window.status.power_button
    for readings, kind in ((MAINS, "caption"), (LOW, "throttled"), (CRITICAL, "caption")):
        tell(bench, readings)
        assert button.property("kind") == kind
        assert button.toolTip() == plan_for(readings).words


# The panel --------------------------------------------------------------------------------


def test_the_panel_says_why_and_what(bench: Bench) -> None:
    """Reason, effect and supply, to eyes and to screen readers."""
    tell(bench, LOW)
    panel = opened(bench)
    assert panel.text.startswith(plan_for(LOW).words)
    assert "Answers are shorter" in panel.text
    assert "How long it lasts is not known yet." in panel.text
    assert panel.panel.accessibleDescription() == panel.text


def test_the_time_left_is_measured(bench: Bench) -> None:
    """27.9 Wh at 9.3 W are three hours."""
    tell(bench, BATTERY)
    assert "About 3 h left at this draw." in opened(bench).text


def test_full_power_for_the_next_answer(bench: Bench) -> None:
    """By keyboard: the panel opens on it. Then it can be taken back."""
    tell(bench, LOW)
    panel = opened(bench)
    assert bench.window.focusWidget() is panel.full_once
    bench.press("Space")
    assert bench.app.governor.overrides == [Override.FULL_ONCE]
    tell(bench, LOW, Override.FULL_ONCE)
    assert panel.text.startswith(plan_for(LOW, Override.FULL_ONCE).words)
    assert not panel.full_once.isVisible()
    assert bench.window.focusWidget() is panel.always_quiet.switch  # not lost with the button
    panel.take_back.click()
    assert bench.app.governor.overrides[-1] is Override.NONE


def test_going_on_from_the_panel(bench: Bench) -> None:
    """Paused offers it, and nothing that would be hotter still."""
    tell(bench, CRITICAL)
    panel = opened(bench)
    assert not panel.full_once.isVisible()
    panel.go_on.click()
    assert bench.app.governor.overrides == [Override.GO_ON_SLOWLY]
    tell(bench, CRITICAL, Override.GO_ON_SLOWLY)
    assert panel.take_back.text() == "Pause again"
    assert not panel.go_on.isVisible()


def test_full_power_offers_nothing_to_change(bench: Bench) -> None:
    """But the switch."""
    panel = opened(bench)
    for button in (panel.go_on, panel.full_once, panel.take_back):
        assert not button.isVisible()
    assert bench.window.focusWidget() is panel.always_quiet.switch


def test_always_quiet_is_a_setting(bench: Bench) -> None:
    """Turned here it is saved, the governor hears of it, and the settings show it."""
    panel = opened(bench)
    bench.press("Space")
    assert bench.app.settings.always_quiet
    assert bench.app.governor.refreshed == 1
    assert bench.settings_page.settings.always_quiet
    assert panel.isVisible()
    bench.press("Esc")
    assert not bench.shows(PowerPanel)
    assert bench.composer.field.hasFocus()
    bench.window.go_to(SETTINGS)
    switch = next(
        part
        for part in bench.settings_page.findChildren(QWidget)
        if part.accessibleName() == "Always quiet"
    )
    assert switch.isChecked()


def test_only_esc_closes_it(bench: Bench) -> None:
    """It is made to be used: a stray key does not take it away."""
    tell(bench, LOW)
    panel = opened(bench)
    bench.press("Down")
    bench.press("x")
    assert panel.isVisible()
    assert bench.composer.text == ""


def test_tab_stays_inside(bench: Bench) -> None:
    """From the button to the switch and back."""
    tell(bench, LOW)
    panel = opened(bench)
    bench.press("Tab")
    assert bench.window.focusWidget() is panel.always_quiet.switch
    bench.press("Tab")
    assert bench.window.focusWidget() is panel.full_once


def test_a_closed_panel_hears_nothing_more(bench: Bench) -> None:
    """What is told after it is gone reaches only the status line."""
    tell(bench, LOW)
    opened(bench)
    bench.press("Esc")
    tell(bench, CRITICAL)
    assert "paused: too hot" in bench.window.status.text


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_the_panel_fits_into_a_small_window(bench: Bench, scale: float) -> None:
    """At any text size it lies within, and what is below can be reached by keyboard."""
    bench.window.apply(Theme(LIGHT, scale))
    bench.window.resize(900, 600)
    tell(bench, LOW)
    panel = opened(bench)
    bench.settle()
    assert bench.window.rect().contains(panel.panel.geometry())
    bench.press("Tab")
    switch = panel.always_quiet.switch
    assert not switch.visibleRegion().isEmpty()


# An answer that waits ---------------------------------------------------------------------


def asked(bench: Bench) -> None:
    """A question whose answer is being written."""
    bench.open(1)
    bench.send("And rain?")
    bench.chat.last.save()
    bench.chat.last.begin()
    bench.settle()


def test_it_says_why_it_waits(bench: Bench) -> None:
    """Where the work is, with two ways to go on; and it goes by itself."""
    asked(bench)
    tell(bench, HOT)
    line = bench.page.paused
    assert line.text == plan_for(HOT).words
    assert bench.composer.stop_button.isVisible()
    tell(bench, LOW)
    assert line.text == ""


def test_nothing_waits_where_nothing_was_asked(bench: Bench) -> None:
    """The status line says that it is paused; the page has nothing to add."""
    bench.open(1)
    tell(bench, HOT)
    assert bench.page.paused.text == ""
    bench.send("And rain?")
    bench.settle()
    assert bench.page.paused.text.startswith("Paused")


def test_going_on_slowly(bench: Bench) -> None:
    """One press, and the core knows."""
    asked(bench)
    tell(bench, HOT)
    bench.press("Space", bench.page.paused.go_on)
    assert bench.app.governor.overrides == [Override.GO_ON_SLOWLY]
    tell(bench, HOT, Override.GO_ON_SLOWLY)
    assert bench.page.paused.text == ""


def test_waiting(bench: Bench) -> None:
    """The line stays and says what for; the next pause asks again."""
    asked(bench)
    tell(bench, HOT)
    line = bench.page.paused
    bench.press("Space", line.wait)
    assert line.text == "Waiting until it is cooler or on mains."
    assert not line.wait.isVisible()
    assert line.go_on.isVisible()
    assert bench.app.governor.overrides == []
    tell(bench, CRITICAL)
    assert line.text == "Waiting until it is cooler."
    tell(bench, MAINS)
    tell(bench, CRITICAL)
    assert line.text == plan_for(CRITICAL).words


def test_stopping_while_paused(bench: Bench) -> None:
    """Esc stops what waits, and then nothing waits any more."""
    asked(bench)
    tell(bench, HOT)
    bench.press("Esc", bench.composer.field)
    run = bench.chat.last
    assert bench.chat.stopped == [run.run.id]
    run.end()
    bench.settle()
    assert bench.page.paused.text == ""


def test_it_waits_only_where_it_was_asked(bench: Bench) -> None:
    """Another chat says nothing of it."""
    asked(bench)
    tell(bench, HOT)
    bench.open(2)
    assert bench.page.paused.text == ""
    bench.open(1)
    assert bench.page.paused.text.startswith("Paused")
