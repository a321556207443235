"""The conversation: opened quickly, followed at its end, and otherwise held still."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from assistant.records import Message, MessageState
from tests.gui.conversations import (
    answer,
    exchange,
    long_thread,
    question,
    thread,
    thread_pool,
)
from ui.chat.button import PillButton, QuietButton
from ui.chat.entries import KEPT, OPENED
from ui.chat.links import LinkDialog
from ui.chat.message import MessageView
from ui.chat.prose import ProseView
from ui.chat.timeline import Timeline
from ui.theme.tokens import DARK, LIGHT

WRITING = MessageState.STREAMING
BIG = 2**40  # no 32-bit signal argument could carry it


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
    """An empty conversation on a page of 700 by 600 pixels."""

    def opener(address: str) -> bool:
        opened.append(address)
        return "refused" not in address

    made = Timeline(LIGHT, pool, opener=opener)
    made.resize(700, 600)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def settle(qtbot: QtBot, timeline: Timeline) -> None:
    """Wait until everything that is wanted is built."""
    qtbot.waitUntil(lambda: timeline.is_settled)


def views(timeline: Timeline) -> list[MessageView]:
    """The live messages from top to bottom."""
    found = [view for view in timeline.findChildren(MessageView) if not view.isHidden()]
    return sorted(found, key=MessageView.y)


def ids(timeline: Timeline) -> list[int]:
    """The ids of the live messages."""
    return [view.entry.message.id for view in views(timeline)]


def view_of(timeline: Timeline, number: int) -> MessageView:
    """The live message with this id."""
    return next(view for view in views(timeline) if view.entry.message.id == number)


def text_of(view: MessageView) -> str:
    """What a message shows, without its name."""
    return "\n".join(part.toPlainText() for part in view.findChildren(ProseView))


def top_of(timeline: Timeline, number: int) -> int:
    """Where a message's top stands in the viewport, in pixels."""
    return view_of(timeline, number).mapTo(timeline.viewport(), QPoint()).y()


def first_seen(timeline: Timeline) -> int:
    """The id of the first message that is seen."""
    return next(
        view.entry.message.id
        for view in views(timeline)
        if view.mapTo(timeline.viewport(), QPoint(0, view.height())).y() > 0
    )


def pill(timeline: Timeline) -> QWidget:
    """The way to the end."""
    return timeline.findChild(PillButton)


def is_at_end(timeline: Timeline) -> bool:
    """Whether the last pixel is seen."""
    bar = timeline.verticalScrollBar()
    return bar.value() == bar.maximum()


def scroll_to(timeline: Timeline, value: int) -> None:
    """Scroll as the person does."""
    timeline.verticalScrollBar().setValue(value)


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
    text = view_of(timeline, 2).findChild(ProseView)
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
    assert text_of(view_of(timeline, 2)).count("One more line.") == 60
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
    assert text_of(view_of(timeline, 2)) == "b"


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
    view = view_of(timeline, 152)
    assert text_of(view) == "One. Two. Three."
    assert "A note." in [label.text() for label in view.findChildren(QLabel)]


def test_finish_shows_state_and_failure(qtbot: QtBot, timeline: Timeline) -> None:
    """The answer ends with what went wrong, in words."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "Half")
    timeline.finish(answer(2, "Half of it", MessageState.FAILED), "The engine died. Try again.")
    settle(qtbot, timeline)
    view = view_of(timeline, 2)
    assert text_of(view) == "Half of it"
    assert view.accessibleDescription() == "The engine died. Try again."


def test_finish_with_another_text_wins(qtbot: QtBot, timeline: Timeline) -> None:
    """What the store has is what is shown."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "something")
    timeline.finish(answer(2, "else"))
    settle(qtbot, timeline)
    assert text_of(view_of(timeline, 2)) == "else"


