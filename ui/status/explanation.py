"""A few sentences above a part of the status line, and one thing to do about it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.controls import PlainLabel, TextButton
from ui.overlay import Overlay

_WIDTH: Final = 360  # pixels


class Explanation(Overlay):
    """Says what a part of the status line means.

    Args:
        window: What it covers.
        name: For screen readers.
        words: The sentences.
        action: The words of its one button; empty for none.
        main: Whether the button is what one came for.
    """

    acted = Signal()

    def __init__(
        self, window: QWidget, name: str, words: str, action: str = "", *, main: bool = False
    ) -> None:
        super().__init__(window, name, width=_WIDTH)
        self._words = PlainLabel(words, wrap=True)
        self.column.addWidget(self._words)
        self.describe(words)
        if action:
            button = TextButton(action, "main" if main else "link")
            button.clicked.connect(self._act)
            self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def _act(self) -> None:
        self.close_panel()
        self.acted.emit()
