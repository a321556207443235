"""Writing in a note: styling, lists, long texts, what is pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QColor, QTextBlock
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ui.notes.editor import MOST_PASTED, NoteEditor
from ui.notes.pouring import AT_ONCE, LONGEST_LINE, Pouring
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT


@pytest.fixture
def editor(show_alone: Callable[[QWidget], None]) -> Iterator[NoteEditor]:
    """An empty note, shown."""
    editor = NoteEditor(Theme(LIGHT))
    show_alone(editor)
    editor.show_text("")
    editor.setFocus()
    yield editor
    editor.setParent(None)


def fill(qtbot: QtBot, editor: NoteEditor, text: str, **options: object) -> None:
    """Show a text, and wait until all of it is in and known."""
    editor.show_text(text, **options)  # type: ignore[arg-type] # as they are
    qtbot.waitUntil(lambda: not editor.is_filling)
    qtbot.waitUntil(lambda: editor._styling.is_settled)


def formats(block: QTextBlock) -> list[tuple[str, int]]:
    """The pieces of a line that have a format, and their weight."""
    text = block.text()
    return [
        (text[found.start : found.start + found.length], found.format.fontWeight())
        for found in block.layout().formats()
    ]


def line(editor: NoteEditor, number: int) -> QTextBlock:
    """A line."""
    return editor.document().findBlockByNumber(number)


def paste(editor: NoteEditor, text: str) -> list[str]:
    """Paste a text; what was said against it."""
    said: list[str] = []
    editor.paste_refused.connect(said.append)
    data = QMimeData()
    data.setText(text)
    editor.insertFromMimeData(data)
    return said


# The text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "\n", "one\n\ntwo\n", "tab\there", "a\u00a0b", "a\u2028b", "😀\nß", "  indented  \n\n\n"],
)
def test_a_text_comes_back_as_it_was(qtbot: QtBot, editor: NoteEditor, text: str) -> None:
    """No-break spaces, separators and empty lines too."""
    fill(qtbot, editor, text)
    assert editor.text_now() == text
    assert editor.text().result() == text


def test_a_long_text_comes_in_and_out_in_slices(qtbot: QtBot, editor: NoteEditor) -> None:
    """What can be seen is there at once; nothing can be typed until all of it is."""
    text = "".join(f"Line {n} of a very long note.\n" for n in range(40_000))
    assert len(text) > 10 * AT_ONCE
    editor.show_text(text)
    assert editor.is_filling
    assert editor.isReadOnly()
    assert line(editor, 0).text() == "Line 0 of a very long note."
    qtbot.waitUntil(lambda: not editor.is_filling)
    assert not editor.isReadOnly()
    future = editor.text()
    assert not future.done()
    qtbot.waitUntil(future.done)
    assert future.result() == text


def test_a_change_while_a_long_text_is_taken_out(qtbot: QtBot, editor: NoteEditor) -> None:
    """What comes out is the text of one moment, with the change."""
    text = "word\n" * (AT_ONCE // 2)
    fill(qtbot, editor, text)
    future = editor.text()
    editor.textCursor().insertText("First ")
    qtbot.waitUntil(future.done)
    assert future.result() == "First " + text


def test_another_text_ends_what_was_asked_for(qtbot: QtBot, editor: NoteEditor) -> None:
    """Nobody saves the new note's text as the old one's."""
    fill(qtbot, editor, "word\n" * (AT_ONCE // 2))
    future = editor.text()
    fill(qtbot, editor, "other")
    assert future.cancelled()
    assert editor.text_now() == "other"


def test_another_text_while_one_is_coming_in(qtbot: QtBot, editor: NoteEditor) -> None:
    """The first goes, whole."""
    editor.show_text("word\n" * AT_ONCE)
    fill(qtbot, editor, "other")
    assert editor.text_now() == "other"
    assert not editor.isReadOnly()


def test_showing_a_text_is_no_edit(qtbot: QtBot, editor: NoteEditor) -> None:
    """Nothing is saved because it was looked at; and nothing of before can be brought back."""
    edits: list[int] = []
    editor.edited.connect(lambda: edits.append(1))
    fill(qtbot, editor, "# One\n\n`two` **three**")
    fill(qtbot, editor, "four")
    assert edits == []
    assert not editor.document().isUndoAvailable()
    editor.textCursor().insertText("x")
    assert edits == [1]


def test_a_note_of_one_endless_line_is_read_only(qtbot: QtBot, editor: NoteEditor) -> None:
    """It is shown in pieces: a line is one layout. Its end is there."""
    text = "abc " * LONGEST_LINE + "the end"
    fill(qtbot, editor, text)
    assert editor.isReadOnly()
    assert editor.longest_line == len(text)
    longest = max(len(line(editor, n).text()) for n in range(editor.blockCount()))
    assert longest <= LONGEST_LINE
    assert editor.document().toRawText().replace("\u2029", "") == text


def test_lines_are_broken_where_they_must_be_and_nowhere_else(qtbot: QtBot) -> None:
    """At every length around a slice's and a line's limit."""
    for length in (LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 2 * LONGEST_LINE + 1):
        editor = NoteEditor(Theme(LIGHT))
        qtbot.addWidget(editor)
        pouring = Pouring(editor.document(), f"a\n{'x' * length}\nb", lambda: 0.0)
        pouring.begin()
        lengths = [len(line(editor, n).text()) for n in range(editor.blockCount())]
        pieces = [LONGEST_LINE] * ((length - 1) // LONGEST_LINE)
        assert lengths == [1, *pieces, length - sum(pieces), 1]
        assert pouring.longest == length
        assert len(pouring.breaks) == len(pieces)


def test_a_found_passage_is_shown(qtbot: QtBot, editor: NoteEditor) -> None:
    """It is highlighted and in sight; typing takes the highlight away."""
    text = "😀 line\n" * 300 + "the passage\n" + "line\n" * 300
    fill(qtbot, editor, text, mark=(text.index("the passage"), 11))
    (found,) = editor.extraSelections()
    assert found.cursor.selectedText() == "the passage"  # type: ignore[attr-defined] # the stubs lack it
    assert editor.viewport().rect().contains(editor.cursorRect().center())
    editor.textCursor().insertText("x")
    assert editor.extraSelections() == []


def test_a_passage_beyond_the_end(qtbot: QtBot, editor: NoteEditor) -> None:
    """The note was changed since it was found: it opens all the same."""
    fill(qtbot, editor, "short", mark=(400, 20))
    assert editor.text_now() == "short"


def test_a_found_passage_in_an_endless_line(qtbot: QtBot, editor: NoteEditor) -> None:
    """The breaks that are only shown are not counted."""
    text = "abc " * LONGEST_LINE + "the passage" + " abc" * LONGEST_LINE
    fill(qtbot, editor, text, mark=(text.index("the passage"), 11))
    (found,) = editor.extraSelections()
    assert found.cursor.selectedText() == "the passage"  # type: ignore[attr-defined] # the stubs lack it


# Styling ----------------------------------------------------------------------------------


def test_lines_look_like_what_they_say(qtbot: QtBot, editor: NoteEditor) -> None:
    """As soon as they are seen; the text itself is not touched."""
    fill(qtbot, editor, "# Title\n\nA **strong** word.")
    assert ("# Title", 600) in formats(line(editor, 0))
    assert ("**strong**", 600) in formats(line(editor, 2))
    assert editor.text_now() == "# Title\n\nA **strong** word."


def test_styling_follows_what_is_typed(qtbot: QtBot, editor: NoteEditor) -> None:
    """A fence that is opened makes code of all that follows, and closing it undoes that."""
    fill(qtbot, editor, "\n# Title\ntext")
    assert ("# Title", 600) in formats(line(editor, 1))
    qtbot.keyClicks(editor, "```")
    qtbot.waitUntil(lambda: editor._styling.is_settled)
    assert ("# Title", 600) not in formats(line(editor, 1))
    for _ in range(3):
        qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: editor._styling.is_settled)
    assert ("# Title", 600) in formats(line(editor, 1))


def test_undo_takes_the_styling_along(qtbot: QtBot, editor: NoteEditor) -> None:
    """Formats are laid over the text, never into what undo remembers."""
    fill(qtbot, editor, "word")
    qtbot.keyClicks(editor, "# ")
    assert ("# word", 600) in formats(line(editor, 0))
    editor.undo()
    assert formats(line(editor, 0)) == []
    assert editor.text_now() == "word"


def test_only_what_is_seen_is_styled(qtbot: QtBot, editor: NoteEditor) -> None:
    """A line far below has no formats until it comes into sight."""
    fill(qtbot, editor, "**strong**\n" * 5_000)
    assert formats(line(editor, 0))
    assert not formats(line(editor, 4_000))
    editor.verticalScrollBar().setValue(3_995)
    QApplication.processEvents()
    assert formats(line(editor, 4_000))


def test_a_fence_far_above_counts(qtbot: QtBot, editor: NoteEditor) -> None:
    """Every line's state is found out, in slices, and the code is code."""
    fill(qtbot, editor, "```\n" + "# no heading\n" * 30_000)
    editor.verticalScrollBar().setValue(29_000)
    QApplication.processEvents()
    found = formats(editor.firstVisibleBlock())
    assert [piece for piece, _ in found] == ["# no heading"]
    assert editor.firstVisibleBlock().previous().userState() > 0


