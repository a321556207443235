"""A few sentences above a part of the status line, and one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.controls import PlainLabel, TextButton
from ui.overlay import Overlay
from ui.theme.style import Theme

_WIDTH: Final = 360  # pixels at 100 %


class Said(NamedTuple):
    """What there is to say about a part.

    Attributes:
        words: The sentences; empty where there is nothing to say any more.
        action: The words of the one button; empty for none.
        main: Whether the button is what one came for.
    """

    words: str
    action: str = ""
    main: bool = False


class Explanation(Overlay):
    """Says what a part of the status line means, and stays up to date while it is open.

    Args:
        window: What it covers.
        theme: Colours and type.
        name: For screen readers.
        tell: What there is to say now.
    """

    acted = Signal()

    def __init__(self, window: QWidget, theme: Theme, name: str, tell: Callable[[], Said]) -> None:
        super().__init__(window, name, width=theme.px(_WIDTH))
        self._tell = tell
        self._said = Said("")
        self._words = PlainLabel("", wrap=True)
        self.column.addWidget(self._words)
        self._button: TextButton | None = None
        self.refresh()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def refresh(self) -> None:
        """Say what there is to say by now; where that is nothing, close."""
        said = self._tell()
        if said == self._said:
            return
        before, self._said = self._said, said
        if not said.words:
            self.close_panel()
            return
        self._words.setText(said.words)
        self.describe(said.words)
        if (said.action, said.main) != (before.action, before.main):
            self._offer(said)
        if self.isVisible():
            self.refit()

    def _offer(self, said: Said) -> None:
        before, self._button = self._button, None
        if said.action:
            self._button = TextButton(said.action, "main" if said.main else "link")
            self._button.clicked.connect(self._act)
            self.column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        if before:
            had_focus = before.hasFocus()
            self.column.removeWidget(before)
            before.hide()
            before.deleteLater()
            if had_focus:
                (self._button or self.panel).setFocus(Qt.FocusReason.OtherFocusReason)

    def _act(self) -> None:
        self.close_panel()
        self.acted.emit()
