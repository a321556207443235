"""What can be asked of a message in the conversation, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.records import Message, MessageState
from tests.gui.conversations import (
    answer,
    live_view,
    question,
    settle,
    shown_timeline,
    thread,
    thread_pool,
    top_of,
)
from ui.chat.button import QuietButton
from ui.chat.timeline import Timeline

BIG = 2**40  # no 32-bit signal argument could carry it


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor) -> Timeline:
    """An empty conversation on a page of 700 by 600 pixels."""
    return shown_timeline(qtbot, pool)


@pytest.mark.parametrize(
    ("label", "message", "signal"),
    [
        ("Edit", question(BIG, "a"), "edit_requested"),
        ("Regenerate", answer(BIG, "a"), "regenerate_requested"),
        ("Continue", answer(BIG, "a", MessageState.STOPPED), "resume_requested"),
    ],
)
def test_requests_name_the_message(
    qtbot: QtBot, timeline: Timeline, label: str, message: Message, signal: str
) -> None:
    """Each request carries the message as it stands, with an id of any size."""
    timeline.show_thread(thread(message))
    settle(qtbot, timeline)
    button = next(b for b in timeline.findChildren(QuietButton) if b.text() == label)
    with qtbot.waitSignal(getattr(timeline, signal)) as asked:
        button.click()
    assert asked.args == [message]


def test_versions_name_the_message_and_the_way(qtbot: QtBot, timeline: Timeline) -> None:
    """One step back, one step forth."""
    message = answer(BIG, "a", variant=2, variants=3)
    timeline.show_thread(thread(message))
    settle(qtbot, timeline)
    for label, step in (("‹", -1), ("›", 1)):
        button = next(b for b in timeline.findChildren(QuietButton) if b.text() == label)
        with qtbot.waitSignal(timeline.variant_requested) as asked:
            button.click()
        assert asked.args == [message, step]


def test_tab_follows_the_eye(qtbot: QtBot, timeline: Timeline) -> None:
    """From the first message to the last, each text before its buttons, however it was built."""
    timeline.show_thread(thread(*(answer(n, f"{n}\n\n```\nx\n```\nend") for n in range(1, 5))))
    settle(qtbot, timeline)
    timeline.activateWindow()
    timeline.setFocus()
    rows = []
    for _ in range(4 * 6):  # text, copy code, code, text, copy, regenerate
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        rows.append(QApplication.focusWidget().mapTo(timeline.widget(), QPoint()).y())
    assert rows == sorted(rows)
    assert live_view(timeline, 4).isAncestorOf(QApplication.focusWidget())


def test_focus_reveals_actions(qtbot: QtBot, timeline: Timeline) -> None:
    """The keyboard sees a message's actions too."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b")))
    settle(qtbot, timeline)
    timeline.activateWindow()
    view = live_view(timeline, 2)
    hidden = view.grab().toImage()
    view.findChild(QuietButton).setFocus(Qt.FocusReason.TabFocusReason)
    assert view.grab().toImage() != hidden
    timeline.setFocus()
    assert view.grab().toImage() == hidden


def test_unfolding_leaves_the_reader_there(qtbot: QtBot, timeline: Timeline) -> None:
    """A question that is unfolded grows downwards; its beginning stays in sight."""
    timeline.show_thread(thread(answer(1, "word " * 400), question(2, "line\n" * 100)))
    settle(qtbot, timeline)
    top = top_of(timeline, 2)
    buttons = live_view(timeline, 2).findChildren(QuietButton)
    button = next(b for b in buttons if b.text() == "Show all")
    button.click()
    settle(qtbot, timeline)
    assert top_of(timeline, 2) == top
