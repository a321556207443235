"""For what no model here does well with a note somebody else is offered; nothing more happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.actions.records import Action
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Offer, Reason
from assistant.settings import Settings
from tests.fakes.cloud import UNSURE, FakeCloud
from tests.gui.actions_bench import TEXT, ActionsBench
from ui.actions.beyond import Beyond

BEYOND = Offer(Reason.BEYOND, "No model on this laptop does this well.", "Ask Mistral…")


class Bench(ActionsBench):
    """A note, actions on it, and somebody else who could be asked."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.cloud = FakeCloud()
        self.cloud.offered = BEYOND
        self.settings = Settings(cloud=True)
        self.asked: list[tuple[AskFor, Offer | None, Callable[[], object]]] = []
        self.acting.beyond = Beyond(
            self.cloud, lambda: self.settings, lambda *asked: self.asked.append(asked)
        )

    def translate(self, language: str = "French") -> None:
        """Ask for a translation, and wait until it is over."""
        self.act_without_waiting(Action.TRANSLATE)
        self.settle()
        self.panel.form.chosen.emit(language)
        self.settle()
        self.finish()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    """An open note."""
    bench = Bench(qtbot)
    bench.begin()
    yield bench
    bench.close()


def test_it_is_offered_while_the_model_here_tries(bench: Bench) -> None:
    """A line above the note: it takes no keyboard, asks nobody; the result comes."""
    bench.translate()
    notice = bench.page.notice
    assert notice.text == BEYOND.sentence
    assert not bench.asked
    assert bench.panel.is_open
    assert not notice.isAncestorOf(bench.focus)


def test_a_press_asks_for_it_in_a_chat(bench: Bench) -> None:
    """With plain words, and the note's text beside them; the note stays as it is."""
    bench.translate()
    assert bench.page.notice.action.text() == "Ask Mistral…"
    bench.click(bench.page.notice.action)
    [(ask, offer, _)] = bench.asked
    assert offer == BEYOND
    assert ask.text == "Translate the attached text into French. Answer with the translation alone."
    [attachment] = ask.attachments
    assert attachment.text == TEXT
    assert attachment.name == "Trains"
    assert ask.question_id is ask.conversation_id is None
    assert bench.text == TEXT


def test_staying_local_loses_nothing_of_it(bench: Bench) -> None:
    """What is being written here goes on while one looks, until somebody else is asked in fact."""
    bench.engine.gate.clear()
    bench.translate()
    bench.click(bench.page.notice.action)
    assert bench.asked
    assert bench.acting.is_working
    bench.engine.gate.set()
    bench.finish()
    assert "All is well." in bench.shown
    assert bench.panel.ways


def test_a_yes_ends_what_is_written_here(bench: Bench) -> None:
    """It is told with the approval, and not before."""
    bench.engine.gate.clear()
    bench.translate()
    bench.click(bench.page.notice.action)
    [(_, _, approved)] = bench.asked
    approved()
    bench.engine.gate.set()
    bench.finish()
    assert "All is well." not in bench.shown
    assert not bench.acting.is_working


def test_other_tasks_are_done_here(bench: Bench) -> None:
    """Only what the settings name is offered."""
    bench.act(Action.SUMMARISE)
    assert bench.page.notice.text != BEYOND.sentence
    bench.settings = replace(bench.settings, cloud_only_tasks="summarise")
    bench.act(Action.SUMMARISE)
    assert bench.page.notice.text == BEYOND.sentence


@pytest.mark.parametrize("offered", [None, UNSURE])
def test_without_an_offer_nothing_is_said(bench: Bench, offered: Offer | None) -> None:
    """It is off, nobody is there, or it is another reason."""
    bench.cloud.offered = offered
    bench.translate()
    assert not bench.page.notice.isVisible()
