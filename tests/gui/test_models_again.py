"""Getting a broken model again, and what a download means for the lock when nobody is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.shelf.records import Step
from tests.fakes.models_service import BEST, SMALL, from_entry, installed
from tests.gui.models_bench import ModelsBench


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ModelsBench]:
    """The window, at the models."""
    bench = ModelsBench(qtbot)
    yield bench
    bench.close()


# What only another copy helps -------------------------------------------------------------


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_broken_model_in_use_is_got_again(bench: ModelsBench, state: str) -> None:
    """It cannot be deleted, and need not be: one press and a yes put a whole file in its place."""
    broken = replace(from_entry(SMALL, active=True), state=state)  # type: ignore[arg-type] # one of the Conditions
    bench.models.library.put(broken)
    bench.settle()
    card = bench.card(SMALL.sha256)
    assert card.buttons["get"].text() == "Get it again · 390 MB"
    bench.act(SMALL.sha256, "get")
    bench.say_yes()
    assert bench.models.downloads.started == [(SMALL.sha256, False)]
    bench.models.downloads.put(SMALL, Step.RUNNING, 100_000_000)
    bench.settle()
    assert "100 of 390 MB" in card.text
    assert list(card.buttons) == ["pause", "discard"]
    bench.models.library.put(from_entry(SMALL, active=True))
    bench.models.downloads.put(SMALL, Step.DONE, SMALL.size)
    bench.settle()
    assert "Its file" not in card.text
    assert card.buttons == {}


def test_the_recommended_model_is_got_again(bench: ModelsBench) -> None:
    """On the card at the top, and in words of its own."""
    bench.models.library.put(replace(from_entry(BEST), state="missing"))
    bench.settle()
    assert bench.page.first
    assert bench.page.first.buttons["get"].text() == "Get Qwen3 1.7B again · 1.1 GB"
    bench.models.downloads.put(BEST, Step.PAUSED, 1_000)
    bench.settle()
    assert list(bench.page.first.buttons) == ["resume", "discard"]


def test_what_cannot_be_got_again(bench: ModelsBench) -> None:
    """A file of another program is not Hush's to replace; one that no list names is nowhere."""
    theirs = replace(from_entry(SMALL), state="missing", linked=True)
    own = replace(installed("8" * 64, "Mine", 1_000, "import"), state="damaged")
    for model in (theirs, own):
        bench.models.library.put(model)
        bench.settle()
        assert bench.card(model.sha256).buttons == {}


# What puts the lock off -------------------------------------------------------------------


@pytest.mark.parametrize("step", Step)
def test_a_download_under_way_puts_the_idle_lock_off(bench: ModelsBench, step: Step) -> None:
    """A lock would end it; one that rests, or is over, waits for nobody."""
    assert not bench.workplace.is_busy
    bench.models.downloads.put(SMALL, step, 1_000)
    bench.settle()
    assert bench.workplace.is_busy is (step not in {Step.PAUSED, Step.DONE, Step.FAILED})
