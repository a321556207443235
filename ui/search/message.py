"""What stands where results would: what this place is for, and what to do when nothing is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 440  # pixels at 100 %: about 60 characters


class PlaceMessage(QScrollArea):
    """A title, a few words and one thing to do, in the middle. Scrolls where it must.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = PlainLabel("", "strong", wrap=True)
        self._words = PlainLabel("", "quiet", wrap=True)
        self._facts = PlainLabel("", "caption", wrap=True)
        self.action = TextButton("", "outlined")
        self._act: Callable[[], object] | None = None
        self._content = QWidget()
        self._lay_out()
        self.action.clicked.connect(self._do)
        self.apply(theme)

    def _lay_out(self) -> None:
        for label in (self._title, self._words, self._facts):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.INSIDE)
        for label in (self._title, self._words):
            column.addWidget(label)
        column.addSpacing(Space.HALF)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.HALF)
        column.addWidget(self._facts)
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(Space.MARGIN, Space.GROUP, Space.MARGIN, Space.MARGIN)
        middle = QHBoxLayout()
        middle.addWidget(self._content)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(page)

    @property
    def title(self) -> str:
        """What it says first."""
        return self._title.text()

    @property
    def text(self) -> str:
        """All it says, from the top."""
        labels = (self._title, self._words, self._facts)
        return "\n".join(label.text() for label in labels if label.text())

    def say(
        self,
        title: str,
        words: str,
        action: str = "",
        act: Callable[[], object] | None = None,
        *,
        facts: str = "",
        main: bool = False,
    ) -> None:
        """Say something.

        Args:
            title: In a few words.
            words: What it is for, or what to do.
            action: The words of the one button; empty for none.
            act: What that button does.
            facts: How things stand, in small letters; may be empty.
            main: Whether the button is what one came for.
        """
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._facts.setText(facts)
        self._facts.setVisible(bool(facts))
        self._act = act
        if self.action.property("kind") != (kind := "main" if main else "outlined"):
            self.action.setProperty("kind", kind)
            self.action.style().unpolish(self.action)
            self.action.style().polish(self.action)
        self.action.set_words(action)
        self.action.setVisible(bool(action))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._content.setMaximumWidth(theme.px(_WIDTH))

    def _do(self) -> None:
        if self._act:
            self._act()
