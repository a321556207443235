"""The first screen of the first run: what Hush is, what stays here, and how to begin."""

from __future__ import annotations

import math
import string
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from assistant.entrance import MIN_PASSPHRASE_CHARACTERS, VaultStatus
from ui.controls import PlainLabel, TextButton
from ui.full_page import FullPage
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.unlock import passphrase_field

_WHAT: Final = "An assistant that works on this laptop, with no network."
_NO_RECOVERY: Final = (
    "If you forget this passphrase, nobody can open your chats again. It cannot be reset."
)
_CLASSES: Final = (
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.digits,
    string.punctuation + " ",
)
_OTHER_CHARACTERS: Final = 100  # beyond ASCII: a cautious size of an alphabet
_FAIR_BITS: Final = 50
_STRONG_BITS: Final = 75
"""At the key derivation's half second a try, 50 guessed bits outlast any one attacker's patience
and 75 any attacker's means; the estimate is generous, so the words are not."""


def strength(passphrase: str) -> str:
    """How hard a passphrase is to guess, in words; an estimate from length and variety."""
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        missing = MIN_PASSPHRASE_CHARACTERS - len(passphrase)
        return f"{missing} more character{'s' * (missing > 1)} needed."
    alphabet = sum(len(kind) for kind in _CLASSES if set(kind) & set(passphrase))
    if not set(passphrase) <= set("".join(_CLASSES)):
        alphabet += _OTHER_CHARACTERS
    # A character that comes again adds half: "aaaaaaaa" is not eight choices.
    choices = (len(passphrase) + len(set(passphrase))) / 2
    bits = choices * math.log2(alphabet) if len(set(passphrase)) > 2 else 0
    if bits < _FAIR_BITS:
        return "Weak: a few unrelated words would be stronger."
    return "Fair." if bits < _STRONG_BITS else "Strong."


class WelcomePage(FullPage):
    """Says what stays here and begins. Where no keyring is safe, asks for a passphrase.

    Args:
        status: What is known of the vault and of keyrings.
        theme: Colours and type.
    """

    begun = Signal(object)  # the passphrase, or None for the keyring

    def __init__(self, status: VaultStatus, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Welcome to Hush", parent)
        self._needs_passphrase = not status.keyring
        self.add_text(_WHAT, "quiet")
        self.column.addSpacing(Space.INSIDE)
        self._add_promises(status)
        self.column.addSpacing(Space.INSIDE)
        self._first = passphrase_field("New passphrase")
        self._second = passphrase_field("The same again")
        self._words = PlainLabel("", "quiet", wrap=True)
        self._begin = TextButton("Begin", "main")
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        if self._needs_passphrase:
            self._add_passphrase(status)
        self.column.addWidget(self._problem)
        self.column.addSpacing(Space.HALF)
        self.column.addWidget(self._begin, 0, Qt.AlignmentFlag.AlignLeft)
        self._begin.clicked.connect(self._try)
        self._judge()

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

    def _add_passphrase(self, status: VaultStatus) -> None:
        self.add_text(f"{status.keyring_problem} So choose a passphrase.".strip())
        for field in (self._first, self._second):
            self.column.addWidget(field)
            field.textChanged.connect(self._judge)
        self.column.addWidget(self._words)
        self.add_text(_NO_RECOVERY)
        self._first.returnPressed.connect(self._go_on)
        self._second.returnPressed.connect(self._try)

    def first_focus(self) -> None:
        """The first thing to do: the passphrase, or to begin."""
        target = self._first if self._needs_passphrase else self._begin
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, sentence: str) -> None:
        """It did not work: say why, and let the person try again."""
        self._problem.setText(sentence)
        self._problem.show()
        self._begin.set_words("Begin")
        self._set_enabled(enabled=True)
        self._judge()
        self.first_focus()

    def _set_enabled(self, *, enabled: bool) -> None:
        for part in (self._first, self._second, self._begin):
            part.setEnabled(enabled)

    @property
    def _is_ready(self) -> bool:
        if not self._needs_passphrase:
            return True
        first = self._first.text()
        return len(first) >= MIN_PASSPHRASE_CHARACTERS and first == self._second.text()

    def _judge(self) -> None:
        """Say how strong it is, or what is missing."""
        first, second = self._first.text(), self._second.text()
        words = strength(first) if first else f"At least {MIN_PASSPHRASE_CHARACTERS} characters."
        if second and not first.startswith(second):
            words = "The two differ."
        elif len(first) >= MIN_PASSPHRASE_CHARACTERS and first != second:
            words = f"{words} Now the same again."
        self._words.setText(words)
        self._begin.setEnabled(self._is_ready)

    def _go_on(self) -> None:
        self._second.setFocus(Qt.FocusReason.TabFocusReason)

    def _try(self) -> None:
        if self._is_ready:
            self._problem.hide()
            self._set_enabled(enabled=False)
            self._begin.set_words("Preparing…")
            self.begun.emit(self._first.text() if self._needs_passphrase else None)
