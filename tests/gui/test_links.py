"""A link asks before it is opened, and shows where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.conversations import (
    answer,
    live_view,
    settle,
    shown_timeline,
    thread,
    thread_pool,
)
from ui.chat.links import LinkDialog
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def opened() -> list[str]:
    """The addresses that were opened."""
    return []


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor, opened: list[str]) -> Timeline:
    """An empty conversation; no program takes an address that says "refused"."""

    def opener(address: str) -> bool:
        opened.append(address)
        return "refused" not in address

    return shown_timeline(qtbot, pool, opener)


def ask(qtbot: QtBot, timeline: Timeline, address: str) -> LinkDialog:
    """Click a link to this address; return what asks about it."""
    timeline.show_thread(thread(answer(1, f"[label]({address})")))
    settle(qtbot, timeline)
    text = live_view(timeline, 1).findChild(ProseView)
    QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, 15))
    qtbot.waitUntil(lambda: timeline.findChild(LinkDialog) is not None)
    return timeline.findChild(LinkDialog)


def words(dialog: LinkDialog) -> str:
    """All that is said."""
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_link_asks_first(qtbot: QtBot, timeline: Timeline, opened: list[str]) -> None:
    """The whole address is shown; nothing is opened until the person says so."""
    address = "https://example.org/" + "long/" * 100
    dialog = ask(qtbot, timeline, address)
    assert dialog.address_field.toPlainText() == address
    assert opened == []
    dialog.open_button.click()
    assert opened == [address]
    assert not dialog.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_link_is_not_opened_by_mistake(
    qtbot: QtBot, timeline: Timeline, opened: list[str], key: Qt.Key
) -> None:
    """Enter and Escape both cancel."""
    dialog = ask(qtbot, timeline, "https://example.org")
    QTest.keyClick(dialog, key)
    assert not dialog.isVisible()
    assert opened == []


def test_address_can_be_copied(qtbot: QtBot, timeline: Timeline, opened: list[str]) -> None:
    """The address goes to the clipboard; nothing is opened."""
    dialog = ask(qtbot, timeline, "https://example.org/a")
    dialog.copy_button.click()
    assert QApplication.clipboard().text() == "https://example.org/a"
    assert opened == []


def test_address_that_nothing_opens_says_so(qtbot: QtBot, timeline: Timeline) -> None:
    """Without a browser the dialog stays, and says what can be done."""
    dialog = ask(qtbot, timeline, "https://refused.example")
    dialog.open_button.click()
    assert dialog.isVisible()
    assert "No program on this computer took the address." in words(dialog)


def test_deceptive_address_is_explained(qtbot: QtBot, timeline: Timeline) -> None:
    """A Cyrillic letter in a Latin name: both spellings are shown, as plain text."""
    dialog = ask(qtbot, timeline, "https://аpple.com")
    assert "xn--pple-43d.com" in words(dialog)
    assert "“аpple.com”" in words(dialog)
    assert "mixes alphabets" in words(dialog)
    formats = {label.textFormat() for label in dialog.findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}


def test_dialog_offers_three_ways(qtbot: QtBot, timeline: Timeline) -> None:
    """Open, copy, cancel; cancel is the default."""
    dialog = ask(qtbot, timeline, "https://example.org")
    buttons = dialog.findChildren(QPushButton)
    assert [b.text() for b in buttons] == ["Open in browser", "Copy address", "Cancel"]
    assert [b.isDefault() for b in buttons] == [False, False, True]
