"""Comparing blind, making smaller, measuring: what is asked, what runs, what it comes to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from assistant.errors import InputRefused, ModelRefused
from assistant.shelf.forms import FORMS
from assistant.shelf.records import Pair
from tests.fakes.models_service import (
    BENCHED,
    BEST,
    QUANTISED,
    STARTER,
    FakeModels,
    from_entry,
)
from tests.gui.bench import ANSWER, HOUR, QUESTION
from tests.gui.fakes import NOON, FakeApp, conversation
from tests.gui.models_bench import ModelsBench
from ui.models.blind import Blind
from ui.models.forms import MAX_QUESTIONS, CompareForm, MeasureForm, SmallerForm

FIRST = Pair(1, "Why is the sky blue?", "Air scatters blue light.", "The ocean.")
SECOND = Pair(2, "What to pack?", "<b>Socks</b>", "Layers.")


def two_models(app: FakeApp, models: FakeModels) -> None:
    """There is something to compare, and a chat to take questions from."""
    models.library.put(from_entry(BEST))
    app.conversations.add(conversation(1, "Packing list", NOON - HOUR), [QUESTION, ANSWER])


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ModelsBench]:
    """The window, at the models, with two of them here."""
    bench = ModelsBench(qtbot, two_models)
    yield bench
    bench.close()


def begin(bench: ModelsBench, *questions: str) -> Blind:
    """Compare the two on these questions."""
    tools = bench.page.tools
    bench.click(tools.compare_button)
    form = tools.compare_line.form
    assert isinstance(form, CompareForm)
    form.questions.put(questions)
    bench.click(form.go_on)
    blind = tools.compare_line.form
    assert isinstance(blind, Blind)
    return blind


def texts(blind: Blind) -> str:
    """Everything that can be read in it."""
    return "\n".join(label.text() for label in blind.findChildren(QLabel))


# Comparing --------------------------------------------------------------------------------


def test_comparing_blind(bench: ModelsBench) -> None:
    """No name is anywhere before all is decided; then the tally says whose answers they were."""
    blind = begin(bench, FIRST.prompt, SECOND.prompt)
    comparing = bench.models.comparing
    assert comparing.work
    assert comparing.work.what == (STARTER, BEST.sha256, (FIRST.prompt, SECOND.prompt))
    assert "Both models are answering" in texts(blind)
    comparing.on_pair(FIRST)
    bench.settle()
    assert "Question 1 of 2" in texts(blind)
    for name in ("Qwen", "SmolLM"):
        assert name not in texts(blind)
    bench.click(blind.choices["left"])
    comparing.on_pair(SECOND)
    comparing.work.end(2)
    bench.settle()
    assert "<b>Socks</b>" in blind.text
    bench.click(blind.choices["both"])
    assert comparing.decided == [(1, "left"), (2, "both")]
    assert "SmolLM2 135M: 1 · Qwen3 1.7B: 0 · both good: 1 · neither: 0" in blind.text
    bench.click(blind.end_button)
    assert bench.page.tools.compare_line.form is None
    assert bench.page.tools.measure_button.isEnabled()


def test_pairs_wait_until_one_is_decided(bench: ModelsBench) -> None:
    """Answers that come sooner than the person reads do not change what is being read."""
    blind = begin(bench, FIRST.prompt, SECOND.prompt)
    bench.models.comparing.on_pair(FIRST)
    bench.models.comparing.on_pair(SECOND)
    bench.settle()
    assert blind.pair is FIRST
    bench.click(blind.choices["right"])
    assert blind.pair is SECOND


def test_enter_does_not_end_it_when_a_pair_comes(bench: ModelsBench) -> None:
    """While both answer, the keyboard is on the only button; then it is on a choice."""
    blind = begin(bench, FIRST.prompt)
    assert bench.focus is blind.end_button
    bench.models.comparing.on_pair(FIRST)
    bench.settle()
    assert bench.focus is blind.choices["left"]


def test_leaving_stops_the_answering(bench: ModelsBench) -> None:
    """Esc ends it; what comes later is not shown."""
    begin(bench, FIRST.prompt)
    work = bench.models.comparing.work
    assert work
    assert bench.workplace.is_busy
    bench.press("Esc")
    assert work.cancel.asked
    work.fail(InputRefused("Stopped."))
    bench.models.comparing.on_pair(FIRST)
    bench.settle()
    assert bench.page.tools.compare_line.form is None
    assert not bench.workplace.is_busy


def test_a_comparison_that_fails(bench: ModelsBench) -> None:
    """Why stands where the answers would."""
    blind = begin(bench, FIRST.prompt)
    work = bench.models.comparing.work
    assert work
    work.fail(ModelRefused("Qwen3 1.7B did not load.", "Try another."))
    bench.settle()
    assert "Qwen3 1.7B did not load. Try another." in blind.text
    assert blind.end_button.text() == "Close"


@pytest.mark.parametrize("same", [True, False])
def test_what_cannot_be_compared(bench: ModelsBench, same: bool) -> None:
    """Two of the same, or nothing asked: it is said in the form, and nothing begins."""
    bench.click(bench.page.tools.compare_button)
    form = bench.page.tools.compare_line.form
    assert isinstance(form, CompareForm)
    if same:
        form.questions.put(["Why?"])
        form.second.choose(STARTER)
    bench.click(form.go_on)
    words = "two different models" if same else "at least one question"
    assert words in form.problem.text()
    assert bench.models.comparing.work is None


def test_one_model_cannot_be_compared(qtbot: QtBot) -> None:
    """The button rests, and the line says why."""
    bench = ModelsBench(qtbot)
    assert not bench.page.tools.compare_button.isEnabled()
    bench.close()


def test_the_persons_own_questions(bench: ModelsBench) -> None:
    """The first question of each chat, one in a line, at most so many."""
    bench.click(bench.page.tools.compare_button)
    form = bench.page.tools.compare_line.form
    assert isinstance(form, CompareForm)
    bench.click(form.questions.own)
    assert form.questions.texts == [QUESTION.text]
    form.questions.put([f"Question {number}\nin two lines" for number in range(40)])
    assert len(form.questions.texts) == MAX_QUESTIONS
    assert form.questions.texts[0] == "Question 0 in two lines"


# Making smaller, and measuring ------------------------------------------------------------


def test_making_a_model_smaller(bench: ModelsBench) -> None:
    """From a card's menu, with the model chosen; before and after stand beside one another."""
    bench.choose(BEST.sha256, "Make it smaller…")
    line = bench.page.tools.smaller_line
    form = line.form
    assert isinstance(form, SmallerForm)
    assert form.model.chosen == BEST.sha256
    assert form.form.chosen == "Q4_K_M"
    bench.click(form.go_on)
    work = bench.models.quantising.asked[-1]
    assert work.what == (BEST.sha256, "Q4_K_M", ())
    work.progress("Tensor 120 of 272", 0.44)
    bench.settle()
    assert line.said == "Tensor 120 of 272"
    work.end(QUANTISED)
    bench.settle()
    assert "agree in 83 % of what they wrote to 6 questions" in line.said
    assert line.result
    assert ("Size", "1.1 GB", "640 MB") in line.result.rows


