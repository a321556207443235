"""The conversation: opened quickly, followed at its end, and otherwise held still."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from assistant.records import MessageState
from tests.gui.conversations import (
    answer,
    exchange,
    first_seen,
    ids,
    is_at_end,
    live_view,
    long_thread,
    pill,
    question,
    scroll_to,
    settle,
    shown_timeline,
    text_of,
    thread,
    thread_pool,
    top_of,
    views,
)
from ui.chat.button import QuietButton
from ui.chat.entries import KEPT, OPENED
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline
from ui.theme.tokens import DARK

WRITING = MessageState.STREAMING


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor) -> Timeline:
    """An empty conversation on a page of 700 by 600 pixels."""
    return shown_timeline(qtbot, pool)


# Opening and scrolling --------------------------------------------------------------------


def test_opens_at_the_newest(qtbot: QtBot, timeline: Timeline) -> None:
    """The newest message is there at once, 30 of them soon, and the end is seen."""
    timeline.show_thread(long_thread(300))
    assert 300 in ids(timeline)
    assert len(ids(timeline)) <= 4
    settle(qtbot, timeline)
    assert ids(timeline) == list(range(301 - OPENED, 301))
    assert is_at_end(timeline)
    assert not pill(timeline).isVisible()


def test_short_conversation_begins_at_the_top(qtbot: QtBot, timeline: Timeline) -> None:
    """Two messages stand at the top of the page, in a column of at most 72 characters."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b")))
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 2]
    assert 0 < top_of(timeline, 1) < 40
    assert not timeline.verticalScrollBar().isVisible()


def test_scrolling_up_loads_older_and_nothing_moves(qtbot: QtBot, timeline: Timeline) -> None:
    """Older messages appear above while what is read stays on its pixel."""
    timeline.show_thread(long_thread(300))
    settle(qtbot, timeline)
    scroll_to(timeline, 100)
    seen = first_seen(timeline)
    top = top_of(timeline, seen)
    settle(qtbot, timeline)
    assert ids(timeline)[0] == 301 - OPENED - 10
    assert top_of(timeline, seen) == top


def test_never_more_than_sixty_live(qtbot: QtBot, timeline: Timeline) -> None:
    """On the way to the first message the last ones go; on the way back they return."""
    timeline.show_thread(long_thread(150))
    settle(qtbot, timeline)
    for _ in range(40):
        scroll_to(timeline, 0)
        settle(qtbot, timeline)
        assert len(ids(timeline)) <= KEPT
    assert ids(timeline)[0] == 1
    assert 150 not in ids(timeline)
    for _ in range(40):
        scroll_to(timeline, timeline.verticalScrollBar().maximum())
        settle(qtbot, timeline)
        assert len(ids(timeline)) <= KEPT
    assert ids(timeline)[-1] == 150
    assert is_at_end(timeline)


def test_jump_to_latest(qtbot: QtBot, timeline: Timeline) -> None:
    """The button is there while the reader is elsewhere, and leads to the end."""
    timeline.show_thread(long_thread(150))
    settle(qtbot, timeline)
    for _ in range(12):
        scroll_to(timeline, 0)
        settle(qtbot, timeline)
    assert pill(timeline).isVisible()
    assert pill(timeline).accessibleName() == "Jump to latest"
    QTest.mouseClick(pill(timeline), Qt.MouseButton.LeftButton)
    settle(qtbot, timeline)
    assert ids(timeline)[-1] == 150
    assert is_at_end(timeline)
    assert not pill(timeline).isVisible()


def test_home_and_end(qtbot: QtBot, timeline: Timeline) -> None:
    """The keys lead to the first message and back to the last."""
    timeline.show_thread(long_thread(150))
    settle(qtbot, timeline)
    QTest.keyClick(timeline, Qt.Key.Key_Home)
    settle(qtbot, timeline)
    assert first_seen(timeline) == 1
    assert top_of(timeline, 1) > 0
    QTest.keyClick(timeline, Qt.Key.Key_End)
    settle(qtbot, timeline)
    assert ids(timeline)[-1] == 150
    assert is_at_end(timeline)


