"""Finding words in a long note, in slices: as Qt would find them at once."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

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