def test_continued_answer_goes_on(qtbot: QtBot, timeline: Timeline) -> None:
    """Continue: no question, an answer that is there already, and more text for it."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "One ", MessageState.STOPPED)))
    settle(qtbot, timeline)
    timeline.begin(exchange(None, answer(2, "One ", WRITING)))
    timeline.append_text(2, "two")
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 2]
    assert text_of(view_of(timeline, 2)) == "One two"


def test_busy_is_for_old_and_new_messages(qtbot: QtBot, timeline: Timeline) -> None:
    """While a reply runs no other can be started from any message."""
    timeline.show_thread(long_thread(10))
    settle(qtbot, timeline)
    timeline.set_busy(True)
    timeline.begin(exchange(question(11, "a"), answer(12, "", WRITING)))
    settle(qtbot, timeline)
    labels = {b.text() for b in timeline.findChildren(QuietButton) if b.isVisible()}
    assert labels == {"Copy"}


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
    kept = view_of(timeline, 1)
    timeline.show_thread(thread(question(1, "a"), answer(4, "d", variant=2, variants=2)))
    settle(qtbot, timeline)
    assert ids(timeline) == [1, 4]
    assert view_of(timeline, 1) is kept


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


def test_clear_shows_nothing(qtbot: QtBot, timeline: Timeline) -> None:
    """An empty page, without a button to nowhere."""
    timeline.show_thread(long_thread(60))
    timeline.clear()
    settle(qtbot, timeline)
    assert views(timeline) == []
    assert not pill(timeline).isVisible()
    assert not timeline.find("Answer")


# What messages ask for --------------------------------------------------------------------


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


# Links ------------------------------------------------------------------------------------


def ask(qtbot: QtBot, timeline: Timeline, address: str) -> LinkDialog:
    """Click a link to this address; return what asks about it."""
    timeline.show_thread(thread(answer(1, f"[label]({address})")))
    settle(qtbot, timeline)
    text = view_of(timeline, 1).findChild(ProseView)
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


# Colours, keys, finding -------------------------------------------------------------------


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
    text = view_of(timeline, seen).findChild(ProseView)
    assert text.palette().text().color().name() == DARK.text
    assert timeline.viewport().palette().window().color().name() == DARK.page
    labels = [label.text() for label in view_of(timeline, 30).findChildren(QLabel)]
    assert "A note." in labels


def test_other_palette_while_writing(qtbot: QtBot, timeline: Timeline) -> None:
    """The answer goes on in the new colours."""
    timeline.begin(exchange(question(1, "a"), answer(2, "", WRITING)))
    timeline.append_text(2, "One ")
    timeline.apply(DARK)
    timeline.append_text(2, "two")
    settle(qtbot, timeline)
    assert text_of(view_of(timeline, 2)) == "One two"
    assert is_at_end(timeline)


def test_reading_size(qtbot: QtBot, timeline: Timeline) -> None:
    """At three times the size everything is larger and still inside the page."""
    timeline.show_thread(long_thread(4))
    settle(qtbot, timeline)
    small = view_of(timeline, 2).height()
    timeline.set_reading_size(45)
    settle(qtbot, timeline)
    assert view_of(timeline, 2).height() > 4 * small
    assert all(view.geometry().right() < 700 for view in views(timeline))


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
    assert view_of(timeline, 4).isAncestorOf(QApplication.focusWidget())


def test_focus_reveals_actions(qtbot: QtBot, timeline: Timeline) -> None:
    """The keyboard sees a message's actions too."""
    timeline.show_thread(thread(question(1, "a"), answer(2, "b")))
    settle(qtbot, timeline)
    timeline.activateWindow()
    view = view_of(timeline, 2)
    hidden = view.grab().toImage()
    view.findChild(QuietButton).setFocus(Qt.FocusReason.TabFocusReason)
    assert view.grab().toImage() != hidden
    timeline.setFocus()
    assert view.grab().toImage() == hidden


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
        t for t in view_of(timeline, 10).findChildren(ProseView) if t.textCursor().hasSelection()
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


def test_unfolding_leaves_the_reader_there(qtbot: QtBot, timeline: Timeline) -> None:
    """A question that is unfolded grows downwards; its beginning stays in sight."""
    timeline.show_thread(thread(answer(1, "word " * 400), question(2, "line\n" * 100)))
    settle(qtbot, timeline)
    top = top_of(timeline, 2)
    buttons = view_of(timeline, 2).findChildren(QuietButton)
    button = next(b for b in buttons if b.text() == "Show all")
    button.click()
    settle(qtbot, timeline)
    assert top_of(timeline, 2) == top
