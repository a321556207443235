"""A field for a share of a hundred: typed, or gone through with the arrow keys."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from assistant.tags.records import OFFERED, SURE

_LEAST: Final = round(100 * OFFERED)
_MOST: Final = 99  # nothing is ever sure
_STEPS: Final[dict[int, int]] = {
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 5,
    Qt.Key.Key_PageDown: -5,
}
_NUMBER: Final = re.compile(r"\d{1,3}")


class PercentField(QLineEdit):
    """From where suggestions begin to where nothing is sure enough any more.

    Args:
        name: What the share is of.
    """

    chosen = Signal(float)  # from 0 to 1

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = round(100 * SURE)
        self.setAccessibleName(name)
        self.setAccessibleDescription(f"{_LEAST} to {_MOST} per cent. Arrow keys change it.")
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # a number, in every window
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaxLength(8)
        self._show()
        self.editingFinished.connect(self._take)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self._value / 100

    def choose(self, value: int) -> None:
        """Take a value of a hundred; one that is out of reach becomes the nearest that is not."""
        value = min(max(value, _LEAST), _MOST)
        is_other = value != self._value
        self._value = value
        self._show()
        if is_other:
            self.chosen.emit(self.share)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go on by one, Page Up and Page Down by five."""
        step = _STEPS.get(event.key())
        if step:
            self.choose(self._value + step)
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        """What was typed holds, where a number is in it; else what there was."""
        found = _NUMBER.search(self.text())
        self.choose(int(found.group()) if found else self._value)

    def _show(self) -> None:
        self.setText(f"{self._value} %")