def test_page_keys_scroll_the_conversation(qtbot: QtBot, timeline: Timeline) -> None:
    """Also while a text has the focus: a text has no pages of its own."""
    timeline.show_thread(long_thread(60))
    settle(qtbot, timeline)
    before = timeline.verticalScrollBar().value()
    QTest.keyClick(live_view(timeline, 60).findChild(ProseView), Qt.Key.Key_PageUp)
    assert timeline.verticalScrollBar().value() < before - 300


def test_idle_conversation_does_nothing(qtbot: QtBot, timeline: Timeline) -> None:
    """Once everything is built no timer of the conversation runs on."""
    timeline.show_thread(long_thread(80))
    settle(qtbot, timeline)
    assert timeline.is_settled
    scroll_to(timeline, 0)
    assert not timeline.is_settled
    settle(qtbot, timeline)


def test_other_width_keeps_the_place(qtbot: QtBot, timeline: Timeline) -> None:
    """In a narrower window the same message stands first, and lines are broken anew."""
    timeline.show_thread(long_thread(40))
    settle(qtbot, timeline)
    scroll_to(timeline, 1_500)
    settle(qtbot, timeline)
    seen = first_seen(timeline)
    top = top_of(timeline, seen)
    timeline.resize(450, 600)
    settle(qtbot, timeline)
    assert top_of(timeline, seen) == top
    for view in views(timeline):
        assert view.width() <= 450 - 40


def test_column_is_never_wider_than_72_characters(qtbot: QtBot, timeline: Timeline) -> None:
    """On a wide page the text stays readable, in the middle."""
    timeline.resize(2_000, 600)
    timeline.show_thread(long_thread(2))
    settle(qtbot, timeline)
    text = live_view(timeline, 2).findChild(ProseView)
    average = QFontMetricsF(text.document().defaultFont()).averageCharWidth()
    assert text.width() == round(72 * average)
    middle = text.mapTo(timeline, QPoint(text.width() // 2, 0)).x()
    assert abs(middle - 1_000) <= 2


# Writing ----------------------------------------------------------------------------------


def test_new_conversation_begins_with_an_exchange(qtbot: QtBot, timeline: Timeline) -> None:
    """A question and an answer that grows, followed to its end."""
    timeline.begin(exchange(question(1, "Hello?"), answer(2, "", WRITING)))
    for _ in range(60):
        timeline.append_text(2, "One more line.\n\n")
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 2]
    assert text_of(live_view(timeline, 2)).count("One more line.") == 60
    assert is_at_end(timeline)


def test_reader_elsewhere_is_left_alone(qtbot: QtBot, timeline: Timeline) -> None:
    """While the reader looks at something above, new text moves nothing."""
    timeline.show_thread(long_thread(40))
    timeline.begin(exchange(question(41, "More?"), answer(42, "", WRITING)))
    settle(qtbot, timeline)
    scroll_to(timeline, timeline.verticalScrollBar().maximum() - 900)
    settle(qtbot, timeline)
    seen = first_seen(timeline)
    top = top_of(timeline, seen)
    for _ in range(30):
        timeline.append_text(42, "Words and **words**.\n\n")
    settle(qtbot, timeline)
    assert top_of(timeline, seen) == top
    assert not is_at_end(timeline)
    assert pill(timeline).isVisible()


def test_question_leads_to_the_end(qtbot: QtBot, timeline: Timeline) -> None:
    """Who asks wants to see the answer, wherever they were."""
    timeline.show_thread(long_thread(150))
    settle(qtbot, timeline)
    for _ in range(12):
        scroll_to(timeline, 0)
        settle(qtbot, timeline)
    timeline.begin(exchange(question(151, "More?"), answer(152, "", WRITING)))
    settle(qtbot, timeline)
    assert ids(timeline)[-1] == 152
    assert is_at_end(timeline)


def test_text_for_others_is_passed_over(qtbot: QtBot, timeline: Timeline) -> None:
    """A reply to another conversation, or to nothing, changes nothing here."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b")))
    timeline.append_text(99, "text")
    timeline.append_text(2, "text")  # complete: nothing is being written there
    timeline.set_note(99, "note")
    timeline.finish(answer(99, "text"))
    settle(qtbot, timeline)
    assert text_of(live_view(timeline, 2)) == "b"


def test_text_that_came_while_out_of_sight(qtbot: QtBot, timeline: Timeline) -> None:
    """An answer without a widget goes on, and is whole when one scrolls back."""
    timeline.show_thread(long_thread(150))
    timeline.begin(exchange(question(151, "More?"), answer(152, "One. ", WRITING)))
    settle(qtbot, timeline)
    while 152 in ids(timeline):
        scroll_to(timeline, 0)
        settle(qtbot, timeline)
    timeline.append_text(152, "Two. ")
    timeline.set_note(152, "A note.")
    timeline.jump_to_latest()
    settle(qtbot, timeline)
    timeline.append_text(152, "Three.")
    timeline.finish(answer(152, "One. Two. Three."))
    settle(qtbot, timeline)
    view = live_view(timeline, 152)
    assert text_of(view) == "One. Two. Three."
    assert "A note." in [label.text() for label in view.findChildren(QLabel)]


def test_finish_shows_state_and_failure(qtbot: QtBot, timeline: Timeline) -> None:
    """The answer ends with what went wrong, in words."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "Half")
    timeline.finish(answer(2, "Half of it", MessageState.FAILED), "The engine died. Try again.")
    settle(qtbot, timeline)
    view = live_view(timeline, 2)
    assert text_of(view) == "Half of it"
    assert view.accessibleDescription() == "The engine died. Try again."


def test_finish_with_another_text_wins(qtbot: QtBot, timeline: Timeline) -> None:
    """What the store has is what is shown."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "something")
    timeline.finish(answer(2, "else"))
    settle(qtbot, timeline)
    assert text_of(live_view(timeline, 2)) == "else"


def test_continued_answer_goes_on(qtbot: QtBot, timeline: Timeline) -> None:
    """Continue: no question, an answer that is there already, and more text for it."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "One ", MessageState.STOPPED)))
    settle(qtbot, timeline)
    timeline.begin(exchange(None, answer(2, "One ", WRITING)))
    timeline.append_text(2, "two")
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 2]
    assert text_of(live_view(timeline, 2)) == "One two"


