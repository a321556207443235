"""Finding words in a document of any length, a few milliseconds at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor, QTextDocument

from ui.notes.pouring import AT_ONCE
from ui.search.words import units

_SLICE: Final = 32_768  # characters looked at between two looks at the clock
_SECONDS: Final = 0.005  # of the GUI thread in one go: a third of a frame
_NO_BREAK: Final = "\xa0"  # finding takes it for a space, as Qt does
_FORWARDS: Final = QTextDocument.FindFlag(0)
_BACKWARDS: Final = QTextDocument.FindFlag.FindBackward


class Seeking(QObject):
    """Finds the next match from a place on, round the end; Qt itself would hold up the window.

    Args:
        document: Where to look. It may change meanwhile.
        clock: Seconds.
    """

    found = Signal(object)  # QTextCursor with the match selected; None where there is none

    def __init__(
        self,
        document: QTextDocument,
        clock: Callable[[], float] = time.perf_counter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._clock = clock
        self._text = self._folded = ""
        self._backwards = False
        self._begin = self._at = QTextCursor(document)  # both move with what is written
        self._is_round = False  # it went on from the other end
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def seek(self, text: str, here: QTextCursor, *, backwards: bool) -> None:
        """Look for this; ``found`` follows: before this returns where the document is short.

        What was looked for before is not found any more.
        """
        self.abandon()
        self._text = text.replace(_NO_BREAK, " ")
        self._folded, self._backwards = self._text.casefold(), backwards
        self._begin = QTextCursor(here)
        self._begin.setPosition(here.selectionStart() if backwards else here.selectionEnd())
        self._at = QTextCursor(self._begin)
        self._is_round = False
        if self._document.characterCount() <= AT_ONCE:
            self._go_on()
        else:
            self._timer.start()

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self._timer.stop()

    def _go_on(self) -> None:
        end = self._clock() + _SECONDS
        while True:
            match = self._look()
            if match or self._is_all_seen():
                self._timer.stop()
                self.found.emit(match)
                return
            if self._timer.isActive() and self._clock() >= end:
                return

    def _look(self) -> QTextCursor | None:
        """Look at the next piece, and go on behind it; the match in it, if there is one."""
        last = self._document.characterCount() - 1
        start = self._at.position()
        stop = min(max(start + (-_SLICE if self._backwards else _SLICE), 0), last)
        self._at.setPosition(stop)
        beyond = max(start, stop) + units(self._text)  # a match begins within, and may end later
        piece = QTextCursor(self._document)
        piece.setPosition(min(start, stop))
        piece.setPosition(min(beyond, last), QTextCursor.MoveMode.KeepAnchor)
        # What Qt takes for equal is equal here, too (not the other way: it tells "ss" from "ß").
        if self._folded not in piece.selectedText().replace(_NO_BREAK, " ").casefold():
            return None
        return self._found_in(piece, start)

    def _found_in(self, piece: QTextCursor, start: int) -> QTextCursor | None:
        """What Qt finds from a place on in a piece: in a copy, for it would look at all the rest.

        The copy is made of the document's own pieces: a string would lose half an emoji at an edge.
        """
        first = piece.selectionStart()
        copy = QTextDocument()
        copy.setUndoRedoEnabled(False)
        QTextCursor(copy).insertFragment(piece.selection())
        flags = _BACKWARDS if self._backwards else _FORWARDS
        found = copy.find(self._text, start - first, flags)
        if found.isNull():
            return None
        match = QTextCursor(self._document)
        match.setPosition(first + found.selectionStart())
        match.setPosition(first + found.selectionEnd(), QTextCursor.MoveMode.KeepAnchor)
        return match

    def _is_all_seen(self) -> bool:
        """Whether nothing is left to look at; at one end it goes on from the other."""
        at, last = self._at.position(), self._document.characterCount() - 1
        if self._is_round:
            begin = self._begin.position()
            return at <= begin if self._backwards else at >= begin
        if at == (0 if self._backwards else last):
            self._is_round = True
            self._at.setPosition(last if self._backwards else 0)
        return False
