"""Colours code without holding up the window: read on a worker, laid on in small steps."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QColor, QTextBlock, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QPlainTextEdit

from ui.chat.tools import Tools
from ui.markdown.syntax import (
    MAX_HIGHLIGHTED_CHARACTERS,
    Kind,
    Span,
    colours,
    highlight,
)

_REREAD_MILLISECONDS = 1_000  # while the code is still being written
_POLL_MILLISECONDS = 25
_LAY_SECONDS = 0.004  # of the GUI thread in one go: a quarter of a frame


class Colourist(QObject):
    """Keeps the colours of one code block.

    Text is only ever added to it, so what a worker found for its beginning stays true. The
    worker's result is polled for: a callback from its thread could find the widget gone.
    """

    def __init__(self, body: QPlainTextEdit, language: str, tools: Tools) -> None:
        super().__init__(body)
        self._body = body
        self._language = language
        self._tools = tools
        self._formats = {kind: _format(c) for kind, c in colours(tools.look.palette).items()}
        self._reading: Future[list[list[Span]]] | None = None
        self._read_again = False
        self._laying: Iterator[None] = iter(())
        self._reread = QTimer(self, singleShot=True, interval=_REREAD_MILLISECONDS)
        self._reread.timeout.connect(self._read)
        self._poll = QTimer(self, interval=_POLL_MILLISECONDS)
        self._poll.timeout.connect(self._take_result)
        self._lay = QTimer(self, interval=0)
        self._lay.timeout.connect(self._lay_some)

    def text_grew(self) -> None:
        """Colour what is new, soon."""
        if not self._reread.isActive():
            self._reread.start()

    def text_is_complete(self) -> None:
        """Colour all of it, now."""
        self._reread.stop()
        self._read()

    def _read(self) -> None:
        if self._reading is not None:
            self._read_again = True
            return
        text = self._body.toPlainText()[:MAX_HIGHLIGHTED_CHARACTERS]
        try:
            self._reading = self._tools.pool.submit(highlight, text, self._language)
        except RuntimeError:  # the pool is shut down: Hush is closing
            return
        self._poll.start()

    def _take_result(self) -> None:
        if self._reading is None or not self._reading.done():
            return
        self._poll.stop()
        done, self._reading = self._reading, None
        if not done.cancelled() and done.exception() is None:  # else the code stays plain
            self._laying = self._lay_lines(done.result())
            self._lay.start()
        if self._read_again:
            self._read_again = False
            self._read()

    def _lay_some(self) -> None:
        deadline = self._tools.deadline(_LAY_SECONDS)
        for _ in self._laying:
            if deadline.passed:
                return
        self._lay.stop()

    def _lay_lines(self, lines: list[list[Span]]) -> Iterator[None]:
        """Colour line after line, with a step after each that had to change."""
        block = self._body.document().firstBlock()
        for spans in lines:
            if not block.isValid():
                return
            if self._lay_line(block, spans):
                yield
            block = block.next()

    def _lay_line(self, block: QTextBlock, spans: list[Span]) -> bool:
        """Colour one line; return whether that changed it."""
        ranges = [self._range(*span) for span in spans]
        layout = block.layout()
        if layout.formats() == ranges:
            return False
        layout.setFormats(ranges)
        self._body.document().markContentsDirty(block.position(), block.length())
        return True

    def _range(self, start: int, length: int, kind: Kind) -> QTextLayout.FormatRange:
        found = QTextLayout.FormatRange()
        found.start = start
        found.length = length
        found.format = self._formats[kind]
        return found


def _format(colour: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(colour))
    return form
