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
        self._text, self._folded, self._backwards = text, text.casefold(), backwards
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
        # What Qt takes for equal is equal here, too; and no match lies across two lines.
        if self._folded not in piece.selectedText().casefold():
            return None
        piece.setPosition(start)
        flags = _BACKWARDS if self._backwards else _FORWARDS
        match = self._document.find(self._text, piece, flags)
        return None if match.isNull() else match

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
