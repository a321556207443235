"""A passphrase, typed: the field for one, and the form that a new one is chosen in."""

from __future__ import annotations

import math
import string
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from assistant.access.entrance import MIN_PASSPHRASE_CHARACTERS
from ui.controls import PlainLabel
from ui.theme.tokens import Space

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


class PassphraseForm(QWidget):
    """A new passphrase, twice, and how strong it is in words.

    Args:
        typed: What stands in the two fields at first.
    """

    changed = Signal()
    submitted = Signal()  # Enter, where the two are ready

    def __init__(self, typed: tuple[str, str] = ("", ""), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = passphrase_field("New passphrase")
        self._second = passphrase_field("The same again")
        self._words = PlainLabel("", "quiet", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        for field, text in zip((self._first, self._second), typed, strict=True):
            field.setText(text)
            field.textChanged.connect(self._judge)
            column.addWidget(field)
        column.addWidget(self._words)
        self._first.returnPressed.connect(self._go_on)
        self._second.returnPressed.connect(self._submit)
        self._judge()

    @property
    def typed(self) -> tuple[str, str]:
        """What stands in the two fields."""
        return self._first.text(), self._second.text()

    @property
    def passphrase(self) -> str:
        """What was chosen; to be used where it ``is_ready``."""
        return self._first.text()

    @property
    def is_ready(self) -> bool:
        """Long enough, and twice the same."""
        first, second = self.typed
        return len(first) >= MIN_PASSPHRASE_CHARACTERS and first == second

    def first_focus(self) -> None:
        """The first field."""
        self._first.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear(self) -> None:
        """Forget what was typed."""
        self._first.clear()
        self._second.clear()

    def _judge(self) -> None:
        """Say how strong it is, or what is missing."""
        first, second = self.typed
        words = strength(first) if first else f"At least {MIN_PASSPHRASE_CHARACTERS} characters."
        if second and not first.startswith(second):
            words = "The two differ."
        elif len(first) >= MIN_PASSPHRASE_CHARACTERS and first != second:
            words = f"{words} Now the same again."
        self._words.setText(words)
        self.changed.emit()

    def _go_on(self) -> None:
        self._second.setFocus(Qt.FocusReason.TabFocusReason)

    def _submit(self) -> None:
        if self.is_ready:
            self.submitted.emit()
