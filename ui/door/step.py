"""One step of several: a page with a main button, perhaps others, and a way back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ui.chat.announce import read_out
from ui.controls import PlainLabel, TextButton
from ui.full_page import FullPage
from ui.theme.style import Theme


class StepPage(FullPage):
    """Goes on by its main button, and back by a button or Esc; waits while something is made.

    Args:
        theme: Colours and type.
        title: What this is about.
        main: The main button's words.
    """

    went_on = Signal()

    def __init__(self, theme: Theme, title: str, main: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, title, parent)
        self._words = main
        self._is_busy = False
        self.main = TextButton(main, "main")
        self.main.clicked.connect(self.went_on)
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()

    def add_end(self, *others: QWidget, back: bool = True) -> None:
        """Add what every step ends with: the problem's line, then the buttons.

        Args:
            others: Buttons beside the main one.
            back: Whether there is a way back.
        """
        self.column.addWidget(self._problem)
        buttons = [self.main, *others]
        if back:
            button = TextButton("Back")
            button.clicked.connect(self.back_wanted)
            buttons.append(button)
        self.add_buttons(*buttons)

    def first_focus(self) -> None:
        """The main button: Enter goes on."""
        self.main.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_busy(self) -> bool:
        """Whether it waits."""
        return self._is_busy

    @property
    def is_working(self) -> bool:
        """The same."""
        return self._is_busy

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """There is no way back from what is being made."""
        if not self._is_busy:
            super().keyPressEvent(event)

    def show_busy(self, words: str) -> None:
        """Something is being made: nothing can be pressed until it is done.

        Args:
            words: For the main button.
        """
        self._is_busy = True
        self._problem.hide()
        self.main.set_words(words)
        self.set_usable(usable=False)

    def show_problem(self, sentence: str) -> None:
        """It did not work: say why, and let the person try again."""
        self._is_busy = False
        self.main.set_words(self._words)
        self.set_usable(usable=True)
        self._problem.setText(sentence)
        self._problem.show()
        self.first_focus()
        self.show_part(self._problem)
        read_out(self, sentence)
