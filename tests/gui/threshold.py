"""A window in front of a closed vault, and whoever came through its door."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from assistant.access.entrance import FirstKeys, VaultStatus
from assistant.app import Session
from assistant.events import Event
from tests.gui.fakes import FakeApp
from ui.bridge import Bridge
from ui.controls import PlainLabel, TextButton
from ui.door.front_door import FrontDoor
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.window import Window

PASSPHRASE = "correct horse battery"

FIRST_RUN = VaultStatus(exists=False, ways=(), keyring="GNOME Keyring", keyring_problem="")
NO_KEYRING = VaultStatus(
    exists=False, ways=(), keyring="", keyring_problem="No keyring was found on this machine."
)
BY_KEYRING = VaultStatus(True, ("keyring",), "GNOME Keyring", "")
BY_PASSPHRASE = VaultStatus(True, ("passphrase",), "", "")
BY_CODE = VaultStatus(True, ("recovery",), "", "")
KEYRING_AND_PASSPHRASE = VaultStatus(True, ("keyring", "passphrase"), "GNOME Keyring", "")
KEYRING_AND_CODE = VaultStatus(True, ("keyring", "recovery"), "GNOME Keyring", "")
ALL_WAYS = VaultStatus(True, ("keyring", "passphrase", "recovery"), "GNOME Keyring", "")


def third_and_seventh(numbers: Sequence[int], count: int) -> list[int]:
    """Stands in for randomness: the groups of a recovery code that are asked for."""
    assert count == 2
    return [numbers[6], numbers[2]]


class Threshold:
    """Does at the door what a person does there."""

    def __init__(self, qtbot: QtBot, *, locked: bool = False, reason: str = "") -> None:
        self.qtbot = qtbot
        self.bridge = Bridge()
        self.app = FakeApp(self.bridge.sink)
        self.window = Window(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.sessions: list[Session] = []
        self.events: list[Event] = []
        self.bridge.received.connect(self.events.append)
        self.door = FrontDoor(
            self.app.as_app,
            self.bridge,
            self.window,
            self.sessions.append,
            locked=locked,
            reason=reason,
            sample=third_and_seventh,
        )
        with qtbot.waitActive(self.window):
            self.window.show()

    def knock(self, status: VaultStatus | None, secret: str | None = None) -> None:
        """Begin, with the vault in this state."""
        if status:
            self.app.status = status
        self.door.knock(secret)
        self.settle()

    def settle(self) -> None:
        """Wait until everything is delivered."""
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    # What the person sees -----------------------------------------------------------------

    @property
    def page(self) -> FullPage | None:
        """The page in front of everything."""
        return self.window.full_page

    def shows(self, kind: type[FullPage]) -> bool:
        """Whether a page of this kind is in front."""
        return isinstance(self.page, kind)

    @property
    def words(self) -> str:
        """Everything that can be read on it."""
        assert self.page
        labels = self.page.findChildren(PlainLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())

    def fields(self) -> list[QLineEdit]:
        """Its fields, from the top."""
        assert self.page
        return [field for field in self.page.findChildren(QLineEdit) if field.isVisible()]

    @property
    def buttons(self) -> list[str]:
        """What can be pressed on it."""
        assert self.page
        return [b.text() for b in self.page.findChildren(TextButton) if b.isVisible()]

    def button(self, words: str) -> TextButton:
        """The button with these words."""
        assert self.page
        found = [b for b in self.page.findChildren(TextButton) if b.text() == words]
        return next(button for button in found if button.isVisible())

    @property
    def focus(self) -> QWidget:
        """Where the keyboard is."""
        widget = self.window.focusWidget()
        assert widget
        return widget

    # What the person does -----------------------------------------------------------------

    def press(self, words: str) -> None:
        """Press a button."""
        self.button(words).click()
        self.settle()

    def key(self, key: Qt.Key) -> None:
        """Press a key where the keyboard is."""
        self.qtbot.keyClick(self.focus, key)
        self.settle()

    def type(self, field: QLineEdit, text: str, *, enter: bool = True) -> None:
        """Write into a field."""
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        if enter:
            self.qtbot.keyClick(field, Qt.Key.Key_Return)
        self.settle()

    def type_passphrase(self, text: str = PASSPHRASE) -> None:
        """Write the same into both fields; Enter moves on."""
        for field in self.fields():
            self.type(field, text)

    # What came of it ----------------------------------------------------------------------

    @property
    def made(self) -> FirstKeys:
        """The ways in of the one vault that was made."""
        (first,) = self.app.created
        return first
