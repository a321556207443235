"""Ctrl+F: find words in the conversation that is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ui.controls import IconButton, PlainLabel
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space


class Find(Protocol):
    """Finds words in what is shown."""

    def __call__(self, text: str, *, backwards: bool = False) -> bool | None:
        """Show the next match; whether there is one. No text: take the match back.

        Returns:
            None where it takes longer to look: ``FindBar.tell`` hears it then, unless other
            words were typed meanwhile (``FindBar.words_changed``).
        """


class FindBar(QWidget):
    """A field, two directions, and a word where nothing is found. Hidden until it is wanted.

    Args:
        find: Finds and shows the next match.
        theme: Colours and type.
        name: What the field is for.
    """

    words_changed = Signal()  # what is still being looked for is not wanted any more

    def __init__(
        self,
        find: Find,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        name: str = "Find in this chat",
    ) -> None:
        super().__init__(parent)
        self._find = find
        self._field = _FindField(name, self.find_next, self.find_previous)
        self._result = PlainLabel("", "quiet")
        self._previous = IconButton(
            Icon.UP, "Previous match", theme.palette, shortcut="Shift+Enter"
        )
        self._next = IconButton(Icon.DOWN, "Next match", theme.palette, shortcut="Enter")
        self._close = IconButton(Icon.CLOSE, "Close", theme.palette, shortcut="Esc")
        self._previous.clicked.connect(self.find_previous)
        self._next.clicked.connect(self.find_next)
        self._close.clicked.connect(self.leave)
        self._field.textChanged.connect(self._forget_result)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(Space.INSIDE)
        self._row.addWidget(self._field, 1)
        self._row.addWidget(self._result)
        for button in (self._previous, self._next, self._close):
            self._row.addWidget(button)
        self.hide()

    @property
    def result(self) -> str:
        """What it says about the last search; empty where there is a match."""
        return self._result.text()

    def indent(self, side: int) -> None:
        """Stand above the text: so many pixels from both edges."""
        self._row.setContentsMargins(side, 0, side, Space.INSIDE)

    def open(self) -> None:
        """Let the person type what to find."""
        self.show()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def leave(self) -> bool:
        """Hide, and take the match back; False where it was hidden already."""
        if self.isHidden():
            return False
        self._find("")
        self.hide()
        return True

    def find_next(self) -> None:
        """Go to the next match."""
        self._go(backwards=False)

    def find_previous(self) -> None:
        """Go to the match before."""
        self._go(backwards=True)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        for button in (self._previous, self._next, self._close):
            button.apply(theme.palette)

    def _go(self, *, backwards: bool) -> None:
        words = self._field.text()
        found = self._find(words, backwards=backwards) if words else True
        self.tell(found=found is not False)

    def tell(self, *, found: bool) -> None:
        """Say whether there was a match."""
        self._result.setText("" if found else "Not found")

    def _forget_result(self) -> None:
        self._result.setText("")
        self.words_changed.emit()


class _FindField(QLineEdit):
    """Enter goes on, Shift+Enter goes back."""

    def __init__(self, name: str, go_on: Callable[[], None], go_back: Callable[[], None]) -> None:
        super().__init__()
        self._go_on = go_on
        self._go_back = go_back
        self.setPlaceholderText(name)
        self.setAccessibleName(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Shift+Enter goes back."""
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._go_back()
        else:
            self._go_on()