def test_busy_is_for_old_and_new_messages(qtbot: QtBot, timeline: Timeline) -> None:
    """While a reply runs no other can be started from any message."""
    timeline.show_thread(long_thread(10))
    settle(qtbot, timeline)
    timeline.set_busy(True)
    timeline.begin(exchange(question(11, "a"), answer(12, "", WRITING)))
    settle(qtbot, timeline)
    labels = {b.text() for b in timeline.findChildren(QuietButton) if b.isVisible()}
    assert labels == {"Copy", "Pin"}


# Threads ----------------------------------------------------------------------------------


def test_same_thread_keeps_its_widgets(qtbot: QtBot, timeline: Timeline) -> None:
    """Showing what is shown costs nothing and moves nothing."""
    timeline.show_thread(long_thread(40))
    settle(qtbot, timeline)
    scroll_to(timeline, 1_000)
    settle(qtbot, timeline)
    before, value = views(timeline), timeline.verticalScrollBar().value()
    timeline.show_thread(long_thread(40))
    assert views(timeline) == before
    assert timeline.verticalScrollBar().value() == value


def test_other_version_replaces_only_what_changed(qtbot: QtBot, timeline: Timeline) -> None:
    """Another answer to the same question: the question stays the same widget."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b"), question(3, "c")))
    settle(qtbot, timeline)
    kept = live_view(timeline, 1)
    timeline.show_thread(thread(question(1, "a"), answer(4, "d", variant=2, variants=2)))
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 4]
    assert live_view(timeline, 1) is kept


def test_edited_first_question_replaces_everything(qtbot: QtBot, timeline: Timeline) -> None:
    """Another version of the very first message: nothing of the old path is left."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b")))
    settle(qtbot, timeline)
    timeline.show_thread(thread(question(3, "c"), answer(4, "d", WRITING)))
    timeline.append_text(4, "e")
    settle(qtbot, timeline)
    assert ids(timeline) == [3, 4]
    assert text_of(live_view(timeline, 4)) == "de"


