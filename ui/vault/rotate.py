"""Asks before the vault's key itself is changed."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QWidget

from ui.door.passphrase import PassphraseForm
from ui.theme.style import Theme
from ui.vault.confirm import ConfirmPage

_WHAT: Final = (
    "Hush makes a new key and encrypts everything it keeps anew. That takes a few seconds for "
    "each 100 MB. The old files go once the new ones are proved; then Hush starts again. "
    "Private chats end with it."
)
_BACKUPS: Final = (
    "Earlier backups stay under the old key, with the passphrase and recovery code of their time. "
    "If those are in the wrong hands too, forget the earlier backups afterwards."
)
_CHOOSE: Final = "Choose the passphrase for the new key: your present one, or another."
_NEXT: Final = "Next you get a new recovery code. The present one ends with the old key."


class RotatePage(ConfirmPage):
    """What it means, and the passphrase that the new key gets.

    Args:
        theme: Colours and type.
        passphrase: Whether the new key gets one.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, passphrase: bool) -> None:
        super().__init__(theme, "Change the vault's key?", "Go on", parent=parent)
        self._form = PassphraseForm() if passphrase else None
        self.add_text(_WHAT)
        self.add_text(_BACKUPS)
        if self._form:
            self.add_text(_CHOOSE)
            self.column.addWidget(self._form)
            self._form.changed.connect(self.offer)
            self._form.submitted.connect(self.confirm)
        self.add_text(_NEXT, "quiet")
        self.finish_page()

    @property
    def passphrase(self) -> str | None:
        """What was chosen; None where the new key gets none."""
        return self._form.passphrase if self._form else None

    @property
    def is_ready(self) -> bool:
        """The passphrase is long enough, and twice the same."""
        return self._form is None or self._form.is_ready

    def first_focus(self) -> None:
        """The passphrase, or what changes nothing."""
        if self._form:
            self._form.first_focus()
        else:
            super().first_focus()

    def clear(self) -> None:
        """Keep nothing of what was typed."""
        if self._form:
            self._form.clear()


class RotatingPage(ConfirmPage):
    """How the change goes.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Changing the vault's key", "Try again", parent=parent)
        self.finish_page()
