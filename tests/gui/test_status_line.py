"""The line at the foot of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from assistant.errors import ModelDamaged
from assistant.events import Activity, BackgroundChanged, EngineChanged, EngineCondition
from assistant.power.plan import Mode, Plan, Readings, Reason
from tests.gui.bench import Bench
from tests.gui.fakes import FIGURES
from ui.status.explanation import Explanation
from ui.status.line import SHOWN_AFTER, StatusLine
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import METRICS, MODELS, NETWORK

FAILED = EngineChanged(
    EngineCondition.FAILED,
    "SmolLM2 135M",
    error=ModelDamaged("The model's file is damaged.", "Get it again."),
)


@pytest.fixture
def status(show_alone: Callable[[QWidget], None]) -> StatusLine:
    """A status line on its own."""
    status = StatusLine(Theme(LIGHT))
    show_alone(status)
    return status


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (EngineChanged(EngineCondition.COLD), "The model is not loaded yet"),
        (EngineChanged(EngineCondition.LOADING), "Loading the model…"),
        (EngineChanged(EngineCondition.LOADING, "SmolLM2 135M"), "Loading SmolLM2 135M…"),
        (EngineChanged(EngineCondition.WARM, "SmolLM2 135M", 2048, 0.4), "Warm · SmolLM2 135M"),
        (EngineChanged(EngineCondition.WARM), "Warm"),
        (
            EngineChanged(
                EngineCondition.EVICTED, reason="Unloaded to save memory.", next_turn_seconds=0.9
            ),
            "Unloaded to save memory · next answer +0.9 s",
        ),
        (EngineChanged(EngineCondition.EVICTED), "Unloaded"),
        (FAILED, "The model did not load"),
    ],
)
def test_the_model_in_words(status: StatusLine, event: EngineChanged, words: str) -> None:
    """Each condition has words of its own; colour is never the only sign."""
    status.show_engine(event)
    assert status.text == f"{words} | nothing sent"


def test_speed_and_context(status: StatusLine) -> None:
    """Seconds to the first word, tokens a second, and how full the context was."""
    status.show_reply(FIGURES)
    assert "first word 0.1 s · 128 tok/s | context 31 %" in status.text
    assert status.context_button.toolTip() == "635 of 2,048 tokens. Everything fits."


def test_no_speed_where_none_was_measured(status: StatusLine) -> None:
    """A reply of one token has no speed."""
    status.show_reply(replace(FIGURES, tokens_per_second=0.0))
    assert "tok/s" not in status.text
    assert "first word 0.1 s" in status.text


@pytest.mark.parametrize(
    ("messages", "tokens", "words"),
    [
        (1, 0, "1 earlier message did not fit."),
        (12, 0, "12 earlier messages did not fit."),
        (2, 1500, "2 earlier messages did not fit. 1,500 tokens of your message did not fit."),
    ],
)
def test_what_did_not_fit(status: StatusLine, messages: int, tokens: int, words: str) -> None:
    """Figures alone tell it, long after the reply."""
    status.show_reply(replace(FIGURES, omitted_messages=messages, omitted_tokens=tokens))
    assert status.context_button.toolTip() == words


def test_the_sentence_of_the_moment_comes_first(status: StatusLine) -> None:
    """What the core said is shown as it is, and never as HTML."""
    status.show_reply(FIGURES, "Left out: <img src=x>")
    assert status.context_button.toolTip() == "<qt>Left out: &lt;img src=x&gt;</qt>"


def test_the_context_is_never_over_full(status: StatusLine) -> None:
    """More than all of it is all of it."""
    status.show_context(5000, 2048, "")
    assert "context 100 %" in status.text


def test_nothing_to_say_before_the_first_reply(status: StatusLine) -> None:
    """Figures of one chat do not stand below another."""
    status.show_reply(FIGURES)
    status.show_reply(None)
    assert status.text == "The model is not loaded yet | nothing sent"


def test_why_it_failed_and_again(bench: Bench) -> None:
    """The reason opens above the line; its one button loads the model again."""
    bench.app.sink(FAILED)
    bench.settle()
    bench.window.status.model_button.click()
    reason = bench.window.findChild(Explanation)
    assert reason.text == "The model's file is damaged. Get it again."
    warmed = bench.app.warmed
    bench.press("Return")
    assert bench.app.warmed == warmed + 1
    assert not bench.shows(Explanation)
    assert "Loading SmolLM2 135M…" in bench.window.status.text


def test_escape_closes_the_reason_only(bench: Bench) -> None:
    """The keyboard goes back to where it was, and nothing behind is stopped."""
    bench.page.notice.say("Still here.")
    bench.app.sink(FAILED)
    bench.settle()
    bench.window.status.model_button.click()
    bench.press("Esc")
    assert not bench.shows(Explanation)
    assert bench.composer.field.hasFocus()
    assert bench.page.notice.text == "Still here."


def test_the_context_leads_to_its_setting(bench: Bench) -> None:
    """By way of what the model sees, it leads to where the cap is set."""
    bench.open(1)
    bench.window.status.context_button.click()
    bench.press("Return")
    assert bench.settings_page.isVisible()
    assert bench.window.focusWidget().accessibleName() == "Context"


def test_another_theme(qtbot: QtBot, status: StatusLine) -> None:
    """Larger text makes a higher line; the words stay."""
    before, height = status.text, status.height()
    status.apply(Theme(DARK, scale=2.0))
    assert status.text == before
    assert status.height() > height


# The model --------------------------------------------------------------------------------


def test_where_the_model_computes(status: StatusLine) -> None:
    """The device stands in the tooltip, with how long loading took."""
    status.show_engine(
        EngineChanged(EngineCondition.WARM, "SmolLM2 135M", 2048, 0.42, device="CPU")
    )
    assert status.model_button.toolTip() == "SmolLM2 135M. Loaded in 0.4 s. Computed on CPU."


def test_what_an_unloaded_model_costs(bench: Bench) -> None:
    """Why it went, what the next answer pays, and a way to load it before."""
    bench.app.sink(
        EngineChanged(
            EngineCondition.EVICTED,
            "SmolLM2 135M",
            reason="Unloaded to save memory.",
            next_turn_seconds=0.9,
        )
    )
    bench.settle()
    bench.window.status.model_button.click()
    panel = bench.window.findChild(Explanation)
    assert panel.text == (
        "SmolLM2 135M. Unloaded to save memory. "
        "Your next question loads it again and begins about 0.9 s later."
    )
    warmed = bench.app.warmed
    bench.press("Return")
    assert bench.app.warmed == warmed + 1


def test_a_warm_model_leads_to_the_models(bench: Bench) -> None:
    """There is nothing to load: its one button goes where another one can be had."""
    bench.app.sink(EngineChanged(EngineCondition.WARM, "SmolLM2 135M"))
    bench.settle()
    bench.window.status.model_button.click()
    bench.press("Return")
    assert bench.window.place == MODELS


def test_the_speed_leads_to_the_figures(bench: Bench) -> None:
    """Where all of them are."""
    bench.open(1)
    bench.window.status.speed_button.click()
    assert bench.window.place == METRICS


def test_why_nothing_is_sent(status: StatusLine) -> None:
    """The conscience can be asked, too, before there is a page that says more."""
    status.sent_button.click()
    assert "connects to nothing" in status.window().findChild(Explanation).text


def test_what_was_sent_leads_to_the_network(bench: Bench) -> None:
    """Where every transfer stands."""
    bench.window.status.sent_button.click()
    assert bench.window.place == NETWORK


# In the background ------------------------------------------------------------------------


def test_what_runs_is_shown(qtbot: QtBot, status: StatusLine) -> None:
    """After a moment; and not a moment longer than it runs."""
    status.show_background(Activity.READING_AHEAD)
    assert "reading ahead" not in status.text
    qtbot.waitUntil(lambda: "reading ahead" in status.text)
    assert status.background_button.isVisible()
    status.show_background(None)
    assert not status.background_button.isVisible()


def test_what_is_over_at_once_does_not_flicker(status: StatusLine) -> None:
    """It ended before its moment: nothing is shown later either."""
    status.show_background(Activity.READING_AHEAD)
    status.show_background(None)
    assert not status.background_delay.isActive()
    assert "reading ahead" not in status.text


def test_short_pieces_in_a_row_are_not_hidden(status: StatusLine) -> None:
    """One after another they run for long: the moment is not waited for anew."""
    status.show_background(Activity.SUMMARISING)
    assert status.background_delay.interval() == SHOWN_AFTER
    status.background_delay.stop()
    status.background_delay.timeout.emit()
    status.show_background(Activity.READING_AHEAD)
    assert "reading ahead" in status.text
    assert not status.background_delay.isActive()


def test_the_next_piece_does_not_begin_to_wait_anew(status: StatusLine) -> None:
    """While the first has not been shown yet, the second waits for what is left of its moment."""
    started = []
    status.show_background(Activity.SUMMARISING)
    status.background_delay.start = started.append  # type: ignore[method-assign]
    status.show_background(Activity.READING_AHEAD)
    assert started == []
    status.background_delay.timeout.emit()
    assert "reading ahead" in status.text


@pytest.mark.parametrize("activity", list(Activity))
def test_what_runs_says_why(bench: Bench, activity: Activity) -> None:
    """Its panel says what it is for, that it waits for nobody, and leads to its setting."""
    bench.app.sink(BackgroundChanged(activity))
    bench.settle()
    bench.window.status.background_delay.timeout.emit()
    bench.window.status.background_button.click()
    assert bench.window.findChild(Explanation).text.endswith(
        "It stops as soon as you ask something."
    )
    bench.press("Return")
    assert bench.window.focusWidget().accessibleName() == "Work in the background on battery"


# Room -------------------------------------------------------------------------------------

THROTTLED = Plan(Mode.THROTTLED, Reason.WARM_ON_BATTERY, "Running slower to save battery (18 %).")
ON_BATTERY = Readings(on_mains=False, battery=0.18)


@pytest.mark.parametrize("width", [640, 900, 1180])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(
    "engine",
    [
        EngineChanged(EngineCondition.WARM, "SmolLM2 135M", 2048),
        EngineChanged(EngineCondition.WARM, "A model with a very long name indeed " * 4, 2048),
        FAILED,
    ],
    ids=["short", "long", "failed"],
)
def test_there_is_always_room(
    bench: Bench, width: int, scale: float, engine: EngineChanged
) -> None:
    """Nothing is cut, nothing lies over anything; what must be seen always is."""
    status = bench.window.status
    bench.window.apply(Theme(LIGHT, scale))
    bench.window.resize(width, 600)
    bench.open(1)
    bench.app.sink(engine)
    bench.app.governor.tell(THROTTLED, ON_BATTERY)
    bench.app.sink(BackgroundChanged(Activity.TUNING))
    bench.settle()
    status.background_delay.timeout.emit()
    bench.settle()
    assert bench.window.width() == width
    shown = [part for part in status.buttons if part.isVisible()]
    assert not any(part.is_cut for part in shown)
    assert all(status.rect().contains(part.geometry()) for part in shown)
    for left, right in pairwise(shown):
        assert left.geometry().right() < right.geometry().left()
    for part in (status.model_button, status.background_button, status.power_button):
        assert part.isVisible()
    assert status.sent_button.isVisible()


def test_what_there_is_no_room_for_can_still_be_heard(bench: Bench) -> None:
    """Screen readers get all the words, however few are seen."""
    status = bench.window.status
    bench.window.apply(Theme(LIGHT, 3.0))
    bench.window.resize(640, 600)
    bench.app.governor.tell(THROTTLED, ON_BATTERY)
    bench.settle()
    assert "18 %" not in status.power_button.text()
    assert status.power_button.accessibleName() == "Power: slower: 18 % battery"
    assert "slower: 18 % battery" in status.text


def test_with_room_again_it_says_all_again(bench: Bench) -> None:
    """What was given up comes back."""
    status = bench.window.status
    bench.open(1)
    bench.window.resize(640, 600)
    bench.window.apply(Theme(LIGHT, 3.0))
    bench.settle()
    assert not status.speed_button.isVisible()
    bench.window.resize(1180, 600)
    bench.window.apply(Theme(LIGHT))
    bench.settle()
    assert status.speed_button.isVisible()


def test_the_reason_stays_up_to_date(bench: Bench) -> None:
    """What is open tells what is so by now, and its button does what it says."""
    status = bench.window.status
    bench.app.sink(FAILED)
    bench.settle()
    status.model_button.click()
    panel = bench.window.findChild(Explanation)
    bench.app.sink(EngineChanged(EngineCondition.WARM, "SmolLM2 135M", 2048, 0.4))
    bench.settle()
    assert "damaged" not in panel.text
    assert "SmolLM2 135M" in panel.text
    wanted: list[bool] = []
    status.model_wanted.connect(lambda: wanted.append(True))
    assert bench.window.focusWidget().accessibleName() == "Models…"
    bench.press("Return")
    assert wanted == [True]
    assert not bench.shows(Explanation)


def test_what_is_over_needs_no_words(bench: Bench) -> None:
    """The panel about work in the background goes when that ends."""
    status = bench.window.status
    status.show_background(Activity.SUMMARISING)
    status.background_delay.timeout.emit()
    status.background_button.click()
    assert bench.shows(Explanation)
    status.show_background(None)
    bench.settle()
    assert not bench.shows(Explanation)
    status.model_button.click()
    assert bench.shows(Explanation)


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_the_reason_grows_with_the_text(bench: Bench, scale: float) -> None:
    """As many words stand in a line; it stays inside of a small window."""
    bench.window.apply(Theme(LIGHT, scale))
    bench.window.resize(900, 600)
    bench.app.sink(FAILED)
    bench.settle()
    bench.window.status.model_button.click()
    area = bench.window.findChild(Explanation).panel.geometry()
    assert bench.window.rect().contains(area)
    assert area.width() >= min(360 * scale, 860)
