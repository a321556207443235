"""Live styling of Markdown: only the lines that are seen, whatever the length of the note.

Qt's own highlighter goes through the whole document. Here each line's state (is it in a code
block?) is found out bit by bit, and formats are laid on lines as they come into sight.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextCharFormat, QTextCursor, QTextLayout
from PySide6.QtWidgets import QPlainTextEdit

from ui.markdown.look import Look
from ui.notes.markdown_line import PROSE, Part, spans, state_after
from ui.theme.tokens import Type

_SECONDS: Final = 0.004  # of the GUI thread in one go: a quarter of a frame
_LINES: Final = 64  # between two looks at the clock
_UNKNOWN: Final = -1  # Qt's own state of a line that nobody has looked at
_LARGER: Final = {Part.HEADING_1: 1.5, Part.HEADING_2: 1.25, Part.HEADING_3: 1.1}


class Styling(QObject):
    """Keeps the look of an editor's lines in step with their text.

    Args:
        editor: Lives as long as this does.
        visible: The lines that are seen, and a few more.
        look: Type and colours.
        clock: Seconds.
    """

    def __init__(
        self,
        editor: QPlainTextEdit,
        visible: Callable[[], Iterable[QTextBlock]],
        look: Look,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._visible = visible
        self._document = editor.document()
        self._clock = clock
        self._formats = formats(look)
        self._pending: list[QTextCursor] = []  # lines from which states are to be found out
        self._touched: tuple[int, int] | None = None  # positions of what was just changed
        self._rests = False
        self._is_whole = False  # every line was looked at since the text was put in
        self._is_styling = False
        self._styled: dict[int, tuple[int, int]] = {}  # lines: their revision, the state before
        self._styled_of = 0  # so many lines: one more or less, and all have other numbers
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._document.contentsChange.connect(self._note_change)
        self._document.contentsChanged.connect(self._take_change)

    def apply(self, look: Look) -> None:
        """Take other type and colours."""
        self._formats = formats(look)
        self._styled.clear()
        self.style_visible()

    def rest(self) -> None:
        """A text is being put in: look at nothing until it is."""
        self._rests = True
        self._timer.stop()
        self._pending.clear()
        self._styled.clear()

    def begin(self) -> None:
        """The text is in: find out all there is to know about it."""
        self._rests = self._is_whole = False
        self._styled.clear()
        self._find_out_from(QTextCursor(self._document))
        self._go_on()  # which styles what is seen

    @property
    def is_settled(self) -> bool:
        """Whether every line's state is known."""
        return not self._timer.isActive()

    # States -------------------------------------------------------------------------------

    def _note_change(self, position: int, _removed: int, added: int) -> None:
        first, last = self._touched or (position, position)
        self._touched = min(first, position), max(last, position + added)

    def _take_change(self) -> None:
        touched, self._touched = self._touched, None
        if touched is None or self._rests:
            return
        first, last = (self._document.findBlock(position) for position in touched)
        first = first if first.isValid() else self._document.lastBlock()
        last = last if last.isValid() else self._document.lastBlock()
        self._forget(first, last)
        self._find_out_from(QTextCursor(first))
        self._go_on()
        self.style_visible()

    def _forget(self, first: QTextBlock, last: QTextBlock) -> None:
        """What was written anew is unknown, so that finding out does not end within it."""
        block, left = first, _LINES * _LINES
        while block.isValid() and left:
            block.setUserState(_UNKNOWN)
            if block == last:
                return
            block, left = block.next(), left - 1

    def _find_out_from(self, cursor: QTextCursor) -> None:
        self._pending.append(cursor)
        self._timer.start()

    def _go_on(self) -> None:
        """Find out some states, and show what that changed where it is seen."""
        end = self._clock() + _SECONDS
        seen = next((block.blockNumber() for block in self._visible()), 0)
        is_seen = False
        while self._pending:
            cursor = self._pending[-1]
            first = cursor.blockNumber()
            last, is_known = self._follow(cursor.block(), end)
            is_seen |= first <= seen + _LINES and last >= seen
            if not is_known:
                cursor.setPosition(self._document.findBlockByNumber(last).position())
                break
            self._pending.pop()
        else:
            self._is_whole = True
            self._timer.stop()
        if is_seen:
            self.style_visible()

    def _follow(self, block: QTextBlock, end: float) -> tuple[int, bool]:
        """Find states out from a line on, until one is as it was.

        Returns:
            The number of the line after the last that was looked at, and whether all are known.
        """
        state = max(block.previous().userState(), PROSE)
        number = block.blockNumber()
        while block.isValid():
            text = block.text()
            if "```" in text or "~~~" in text:
                state = state_after(text, state)
            if self._is_whole and block.userState() == state:
                return number, True
            block.setUserState(state)
            block = block.next()
            number += 1
            if number % _LINES == 0 and self._clock() >= end:
                return number, not block.isValid()
        return number, True

    # Formats ------------------------------------------------------------------------------

    def style_visible(self) -> None:
        """Lay formats on the lines that are seen, where they changed."""
        if self._is_styling or self._rests:  # a line that changes its height tells so
            return
        self._is_styling = True
        if self._styled_of != self._document.blockCount():
            self._styled_of = self._document.blockCount()
            self._styled.clear()
        before = _UNKNOWN
        changed = False
        for block in self._visible():
            if before == _UNKNOWN:
                before = max(block.previous().userState(), PROSE)
            now, number = (block.revision(), before), block.blockNumber()
            if self._styled.get(number) != now:
                self._styled[number] = now
                changed |= self._style(block, before)
            before = max(block.userState(), PROSE)
        self._is_styling = False
        if changed:
            self._editor.viewport().update()

    def _style(self, block: QTextBlock, before: int) -> bool:
        wanted = list(self._ranges(block, before))
        layout = block.layout()
        if layout.formats() == wanted:
            return False
        layout.setFormats(wanted)
        self._document.markContentsDirty(block.position(), block.length())
        return True

    def _ranges(self, block: QTextBlock, before: int) -> Iterator[QTextLayout.FormatRange]:
        for start, length, part in spans(block.text(), before):
            if length > 0:
                found = QTextLayout.FormatRange()
                found.start = start
                found.length = length
                found.format = self._formats[part]
                yield found


def formats(look: Look) -> dict[Part, QTextCharFormat]:
    """How each part looks."""
    palette = look.palette
    made = {part: QTextCharFormat() for part in Part}
    for part, factor in _LARGER.items():
        made[part].setProperty(QTextCharFormat.Property.FontPixelSize, round(look.reading * factor))
        made[part].setFontWeight(Type.EMPHASIS)
    for part in (Part.MARK, Part.QUOTE, Part.ADDRESS, Part.DONE):
        made[part].setForeground(QColor(palette.quiet))
    for part in (Part.LINK, Part.TAG, Part.BULLET):
        made[part].setForeground(QColor(palette.accent))
    made[Part.STRONG].setFontWeight(Type.EMPHASIS)
    made[Part.EMPHASIS].setFontItalic(True)
    for part in (Part.STRIKE, Part.DONE):
        made[part].setFontStrikeOut(True)
    made[Part.ADDRESS].setFontUnderline(True)
    for part in (Part.CODE, Part.FENCED):
        code: QFont = look.code_font()
        made[part].setFontFamilies(code.families() or [code.family()])
        made[part].setProperty(QTextCharFormat.Property.FontPixelSize, code.pixelSize())
    made[Part.CODE].setBackground(QColor(palette.code))
    return made
