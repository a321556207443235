"""Where the vault is opened: by what the person types, or by the keyring at a press."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.controls import TextButton
from ui.door.passphrase import passphrase_field
from ui.door.step import StepPage
from ui.theme.style import Theme

__all__ = ["KeyringPage", "UnlockPage", "passphrase_field", "secret_name"]

_TITLE: Final = "Your chats are locked"
_OPENING: Final = "Opening…"
_NAMES: Final = (("passphrase", "passphrase"), ("recovery", "recovery code"))
_OPEN_TO_ALL: Final = (
    "Anyone who sits at this computer while you are logged in can open it too. Add a passphrase "
    "in the Vault settings, and a lock asks for it."
)


def secret_name(ways: Collection[str]) -> str:
    """What can be typed to open a vault with these ways in: "passphrase or recovery code"."""
    return " or ".join(name for way, name in _NAMES if way in ways)


class UnlockPage(StepPage):
    """One field for whatever can be typed; where the keyring is a way too, a button to ask it.

    Args:
        reason: Why it is needed; empty where it always is.
        theme: Colours and type.
        ways: What can be typed: ``"passphrase"``, ``"recovery"``.
        has_keyring: Whether the keyring may be asked again.
    """

    secret_given = Signal(str)
    keyring_wanted = Signal()

    def __init__(
        self,
        reason: str,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        ways: Collection[str],
        has_keyring: bool,
    ) -> None:
        super().__init__(theme, _TITLE, "Open", parent)
        name = secret_name(ways)
        self.add_text(reason)
        self.add_text(f"Enter your {name} to open them.", "quiet")
        self._field = passphrase_field(name[:1].upper() + name[1:])
        self._show = TextButton("Show what I type", "link")
        self.column.addWidget(self._field)
        keyring = TextButton("Ask the keyring again", "outlined")
        self.add_end(*[keyring][: int(has_keyring)], self._show, back=False)
        if "passphrase" not in ways:  # 36 characters from paper are not typed blind
            self._toggle()
        self._show.clicked.connect(self._toggle)
        self._field.returnPressed.connect(self._give)
        self._field.textChanged.connect(self._offer)
        self.went_on.connect(self._give)
        keyring.clicked.connect(self._ask_keyring)
        self._offer()

    def first_focus(self) -> None:
        """The field."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_part(self._field)

    def show_problem(self, sentence: str) -> None:
        """It did not open: say so and let the person try again, without typing it all anew."""
        super().show_problem(sentence)
        self._field.selectAll()

    def _toggle(self) -> None:
        mode = QLineEdit.EchoMode
        hidden = self._field.echoMode() is mode.Password
        self._field.setEchoMode(mode.Normal if hidden else mode.Password)
        self._show.set_words("Hide what I type" if hidden else "Show what I type")

    def _offer(self) -> None:
        self.main.setEnabled(bool(self._field.text()))

    def _give(self) -> None:
        if self._field.text():  # an attempt takes up to a second
            self.show_busy(_OPENING)
            self.secret_given.emit(self._field.text())

    def _ask_keyring(self) -> None:
        self.show_busy(_OPENING)
        self.keyring_wanted.emit()


class KeyringPage(StepPage):
    """After a lock, where only the keyring opens the vault in daily use: one press asks it.

    Args:
        reason: Why it is locked; may be empty.
        theme: Colours and type.
        has_code: Whether a recovery code is another way in.
    """

    keyring_wanted = Signal()
    code_wanted = Signal()

    def __init__(
        self, reason: str, theme: Theme, parent: QWidget | None = None, *, has_code: bool
    ) -> None:
        super().__init__(theme, _TITLE, "Open", parent)
        self.add_text(reason, "quiet")
        self.add_text("Your keyring opens them.")
        code = TextButton("Use the recovery code", "outlined")
        self.add_end(*[code][: int(has_code)], back=False)
        self.add_text(_OPEN_TO_ALL, "quiet")
        self.went_on.connect(self._ask)
        code.clicked.connect(self.code_wanted)

    def _ask(self) -> None:
        self.show_busy(_OPENING)
        self.keyring_wanted.emit()
