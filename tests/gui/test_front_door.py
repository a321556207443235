"""From a closed vault to a session: welcome, unlock, trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from assistant.app import Session
from assistant.entrance import VaultStatus
from assistant.errors import (
    HushError,
    InputRefused,
    KeyringUnavailable,
    ProfileInUse,
    ProfileUnusable,
    StorageFull,
    VaultDamaged,
    VaultLocked,
    VaultTooNew,
    WrongPassphrase,
)
from tests.gui.fakes import FakeApp
from ui.bridge import Bridge
from ui.controls import PlainLabel, TextButton
from ui.front_door import FrontDoor
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.trouble import TroublePage
from ui.unlock import UnlockPage
from ui.welcome import WelcomePage, strength
from ui.window import Window

FIRST_RUN = VaultStatus(exists=False, ways=(), keyring="GNOME Keyring", keyring_problem="")
NO_KEYRING = VaultStatus(
    exists=False, ways=(), keyring="", keyring_problem="No keyring was found on this machine."
)
BY_KEYRING = VaultStatus(True, ("keyring",), "GNOME Keyring", "")
BY_PASSPHRASE = VaultStatus(True, ("passphrase",), "", "")
BOTH_WAYS = VaultStatus(True, ("keyring", "passphrase"), "", "No keyring answers.")


class Threshold:
    """A window with a front door, and whoever came through."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.bridge = Bridge()
        self.app = FakeApp(self.bridge.sink)
        self.window = Window(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.sessions: list[Session] = []
        self.door = FrontDoor(self.app.as_app, self.bridge, self.window, self.sessions.append)
        self.window.show()
        qtbot.waitActive(self.window)

    def knock(self, status: VaultStatus | None, passphrase: str | None = None) -> None:
        """Begin, with the vault in this state."""
        if status:
            self.app.status = status
        self.door.knock(passphrase)
        self.settle()

    def settle(self) -> None:
        """Wait until everything is delivered."""
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    @property
    def page(self) -> FullPage | None:
        """The page in front of everything."""
        return self.window.full_page

    @property
    def words(self) -> str:
        """Everything that can be read on it."""
        assert self.page
        labels = self.page.findChildren(PlainLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())

    def fields(self) -> list[QLineEdit]:
        """Its passphrase fields, from the top."""
        assert self.page
        return [field for field in self.page.findChildren(QLineEdit) if field.isVisible()]

    def button(self, words: str) -> TextButton:
        """The button with these words."""
        assert self.page
        found = [b for b in self.page.findChildren(TextButton) if b.text() == words]
        return next(button for button in found if button.isVisible())

    def type(self, field: QLineEdit, text: str, *, enter: bool = True) -> None:
        """Write into a field."""
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        if enter:
            self.qtbot.keyClick(field, Qt.Key.Key_Return)
        self.settle()


@pytest.fixture
def threshold(qtbot: QtBot) -> Threshold:
    """In front of the door."""
    return Threshold(qtbot)


# The first run ----------------------------------------------------------------------------


def test_welcome_names_the_keyring(threshold: Threshold) -> None:
    """What is kept, where the key is, and that nothing is sent; Enter begins."""
    threshold.knock(FIRST_RUN)
    assert isinstance(threshold.page, WelcomePage)
    assert "kept by GNOME Keyring" in threshold.words
    assert "Nothing is sent" in threshold.words
    assert threshold.fields() == []
    threshold.qtbot.keyClick(threshold.window.focusWidget(), Qt.Key.Key_Return)
    threshold.settle()
    assert threshold.app.opened == [(None, True)]
    assert len(threshold.sessions) == 1


def test_welcome_without_a_keyring(threshold: Threshold) -> None:
    """It says why, asks twice, warns that nobody can recover it, and Enter moves on."""
    threshold.knock(NO_KEYRING)
    assert "No keyring was found" in threshold.words
    assert "cannot be reset" in threshold.words
    first, second = threshold.fields()
    assert first.hasFocus()
    assert first.echoMode() is QLineEdit.EchoMode.Password
    assert not threshold.button("Begin").isEnabled()
    threshold.type(first, "correct horse battery")
    assert second.hasFocus()
    threshold.type(second, "correct horse batter")
    assert threshold.app.opened == []
    threshold.type(second, "correct horse battery")
    assert threshold.app.opened == [("correct horse battery", True)]
    assert len(threshold.sessions) == 1


def test_two_that_differ(threshold: Threshold) -> None:
    """Said in words while one types, and nothing begins."""
    threshold.knock(NO_KEYRING)
    first, second = threshold.fields()
    threshold.type(first, "correct horse", enter=False)
    assert "Now the same again." in threshold.words
    threshold.type(second, "correct mouse", enter=False)
    assert "The two differ." in threshold.words
    assert not threshold.button("Begin").isEnabled()


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [
        ("abc", "5 more characters needed."),
        ("abcdefg", "1 more character needed."),
        ("aaaaaaaaaaaaaaaa", "Weak"),
        ("password", "Weak"),
        ("correct horse", "Fair"),
        ("correct horse battery staple", "Strong"),
        ("korrekt häst batteri", "Strong"),
    ],
)
def test_strength_in_words(passphrase: str, words: str) -> None:
    """Length counts, repetition does not."""
    assert strength(passphrase).startswith(words)