def test_every_form_is_offered(bench: ModelsBench) -> None:
    """Those that the service knows."""
    bench.click(bench.page.tools.smaller_button)
    form = bench.page.tools.smaller_line.form
    assert isinstance(form, SmallerForm)
    for name in FORMS:
        form.form.choose(name)
        assert form.form.chosen == name


def test_cancelling_work_on_a_model(bench: ModelsBench) -> None:
    """It asks the service; the line says how it ended, and the buttons can be used again."""
    bench.click(bench.page.tools.smaller_button)
    form = bench.page.tools.smaller_line.form
    assert isinstance(form, SmallerForm)
    bench.click(form.go_on)
    assert not bench.page.tools.measure_button.isEnabled()
    bench.click(bench.page.tools.smaller_line._cancel)
    work = bench.models.quantising.asked[-1]
    assert work.cancel.asked
    work.fail(InputRefused("Stopped. Nothing was left behind."))
    bench.settle()
    assert bench.page.tools.smaller_line.said == "Stopped. Nothing was left behind."
    assert bench.page.tools.measure_button.isEnabled()


def test_measuring(bench: ModelsBench) -> None:
    """What was measured stands beside what was foretold."""
    bench.choose(STARTER, "Measure it…")
    line = bench.page.tools.measure_line
    form = line.form
    assert isinstance(form, MeasureForm)
    assert form.model.chosen == STARTER
    bench.click(form.go_on)
    bench.models.bench.asked[-1].end(BENCHED)
    bench.settle()
    assert line.said == "SmolLM2 135M, measured now:"
    assert line.result
    assert line.result.rows[:2] == [
        ("Writes", "128 tokens/s"),
        ("Foretold before", "120 tokens/s"),
    ]


