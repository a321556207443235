"""Where a passphrase opens the vault."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ui.controls import PlainLabel, TextButton
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.theme.tokens import Space

_TITLE: Final = "Your chats are locked"
_ASK: Final = "Enter your passphrase to open them."


class UnlockPage(FullPage):
    """A passphrase field; where a keyring could open the vault too, a way to ask it again.

    Args:
        reason: Why the passphrase is needed; empty where it always is.
        has_keyring: Whether the keyring is another way in.
        theme: Colours and type.
    """

    passphrase_given = Signal(str)
    keyring_wanted = Signal()

    def __init__(
        self, reason: str, theme: Theme, parent: QWidget | None = None, *, has_keyring: bool
    ) -> None:
        super().__init__(theme, _TITLE, parent)
        self.add_text(reason)
        self.add_text(_ASK, "quiet")
        self._field = passphrase_field("Passphrase")
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self._open = TextButton("Open", "main")
        self._keyring = TextButton("Ask the keyring again")
        self._lay_out_form()
        self._keyring.setVisible(has_keyring)
        self._field.returnPressed.connect(self._give)
        self._field.textChanged.connect(self._offer)
        self._open.clicked.connect(self._give)
        self._keyring.clicked.connect(self.keyring_wanted)
        self._offer()

    def _lay_out_form(self) -> None:
        self.column.addWidget(self._field)
        self.column.addWidget(self._problem)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.INSIDE)
        buttons.addWidget(self._open)
        buttons.addWidget(self._keyring)
        buttons.addStretch()
        self.column.addSpacing(Space.HALF)
        self.column.addLayout(buttons)

    def first_focus(self) -> None:
        """The passphrase."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_opening(self) -> None:
        """The passphrase is being tried, which takes up to a second."""
        self._problem.hide()
        self._set_enabled(enabled=False)
        self._open.set_words("Opening…")

    def show_problem(self, sentence: str) -> None:
        """It did not open: say so and let the person try again, without typing it all anew."""
        self._open.set_words("Open")
        self._set_enabled(enabled=True)
        self._problem.setText(sentence)
        self._problem.show()
        self._field.selectAll()
        self.first_focus()

    def _set_enabled(self, *, enabled: bool) -> None:
        for part in (self._field, self._open, self._keyring):
            part.setEnabled(enabled)

    def _offer(self) -> None:
        self._open.setEnabled(bool(self._field.text()))

    def _give(self) -> None:
        if self._field.text():
            self.show_opening()
            self.passphrase_given.emit(self._field.text())


def passphrase_field(name: str) -> QLineEdit:
    """A field that shows dots and keeps its text from spelling aids and clipboards.

    Args:
        name: Says what belongs into it.
    """
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setPlaceholderText(name)
    field.setAccessibleName(name)
    hints = Qt.InputMethodHint
    field.setInputMethodHints(
        hints.ImhHiddenText | hints.ImhSensitiveData | hints.ImhNoPredictiveText
    )
    return field
