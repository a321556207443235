"""Long texts into a document and out of it, in slices of a few milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor, QTextDocument

AT_ONCE: Final = 100_000
"""Characters that are read in one go; more are taken out in slices."""

LONGEST_LINE: Final = 20_000
"""Characters of a line that can be edited: one line is one layout, done again with each key."""

_SLICE: Final = 32_768  # characters put in or taken out between two looks at the clock
_SECONDS: Final = 0.005  # of the GUI thread in one go: a third of a frame
_PARAGRAPH: Final = "\u2029"  # what a document has for a line feed


class Pouring(QObject):
    """Puts a text into an empty document. Where a line is too long it is broken, for reading only.

    Args:
        document: Nobody else writes into it meanwhile.
        text: What to put in.
        clock: Seconds.
    """

    done = Signal()

    def __init__(
        self,
        document: QTextDocument,
        text: str,
        clock: Callable[[], float] = time.perf_counter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._text = text
        self._clock = clock
        self._at = 0
        self._column = 0  # characters of the document's last line so far
        self._length = 0  # and of the text's
        self.longest = 0  # characters of the longest line
        self.breaks: list[int] = []  # where lines were broken, in characters of the text
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def begin(self) -> None:
        """Put in what can be seen at first; the rest follows."""
        self._document.setUndoRedoEnabled(False)
        self._timer.start()
        self._go_on()

    def abandon(self) -> None:
        """Leave it as it is: another text is wanted."""
        self._timer.stop()

    @property
    def share(self) -> float:
        """How much of it is in, from 0 to 1."""
        return self._at / len(self._text) if self._text else 1.0

    def _go_on(self) -> None:
        end = self._clock() + _SECONDS
        while self._at < len(self._text):
            self._put_in(self._next())
            if self._clock() >= end:
                return
        self._timer.stop()
        self._document.setUndoRedoEnabled(True)
        self.done.emit()

    def _next(self) -> str:
        """The next piece, up to a line's end where there is one."""
        limit = min(self._at + _SLICE, len(self._text))
        line_end = self._text.rfind("\n", self._at, limit) + 1
        end = limit if limit == len(self._text) or not line_end else line_end
        piece = self._text[self._at : end]
        self._at = end
        return piece

    def _put_in(self, piece: str) -> None:
        drawn: list[str] = []
        at = self._at - len(piece)
        for number, whole in enumerate(piece.split("\n")):
            if number:
                at += 1  # the line feed
                self._column = self._length = 0
            self._length += len(whole)
            self.longest = max(self.longest, self._length)
            drawn += self._broken(whole, at)
            at += len(whole)
        cursor = QTextCursor(self._document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText("\n".join(drawn))

    def _broken(self, line: str, at: int) -> list[str]:
        """A piece of a line, in as many as it takes; ``at`` is where it stands in the text."""
        pieces: list[str] = []
        room = LONGEST_LINE - self._column
        while len(line) > room:
            pieces.append(line[:room])
            line = line[room:]
            at += room
            self.breaks.append(at)
            self._column, room = 0, LONGEST_LINE
        self._column += len(line)
        return [*pieces, line]


class Gathering(QObject):
    """Takes the text out of a document, as it is at one moment: a change begins it anew.

    Args:
        document: Where from.
        clock: Seconds.
    """

    def __init__(
        self,
        document: QTextDocument,
        clock: Callable[[], float] = time.perf_counter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._clock = clock
        self._pieces: list[str] = []
        self._at = 0
        self._wanted: Future[str] | None = None
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        document.contentsChange.connect(self._begin_anew)

    def text(self) -> Future[str]:
        """The text, soon: at once where it is short. Who asked before gets none."""
        self.abandon()
        wanted: Future[str] = Future()
        if self._document.characterCount() <= AT_ONCE:
            wanted.set_result(whole_text(self._document))
            return wanted
        self._wanted = wanted
        self._begin_anew()
        self._timer.start()
        return wanted

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self._timer.stop()
        wanted, self._wanted = self._wanted, None
        if wanted:
            wanted.cancel()
        self._begin_anew()

    def _begin_anew(self, *_: int) -> None:
        self._pieces, self._at = [], 0

    def _go_on(self) -> None:
        end = self._clock() + _SECONDS
        last = self._document.characterCount() - 1
        cursor = QTextCursor(self._document)
        while self._at < last:
            cursor.setPosition(self._at)
            self._at = min(self._at + _SLICE, last)
            cursor.setPosition(self._at, QTextCursor.MoveMode.KeepAnchor)
            self._pieces.append(cursor.selectedText().replace(_PARAGRAPH, "\n"))
            if self._clock() >= end:
                return
        self._timer.stop()
        wanted, self._wanted = self._wanted, None
        if wanted:
            wanted.set_result("".join(self._pieces))
        self._begin_anew()


def whole_text(document: QTextDocument) -> str:
    """All of a document at once, its no-break spaces and line separators kept."""
    return document.toRawText().replace(_PARAGRAPH, "\n")