def test_another_theme(qtbot: QtBot, editor: NoteEditor) -> None:
    """The colours of what is styled are the theme's."""
    fill(qtbot, editor, "see [[Other]]")
    editor.apply(Theme(DARK))
    colours = {
        found.format.foreground().color().name() for found in line(editor, 0).layout().formats()
    }
    assert QColor(DARK.accent).name() in colours


def test_text_is_a_column_in_the_middle(editor: NoteEditor) -> None:
    """A wide page keeps the column's width, so that no line is laid out anew."""
    editor.resize(1_400, 500)
    QApplication.processEvents()
    wide = editor.viewport().width()
    editor.resize(1_500, 500)
    QApplication.processEvents()
    assert editor.viewport().width() == wide
    assert wide <= Theme(LIGHT).column_width


# Lists and links --------------------------------------------------------------------------


def test_enter_goes_on_with_a_list_and_ends_it(qtbot: QtBot, editor: NoteEditor) -> None:
    """Twice in a row ends it; undo takes one step back."""
    qtbot.keyClicks(editor, "- milk")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClicks(editor, "bread")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text_now() == "- milk\n- bread\n- "
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text_now() == "- milk\n- bread\n"


def test_a_list_is_none_in_code(qtbot: QtBot, editor: NoteEditor) -> None:
    """Enter only begins a line there."""
    fill(qtbot, editor, "```\n- a")
    editor.moveCursor(editor.textCursor().MoveOperation.End)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text_now() == "```\n- a\n"


