"""One message: drawn as it comes, copied as it was written, with what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QTextCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from assistant.records import Message, MessageState
from tests.gui.conversations import (
    AT_LIMIT,
    WIDTH,
    answer,
    draw,
    question,
    thread_pool,
    tools,
    view_of,
)
from ui.chat.announce import read_out
from ui.chat.body import FocusRing
from ui.chat.button import QuietButton
from ui.chat.code import CodeView
from ui.chat.marks import Caret
from ui.chat.message import MessageView
from ui.chat.prose import ProseView
from ui.theme.tokens import LIGHT

WRITING = MessageState.STREAMING


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """Where the messages of a test stand."""
    widget = QWidget()
    widget.resize(WIDTH + 100, 800)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def shown(view: MessageView) -> list[str]:
    """The text of each segment as it stands on the screen."""
    segments = view.body.segments
    return [(s.body if isinstance(s, CodeView) else s).toPlainText() for s in segments]


def prose(view: MessageView, place: int = 0) -> ProseView:
    """One segment of prose."""
    found = view.body.segments[place]
    assert isinstance(found, ProseView)
    return found


def code(view: MessageView, place: int = 0) -> CodeView:
    """One segment of code."""
    return [segment for segment in view.body.segments if isinstance(segment, CodeView)][place]


def ring(view: MessageView) -> QWidget:
    """The ring around what has the keyboard's focus."""
    return view.findChild(FocusRing)


def caret(view: MessageView) -> QWidget:
    """The block where the answer is being written."""
    return view.findChild(Caret)


def captions(view: MessageView) -> list[str]:
    """The lines below the text that can be seen, and the name above it."""
    labels = view.findChildren(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [label.text() for label in labels if not label.isHidden()]


def offered(view: MessageView) -> list[str]:
    """The labels of the actions that exist now."""
    return [
        button.text()
        for button in view.findChildren(QuietButton)
        if not button.isHidden() and not button.parentWidget().isHidden()
    ]


def press(view: MessageView, label: str) -> None:
    """Click the action with this label."""
    next(b for b in view.findChildren(QuietButton) if b.text() == label).click()


# Writing ----------------------------------------------------------------------------------

MARKDOWN = (
    "Hello **you**\n\n- a\n- b `c`\n\n```python\nx = 1\n\ny\n```\n| a | b |\n|---|---|\n| 1 | 2 |"
)


def test_answer_is_drawn_block_by_block(page: QWidget, pool: Executor) -> None:
    """Finished blocks are formatted; the unfinished one stands as it was written."""
    view = view_of(answer(1, "", WRITING), tools(pool), page)
    view.entry.append("One **two**.\n\nThree **fo")
    view.append_text("One **two**.\n\nThree **fo")
    draw(view)
    assert shown(view) == ["One two.\nThree **fo"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(1, len(MARKDOWN)), max_size=6).map(sorted))
def test_arrival_does_not_matter(cuts: list[int], page: QWidget, pool: Executor) -> None:
    """However an answer arrives, in the end it looks as if it had been read at once."""
    view = view_of(answer(1, "", WRITING), tools(pool), page)
    for begin, end in zip([0, *cuts], [*cuts, len(MARKDOWN)], strict=True):
        view.append_text(MARKDOWN[begin:end])
        draw(view)
    view.entry.message = answer(1, MARKDOWN)
    view.finish()
    draw(view)
    whole = view_of(answer(2, MARKDOWN), tools(pool), page)
    assert shown(view) == shown(whole)
    assert view.fit(WIDTH) == whole.fit(WIDTH)


def test_finished_answer_has_no_raw_marks(page: QWidget, pool: Executor) -> None:
    """Read from the store, every block is complete."""
    view = view_of(answer(1, MARKDOWN), tools(pool), page)
    assert shown(view) == ["Hello you\na\nb c", "x = 1\n\ny", "\na\nb\n1\n2\n"]


