"""Private chats in the window: begun, marked, told from the others, and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit

from assistant.errors import StorageFull
from assistant.records import FIRST_PRIVATE_ID, Message, MessageState, Role, is_private
from tests.gui.bench import HOUR, Bench
from tests.gui.fakes import NOON, conversation
from ui.conversation_model import (
    PRIVATE_HEADING,
    PRIVATE_ROLE,
    PRIVATE_WORD,
    TIME_ROLE,
    ConversationModel,
)

PRIVATE = FIRST_PRIVATE_ID + 5
SENSITIVE = Qt.InputMethodHint.ImhSensitiveData


@pytest.fixture
def private(bench: Bench) -> Iterator[Bench]:
    """The bench with one private chat in the list, of a question and an answer."""
    bench.conversations.add(
        conversation(PRIVATE, "A present for Ada", NOON - 3 * HOUR),
        [
            Message(
                PRIVATE + 1, PRIVATE, None, Role.USER, MessageState.COMPLETE, "What to give?", NOON
            ),
            Message(
                PRIVATE + 2,
                PRIVATE,
                PRIVATE + 1,
                Role.ASSISTANT,
                MessageState.COMPLETE,
                "A kite.",
                NOON,
            ),
        ],
    )
    bench.workplace.conversations.refresh()
    bench.settle()
    return bench


def says_private(bench: Bench) -> bool:
    """Whether mark, composer and input method agree that this chat is private."""
    signs = {
        bench.page.header.private_mark.isVisible(),
        "nothing of this is kept" in bench.composer.field.placeholderText(),
        bool(bench.composer.field.inputMethodHints() & SENSITIVE),
        bench.workplace.chat.is_private,
    }
    assert len(signs) == 1, "the signs contradict each other"
    return signs.pop()


# Beginning one ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["key", "button"])
def test_it_begins(bench: Bench, way: str) -> None:
    """By key or mouse, from an open chat: an empty page that says what becomes of one's words."""
    bench.open(1)
    assert not says_private(bench)
    if way == "key":
        bench.press("Ctrl+Shift+P")
    else:
        bench.list.private_button.click()
    assert says_private(bench)
    assert bench.page.empty.isVisible()
    assert "Not written anywhere." in bench.page.empty.words
    assert "lock" in bench.page.empty.words
    assert bench.list.view.selectedIndexes() == []
    assert bench.composer.field.hasFocus()


def test_the_mark_is_more_than_a_colour(bench: Bench) -> None:
    """An icon and a word, for the eye; a sentence, for the pointer and the screen reader."""
    bench.press("Ctrl+Shift+P")
    mark = bench.page.header.private_mark
    labels = mark.findChildren(QLabel)
    assert [label.text() for label in labels if label.text()] == ["Private"]
    assert any(not label.pixmap().isNull() for label in labels)
    assert "Not written anywhere" in mark.toolTip()
    assert any("Not written anywhere" in label.accessibleName() for label in labels)


def test_a_first_private_question(bench: Bench) -> None:
    """It is sent as private, streams, and stands on top of the list with its signs."""
    bench.press("Ctrl+Shift+P")
    bench.send("What to give?")
    run = bench.chat.last
    assert is_private(run.exchange.conversation.id)
    assert says_private(bench)
    run.save()
    run.begin()
    run.say("A kite.")
    run.end()
    bench.settle()
    assert bench.texts == ["What to give?", "A kite."]
    assert bench.rows[:3] == [PRIVATE_HEADING, "What to give?", "Today"]
    assert bench.list.view.selectedIndexes() == [bench.row(run.exchange.conversation.id)]
    assert says_private(bench)
    bench.send("And else?")
    assert bench.chat.last.exchange.conversation.id == run.exchange.conversation.id


def test_an_ordinary_question_is_kept(bench: Bench) -> None:
    """Back in an ordinary new chat nothing is private by accident."""
    bench.press("Ctrl+Shift+P")
    bench.press("Ctrl+N")
    assert not says_private(bench)
    assert "stay on this laptop" in bench.page.empty.words
    bench.send("Hello")
    assert not is_private(bench.chat.last.exchange.conversation.id)


def test_one_that_could_not_begin(bench: Bench) -> None:
    """The words come back into the private composer, not into the ordinary one."""
    bench.press("Ctrl+Shift+P")
    bench.send("What to give?")
    bench.press("Ctrl+N")
    bench.chat.last.refuse(StorageFull("There is no memory left."))
    bench.settle()
    assert bench.composer.text == ""
    bench.press("Ctrl+Shift+P")
    assert bench.composer.text == "What to give?"
    assert says_private(bench)


# Going elsewhere and back -----------------------------------------------------------------


def test_going_elsewhere_and_back(private: Bench) -> None:
    """It is there again, marked; the other chats are not."""
    private.open(PRIVATE)
    assert says_private(private)
    assert private.title == "A present for Ada"
    private.open(1)
    assert not says_private(private)
    private.open(PRIVATE)
    assert says_private(private)
    assert private.texts == ["What to give?", "A kite."]


def test_it_streams_while_one_is_elsewhere(private: Bench) -> None:
    """As any other chat does."""
    private.open(PRIVATE)
    private.send("More?")
    run = private.chat.last
    run.save()
    run.begin()
    private.open(1)
    run.say("A drum.", flush=True)
    private.settle()
    assert "A drum." not in private.texts
    private.open(PRIVATE)
    run.end()
    private.settle()
    assert private.texts[-1] == "A drum."


