"""One thing that the status line says: icon and words, and fewer words where room is short."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from ui.controls import TextButton, plain_tooltip
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme

_ICON: Final = 14  # pixels


class Form(IntEnum):
    """How much of a part is shown."""

    WORDS = 0
    SHORT = 1
    ICON = 2
    NOTHING = 3


class Part(TextButton):
    """Hidden while it has nothing to say. Its accessible name is always everything it says.

    Args:
        name: What it is about, for screen readers: "Power".
    """

    def __init__(self, name: str) -> None:
        super().__init__("", "caption")
        self._name = name
        self._words = ""
        self._short = ""
        self._drawing: Icon | None = None
        self.hide()

    @property
    def words(self) -> str:
        """Everything it says, however little of it there is room for; empty for nothing."""
        return self._words

    @property
    def is_cut(self) -> bool:
        """Whether it is too narrow for what it shows."""
        return self.width() < self.sizeHint().width()

    def say(self, words: str, short: str = "", drawing: Icon | None = None) -> None:
        """Say something else.

        Args:
            words: All of it; empty hides the part.
            short: The least that still means something; empty where there is nothing shorter.
            drawing: Stands before the words, and alone where there is no room for any.
        """
        self._words, self._short, self._drawing = words, short or words, drawing
        self.take(Form.WORDS)

    def explain(self, sentences: str) -> None:
        """Say more, in a tooltip and to screen readers."""
        self.setToolTip(plain_tooltip(sentences))
        self.setAccessibleDescription(sentences)

    def take(self, form: Form) -> None:
        """Show this much."""
        shown = {Form.WORDS: self._words, Form.SHORT: self._short}.get(form, "")
        self.set_words(shown)
        self.setAccessibleName(f"{self._name}: {self._words}" if self._name else self._words)
        self.setVisible(bool(self._words) and (bool(shown) or form is Form.ICON))

    def set_kind(self, kind: str) -> None:
        """Change the style."""
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)

    def paint(self, theme: Theme, colour: str) -> None:
        """Draw the icon in a colour of the theme."""
        size = theme.px(_ICON)
        self.setIconSize(QSize(size, size))
        if self._drawing:
            self.setIcon(QIcon(pixmap(self._drawing, colour, size, self.devicePixelRatioF())))
        else:
            self.setIcon(QIcon())


def fit(parts: Sequence[Part], steps: Sequence[tuple[Part, Form]], room: int, gap: int) -> None:
    """Show as much as there is room for.

    Args:
        parts: All of them.
        steps: What is given up, the least important first.
        room: In pixels.
        gap: Between two parts, in pixels.
    """
    for part in parts:
        part.take(Form.WORDS)
    for part, form in steps:
        shown = [part for part in parts if not part.isHidden()]
        if sum(part.sizeHint().width() for part in shown) + gap * (len(shown) - 1) <= room:
            return
        part.take(form)