def test_code_comes_letter_by_letter(page: QWidget, pool: Executor) -> None:
    """An open code block grows; its marks are never seen."""
    view = view_of(answer(1, "", WRITING), tools(pool), page)
    for letter in "Text\n\n```c\nint x;\n``":
        view.append_text(letter)
        draw(view)
        assert "`" not in "".join(shown(view))
    assert shown(view) == ["Text", "int x;"]


def test_answer_that_begins_with_code_has_no_empty_line(page: QWidget, pool: Executor) -> None:
    """The text that was made ready for the first words goes."""
    view = view_of(answer(1, "```\nx\n```"), tools(pool), page)
    assert shown(view) == ["x"]


def test_long_answer_is_several_texts(page: QWidget, pool: Executor) -> None:
    """A document never grows so long that laying it out would hold a frame up."""
    view = view_of(answer(1, ("word " * 100 + "\n\n") * 40), tools(pool), page)
    assert len(view.body.segments) == 5
    assert "".join(shown(view)).count("word") == 4_000


def test_huge_answer_is_drawn_in_part(page: QWidget, pool: Executor) -> None:
    """200,000 characters are shown; a line says that there is more."""
    view = view_of(answer(1, "word " * 100_000), tools(pool), page)
    assert 190_000 < sum(map(len, shown(view))) <= 200_000
    assert "Only the first part is shown here. Copy takes all of it." in captions(view)


def test_selection_stays_while_more_is_written(page: QWidget, pool: Executor) -> None:
    """What the person selected is theirs; Qt's own cursor would be carried along."""
    view = view_of(answer(1, "one two", WRITING), tools(pool), page)
    cursor = prose(view).textCursor()
    cursor.setPosition(7, QTextCursor.MoveMode.KeepAnchor)
    prose(view).setTextCursor(cursor)
    view.append_text(" three.\n\nNext *paragraph*.\n\n")
    draw(view)
    assert prose(view).textCursor().selectedText() == "one two"


def test_fill_keeps_to_its_time(page: QWidget, pool: Executor) -> None:
    """A deadline that has passed draws next to nothing; the rest comes later."""
    seconds = iter(range(1_000_000))
    slow = replace(tools(pool), clock=lambda: float(next(seconds)))
    view = MessageView(view_of(answer(1, "word\n\n" * 2_000), tools(pool), page).entry, slow, page)
    assert not view.fill(slow.deadline(0.5))
    assert shown(view) == [""]


# Reading ----------------------------------------------------------------------------------


def test_question_is_never_interpreted(page: QWidget, pool: Executor) -> None:
    """The person's own words stand as they were typed."""
    text = "# **Not** a heading\n\n<b>![x](file:///etc/passwd)"
    view = view_of(question(1, text), tools(pool), page)
    assert shown(view) == [text]


def test_long_question_is_folded(page: QWidget, pool: Executor) -> None:
    """Twelve lines, then all of them, then twelve again."""
    text = "\n".join(f"line {number}" for number in range(100))
    view = view_of(question(1, text), tools(pool), page)
    folded = view.height()
    assert shown(view)[0].splitlines()[-1] == "line 11 …"
    press(view, "Show all")
    draw(view)
    assert shown(view) == [text]
    assert view.height() > folded
    press(view, "Show less")
    draw(view)
    assert view.height() == folded


def test_everything_is_as_high_as_its_text(page: QWidget, pool: Executor) -> None:
    """No text has anything to scroll up and down."""
    view = view_of(answer(1, MARKDOWN * 3), tools(pool), page)
    for segment in view.body.segments:
        editor = segment.body if isinstance(segment, CodeView) else segment
        assert editor.verticalScrollBar().maximum() == 0


def test_narrow_text_is_higher(page: QWidget, pool: Executor) -> None:
    """A message lays itself out again for another width, and back."""
    view = view_of(answer(1, "word " * 200), tools(pool), page)
    wide = view.fit(600)
    assert view.fit(200) > 2 * wide
    assert view.fit(600) == wide