def test_two_new_chats_keep_their_drafts_apart(bench: Bench) -> None:
    """What stands in the private one is not in the ordinary one, and comes back."""
    bench.type("for everyone")
    bench.press("Ctrl+Shift+P")
    assert bench.composer.text == ""
    bench.type("for nobody")
    bench.press("Ctrl+N")
    assert bench.composer.text == "for everyone"
    bench.press("Ctrl+Shift+P")
    assert bench.composer.text == "for nobody"


def test_no_draft_of_a_private_chat_is_kept(private: Bench) -> None:
    """Neither of one that has not begun nor of one that has; those of others are."""
    private.press("Ctrl+Shift+P")
    private.type("secret one")
    private.open(PRIVATE)
    private.type("secret two")
    private.open(1)
    private.type("no secret")
    private.open(2)
    private.press("Ctrl+Shift+P")
    private.send("secret three")
    private.chat.last.save()
    private.settle()
    private.workplace.chat.drafts.keep()
    private.settle()
    assert private.app.drafts.texts == {1: "no secret"}
    assert not [text for _, text in private.app.drafts.saved if "secret " in text]
    assert not [number for number, _ in private.app.drafts.saved if is_private(number)]


# The list ---------------------------------------------------------------------------------


def test_rows_of_private_chats() -> None:
    """Above all days, newest first, with icon and word; read out with both word and time."""
    model = ConversationModel()
    model.show(
        [
            conversation(PRIVATE, "hidden", NOON - 30 * HOUR),
            conversation(1, "kept", NOON),
        ],
        NOON,
    )
    model.put(conversation(PRIVATE + 1, "hidden, newer", NOON - HOUR), NOON)
    rows = [model.index(row).data() for row in range(model.rowCount())]
    assert rows == [PRIVATE_HEADING, "hidden, newer", "hidden", "Today", "kept"]
    model.put(conversation(PRIVATE, "hidden, again", NOON), NOON)
    assert model.index(1).data() == "hidden, again"
    model.put(conversation(2, "kept, too", NOON + 1), NOON + 1)
    assert model.index(4).data() == "kept, too"
    private_row, kept_row = model.index(1), model.index(4)
    assert private_row.data(TIME_ROLE) == PRIVATE_WORD
    assert private_row.data(PRIVATE_ROLE) is True
    assert private_row.data(Qt.ItemDataRole.AccessibleTextRole) == "hidden, again, private, now"
    assert kept_row.data(PRIVATE_ROLE) is False
    assert model.index(0).data(PRIVATE_ROLE) is None


def test_the_icon_is_painted(bench: Bench) -> None:
    """Before the title, which is blank here: there is ink in a private row, and none in a kept."""
    for number in (PRIVATE, 3):
        bench.conversations.add(conversation(number, "\N{NO-BREAK SPACE}", NOON))
    bench.workplace.conversations.refresh()
    bench.settle()
    view = bench.list.view

    def colours(number: int) -> int:
        row = view.visualRect(bench.row(number))
        image = view.viewport().grab(row.adjusted(0, 0, -row.width() // 2, 0)).toImage()
        return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})

    assert colours(3) == 1
    assert colours(PRIVATE) > 1


def test_renaming_in_the_row(private: Bench) -> None:
    """In place, in a field whose words no input method keeps."""
    view = private.list.view
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for number, sensitive in ((PRIVATE, True), (1, False)):
        view.move_ring(private.row(number))
        private.press("F2", view)
        field = view.viewport().findChild(QLineEdit)
        assert bool(field.inputMethodHints() & SENSITIVE) is sensitive
        field.setText(f"Renamed {number}")
        private.press("Return", field)
        private.qtbot.waitUntil(lambda: view.viewport().findChild(QLineEdit) is None)
    assert f"Renamed {PRIVATE}" in private.rows
    assert private.rows[0] == PRIVATE_HEADING


def test_deleting_and_undo(private: Bench) -> None:
    """At once, with Undo; what is typed next is not kept by accident."""
    private.open(PRIVATE)
    private.workplace.conversations.delete(PRIVATE)
    private.settle()
    assert "A present for Ada" not in private.rows
    assert PRIVATE_HEADING not in private.rows
    assert private.page.empty.isVisible()
    assert says_private(private)
    private.list.notice.action.click()
    private.settle()
    assert private.rows[:2] == [PRIVATE_HEADING, "A present for Ada"]
    assert private.title == "A present for Ada"


def test_a_reply_that_ends_keeps_it_on_top(private: Bench) -> None:
    """A changed kept chat does not come before it."""
    private.open(2)
    private.send("More?")
    run = private.chat.last
    run.save()
    run.exchange = replace(
        run.exchange, conversation=replace(run.exchange.conversation, updated_at=NOON + 1)
    )
    run.end()
    private.settle()
    assert private.rows[:4] == [PRIVATE_HEADING, "A present for Ada", "Today", "Night train"]


# Leaving ----------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("This plugin does not support")  # dialogs, on the offscreen platform
def test_exporting_says_first_what_it_means(private: Bench) -> None:
    """No dialog before the person agreed, and none that gets to know the title."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    private.open(PRIVATE)
    private.page.header.export_wanted.emit()
    assert private.page.findChild(QFileDialog) is None
    assert "in clear" in private.page.notice.text
    private.page.notice.action.click()
    dialog = private.page.findChild(QFileDialog)
    names = dialog.selectedFiles()
    dialog.reject()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)
    assert [name.rpartition("/")[2] for name in names] == ["Private chat.md"]


def test_closing_asks_nothing(private: Bench) -> None:
    """It was said what closing means; the window's title never was the chat's."""
    private.open(PRIVATE)
    assert private.window.windowTitle() == "Hush"
    assert private.window.close()
    assert not private.window.isVisible()
