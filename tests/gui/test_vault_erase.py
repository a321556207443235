"""Erasing everything, and the pages that ask before such things."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from assistant.errors import StorageFull
from tests.gui.bench import Bench
from tests.gui.vault_bench import AtVault
from ui.lock.resumption import News
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import VAULT

ERASE = "Erase everything"
FULL = StorageFull("The disk is full.", "What is left has no key.")


@pytest.fixture
def place(bench: Bench) -> AtVault:
    """Where it is asked."""
    place = AtVault(bench)
    place.press("Erase everything…")
    return place


@pytest.mark.parametrize("word", ["", "ERAS", "ERASE EVERYTHING", "yes"])
def test_nothing_without_the_word(place: AtVault, word: str) -> None:
    """Neither the button nor Enter."""
    place.type(word)
    assert ERASE not in place.names
    place.bench.press("Return", place.fields[0])
    assert place.bench.app.erased == 0


@pytest.mark.parametrize("word", ["ERASE", " erase "])
def test_with_the_word(place: AtVault, word: str) -> None:
    """It is done, and the process is replaced."""
    assert "What goes" in place.words
    assert "What stays" in place.words
    place.type(word)
    place.bench.press("Return", place.fields[0])
    assert place.bench.app.erased == 1
    assert place.bench.restarts == 1
    assert place.bench.news is News.ERASED


def test_thought_better_of(place: AtVault) -> None:
    """Esc, or the other button; the word is asked for anew the next time."""
    place.type("ERASE")
    place.bench.press("Esc", place.fields[0])
    assert place.front is None
    assert place.bench.window.place == VAULT
    place.press("Erase everything…")
    assert place.fields[0].text() == ""
    place.press("Keep everything")
    assert place.front is None
    assert place.bench.app.erased == 0


def test_what_could_not_be_erased(place: AtVault) -> None:
    """The keys are gone by then: what is safe is said, and a new start goes on with it."""
    place.bench.app.erase_problem = FULL
    place.type("ERASE")
    place.press(ERASE)
    assert "The disk is full. What is left has no key." in place.words
    assert place.names == ["Start Hush again"]
    place.bench.press("Esc")
    assert place.front
    place.press("Start Hush again")
    assert place.bench.restarts == 1


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_every_size(place: AtVault, scale: float) -> None:
    """In a small window the page scrolls, and what it needs can be reached by keyboard."""
    place.bench.window.apply(Theme(DARK, scale=scale))
    place.bench.window.resize(900, 600)
    QApplication.processEvents()
    assert place.front
    page = place.front
    assert page.widget().width() <= page.viewport().width()
    place.fields[0].setFocus()
    place.type("ERASE")
    for name in (ERASE, "Keep everything"):
        place.bench.press("Tab")
        button = place.button(name)
        assert button.hasFocus()
        QApplication.processEvents()
        corner = button.mapTo(page.viewport(), button.rect().bottomRight())
        assert page.viewport().rect().contains(corner)
    place.bench.window.apply(Theme(LIGHT))
