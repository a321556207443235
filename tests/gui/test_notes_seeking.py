"""Finding words in a long note, in slices: as Qt would find them at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from tests.gui.notes_bench import NotesBench
from ui.notes.pouring import AT_ONCE
from ui.notes.seeking import Seeking

SLICE = 32_768
LONG = 4 * SLICE  # characters
BACKWARDS = QTextDocument.FindFlag.FindBackward
FORWARDS = QTextDocument.FindFlag(0)


def written(*needles: tuple[int, str], length: int = LONG) -> QTextDocument:
    """Lines of x, with some words in them at their places."""
    assert length > AT_ONCE
    text = ("x" * 63 + "\n") * (length // 64)
    for at, needle in needles:
        text = text[:at] + needle + text[at + len(needle) :]
    document = QTextDocument()
    document.setPlainText(text)
    return document


def sought(
    qtbot: QtBot, document: QTextDocument, text: str, here: QTextCursor, *, backwards: bool = False
) -> tuple[int, int] | None:
    """Where the next match is, looked for a slice in each turn of the event loop."""
    seeking = Seeking(document, clock=itertools.count().__next__)
    spy = QSignalSpy(seeking.found)
    seeking.seek(text, here, backwards=backwards)
    assert spy.count() == 0
    qtbot.waitUntil(lambda: spy.count() == 1)
    match = spy.at(0)[0]
    return (match.selectionStart(), match.selectionEnd()) if match else None


def at_once(
    document: QTextDocument, text: str, here: QTextCursor, *, backwards: bool
) -> tuple[int, int] | None:
    """Where Qt finds it, round the end."""
    flags = BACKWARDS if backwards else FORWARDS
    match = document.find(text, here, flags)
    if match.isNull():
        edge = QTextCursor(document)
        operation = QTextCursor.MoveOperation
        edge.movePosition(operation.End if backwards else operation.Start)
        match = document.find(text, edge, flags)
    return None if match.isNull() else (match.selectionStart(), match.selectionEnd())


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("start", [0, 70, SLICE - 2, SLICE, 3 * SLICE + 5, LONG])
def test_as_qt_finds_it(qtbot: QtBot, start: int, *, backwards: bool) -> None:
    """From anywhere, both ways, over the ends and across the borders of slices."""
    document = written((70, "Needle"), (SLICE - 3, "nEEdle"), (3 * SLICE + 2, "needle"))
    here = QTextCursor(document)
    here.setPosition(start)
    found = sought(qtbot, document, "NEEDLE", here, backwards=backwards)
    assert found is not None
    assert found == at_once(document, "NEEDLE", here, backwards=backwards)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_only_match_is_the_one_that_is_marked(qtbot: QtBot, *, backwards: bool) -> None:
    """Once round, it is found again."""
    document = written((SLICE + 70, "needle"))
    here = QTextCursor(document)
    here.setPosition(SLICE + 70)
    here.setPosition(SLICE + 76, QTextCursor.MoveMode.KeepAnchor)
    found = sought(qtbot, document, "needle", here, backwards=backwards)
    assert found == (SLICE + 70, SLICE + 76)


@pytest.mark.parametrize("backwards", [False, True])
def test_nothing_is_there(qtbot: QtBot, *, backwards: bool) -> None:
    """It ends, having been round once; a word that lies across two lines is none."""
    document = written((60, "nee\ndle"))
    here = QTextCursor(document)
    here.setPosition(SLICE)
    assert sought(qtbot, document, "needle", here, backwards=backwards) is None


def test_emoji_take_two_places(qtbot: QtBot) -> None:
    """Places are counted as Qt counts them."""
    document = written((0, "\U0001f600" * 40), (SLICE - 1, "\U0001f600nÄdle\U0001f600"))
    here = QTextCursor(document)
    found = sought(qtbot, document, "näDLE\U0001f600", here)
    assert found is not None
    assert found == at_once(document, "näDLE\U0001f600", here, backwards=False)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("there", ["two words", "two\xa0words"])
@pytest.mark.parametrize("typed", ["two words", "TWO\xa0WORDS"])
def test_a_no_break_space_is_a_space(
    qtbot: QtBot, there: str, typed: str, *, backwards: bool
) -> None:
    """Nobody sees which of the two it is, in the note or in the field."""
    document = written((SLICE + 70, there))
    found = sought(qtbot, document, typed, QTextCursor(document), backwards=backwards)
    assert found == (SLICE + 70, SLICE + 79)


class Watched(QTextDocument):
    """Knows how often Qt went through all of it."""

    searches = 0

    def find(self, *args: Any, **kwargs: Any) -> QTextCursor:
        """As Qt does."""
        self.searches += 1
        return super().find(*args, **kwargs)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("place", [None, 3 * SLICE])
def test_what_only_looks_like_a_match(qtbot: QtBot, place: int | None, *, backwards: bool) -> None:
    """Where Qt tells apart what we do not, it looks at a slice at a time, not at all the rest."""
    text = "Die Straße 1234\n" * (LONG // 16)
    if place is not None:
        text = text[:place] + "Die Strasse 234\n" + text[place + 16 :]
    document = Watched()
    document.setPlainText(text)
    found = sought(qtbot, document, "strasse", QTextCursor(document), backwards=backwards)
    assert found == (None if place is None else (place + 4, place + 11))
    assert document.searches == 0


@pytest.mark.parametrize("backwards", [False, True])
def test_an_emoji_across_the_border_of_a_slice(qtbot: QtBot, *, backwards: bool) -> None:
    """Half of it at the edge moves nothing behind it."""
    emoji = "\U0001f600" * (SLICE // 2)
    document = QTextDocument()
    document.setPlainText("x" + emoji + "xx" + emoji * 3 + "needle" + emoji)
    here = QTextCursor(document)
    found = sought(qtbot, document, "needle", here, backwards=backwards)
    assert found is not None
    assert found == at_once(document, "needle", here, backwards=backwards)


def test_what_is_written_meanwhile(qtbot: QtBot) -> None:
    """The place that it has come to moves along."""
    document = written((3 * SLICE, "needle"))
    seeking = Seeking(document, clock=itertools.count().__next__)
    spy = QSignalSpy(seeking.found)
    seeking.seek("needle", QTextCursor(document), backwards=False)
    QApplication.processEvents()
    QTextCursor(document).insertText("word " * SLICE)
    qtbot.waitUntil(lambda: spy.count() == 1)
    assert spy.at(0)[0].selectionStart() == 8 * SLICE


def test_another_word_is_wanted(qtbot: QtBot) -> None:
    """Only what was looked for last is found."""
    document = written((3 * SLICE, "needle"), (2 * SLICE, "thread"))
    seeking = Seeking(document, clock=itertools.count().__next__)
    spy = QSignalSpy(seeking.found)
    seeking.seek("needle", QTextCursor(document), backwards=False)
    seeking.seek("thread", QTextCursor(document), backwards=False)
    qtbot.waitUntil(lambda: spy.count() > 0)
    assert [found[0].selectedText() for found in map(spy.at, range(spy.count()))] == ["thread"]


def test_a_short_note_at_once(qtbot: QtBot) -> None:
    """What takes no time is there before the call returns; an empty note has nothing."""
    document = QTextDocument()
    seeking = Seeking(document)
    spy = QSignalSpy(seeking.found)
    seeking.seek("needle", QTextCursor(document), backwards=False)
    document.setPlainText("A needle.")
    seeking.seek("needle", QTextCursor(document), backwards=True)
    assert [found[0] is None for found in map(spy.at, range(spy.count()))] == [True, False]


# In the window ----------------------------------------------------------------------------


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[NotesBench]:
    """The place with a long note open, whose only needle is at its end."""
    bench = NotesBench(qtbot)
    bench.service.add("Haystack\n" + ("x" * 63 + "\n") * (8 * LONG // 64) + "needle")
    bench.refresh()
    bench.open(1)
    qtbot.waitUntil(lambda: not bench.editor.is_filling)
    yield bench
    bench.close()


def begin(bench: NotesBench, words: str) -> QLineEdit:
    """Look for words; they are not found yet."""
    bench.page.begin_find()
    field = bench.focus
    assert isinstance(field, QLineEdit)
    field.setText(words)
    bench.page.find_bar.find_next()
    return field


def wait(bench: NotesBench) -> None:
    """Until another search, that goes a shorter way in each turn, has ended twice."""
    document = bench.editor.document()
    for _ in range(2):
        sought(bench.qtbot, document, "not there", QTextCursor(document))


def test_a_late_match_is_shown(bench: NotesBench) -> None:
    """While the person waits."""
    begin(bench, "needle")
    bench.qtbot.waitUntil(lambda: bench.editor.textCursor().selectedText() == "needle")


def writes(bench: NotesBench, _field: QLineEdit) -> None:
    """As after a click on the button for the next match: the keyboard is still in the note."""
    bench.editor.insertPlainText("Words")


def goes_back(bench: NotesBench, _field: QLineEdit) -> None:
    """The note has the keyboard."""
    bench.editor.setFocus(Qt.FocusReason.MouseFocusReason)


def types(bench: NotesBench, field: QLineEdit) -> None:
    """Other words are in the field."""
    bench.qtbot.keyClicks(field, "s")


@pytest.mark.parametrize("act", [writes, goes_back, types])
@pytest.mark.parametrize("words", ["needle", "thread"])
def test_what_comes_late_is_not_wanted(
    bench: NotesBench, act: Callable[[NotesBench, QLineEdit], None], words: str
) -> None:
    """Nothing is selected under the person's hands; nothing is said about other words."""
    field = begin(bench, words)
    act(bench, field)
    wait(bench)
    assert not bench.editor.textCursor().hasSelection()
    assert bench.page.find_bar.result == ""
