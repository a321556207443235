"""The window at the vault's place: what is read there, and what is pressed."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QLineEdit

from tests.gui.bench import Bench
from tests.gui.vault_fakes import FakeBackups, FakeKeys
from ui.controls import PlainLabel
from ui.full_page import FullPage
from ui.vault.page import VaultPage


class AtVault:
    """Goes there, and stays until the test is over.

    Args:
        bench: The window.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.keys: FakeKeys = bench.app.keys
        self.backups: FakeBackups = bench.app.backups
        self.page = bench.window.findChild(VaultPage)
        bench.press("Ctrl+6")

    def again(self) -> None:
        """Go away and come back."""
        self.bench.press("Ctrl+1")
        self.bench.press("Ctrl+6")

    @property
    def front(self) -> FullPage | None:
        """The page in front of everything."""
        return self.bench.window.full_page

    @property
    def words(self) -> list[str]:
        """What can be read, from the top."""
        labels = (self.front or self.page).findChildren(PlainLabel)
        return [label.text() for label in labels if label.isVisible()]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.words)

    @property
    def names(self) -> list[str]:
        """The buttons that can be pressed, by name."""
        return [button.accessibleName() for button in self.shown_buttons if button.isEnabled()]

    @property
    def shown_buttons(self) -> list[QAbstractButton]:
        """The buttons with words that can be seen."""
        found = (self.front or self.page).findChildren(QAbstractButton)
        return [button for button in found if button.isVisible()]

    def button(self, name: str) -> QAbstractButton:
        """The first visible button of this name."""
        return next(button for button in self.shown_buttons if button.accessibleName() == name)

    def press(self, name: str) -> None:
        """Press a button with the keyboard, as it must be possible for each."""
        button = self.button(name)
        button.setFocus()
        assert button.hasFocus()
        self.bench.press("Space", button)

    @property
    def fields(self) -> list[QLineEdit]:
        """What can be typed into, from the top."""
        found = (self.front or self.page).findChildren(QLineEdit)
        return [field for field in found if field.isVisible()]

    def type(self, *texts: str) -> None:
        """Fill the fields in, from the top."""
        for field, text in zip(self.fields, texts, strict=True):
            field.setFocus()
            field.selectAll()
            self.bench.qtbot.keyClicks(field, text)
        self.bench.settle()
