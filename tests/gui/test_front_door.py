"""From a closed vault to a session: unlock after a start and after a lock, and trouble."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

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
from tests.gui.threshold import (
    ALL_WAYS,
    BY_CODE,
    BY_KEYRING,
    BY_PASSPHRASE,
    FIRST_RUN,
    KEYRING_AND_CODE,
    KEYRING_AND_PASSPHRASE,
    NO_KEYRING,
    PASSPHRASE,
    Threshold,
)
from ui.controls import PlainLabel, TextButton
from ui.door.trouble import TroublePage
from ui.door.unlock import KeyringPage, UnlockPage
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT


@pytest.fixture
def threshold(qtbot: QtBot) -> Threshold:
    """In front of the door, after an ordinary start."""
    return Threshold(qtbot)


@pytest.fixture
def locked(qtbot: QtBot) -> Threshold:
    """In front of the door, after a lock."""
    return Threshold(qtbot, locked=True, reason="Locked with your screen.")


# After a start ----------------------------------------------------------------------------


def test_a_passphrase_from_the_command_line_makes_the_vault(threshold: Threshold) -> None:
    """Then there is nobody to ask."""
    threshold.knock(FIRST_RUN, PASSPHRASE)
    assert threshold.made.passphrase == PASSPHRASE
    assert not threshold.made.keyring
    assert len(threshold.sessions) == 1


@pytest.mark.parametrize("status", [BY_KEYRING, KEYRING_AND_PASSPHRASE, ALL_WAYS])
def test_the_keyring_opens_without_a_word(threshold: Threshold, status: object) -> None:
    """No page at all, whatever other ways there are."""
    threshold.knock(status)  # type: ignore[arg-type] # parametrised
    assert threshold.app.opened == [(None, False)]
    assert len(threshold.sessions) == 1
    assert threshold.page is None


def test_a_passphrase_is_asked_for(threshold: Threshold) -> None:
    """A wrong one stays in the field, selected, with a sentence; the right one opens."""
    threshold.app.open_problems = [WrongPassphrase("This passphrase opens nothing.", "Try again.")]
    threshold.knock(BY_PASSPHRASE)
    assert threshold.shows(UnlockPage)
    assert "Enter your passphrase to open them." in threshold.words
    (field,) = threshold.fields()
    assert field.hasFocus()
    assert not threshold.button("Open").isEnabled()
    threshold.type(field, "wrong horse")
    assert "This passphrase opens nothing. Try again." in threshold.words
    assert field.hasFocus()
    assert field.selectionLength() == len("wrong horse")
    threshold.type(field, PASSPHRASE)
    assert threshold.app.opened == [("wrong horse", False), (PASSPHRASE, False)]
    assert len(threshold.sessions) == 1


def test_one_field_for_passphrase_and_code(threshold: Threshold) -> None:
    """The words fit the ways there are; a mistyped code is told in its own words."""
    refused = InputRefused("This recovery code is mistyped somewhere.", "Compare it.")
    threshold.app.open_problems = [KeyringUnavailable("Gone."), refused]
    threshold.knock(ALL_WAYS)
    (field,) = threshold.fields()
    assert field.accessibleName() == "Passphrase or recovery code"
    assert field.echoMode() is QLineEdit.EchoMode.Password
    threshold.type(field, "0000-0000")
    assert "This recovery code is mistyped somewhere. Compare it." in threshold.words
    assert field.text() == "0000-0000"


def test_a_recovery_code_is_not_typed_blind(threshold: Threshold) -> None:
    """36 characters from paper are shown at once; a passphrase is when that is wanted."""
    threshold.knock(BY_CODE)
    (field,) = threshold.fields()
    assert field.accessibleName() == "Recovery code"
    assert field.echoMode() is QLineEdit.EchoMode.Normal
    threshold.press("Hide what I type")
    assert field.echoMode() is QLineEdit.EchoMode.Password
    threshold.press("Show what I type")
    assert field.echoMode() is QLineEdit.EchoMode.Normal


def test_a_page_of_unlocking_never_offers_to_delete(threshold: Threshold) -> None:
    """Ways in, and no way to lose what is behind them."""
    threshold.app.open_problems = [KeyringUnavailable("Gone.")]
    threshold.knock(ALL_WAYS)
    assert threshold.buttons == ["Open", "Ask the keyring again", "Show what I type"]


def test_nothing_can_be_pressed_while_it_opens(threshold: Threshold) -> None:
    """A second press would try a second time."""
    held: Future[object] = Future()
    threshold.knock(BY_PASSPHRASE)
    threshold.app.held = held  # type: ignore[assignment] # it never ends here
    (field,) = threshold.fields()
    threshold.type(field, PASSPHRASE)
    assert not threshold.button("Opening…").isEnabled()
    assert not field.isEnabled()
    threshold.button("Opening…").click()
    assert len(threshold.app.opened) == 1


def test_a_keyring_that_does_not_answer(threshold: Threshold) -> None:
    """The passphrase is asked for and the reason given; the keyring can be asked again."""
    threshold.app.open_problems = [
        KeyringUnavailable("Your keyring does not answer."),
        KeyringUnavailable("Still nothing.", "Log in again."),
    ]
    threshold.knock(KEYRING_AND_PASSPHRASE)
    assert threshold.shows(UnlockPage)
    assert "Your keyring does not answer." in threshold.words
    threshold.type(threshold.fields()[0], "half a pass", enter=False)
    threshold.press("Ask the keyring again")
    assert "Still nothing. Log in again." in threshold.words
    assert threshold.fields()[0].text() == "half a pass"
    threshold.press("Ask the keyring again")
    assert threshold.app.opened == [(None, False)] * 3
    assert len(threshold.sessions) == 1


def test_a_lost_keyring_and_nothing_to_type(threshold: Threshold) -> None:
    """The page says what helps."""
    threshold.app.open_problems = [KeyringUnavailable("Not there.", "Unlock your keyring.")]
    threshold.knock(BY_KEYRING)
    assert threshold.shows(TroublePage)
    assert "Unlock your keyring." in threshold.words
    threshold.press("Try again")
    assert len(threshold.sessions) == 1


def test_a_wrong_secret_from_the_command_line(threshold: Threshold) -> None:
    """The page asks for another."""
    threshold.app.open_problems = [WrongPassphrase("This passphrase opens nothing.")]
    threshold.knock(BY_PASSPHRASE, "wrong horse")
    assert threshold.shows(UnlockPage)
    assert "This passphrase opens nothing." in threshold.words


# After a lock -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [KEYRING_AND_PASSPHRASE, ALL_WAYS, BY_PASSPHRASE])
def test_a_lock_holds_where_there_is_a_passphrase(locked: Threshold, status: object) -> None:
    """The keyring is neither asked nor offered; why it was locked is said."""
    locked.knock(status)  # type: ignore[arg-type] # parametrised
    assert locked.shows(UnlockPage)
    assert locked.app.opened == []
    assert "Locked with your screen." in locked.words
    assert "Ask the keyring again" not in locked.buttons
    locked.type(locked.fields()[0], PASSPHRASE)
    assert locked.app.opened == [(PASSPHRASE, False)]


@pytest.mark.parametrize(
    ("status", "buttons"),
    [(BY_KEYRING, ["Open"]), (KEYRING_AND_CODE, ["Open", "Use the recovery code"])],
)
def test_a_lock_with_the_keyring_alone(
    locked: Threshold, status: object, buttons: list[str]
) -> None:
    """One press, or Enter, asks the keyring; the page says how little that holds."""
    locked.knock(status)  # type: ignore[arg-type] # parametrised
    assert locked.shows(KeyringPage)
    assert locked.app.opened == []
    assert locked.buttons == buttons
    assert "Anyone who sits at this computer" in locked.words
    locked.key(Qt.Key.Key_Return)
    assert locked.app.opened == [(None, False)]
    assert len(locked.sessions) == 1


def test_a_lock_and_a_keyring_that_refuses(locked: Threshold) -> None:
    """Said on the page; the recovery code opens instead."""
    locked.app.open_problems = [KeyringUnavailable("Your keyring does not answer.")]
    locked.knock(KEYRING_AND_CODE)
    locked.press("Open")
    assert locked.shows(KeyringPage)
    assert "Your keyring does not answer." in locked.words
    locked.press("Use the recovery code")
    assert locked.shows(UnlockPage)
    locked.type(locked.fields()[0], "0000")
    assert locked.app.opened == [(None, False), ("0000", False)]


def test_a_lock_and_a_recovery_code_alone(locked: Threshold) -> None:
    """The field, as ever."""
    locked.knock(BY_CODE)
    assert locked.shows(UnlockPage)


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


def test_the_field_is_in_sight(threshold: Threshold) -> None:
    """Also in the smallest window with text three times as large; so is why it did not open."""
    threshold.window.apply(Theme(LIGHT, scale=3.0))
    threshold.window.resize(640, 420)
    threshold.app.open_problems = [WrongPassphrase("This passphrase opens nothing.", "Try again.")]
    threshold.knock(BY_PASSPHRASE)
    page = threshold.page
    assert page
    assert page.verticalScrollBar().maximum() > 0
    (field,) = threshold.fields()
    assert not field.visibleRegion().isEmpty()
    page.verticalScrollBar().setValue(0)
    threshold.type(field, "wrong horse")
    problem = next(p for p in page.findChildren(PlainLabel) if "opens nothing" in p.text())
    assert problem.visibleRegion().boundingRect() == problem.rect()


def test_tab_stops_at_what_can_be_used(threshold: Threshold) -> None:
    """The page itself is no stop: a press of Tab never seems to do nothing."""
    threshold.app.open_problems = [KeyringUnavailable("Gone.")]
    threshold.knock(ALL_WAYS)
    threshold.type(threshold.fields()[0], "correct", enter=False)
    stops: list[QWidget] = []
    while threshold.focus not in stops:
        stops.append(threshold.focus)
        threshold.key(Qt.Key.Key_Tab)
    assert len(stops) > 3
    assert threshold.page not in stops
