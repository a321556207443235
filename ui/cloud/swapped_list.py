"""What stands for what in a request, and what is sent as it is."""

from __future__ import annotations

import time
from bisect import bisect
from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from assistant.redaction.records import Table
from ui.cloud import sheet_words as words
from ui.cloud.parts_view import leading
from ui.controls import GESTURE, ElidedLabel, PlainLabel, TextButton
from ui.markdown.safe_text import revealed
from ui.theme.tokens import Space

_FEW: Final = 12  # shown at once; of many more the rest is asked for
_SECONDS: Final = 0.005  # of one turn of making lines: a third of a frame


class SwappedList(QWidget):
    """A line for each; with a link to send it as it is, or to swap it again.

    A value stays in its line, so that after a press no other one comes under the pointer or gets
    the keyboard. Lines are made in turns: there may be hundreds.

    Args:
        editable: Whether there are such links: what was sent is not changed any more.
        clock: Seconds; measures a turn.
    """

    kept = Signal(str, bool)  # the value, and whether it is sent as it is
    changed = Signal()  # it wants more room or less

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        editable: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._editable = editable
        self._clock = clock
        self._order: dict[str, int] = {}  # values, and which line each has for good
        self._shown: tuple[tuple[str, str, bool], ...] = ()
        self._is_long = False
        self._waiting: deque[tuple[str, str, bool]] = deque()
        self._lines: list[tuple[int, _Line]] = []  # in their order
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._pressed = ""  # the value that was pressed last
        self._gesture = QTimer(self, singleShot=True, interval=GESTURE)
        self.more_button = TextButton("", "link")
        self.more_button.clicked.connect(self._show_all)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(*leading())
        self._column.setSpacing(Space.HALF)
        self._column.addWidget(PlainLabel(words.SWAPPED, "quiet", wrap=True))
        self._column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    @property
    def buttons(self) -> list[TextButton]:
        """Of the lines that are shown, in their order."""
        shown = (line for _, line in self._lines if not line.isHidden())
        return [line.button for line in shown if self._editable]

    def show_table(self, table: Table, keep: frozenset[str]) -> None:
        """Show what is swapped now, and what the person lets go as it is."""
        names = {swap.value: swap.placeholder for swap in table.swaps}
        for value in (*names, *sorted(keep)):
            self._order.setdefault(value, len(self._order))
        shown = tuple(
            (names.get(value, ""), value, value not in names)
            for value in self._order
            if value in names or value in keep
        )
        if shown != self._shown:
            self._shown = shown
            self._fill()
        self.setVisible(bool(shown))

    def _show_all(self) -> None:
        self._is_long = True
        self._fill()

    def _fill(self) -> None:
        shown = self._shown if self._is_long else self._shown[:_FEW]
        values = {value for _, value, _ in shown}
        for _, line in self._lines:
            if line.value not in values:
                line.hide()
        self.more_button.set_words(f"Show all {len(self._shown):,}")
        self.more_button.setVisible(len(shown) < len(self._shown))
        self._waiting = deque(shown)
        self._go_on()

    def _go_on(self) -> None:
        """Show a line at least, and more while there is time."""
        until = self._clock() + _SECONDS
        while self._waiting:
            placeholder, value, is_kept = self._waiting.popleft()
            self._line_of(value).say(placeholder, is_kept=is_kept)
            if self._clock() >= until:
                break
        if self._waiting:
            self._timer.start()
        else:
            self._timer.stop()
        self.changed.emit()

    def _line_of(self, value: str) -> _Line:
        number = self._order[value]
        at = bisect([before for before, _ in self._lines], number)
        if at and self._lines[at - 1][0] == number:
            return self._lines[at - 1][1]
        line = _Line(value, editable=self._editable)
        line.button.clicked.connect(lambda: self._press(line))
        self._column.insertWidget(1 + at, line)  # below what it says they are
        following = self._lines[at][1] if at < len(self._lines) else self.more_button
        line.stackUnder(following)  # Tab goes as the eye does
        self._lines.insert(at, (number, line))
        return line

    def _press(self, line: _Line) -> None:
        """Tell of one value; what is above may have moved since the press before."""
        if self._gesture.isActive() and line.value != self._pressed:
            return
        self._pressed = line.value
        self._gesture.start()
        self.kept.emit(line.value, not line.is_kept)


class _Line(QWidget):
    """One value: what stands for it, or that it is sent as it is."""

    def __init__(self, value: str, *, editable: bool) -> None:
        super().__init__()
        self.value = value
        self.is_kept = False
        self._said = revealed(value).replace("\n", " ")
        self._name = PlainLabel("", "strong")
        self._label = ElidedLabel("")
        self.button = TextButton("", "link")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.RELATED)
        row.addWidget(self._name)
        row.addWidget(self._label, 1)
        row.addWidget(self.button)
        self.button.setVisible(editable)

    def say(self, placeholder: str, *, is_kept: bool) -> None:
        """Say what becomes of it."""
        self.is_kept = is_kept
        self._name.setText(placeholder)
        self._name.setVisible(bool(placeholder))
        self._label.setText(f"{self._said}: sent as it is" if is_kept else self._said)
        self.button.set_words(words.SWAP_IT if is_kept else words.AS_IT_IS)
        self.button.setAccessibleName(f"{self.button.text()}: {self._said}")
        self.show()