@pytest.mark.parametrize("text", ["x" * 5_000, "| " + "y" * 300 + " | b |\n|---|---|\n| c | d |"])
def test_long_words_are_broken(page: QWidget, pool: Executor, text: str) -> None:
    """Nothing is wider than the column, at three times the size too."""
    view = view_of(answer(1, text), tools(pool, reading_size=45), page)
    assert prose(view).document().size().width() <= WIDTH


def test_wheel_scrolls_the_conversation(page: QWidget, pool: Executor) -> None:
    """Neither prose nor code takes the wheel's up and down."""
    view = view_of(answer(1, MARKDOWN), tools(pool), page)
    for editor in (prose(view), code(view).body):
        event = QWheelEvent(
            QPointF(5, 5), editor.mapToGlobal(QPointF(5, 5)), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        editor.wheelEvent(event)
        assert not event.isAccepted()


def test_selection_is_copied_as_plain_text(page: QWidget, pool: Executor) -> None:
    """No HTML leaves by the clipboard."""
    view = view_of(answer(1, "a **b** [c](https://example.org)"), tools(pool), page)
    prose(view).selectAll()
    data = prose(view).createMimeDataFromSelection()
    assert data.formats() == ["text/plain"]
    assert data.text() == "a b c"


def test_focus_by_keyboard_shows_a_ring(page: QWidget, pool: Executor) -> None:
    """The Tab key's focus is seen; the mouse's needs no ring."""
    view = view_of(answer(1, "text"), tools(pool), page)
    page.activateWindow()
    view.show()
    prose(view).setFocus(Qt.FocusReason.TabFocusReason)
    assert ring(view).isVisible()
    prose(view).clearFocus()
    assert not ring(view).isVisible()
    prose(view).setFocus(Qt.FocusReason.MouseFocusReason)
    assert not ring(view).isVisible()


def test_bubble_covers_text_from_the_right(page: QWidget, pool: Executor) -> None:
    """Arabic begins at the other edge of the column: its ground reaches there."""
    left = view_of(question(1, "a"), tools(pool), page).grab().toImage()
    right = view_of(question(2, "مرحبا"), tools(pool), page).grab().toImage()
    row = left.height() // 2
    for image, reaches in ((left, False), (right, True)):
        colour = image.pixelColor(image.width() - 10, row).name()
        assert (colour == LIGHT.bubble) == reaches


def test_caret_stands_where_the_text_runs_to(page: QWidget, pool: Executor) -> None:
    """Right of English, left of Arabic."""
    english = view_of(answer(1, "hello", WRITING), tools(pool), page)
    arabic = view_of(answer(2, "مرحبا", WRITING), tools(pool), page)
    for view, sign in ((english, 1), (arabic, -1)):
        end = prose(view).textCursor()
        end.movePosition(QTextCursor.MoveOperation.End)
        at = prose(view).mapTo(view, prose(view).cursorRect(end).center()).x()
        assert sign * (caret(view).geometry().center().x() - at) > 0


def test_menu_of_text(page: QWidget, pool: Executor) -> None:
    """Copy and select all: nothing that makes no sense here."""
    text = prose(view_of(answer(1, "some text"), tools(pool), page))
    menu = text.menu_at(QPoint(300, 10))
    assert [action.text() for action in menu.actions()] == ["Copy", "Select all"]
    assert not menu.actions()[0].isEnabled()
    menu.actions()[1].trigger()
    assert text.textCursor().selectedText() == "some text"


def test_menu_of_a_link(qtbot: QtBot, page: QWidget, pool: Executor) -> None:
    """A link can be opened, which asks first, or its address copied."""
    address = "https://example.org/x"
    view = view_of(answer(1, f"[some link]({address})"), tools(pool), page)
    menu = prose(view).menu_at(QPoint(10, 15))
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy address"].trigger()
    assert QApplication.clipboard().text() == address
    with qtbot.waitSignal(view.link_requested) as asked:
        actions["Open link…"].trigger()
    assert asked.args == [address]


def test_links_by_keyboard(qtbot: QtBot, page: QWidget, pool: Executor) -> None:
    """The Tab key goes from link to link, Enter asks about one."""
    text = "[one](https://example.org/1) and [two](https://example.org/2)"
    view = view_of(answer(1, text), tools(pool), page)
    page.activateWindow()
    prose(view).setFocus(Qt.FocusReason.TabFocusReason)
    for number in (1, 2):
        QTest.keyClick(prose(view), Qt.Key.Key_Tab)
        with qtbot.waitSignal(view.link_requested) as asked:
            QTest.keyClick(prose(view), Qt.Key.Key_Return)
        assert asked.args == [f"https://example.org/{number}"]


# State and actions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (question(1, "a"), ["Copy", "Edit", "Pin"]),
        (question(1, "a", variant=2, variants=3), ["Copy", "Edit", "Pin", "‹", "›"]),
        (answer(1, "a"), ["Copy", "Regenerate", "Pin"]),
        (answer(1, "a", figures=AT_LIMIT), ["Copy", "Regenerate", "Expand", "Pin"]),
        (answer(1, "a", MessageState.STOPPED), ["Copy", "Regenerate", "Continue", "Pin"]),
        (answer(1, "a", MessageState.INTERRUPTED), ["Copy", "Regenerate", "Continue", "Pin"]),
        (answer(1, "a", MessageState.FAILED), ["Copy", "Regenerate", "Continue", "Pin"]),
        (answer(1, "a", WRITING), []),
    ],
)
def test_actions(page: QWidget, pool: Executor, message: Message, expected: list[str]) -> None:
    """Exactly what can be done is offered."""
    view = view_of(message, tools(pool), page)
    assert offered(view) == expected


