"""The body of an answer: Markdown, drawn block by block while it is being written."""

from __future__ import annotations

from collections import deque

from PySide6.QtWidgets import QWidget

from ui.chat.body import MAX_DRAWN_CHARACTERS, Body
from ui.chat.code import CodeView
from ui.chat.prose import ProseView
from ui.chat.tools import Deadline, Tools
from ui.markdown.blocks import BlockSplitter, CodeEnd, CodeStart, CodeText, Part, Prose

MAX_SEGMENTS = 100  # a message made of nothing but code fences ends here

_SLICE_CHARACTERS = 2_000  # split in one step


class AnswerBody(Body):
    """Markdown that may still be growing.

    Text is taken with ``append`` and drawn by ``fill``; so even 200,000 characters at once never
    hold the window up. ``end`` says that no more comes.
    """

    text_name = "Answer"

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(tools, parent)
        self._unread: deque[str] = deque()
        self._undrawn: deque[Part] = deque()
        self._splitter = BlockSplitter()
        self._taken = 0  # characters
        self._ended = False
        self._prose: ProseView | None = self._add_prose()  # what is written now: this,
        self._code: CodeView | None = None  # or this

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than is drawn of one message."""
        return self._taken > MAX_DRAWN_CHARACTERS or len(self.segments) >= MAX_SEGMENTS

    def append(self, text: str) -> None:
        """Take more text."""
        room = MAX_DRAWN_CHARACTERS - self._taken
        self._taken += len(text)
        for at in range(0, min(len(text), room), _SLICE_CHARACTERS):
            self._unread.append(text[at : min(at + _SLICE_CHARACTERS, room)])

    def end(self) -> None:
        """Take the text as complete."""
        self._ended = True

    def fill(self, deadline: Deadline) -> bool:
        """Draw what was taken, until the deadline; return whether all of it is drawn."""
        while not deadline.passed and self._draw_step():
            pass
        if self._undrawn or self._unread or self._ended:
            return False
        self._draw_tail()
        return True

    def _draw_step(self) -> bool:
        """Draw or split a little more; return whether there was anything to do."""
        if self._undrawn:
            self._draw(self._undrawn.popleft())
        elif self._unread:
            self._undrawn.extend(self._splitter.feed(self._unread.popleft()))
        elif self._ended:
            self._ended = False
            self._undrawn.extend(self._splitter.finish())
        else:
            return False
        return True

    def _draw(self, part: Part) -> None:
        if len(self.segments) >= MAX_SEGMENTS and not isinstance(part, CodeText | CodeEnd):
            return
        match part:
            case Prose():
                self._prose_with_room().write(part)
            case CodeStart(language):
                self._open_code(language)
            case CodeText(text) if self._code:
                self._code.append(text)
            case CodeEnd() if self._code:
                self._code.complete()
                self._code = None
        self._touch()

    def _draw_tail(self) -> None:
        tail = self._splitter.tail
        if tail or self._prose:
            self._prose_with_room().set_tail(tail)
            self._touch()

    def _prose_with_room(self) -> ProseView:
        if self._prose is None or self._prose.is_full:
            if self._prose:
                self._prose.set_tail("")
            self._prose = self._add_prose()
        return self._prose

    def _open_code(self, language: str) -> None:
        before, self._prose = self._prose, None
        self._code = CodeView(language, self._tools, self)
        self._add(self._code)
        if before:
            before.set_tail("")
            if before.is_empty:
                self._remove(before)