def test_a_refused_passphrase_can_be_changed(threshold: Threshold) -> None:
    """The page stays, says why, and is ready again."""
    threshold.app.open_problems = [InputRefused("That will not do.", "Use another.")]
    threshold.knock(NO_KEYRING)
    for field in threshold.fields():
        threshold.type(field, "correct horse battery")
    assert "That will not do. Use another." in threshold.words
    assert threshold.button("Begin").isEnabled()
    assert threshold.fields()[0].hasFocus()


def test_a_keyring_that_goes_away(threshold: Threshold) -> None:
    """Between looking and making: then a passphrase is asked for."""
    threshold.app.open_problems = [KeyringUnavailable("The keyring is gone.")]
    threshold.knock(FIRST_RUN)
    threshold.app.status = NO_KEYRING
    threshold.button("Begin").click()
    threshold.settle()
    assert len(threshold.fields()) == 2


def test_a_full_disk_on_the_first_run(threshold: Threshold) -> None:
    """A page says so; trying again begins again."""
    threshold.app.open_problems = [StorageFull("The disk is full.", "Make room.")]
    threshold.knock(FIRST_RUN)
    threshold.button("Begin").click()
    threshold.settle()
    assert isinstance(threshold.page, TroublePage)
    threshold.button("Try again").click()
    threshold.settle()
    assert isinstance(threshold.page, WelcomePage)


def test_a_passphrase_from_the_command_line_makes_the_vault(threshold: Threshold) -> None:
    """Then there is nothing to ask."""
    threshold.knock(FIRST_RUN, "correct horse battery")
    assert threshold.app.opened == [("correct horse battery", True)]
    assert len(threshold.sessions) == 1


# Every other ------------------------------------------------------------------------------


def test_the_keyring_opens_without_a_word(threshold: Threshold) -> None:
    """No page at all."""
    threshold.knock(BY_KEYRING)
    assert threshold.app.opened == [(None, False)]
    assert len(threshold.sessions) == 1
    assert threshold.page is None


def test_a_passphrase_is_asked_for(threshold: Threshold) -> None:
    """A wrong one stays in the field, selected, with a sentence; the right one opens."""
    threshold.app.open_problems = [WrongPassphrase("This passphrase opens nothing.", "Try again.")]
    threshold.knock(BY_PASSPHRASE)
    assert isinstance(threshold.page, UnlockPage)
    (field,) = threshold.fields()
    assert field.hasFocus()
    assert not threshold.button("Open").isEnabled()
    threshold.type(field, "wrong horse")
    assert "This passphrase opens nothing. Try again." in threshold.words
    assert field.hasFocus()
    assert field.selectionLength() == len("wrong horse")
    threshold.type(field, "correct horse")
    assert threshold.app.opened == [("wrong horse", False), ("correct horse", False)]
    assert len(threshold.sessions) == 1