def test_busy_offers_nothing_that_starts_a_reply(page: QWidget, pool: Executor) -> None:
    """While a reply is written, copying, pinning and looking at versions is possible."""
    view = view_of(answer(1, "a", MessageState.STOPPED, variants=2), tools(pool), page)
    view.set_busy(True)
    assert offered(view) == ["Copy", "Pin", "‹", "›"]
    view.set_busy(False)
    assert offered(view) == ["Copy", "Regenerate", "Continue", "Pin", "‹", "›"]


def test_actions_ask(qtbot: QtBot, page: QWidget, pool: Executor) -> None:
    """Each button says what it is for."""
    asked = view_of(question(1, "a", variant=2, variants=3), tools(pool), page)
    answered = view_of(answer(2, "a", MessageState.STOPPED), tools(pool), page)
    with qtbot.waitSignal(asked.edit_requested):
        press(asked, "Edit")
    with qtbot.waitSignal(asked.variant_requested) as step:
        press(asked, "‹")
    assert step.args == [-1]
    with qtbot.waitSignal(asked.variant_requested) as step:
        press(asked, "›")
    assert step.args == [1]
    with qtbot.waitSignal(answered.regenerate_requested):
        press(answered, "Regenerate")
    with qtbot.waitSignal(answered.resume_requested):
        press(answered, "Continue")


def test_ends_of_the_versions(page: QWidget, pool: Executor) -> None:
    """Before the first and after the last version there is none."""
    first = view_of(answer(1, "a", variant=1, variants=2), tools(pool), page)
    enabled = {b.text(): b.isEnabled() for b in first.findChildren(QuietButton)}
    assert not enabled["‹"]
    assert enabled["›"]


def test_copy_takes_the_source(page: QWidget, pool: Executor) -> None:
    """Markdown as it was written; what no encoding has becomes a sign."""
    view = view_of(answer(1, "**a** \ud800 \u202e"), tools(pool), page)
    press(view, "Copy")
    assert QApplication.clipboard().text() == "**a** \ufffd \u202e"


