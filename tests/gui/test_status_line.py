"""The line at the foot of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from assistant.errors import ModelDamaged
from assistant.events import EngineChanged, EngineCondition
from tests.gui.bench import Bench
from tests.gui.fakes import FIGURES
from ui.status_line import Reason, StatusLine
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

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
    bench.window.status.failure_button.click()
    reason = bench.window.findChild(Reason)
    assert reason.text == "The model's file is damaged. Get it again."
    warmed = bench.app.warmed
    bench.press("Return")
    assert bench.app.warmed == warmed + 1
    assert not bench.shows(Reason)
    assert "Loading SmolLM2 135M…" in bench.window.status.text


def test_escape_closes_the_reason_only(bench: Bench) -> None:
    """The keyboard goes back to where it was, and nothing behind is stopped."""
    bench.page.notice.say("Still here.")
    bench.app.sink(FAILED)
    bench.settle()
    bench.window.status.failure_button.click()
    bench.press("Esc")
    assert not bench.shows(Reason)
    assert bench.composer.field.hasFocus()
    assert bench.page.notice.text == "Still here."


def test_the_context_leads_to_its_setting(bench: Bench) -> None:
    """A click shows where the cap is set."""
    bench.open(1)
    bench.window.status.context_button.click()
    assert bench.settings_page.isVisible()
    assert bench.window.focusWidget().accessibleName() == "Context"


def test_another_theme(qtbot: QtBot, status: StatusLine) -> None:
    """Larger text makes a higher line; the words stay."""
    before, height = status.text, status.height()
    status.apply(Theme(DARK, scale=2.0))
    assert status.text == before
    assert status.height() > height