def test_other_version_far_above_keeps_the_place(qtbot: QtBot, timeline: Timeline) -> None:
    """A version switched in the middle of a conversation stays where the reader looks."""
    before = long_thread(60)
    timeline.show_thread(before)
    settle(qtbot, timeline)
    scroll_to(timeline, 800)
    settle(qtbot, timeline)
    seen = first_seen(timeline)
    top = top_of(timeline, seen)
    changed = (*before.messages[:seen], *(answer(n, "Other.") for n in range(100, 130)))
    timeline.show_thread(thread(*changed))
    settle(qtbot, timeline)
    assert top_of(timeline, seen) == top


def test_other_conversation_opens_at_its_end(qtbot: QtBot, timeline: Timeline) -> None:
    """Another conversation is another place."""
    timeline.show_thread(long_thread(60))
    settle(qtbot, timeline)
    scroll_to(timeline, 0)
    timeline.show_thread(long_thread(100, number=2))
    settle(qtbot, timeline)
    assert ids(timeline)[-1] == 100
    assert is_at_end(timeline)


def test_hidden_conversation_waits(qtbot: QtBot, timeline: Timeline) -> None:
    """What comes while the page is not shown is drawn when it is, at its right width."""
    timeline.hide()
    timeline.begin(exchange(question(1, "a"), answer(2, "One ", WRITING)))
    timeline.append_text(2, "two")
    assert views(timeline) == []
    timeline.show()
    qtbot.waitUntil(lambda: ids(timeline) == [1, 2])
    settle(qtbot, timeline)
    assert text_of(live_view(timeline, 2)) == "One two"
    assert is_at_end(timeline)


def test_clear_shows_nothing(qtbot: QtBot, timeline: Timeline) -> None:
    """An empty page, without a button to nowhere."""
    timeline.show_thread(long_thread(60))
    timeline.clear()
    settle(qtbot, timeline)
    assert views(timeline) == []
    assert not pill(timeline).isVisible()
    assert not timeline.find("Answer")


# Colours and sizes ------------------------------------------------------------------------


def test_other_palette_keeps_everything(qtbot: QtBot, timeline: Timeline) -> None:
    """Dark after light: the same messages, notes and place, in other colours."""
    timeline.show_thread(long_thread(40))
    timeline.set_note(30, "A note.")
    settle(qtbot, timeline)
    scroll_to(timeline, 1_200)
    settle(qtbot, timeline)
    seen = first_seen(timeline)
    top = top_of(timeline, seen)
    timeline.apply(DARK)
    settle(qtbot, timeline)
    assert top_of(timeline, seen) == top
    text = live_view(timeline, seen).findChild(ProseView)
    assert text.palette().text().color().name() == DARK.text
    assert timeline.viewport().palette().window().color().name() == DARK.page
    labels = [label.text() for label in live_view(timeline, 30).findChildren(QLabel)]
    assert "A note." in labels


def test_other_palette_while_writing(qtbot: QtBot, timeline: Timeline) -> None:
    """The answer goes on in the new colours."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "One ")
    timeline.apply(DARK)
    timeline.append_text(2, "two")
    settle(qtbot, timeline)
    assert text_of(live_view(timeline, 2)) == "One two"
    assert is_at_end(timeline)


def test_reading_size(qtbot: QtBot, timeline: Timeline) -> None:
    """At three times the size everything is larger and still inside the page."""
    timeline.show_thread(long_thread(4))
    settle(qtbot, timeline)
    small = live_view(timeline, 2).height()
    timeline.set_reading_size(45)
    settle(qtbot, timeline)
    assert live_view(timeline, 2).height() > 4 * small
    assert all(view.geometry().right() < 700 for view in views(timeline))