def test_revealing_actions_moves_nothing(page: QWidget, pool: Executor) -> None:
    """The row has its height whether it is seen or not."""
    view = view_of(answer(1, "a", variants=2), tools(pool), page)
    before = view.fit(WIDTH)
    hidden = view.grab().toImage()
    view.set_revealed(True)
    assert view.fit(WIDTH) == before
    assert view.grab().toImage() != hidden


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (MessageState.STOPPED, "Stopped."),
        (MessageState.INTERRUPTED, "Interrupted when Hush closed."),
        (MessageState.FAILED, "The model stopped unexpectedly. What it wrote so far is kept."),
    ],
)
def test_state_is_said(page: QWidget, pool: Executor, state: MessageState, words: str) -> None:
    """An answer that is not whole says so, to the eye and to a screen reader."""
    view = view_of(answer(1, "a", state), tools(pool), page)
    assert captions(view) == ["Hush", words]
    assert view.accessibleName() == "Hush"
    assert view.accessibleDescription() == words


def test_length_limit_is_said(page: QWidget, pool: Executor) -> None:
    """An answer that ran into its limit says so."""
    view = view_of(answer(1, "a", figures=AT_LIMIT), tools(pool), page)
    assert captions(view) == ["Hush", "Kept short. Expand goes on."]


def test_failure_is_said_in_its_colour_and_in_words(page: QWidget, pool: Executor) -> None:
    """What went wrong stands where it went wrong."""
    view = view_of(answer(1, "a", WRITING), tools(pool), page)
    view.entry.message = answer(1, "a", MessageState.FAILED)
    view.entry.failure = "The disk is full. What was written is kept."
    view.finish()
    draw(view)
    label = next(label for label in view.findChildren(QLabel) if label.text() == view.entry.failure)
    assert label.palette().windowText().color().name() == LIGHT.danger
    assert not label.isHidden()


def test_note_comes_and_goes(page: QWidget, pool: Executor) -> None:
    """A quiet line below the message, which takes room only while it is there."""
    view = view_of(answer(1, "a"), tools(pool), page)
    before = view.fit(WIDTH)
    view.entry.note = "12 earlier messages did not fit."
    view.note_changed()
    assert captions(view) == ["Hush", "12 earlier messages did not fit."]
    assert view.fit(WIDTH) > before
    view.entry.note = ""
    view.note_changed()
    assert view.fit(WIDTH) == before


def test_caret_stands_while_writing(page: QWidget, pool: Executor) -> None:
    """The block behind the last letter moves with the text, and goes with its end."""
    view = view_of(answer(1, "a", WRITING), tools(pool), page)
    first = caret(view).geometry()
    view.append_text(" b c d")
    draw(view)
    assert caret(view).x() > first.x()
    assert caret(view).y() == first.y()
    view.entry.message = answer(1, "a b c d")
    view.finish()
    assert caret(view).isHidden()


def test_sentences_are_read_out(page: QWidget, pool: Executor) -> None:
    """A screen reader hears each finished sentence once, and how the answer ended."""
    heard: list[tuple[QWidget, str]] = []
    listening = replace(tools(pool), announce=lambda *said: heard.append(said))
    view = view_of(answer(1, "", WRITING), listening, page)
    view.append_text("One sentence. Half a")
    view.append_text("nother.")
    view.entry.message = answer(1, "One sentence. Half another.", MessageState.STOPPED)
    view.finish()
    sentences = ["One sentence.", "Half another.", "Stopped."]
    assert heard == [(view, sentence) for sentence in sentences]


@pytest.mark.parametrize("listens", [True, False])
def test_reading_out_asks_for_a_listener(page: QWidget, listens: bool) -> None:
    """With and without a screen reader nothing goes wrong."""
    QAccessible.setActive(listens)
    read_out(page, "A sentence.")
    assert QAccessible.isActive() == listens
    QAccessible.setActive(False)
