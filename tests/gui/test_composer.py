"""Where one writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from assistant.text import MAX_MESSAGE_CHARACTERS
from tests.gui.bench import Bench
from ui.chat.composer import Composer
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT


@pytest.fixture
def composer(show_alone: Callable[[QWidget], None]) -> Composer:
    """A composer on its own."""
    composer = Composer(Theme(LIGHT))
    show_alone(composer)
    composer.take_focus()
    return composer


def paste(composer: Composer, text: str, html: str = "") -> None:
    """Put something on the clipboard and press Ctrl+V."""
    data = QMimeData()
    data.setText(text)
    if html:
        data.setHtml(html)
    QApplication.clipboard().setMimeData(data)
    composer.field.paste()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_sends(qtbot: QtBot, composer: Composer, key: Qt.Key) -> None:
    """Both Enter keys send what is written, and leave it to the receiver to clear it."""
    composer.set_text("Hello")
    with qtbot.waitSignal(composer.send_wanted) as sent:
        qtbot.keyClick(composer.field, key)
    assert sent.args == ["Hello"]
    assert composer.text == "Hello"


def test_shift_enter_begins_a_line(qtbot: QtBot, composer: Composer) -> None:
    """It does not send."""
    composer.set_text("one")
    with qtbot.assertNotEmitted(composer.send_wanted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.field, "two")
    assert composer.text == "one\ntwo"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_is_not_sent(qtbot: QtBot, composer: Composer, text: str) -> None:
    """Enter in an empty field does nothing."""
    composer.set_text(text)
    with qtbot.assertNotEmitted(composer.send_wanted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)


def test_it_grows_to_eight_lines(qtbot: QtBot, composer: Composer) -> None:
    """The height follows the lines, and stops; from then on it scrolls."""
    heights = []
    for lines in (1, 2, 8, 20):
        composer.set_text("\n".join("x" * lines))
        qtbot.waitUntil(lambda lines=lines: composer.field.document().blockCount() == lines)
        heights.append(composer.field.height())
    one, two, eight, twenty = heights
    line = two - one
    assert line > 8
    assert eight == one + 7 * line
    assert twenty == eight
    assert composer.field.verticalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAsNeeded


def test_tab_leaves_the_field(qtbot: QtBot, composer: Composer) -> None:
    """Tab goes on to the button instead of writing a tab."""
    composer.set_text("x")
    qtbot.keyClick(composer.field, Qt.Key.Key_Tab)
    assert composer.text == "x"
    assert not composer.field.hasFocus()


def test_only_plain_text_is_pasted(composer: Composer) -> None:
    """Formatting and markup from elsewhere stay there."""
    paste(composer, "plain\r\ntext\x00", html="<img src='file:///etc/passwd'><b>bold</b>")
    assert composer.text == "plain\ntext\ufffd"


def test_a_huge_paste_never_gets_in(qtbot: QtBot, composer: Composer) -> None:
    """10 MB are refused whole; the refusal brings the beginning that fits."""
    composer.set_text("Before: ")
    with qtbot.waitSignal(composer.paste_refused) as refused:
        paste(composer, "x" * 10_000_000)
    beginning, size = refused.args
    assert composer.text == "Before: "
    assert size == 10_000_000
    assert len(beginning) == MAX_MESSAGE_CHARACTERS - len("Before: ")


def test_what_is_selected_makes_room(composer: Composer) -> None:
    """A paste over everything may be as long as a message can be."""
    composer.set_text("old")
    composer.field.selectAll()
    paste(composer, "y" * MAX_MESSAGE_CHARACTERS)
    assert composer.text == "y" * MAX_MESSAGE_CHARACTERS


def test_endless_words_break_anywhere(composer: Composer) -> None:
    """Qt's search for the end of a word takes seconds in 200,000 characters without a space."""
    anywhere = QTextOption.WrapMode.WrapAnywhere
    paste(composer, "z" * 50_000)
    assert composer.field.wordWrapMode() is anywhere
    composer.set_text("words again")
    assert composer.field.wordWrapMode() is not anywhere


def test_typing_goes_on_while_a_reply_is_written(qtbot: QtBot, composer: Composer) -> None:
    """The button stops the reply, Enter says why it cannot send, and text can be typed."""
    composer.set_busy(busy=True)
    qtbot.keyClicks(composer.field, "next")
    assert composer.text == "next"
    with (
        qtbot.waitSignal(composer.send_refused),
        qtbot.assertNotEmitted(composer.send_wanted),
    ):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)


def test_buttons_say_what_they_do(composer: Composer) -> None:
    """Send is off without words; while a reply is written, only Stop is there."""
    names = {
        button.accessibleName(): button for button in (composer.send_button, composer.stop_button)
    }
    assert not names["Send"].isEnabled()
    composer.set_text("Hi")
    assert names["Send"].isEnabled()
    composer.set_busy(busy=True)
    assert not names["Send"].isVisible()
    assert names["Stop"].isVisible()


def test_another_theme_keeps_the_text(composer: Composer) -> None:
    """Turning dark in the middle of a sentence costs nothing."""
    composer.set_text("half a sent")
    composer.apply(Theme(DARK, scale=2.0))
    assert composer.text == "half a sent"


def test_the_beginning_can_be_inserted(bench: Bench) -> None:
    """The page says how much was too much, and its button inserts what fits."""
    paste(bench.composer, "w" * (MAX_MESSAGE_CHARACTERS + 1))
    notice = bench.page.notice
    assert "200,001 characters" in notice.text
    assert "200,000" in notice.text
    notice.action.click()
    assert bench.composer.text == "w" * MAX_MESSAGE_CHARACTERS
    assert notice.text == ""


def test_a_full_field_offers_no_beginning(bench: Bench) -> None:
    """Where nothing more fits there is nothing to offer."""
    bench.composer.set_text("w" * MAX_MESSAGE_CHARACTERS)
    bench.composer.field.moveCursor(bench.composer.field.textCursor().MoveOperation.End)
    paste(bench.composer, "more")
    assert "Nothing was inserted" in bench.page.notice.text
    assert bench.page.notice.action.isHidden()