def test_a_measurement_that_fails(bench: ModelsBench) -> None:
    """It is named, and no earlier figures stand above it."""
    test_measuring(bench)
    line = bench.page.tools.measure_line
    bench.click(bench.page.tools.measure_button)
    form = line.form
    assert isinstance(form, MeasureForm)
    bench.click(form.go_on)
    bench.models.bench.asked[-1].fail(ModelRefused("It did not load."))
    bench.settle()
    assert line.said == "It did not load."
    assert line.result is None


# One thing at a time ----------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Measure it…", "Make it smaller…"])
def test_what_is_under_way_is_not_pushed_aside(bench: ModelsBench, words: str) -> None:
    """A card's menu says so, and leads to what runs; that can still be cancelled."""
    line = bench.page.tools.measure_line
    bench.choose(STARTER, "Measure it…")
    form = line.form
    assert isinstance(form, MeasureForm)
    bench.click(form.go_on)
    bench.choose(BEST.sha256, words)
    assert "Something else is being done with a model." in bench.said
    assert not any(line.form for line in bench.page.tools.lines)
    bench.click(bench.page.notice.action)
    assert bench.focus.accessibleName() == "Cancel"
    bench.press("Return")
    work = bench.models.bench.asked[-1]
    assert work.cancel.asked
    work.fail(InputRefused("Stopped."))
    bench.settle()
    bench.choose(BEST.sha256, words)
    assert any(line.form for line in bench.page.tools.lines)


def test_a_comparison_is_not_closed_by_another_tool(bench: ModelsBench) -> None:
    """Not while both answer, and not while the person judges; once it is over it makes room."""
    blind = begin(bench, FIRST.prompt)
    for step in ("both answer", "judging"):
        bench.choose(BEST.sha256, "Measure it…")
        assert "Two models are being compared." in bench.said, step
        assert bench.page.tools.compare_line.form is blind
        if step == "both answer":
            work = bench.models.comparing.work
            assert work
            bench.models.comparing.on_pair(FIRST)
            work.end(1)
            bench.settle()
    bench.click(blind.choices["left"])
    bench.choose(BEST.sha256, "Measure it…")
    assert bench.page.tools.compare_line.form is None
    assert isinstance(bench.page.tools.measure_line.form, MeasureForm)


def test_a_pair_that_comes_after_its_form(bench: ModelsBench) -> None:
    """Whatever took the form away: what comes then is passed over."""
    blind = begin(bench, FIRST.prompt)
    work = bench.models.comparing.work
    assert work
    bench.page.tools.compare_line.close_form()
    bench.qtbot.waitUntil(lambda: not isValid(blind))
    bench.models.comparing.on_pair(FIRST)
    work.end(1)
    bench.settle()
    assert bench.page.tools.compare_line.form is None