def test_tab_indents_items(qtbot: QtBot, editor: NoteEditor) -> None:
    """And Shift+Tab takes them back."""
    qtbot.keyClicks(editor, "- milk")
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.text_now() == "    - milk"
    qtbot.keyClick(editor, Qt.Key.Key_Backtab)
    assert editor.text_now() == "- milk"


def test_tab_leaves_other_text(qtbot: QtBot, editor: NoteEditor) -> None:
    """Who works with the keyboard alone is not caught in the note."""
    other = QWidget(editor.parentWidget())
    other.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    other.show()
    qtbot.keyClicks(editor, "plain")
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert not editor.hasFocus()
    assert editor.text_now() == "plain"


def test_ctrl_enter_ticks_a_task(qtbot: QtBot, editor: NoteEditor) -> None:
    """And back again."""
    qtbot.keyClicks(editor, "- [ ] milk")
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert editor.text_now() == "- [x] milk"
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert editor.text_now() == "- [ ] milk"


def test_links_are_followed_with_ctrl(qtbot: QtBot, editor: NoteEditor) -> None:
    """By click or by key; a plain click only sets the caret."""
    wanted: list[tuple[str, str]] = []
    editor.target_wanted.connect(lambda *target: wanted.append(target))
    fill(qtbot, editor, "[[Night train]]")
    place = editor.cursorRect().center() + QPoint(30, 0)
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(editor.viewport(), left, pos=place)
    assert wanted == []
    command = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(editor.viewport(), left, command, pos=place)
    qtbot.keyClick(editor, Qt.Key.Key_Return, command)
    assert wanted == [("note", "Night train")] * 2


# Pasting ----------------------------------------------------------------------------------


def test_pasting_takes_plain_text(editor: NoteEditor) -> None:
    """Line ends become line feeds, and no format comes along."""
    assert paste(editor, "a\r\nb\x00") == []
    assert editor.text_now() == "a\nb\ufffd"


@pytest.mark.parametrize("text", ["x" * (LONGEST_LINE + 1), "line\n" * (MOST_PASTED // 5 + 1)])
def test_what_cannot_be_pasted_is_refused_in_words(editor: NoteEditor, text: str) -> None:
    """Nothing of it gets in, and nothing is cut in silence."""
    (said,) = paste(editor, text)
    assert "Nothing was inserted." in said
    assert editor.text_now() == ""
