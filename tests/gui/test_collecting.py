"""Cycles are taken apart by the window's thread, and thoroughly only while nobody waits."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from ui.collecting import Collector


class Asked:
    """Remembers which generations were asked for, and collects nothing."""

    def __init__(self) -> None:
        self.generations: list[int] = []

    def __call__(self, generation: int) -> None:
        """Remember."""
        self.generations.append(generation)


@pytest.fixture
def collecting(qapp: QApplication) -> Iterator[Callable[..., Collector]]:
    """Makes collectors, and gives the collecting back at the end."""
    made: list[Collector] = []

    def make(*args: object) -> Collector:
        made.append(Collector(*args))  # type: ignore[arg-type]  # as the test gives them
        return made[-1]

    yield make
    for one in made:
        if isValid(one):
            delete(one)
    gc.unfreeze()  # what the test left is collected; the rest is passed over again
    gc.collect()
    gc.freeze()
    gc.disable()  # as every test of the window has it


class Ticker(QTimer):
    """In a cycle with itself, as an object with a slot of its own is."""

    def __init__(self, gone: Callable[[int], object]) -> None:
        super().__init__()
        self.itself = self
        self.gone = gone

    def __del__(self) -> None:
        """Tell on which thread."""
        self.gone(threading.get_ident())


def test_another_thread_never_does_it(qtbot: QtBot, collecting: Callable[..., Collector]) -> None:
    """However much it makes; the window's own does, soon."""
    gone: list[int] = []
    gc.enable()
    collecting(lambda: 0.0)
    Ticker(gone.append)

    kept: list[list[int]] = []

    def make_much() -> None:
        kept.extend([number] for number in range(200_000))

    maker = threading.Thread(target=make_much)
    maker.start()
    maker.join()
    assert gone == []
    qtbot.waitUntil(lambda: bool(gone))
    assert gone == [threading.get_ident()]


def test_the_thorough_look_waits_for_a_quiet_moment(
    collecting: Callable[..., Collector],
) -> None:
    """While somebody types only what is new is looked at."""
    asked = Asked()
    untouched = 0.0
    collector = collecting(lambda: untouched, None, asked)
    kept = [[number] for number in range(110_000)]
    collector.look()
    collector.look()
    assert set(asked.generations) == {1}
    untouched = 5.0
    collector.look()
    assert asked.generations[-1] == 2
    asked.generations.clear()
    gc.collect(1)
    collector.look()
    assert asked.generations == []  # nothing new
    assert kept


def test_it_is_not_put_off_for_ever(collecting: Callable[..., Collector]) -> None:
    """Somebody who never rests has it at some time, too."""
    asked = Asked()
    collector = collecting(lambda: 0.0, None, asked)
    kept = [[number] for number in range(300_000)]
    while 2 not in asked.generations:
        collector.look()  # the fake collects nothing, so the same are counted again
        assert len(asked.generations) < 100
    assert kept


def test_python_has_it_back(collecting: Callable[..., Collector]) -> None:
    """A process that goes on without a window collects as every other."""
    collector = collecting(lambda: 0.0)
    assert not gc.isenabled()
    delete(collector)
    assert gc.isenabled()


def test_what_stands_is_not_looked_through(collecting: Callable[..., Collector]) -> None:
    """The collector passes over what was there; what comes later it looks at as before."""
    before: list[object] = [object()]
    collecting(lambda: 0.0)
    after: list[object] = [before]
    looked_at = {id(one) for one in gc.get_objects()}
    assert id(before) not in looked_at
    assert id(after) in looked_at
