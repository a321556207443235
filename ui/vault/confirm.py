"""A page in front of everything that asks before something that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.controls import PlainLabel, TextButton
from ui.full_page import FullPage
from ui.theme.style import Theme


class ConfirmPage(FullPage):
    """Says what will happen; nothing does until its one button is pressed.

    A page adds what it has to say, then calls ``finish_page``.

    Args:
        theme: Colours and type.
        title: The question.
        action: The words of the button that does it.
        kind: That button's style.
        stay: The words of the button that leaves everything as it is.
    """

    confirmed = Signal()
    left = Signal()  # before anything was done
    cancelled = Signal()  # while it is being done

    def __init__(
        self,
        theme: Theme,
        title: str,
        action: str,
        *,
        kind: str = "main",
        stay: str = "Cancel",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, title, parent)
        self.go_on = TextButton(action, kind)
        self.stay = TextButton(stay, "outlined")
        self.stop = TextButton("Cancel", "outlined")
        self.problem = PlainLabel("", "danger", wrap=True)
        self.progress = PlainLabel("", "quiet", wrap=True)
        self._is_working = False
        self._restart: Callable[[], None] | None = None
        self.go_on.clicked.connect(self._press)
        self.stay.clicked.connect(self._leave)
        self.back_wanted.connect(self._leave)
        self.stop.clicked.connect(self.cancelled)

    def finish_page(self) -> None:
        """Put the sentence about what goes on, and the buttons, at the foot."""
        for part in (self.problem, self.progress, self.stop):
            part.hide()
        self.column.addWidget(self.problem)
        self.column.addWidget(self.progress)
        self.add_buttons(self.go_on, self.stay, self.stop)
        self.offer()

    # What a page says of itself -----------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether everything is given that is needed."""
        return True

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """What rests while it is being done."""
        return ()

    @property
    def is_working(self) -> bool:
        """Whether it is being done."""
        return self._is_working

    def first_focus(self) -> None:
        """What changes nothing."""
        self.stay.setFocus(Qt.FocusReason.OtherFocusReason)

    # How it goes --------------------------------------------------------------------------

    def offer(self) -> None:
        """Let the button be pressed once everything is given."""
        can_go_on = self.is_ready and not self._is_working
        self.go_on.setEnabled(can_go_on or self._restart is not None)

    def confirm(self) -> None:
        """Do it, if everything is given."""
        if self.is_ready and not self._is_working and not self._restart:
            self.confirmed.emit()

    def show_working(self, sentence: str, *, can_cancel: bool = False) -> None:
        """It is being done now."""
        self._is_working = True
        self.problem.hide()
        self.progress.setText(sentence)
        self.progress.show()
        for button in (self.go_on, self.stay):
            button.hide()
        self.stop.setVisible(can_cancel)
        self._rest(resting=True)
        # The keyboard stays on this page, where Enter presses nothing by accident.
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, sentence: str) -> None:
        """It did not work: say why and what is safe, and let the person try again."""
        self._is_working = False
        for part in (self.progress, self.stop):
            part.hide()
        for button in (self.go_on, self.stay):
            button.show()
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self._rest(resting=False)
        self.first_focus()

    def show_end(self, sentence: str, restart: Callable[[], None]) -> None:
        """It did not work, and the vault is closed by now: all that is left is a new start."""
        self._restart = restart
        self.show_problem(sentence)
        for part in (*self.fields, self.stay):
            part.hide()
        self.go_on.set_words("Start Hush again")
        self.go_on.setFocus(Qt.FocusReason.OtherFocusReason)

    def _rest(self, *, resting: bool) -> None:
        for field in self.fields:
            field.setEnabled(not resting)
        self.offer()

    def _press(self) -> None:
        if self._restart:
            self._restart()
        else:
            self.confirm()

    def _leave(self) -> None:
        """Leave everything as it is; once begun, only ``cancelled`` may ask for that."""
        if not self._is_working and not self._restart:
            self.left.emit()
