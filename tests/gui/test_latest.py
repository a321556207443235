"""Of answers that come late only the last one asked for is delivered, and only to who is there."""

from __future__ import annotations

from concurrent.futures import Future

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from ui.bridge import Bridge
from ui.latest import Latest


def test_the_last_one_counts(qtbot: QtBot) -> None:
    """However late the one before comes."""
    bridge, came = Bridge(), list[str]()
    latest = Latest(bridge)
    first: Future[str] = Future()
    second: Future[str] = Future()
    for asked in (first, second):
        latest.expect(asked, came.append, lambda _: None)
    second.set_result("second")
    first.set_result("first")
    qtbot.waitUntil(lambda: not bridge.is_busy)
    assert came == ["second"]


def test_nothing_comes_to_who_is_gone(qtbot: QtBot) -> None:
    """A lock takes a place down while its answers are on their way."""
    bridge, came = Bridge(), list[str]()
    owner = QObject()
    latest = Latest(bridge, owner)
    asked: Future[str] = Future()
    latest.expect(asked, came.append, lambda _: None)
    delete(owner)
    asked.set_result("late")
    qtbot.waitUntil(lambda: not bridge.is_busy)
    assert came == []