def test_a_page_of_unlocking_never_offers_to_delete(threshold: Threshold) -> None:
    """One way in, and no way to lose what is behind it."""
    threshold.knock(BY_PASSPHRASE)
    assert threshold.page
    visible = [b.text() for b in threshold.page.findChildren(TextButton) if b.isVisible()]
    assert visible == ["Open"]


def test_a_keyring_that_does_not_answer(threshold: Threshold) -> None:
    """The passphrase is asked for and the reason given; the keyring can be asked again."""
    threshold.app.open_problems = [KeyringUnavailable("Your keyring does not answer.")]
    threshold.knock(BOTH_WAYS)
    assert isinstance(threshold.page, UnlockPage)
    assert "Your keyring does not answer." in threshold.words
    threshold.button("Ask the keyring again").click()
    threshold.settle()
    assert threshold.app.opened == [(None, False), (None, False)]
    assert len(threshold.sessions) == 1


def test_a_lost_keyring_and_no_passphrase(threshold: Threshold) -> None:
    """Nothing can be typed that would help: the page says what does."""
    threshold.app.open_problems = [KeyringUnavailable("Not there.", "Unlock your keyring.")]
    threshold.knock(BY_KEYRING)
    assert isinstance(threshold.page, TroublePage)
    assert "Unlock your keyring." in threshold.words
    threshold.button("Try again").click()
    threshold.settle()
    assert len(threshold.sessions) == 1


def test_a_wrong_passphrase_from_the_command_line(threshold: Threshold) -> None:
    """The page asks for another."""
    threshold.app.open_problems = [WrongPassphrase("This passphrase opens nothing.")]
    threshold.knock(BY_PASSPHRASE, "wrong horse")
    assert isinstance(threshold.page, UnlockPage)
    assert "This passphrase opens nothing." in threshold.words


def test_damage_found_while_unlocking(threshold: Threshold) -> None:
    """The right passphrase, but the database is damaged: a page of its own."""
    threshold.app.open_problems = [VaultDamaged("A page is damaged.")]
    threshold.knock(BY_PASSPHRASE)
    threshold.type(threshold.fields()[0], "correct horse")
    assert isinstance(threshold.page, TroublePage)


# Trouble ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "title", "button"),
    [
        (VaultDamaged("m", "a"), "Your chats cannot be opened", "Try again"),
        (VaultTooNew("m", "a"), "This needs a newer Hush", "Quit"),
        (StorageFull("m", "a"), "There is no room to write", "Try again"),
        (ProfileUnusable("m", "a"), "Hush cannot use its folder", "Try again"),
        (ProfileInUse("m", "a"), "Hush is open already", "Try again"),
        (VaultLocked("m", "a"), "Your chats are locked", "Try again"),
        (HushError("m", "a"), "Hush cannot start", "Try again"),
    ],
)
def test_each_trouble_has_its_page(
    show_alone: Callable[[QWidget], None], error: HushError, title: str, button: str
) -> None:
    """What happened, what to do, and one button."""
    page = TroublePage(error, Theme(LIGHT))
    show_alone(page)
    words = [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()]
    assert words == [title, "m", "a"]
    assert [b.text() for b in page.findChildren(TextButton)] == [button]


def test_trouble_with_the_key_slots(threshold: Threshold) -> None:
    """Found before anything is opened; trying again looks again."""
    threshold.app.status_problem = VaultDamaged("The key slots are damaged.", "Put them back.")
    threshold.knock(None)
    assert isinstance(threshold.page, TroublePage)
    assert "Put them back." in threshold.words
    threshold.button("Try again").click()
    threshold.settle()
    assert len(threshold.sessions) == 1


def test_quitting_from_trouble(threshold: Threshold) -> None:
    """The button closes the window."""
    threshold.app.status_problem = VaultTooNew("A newer Hush wrote this.")
    threshold.knock(None)
    threshold.button("Quit").click()
    assert not threshold.window.isVisible()


def test_pages_take_another_theme(threshold: Threshold) -> None:
    """Turning dark on the welcome page keeps what was typed."""
    threshold.knock(NO_KEYRING)
    threshold.type(threshold.fields()[0], "correct", enter=False)
    threshold.window.apply(Theme(DARK, scale=1.5))
    assert threshold.fields()[0].text() == "correct"
    assert len(threshold.fields()) == 2
