"""The first screen of the first run: what Hush is, what stays here, and how to begin."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from assistant.access.entrance import VaultStatus
from ui.controls import TextButton
from ui.door.passphrase import PassphraseForm, strength
from ui.door.step import StepPage
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

__all__ = ["WelcomePage", "strength"]

_WHAT: Final = "An assistant that works on this laptop, with no network."


class WelcomePage(StepPage):
    """Says what stays here and begins. Where no keyring is safe, asks for a passphrase.

    Args:
        status: What is known of the vault and of keyrings.
        theme: Colours and type.
        typed: What stands in the passphrase's two fields at first.
        keyring_again: Offer to ask the keyring once more: it was there a moment ago.
        remark: What the person should hear first; may be empty.
    """

    keyring_wanted = Signal()

    def __init__(
        self,
        status: VaultStatus,
        theme: Theme,
        typed: tuple[str, str] = ("", ""),
        parent: QWidget | None = None,
        *,
        keyring_again: bool = False,
        remark: str = "",
    ) -> None:
        super().__init__(theme, "Welcome to Hush", "Begin", parent)
        self.add_text(remark, "quiet")
        self.add_text(_WHAT, "quiet")
        self.column.addSpacing(Space.INSIDE)
        self._add_promises(status)
        self.column.addSpacing(Space.INSIDE)
        self.form: PassphraseForm | None = None
        if not status.keyring:
            self.add_text(f"{status.keyring_problem} So choose a passphrase.".strip())
            self.form = self._add_form(typed)
        others = []
        if keyring_again:
            again = TextButton("Ask the keyring again", "outlined")
            again.clicked.connect(self.keyring_wanted)
            others.append(again)
        self.add_end(*others, back=False)

    def _add_promises(self, status: VaultStatus) -> None:
        key = (
            f"Your chats are encrypted. Their key is kept by {status.keyring}."
            if status.keyring
            else "Your chats are encrypted with your passphrase."
        )
        promises = (
            (Icon.LOCK, "Kept on this laptop", key),
            (Icon.LAPTOP, "Answered on this laptop", "The model runs here. No account, no cloud."),
            (Icon.SHIELD, "Nothing is sent", "Hush never uses the network."),
        )
        for drawing, title, text in promises:
            self.add_promise(drawing, title, text)

    def _add_form(self, typed: tuple[str, str]) -> PassphraseForm:
        form = PassphraseForm(typed)
        form.changed.connect(lambda: self.main.setEnabled(form.is_ready))
        form.submitted.connect(self.went_on)
        self.main.setEnabled(form.is_ready)
        self.column.addWidget(form)
        return form

    def first_focus(self) -> None:
        """The first thing to do: the passphrase, or to begin."""
        if self.form:
            self.form.first_focus()
        else:
            super().first_focus()
