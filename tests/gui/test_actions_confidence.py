"""How sure an answer is: a quiet line below it, and nothing where there is no figure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from assistant.asking.records import Scope
from assistant.confidence.records import DOUBTFUL, Doubt
from assistant.records import Message, MessageState
from tests.gui.bench import ANSWER, QUESTION, Bench
from ui.chat.sureness import sureness_facts, sureness_words


def sure(probability: float | None, doubt: str = "", **others: object) -> Message:
    """The answer, as sure as that."""
    return replace(ANSWER, confidence=probability, doubt=doubt, **others)  # type: ignore[arg-type] # as the fields are


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (sure(None), ""),
        (sure(0.98), "Rather sure"),
        (sure(DOUBTFUL, Doubt.WORDS), "Rather sure"),
        (sure(0.69, Doubt.WORDS), "Not sure: the model was unsure of its words."),
        (sure(0.2, Doubt.PASSAGES), "Not sure: the passages are only loosely about this."),
        (sure(0.2), "Not sure"),
        (sure(0.2, "a code of a newer Hush"), "Not sure"),
        (sure(0.9, state=MessageState.STOPPED), ""),
        (sure(0.9, state=MessageState.STREAMING), ""),
        (replace(QUESTION, confidence=0.9), ""),
    ],
)
def test_in_words(message: Message, words: str) -> None:
    """Sure or not, and why not."""
    assert sureness_words(message) == words


def test_the_figure_and_what_it_means() -> None:
    """Of an answer from notes it is about the passages; nothing is ever quite sure."""
    assert sureness_facts(sure(0.739)).startswith("74 %: so often answers were right")
    assert "passages" in sureness_facts(sure(0.739, scope=Scope()))
    assert sureness_facts(sure(0.9999)).startswith("99 %")
    assert sureness_facts(sure(None)) == ""


def test_below_the_answer(qtbot: QtBot) -> None:
    """As a caption with its tooltip; a screen reader has it, too. Without a figure: nothing."""
    bench = Bench(qtbot)
    unsure = sure(0.4, Doubt.MOMENT)
    bench.conversations.messages[1] = [QUESTION, unsure]
    bench.open(1)
    words = "Not sure: the model was unsure at one place of its answer."
    shown = [one for one in bench.messages[1].findChildren(QLabel) if one.text() == words]
    assert [one.isVisible() for one in shown] == [True]
    assert shown[0].toolTip().startswith("40 %")
    assert bench.messages[1].accessibleDescription() == words
    assert shown[0].geometry().bottom() <= bench.messages[1].height()
    bench.conversations.messages[1] = [QUESTION, ANSWER]
    bench.open(2)
    bench.open(1)
    texts = [one.text() for one in bench.messages[1].findChildren(QLabel) if one.isVisible()]
    assert not any("sure" in text for text in texts)
    bench.close()
