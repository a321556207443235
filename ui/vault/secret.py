"""Asks for a passphrase or a recovery code, where one that opens something else is needed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.controls import PlainLabel, TextButton
from ui.door.passphrase import passphrase_field
from ui.vault.line import Form


class SecretForm(Form):
    """One field for both kinds.

    Args:
        reason: Why it is needed.
        action: What happens with it.
    """

    given = Signal(str)

    def __init__(self, reason: str, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = passphrase_field("Passphrase or recovery code of that time")
        self._use, leave = TextButton(action, "main"), TextButton("Cancel")
        self.column.addWidget(PlainLabel(reason, "danger", wrap=True))
        self.column.addWidget(self._field)
        self.add_buttons(self._use, leave)
        self._field.textChanged.connect(self._offer)
        self._field.returnPressed.connect(self._give)
        self._use.clicked.connect(self._give)
        leave.clicked.connect(self.left)
        self._offer()

    def first_focus(self) -> None:
        """The field."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer(self) -> None:
        self._use.setEnabled(bool(self._field.text()))

    def _give(self) -> None:
        if self._field.text():
            self.given.emit(self._field.text())
