"""Looking for a text in the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.conversations import (
    answer,
    live_view,
    long_thread,
    question,
    settle,
    shown_timeline,
    thread,
    thread_pool,
    views,
)
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor) -> Timeline:
    """An empty conversation on a page of 700 by 600 pixels."""
    return shown_timeline(qtbot, pool)


def selected(timeline: Timeline) -> list[tuple[int, str]]:
    """What is selected, with the message it is in."""
    return [
        (view.entry.message.id, text.textCursor().selectedText())
        for view in views(timeline)
        for text in view.findChildren(ProseView)
        if text.textCursor().hasSelection()
    ]


def test_find_goes_through_all_messages(qtbot: QtBot, timeline: Timeline) -> None:
    """Every match in turn, round at the end, live or not, one at a time."""
    messages = list(long_thread(200).messages)
    messages[9] = answer(10, "A **nee**dle, and another needle.")
    messages[119] = answer(120, "One NEEDLE.")
    timeline.show_thread(thread(*messages))
    settle(qtbot, timeline)
    found = []
    for _ in range(4):
        assert timeline.find("needle")
        settle(qtbot, timeline)
        found += selected(timeline)
    assert sorted(found[:3]) == [(10, "needle"), (10, "needle"), (120, "NEEDLE")]
    assert found[3] == found[0]
    assert timeline.find("needle", backwards=True)
    assert selected(timeline) == [found[2]]


def test_find_shows_what_it_found(qtbot: QtBot, timeline: Timeline) -> None:
    """The match is scrolled into sight and stays there while more is built around it."""
    messages = list(long_thread(200).messages)
    messages[9] = answer(10, "Words. " * 2_000 + "needle" + " words." * 2_000)
    timeline.show_thread(thread(*messages))
    settle(qtbot, timeline)
    assert timeline.find("needle")
    settle(qtbot, timeline)
    text = next(
        t for t in live_view(timeline, 10).findChildren(ProseView) if t.textCursor().hasSelection()
    )
    at = text.viewport().mapTo(timeline.viewport(), text.cursorRect().center())
    assert timeline.viewport().rect().contains(at)


def test_find_while_typing(qtbot: QtBot, timeline: Timeline) -> None:
    """A longer text is looked for from the present match on, not behind it."""
    timeline.show_thread(thread(answer(1, "ant answer antler")))
    settle(qtbot, timeline)
    for typed, match in (("an", "an"), ("ant", "ant"), ("antl", "antl")):
        assert timeline.find(typed)
        assert selected(timeline) == [(1, match)]
    assert not timeline.find("antlion")
    assert selected(timeline) == []
    assert not timeline.find("")


def test_find_unfolds_a_question(qtbot: QtBot, timeline: Timeline) -> None:
    """A match in the hidden part of a long question is shown."""
    timeline.show_thread(thread(question(1, "line\n" * 100 + "needle")))
    settle(qtbot, timeline)
    assert timeline.find("needle")
    assert selected(timeline) == [(1, "needle")]
