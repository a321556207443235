"""The first run: a second way in, back and forth, and nothing made before the end."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from assistant.errors import InputRefused, KeyringUnavailable, StorageFull
from assistant.store.recovery import RecoveryCode
from tests.gui.threshold import FIRST_RUN, NO_KEYRING, PASSPHRASE, Threshold
from ui.door.passphrase import strength
from ui.door.recovery_code import CodeView
from ui.door.second_way import AlonePage, CheckPage, CodePage, PassphrasePage, SecondWayPage
from ui.door.trouble import TroublePage
from ui.door.welcome import WelcomePage


@pytest.fixture
def threshold(qtbot: QtBot) -> Threshold:
    """In front of the door."""
    return Threshold(qtbot)


def shown_groups(threshold: Threshold) -> list[str]:
    """The code's groups as a screen reader reads them."""
    assert threshold.page
    name = threshold.page.findChild(CodeView).accessibleName()
    return [part.split(": ")[1].replace(" ", "") for part in name.split(". ", 1)[1].split(".")[:-1]]


def go_to_code(threshold: Threshold) -> list[str]:
    """From the welcome to the code; returns its groups."""
    threshold.press("Begin")
    threshold.press("Make a recovery code")
    return shown_groups(threshold)


def type_groups(threshold: Threshold, groups: list[str]) -> None:
    """Type the two groups that are asked for; Enter moves on."""
    for field, text in zip(threshold.fields(), (groups[2], groups[6]), strict=True):
        threshold.type(field, text)


# With a keyring ---------------------------------------------------------------------------


def test_welcome_names_the_keyring(threshold: Threshold) -> None:
    """What is kept, where the key is, and that nothing is sent; Enter begins, and makes nothing."""
    threshold.knock(FIRST_RUN)
    assert threshold.shows(WelcomePage)
    assert "kept by GNOME Keyring" in threshold.words
    assert "Nothing is sent" in threshold.words
    assert threshold.fields() == []
    threshold.key(Qt.Key.Key_Return)
    assert threshold.shows(SecondWayPage)
    assert "If this laptop's keyring is lost" in threshold.words
    assert threshold.app.created == []


def test_a_recovery_code_by_the_keyboard_alone(threshold: Threshold) -> None:
    """Enter, Enter, Enter, two groups: the vault is made with keyring and that very code."""
    threshold.knock(FIRST_RUN)
    threshold.key(Qt.Key.Key_Return)
    threshold.key(Qt.Key.Key_Return)
    assert threshold.shows(CodePage)
    groups = shown_groups(threshold)
    assert len(groups) == 9
    threshold.key(Qt.Key.Key_Return)
    assert threshold.shows(CheckPage)
    assert "Group 3" in threshold.words
    assert "Group 7" in threshold.words
    assert threshold.app.created == []
    for group in (groups[2], groups[6]):
        threshold.type(threshold.focus, group.lower())  # type: ignore[arg-type] # a field
    assert threshold.made.keyring
    assert threshold.made.passphrase is None
    assert threshold.made.recovery
    assert list(threshold.made.recovery.groups) == groups
    assert len(threshold.sessions) == 1


def test_a_wrong_group(threshold: Threshold) -> None:
    """Nothing is made; the field is named and ready to be typed anew."""
    threshold.knock(FIRST_RUN)
    groups = go_to_code(threshold)
    threshold.press("I have written it down")
    wrong = "ZZZZ" if groups[6] != "ZZZZ" else "YYYY"
    type_groups(threshold, [*groups[:6], wrong, *groups[7:]])
    assert "Group 7 is different." in threshold.words
    assert threshold.fields()[1].hasFocus()
    assert threshold.fields()[1].selectedText() == wrong
    assert threshold.app.created == []


def test_back_shows_the_same_code(threshold: Threshold) -> None:
    """It may be on paper already; what was typed is still there, too."""
    threshold.knock(FIRST_RUN)
    groups = go_to_code(threshold)
    threshold.press("I have written it down")
    threshold.type(threshold.fields()[0], groups[2], enter=False)
    threshold.press("Back")
    assert shown_groups(threshold) == groups
    threshold.press("Back")
    assert threshold.shows(SecondWayPage)
    threshold.press("Make a recovery code")
    assert shown_groups(threshold) == groups
    threshold.press("I have written it down")
    assert threshold.fields()[0].text() == groups[2]
    assert threshold.fields()[1].hasFocus()


def test_the_code_is_cleared_when_left(threshold: Threshold) -> None:
    """The page that goes shows it no longer, nor can it be read out."""
    threshold.knock(FIRST_RUN)
    groups = go_to_code(threshold)
    assert threshold.page
    view = threshold.page.findChild(CodeView)
    threshold.button("I have written it down").click()  # the page still waits for its deletion
    assert not any(group in view.accessibleName().replace(" ", "") for group in groups)


def test_escape_leads_back_and_out(threshold: Threshold) -> None:
    """Page by page, and at the first one the window closes with nothing made."""
    threshold.knock(FIRST_RUN)
    go_to_code(threshold)
    threshold.press("I have written it down")
    for kind in (CodePage, SecondWayPage, WelcomePage):
        threshold.key(Qt.Key.Key_Escape)
        assert threshold.shows(kind)
    threshold.key(Qt.Key.Key_Escape)
    assert not threshold.window.isVisible()
    assert threshold.app.created == []


def test_a_passphrase_beside_the_keyring(threshold: Threshold) -> None:
    """Typed twice; going back and forth keeps it."""
    threshold.knock(FIRST_RUN)
    threshold.press("Begin")
    threshold.press("Choose a passphrase")
    assert threshold.shows(PassphrasePage)
    assert not threshold.button("Confirm").isEnabled()
    threshold.type(threshold.fields()[0], PASSPHRASE)
    threshold.press("Back")
    threshold.press("Choose a passphrase")
    assert [field.text() for field in threshold.fields()] == [PASSPHRASE, ""]
    threshold.type(threshold.fields()[1], PASSPHRASE)
    assert threshold.made.keyring
    assert threshold.made.passphrase == PASSPHRASE
    assert threshold.made.recovery is None


def test_a_passphrase_given_up_for_a_code(threshold: Threshold) -> None:
    """Only what was chosen in the end becomes a way in."""
    threshold.knock(FIRST_RUN)
    threshold.press("Begin")
    threshold.press("Choose a passphrase")
    threshold.type(threshold.fields()[0], PASSPHRASE, enter=False)
    threshold.press("Back")
    threshold.press("Make a recovery code")
    groups = shown_groups(threshold)
    threshold.press("I have written it down")
    type_groups(threshold, groups)
    assert threshold.made.passphrase is None
    assert threshold.made.recovery


def test_going_on_without_a_second_way(threshold: Threshold) -> None:
    """What is lost is said, Enter goes back, and only the one button goes on."""
    threshold.knock(FIRST_RUN)
    threshold.press("Begin")
    threshold.press("Go on without one")
    assert threshold.shows(AlonePage)
    assert "nobody can open your chats again" in threshold.words
    threshold.key(Qt.Key.Key_Return)
    assert threshold.shows(SecondWayPage)
    threshold.press("Go on without one")
    threshold.press("Go on with the keyring alone")
    assert threshold.made.keyring
    assert threshold.made.passphrase is None
    assert threshold.made.recovery is None


# Without a keyring ------------------------------------------------------------------------


def test_welcome_without_a_keyring(threshold: Threshold) -> None:
    """It says why, asks twice, and Enter moves on to the second way in."""
    threshold.knock(NO_KEYRING)
    assert "No keyring was found" in threshold.words
    first, second = threshold.fields()
    assert first.hasFocus()
    assert first.echoMode() is QLineEdit.EchoMode.Password
    assert not threshold.button("Begin").isEnabled()
    threshold.type(first, PASSPHRASE)
    assert second.hasFocus()
    threshold.type(second, PASSPHRASE[:-1])
    assert threshold.shows(WelcomePage)
    threshold.type(second, PASSPHRASE)
    assert threshold.shows(SecondWayPage)
    assert "It cannot be reset" in threshold.words
    assert "Choose a passphrase" not in threshold.buttons
    assert threshold.app.created == []


def test_a_passphrase_and_a_code(threshold: Threshold) -> None:
    """Both become ways in; the keyring does not."""
    threshold.knock(NO_KEYRING)
    threshold.type_passphrase()
    threshold.press("Make a recovery code")
    groups = shown_groups(threshold)
    threshold.press("I have written it down")
    type_groups(threshold, groups)
    assert not threshold.made.keyring
    assert threshold.made.passphrase == PASSPHRASE
    assert threshold.made.recovery
    assert list(threshold.made.recovery.groups) == groups


def test_a_passphrase_alone(threshold: Threshold) -> None:
    """Skipping says the one sentence; going back to the welcome keeps what was typed."""
    threshold.knock(NO_KEYRING)
    threshold.type_passphrase()
    threshold.press("Back")
    assert [field.text() for field in threshold.fields()] == [PASSPHRASE, PASSPHRASE]
    threshold.press("Begin")
    threshold.press("Go on without one")
    assert "If you forget this passphrase, nobody can open your chats again." in threshold.words
    threshold.press("Go on with the passphrase alone")
    assert threshold.made.passphrase == PASSPHRASE
    assert threshold.made.recovery is None


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


# When it cannot be made -------------------------------------------------------------------


def test_nothing_can_be_pressed_while_it_is_made(threshold: Threshold) -> None:
    """Neither a second time nor back; Esc waits, too."""
    held: Future[object] = Future()
    threshold.knock(FIRST_RUN)
    threshold.app.held = held  # type: ignore[assignment] # it never ends here
    threshold.press("Begin")
    threshold.press("Go on without one")
    threshold.press("Go on with the keyring alone")
    assert not threshold.button("Preparing…").isEnabled()
    threshold.button("Go on with the keyring alone").click()
    assert threshold.page
    threshold.qtbot.keyClick(threshold.page, Qt.Key.Key_Escape)
    threshold.settle()
    assert threshold.shows(AlonePage)
    assert len(threshold.app.created) == 1


def test_a_refused_passphrase_can_be_changed(threshold: Threshold) -> None:
    """The page stays, says why, and is ready again."""
    threshold.app.open_problems = [InputRefused("That will not do.", "Use another.")]
    threshold.knock(FIRST_RUN)
    threshold.press("Begin")
    threshold.press("Choose a passphrase")
    threshold.type_passphrase()
    assert "That will not do. Use another." in threshold.words
    assert threshold.button("Confirm").isEnabled()
    assert threshold.fields()[0].hasFocus()


def test_a_keyring_that_goes_away(threshold: Threshold) -> None:
    """Then a passphrase is asked for; the code that was confirmed still counts."""
    threshold.app.open_problems = [KeyringUnavailable("The keyring is gone.")]
    threshold.knock(FIRST_RUN)
    groups = go_to_code(threshold)
    threshold.press("I have written it down")
    type_groups(threshold, groups)
    assert threshold.shows(WelcomePage)
    assert "The keyring is gone. So choose a passphrase." in threshold.words
    threshold.app.created.clear()
    threshold.type_passphrase()
    assert not threshold.made.keyring
    assert threshold.made.passphrase == PASSPHRASE
    assert threshold.made.recovery
    assert list(threshold.made.recovery.groups) == groups


def test_a_keyring_that_comes_back(threshold: Threshold) -> None:
    """It was only locked, say: it can be asked again, and nothing is typed anew."""
    threshold.app.open_problems = [KeyringUnavailable("The keyring is locked.")]
    threshold.knock(FIRST_RUN)
    groups = go_to_code(threshold)
    threshold.press("I have written it down")
    type_groups(threshold, groups)
    threshold.app.created.clear()
    threshold.press("Ask the keyring again")
    threshold.press("Begin")
    assert threshold.made.keyring
    assert isinstance(threshold.made.recovery, RecoveryCode)


def test_a_full_disk_on_the_first_run(threshold: Threshold) -> None:
    """A page says so; trying again begins again, with what was typed."""
    threshold.app.open_problems = [StorageFull("The disk is full.", "Make room.")]
    threshold.knock(NO_KEYRING)
    threshold.type_passphrase()
    threshold.press("Go on without one")
    threshold.press("Go on with the passphrase alone")
    assert threshold.shows(TroublePage)
    threshold.press("Try again")
    assert threshold.shows(WelcomePage)
    assert [field.text() for field in threshold.fields()] == [PASSPHRASE, PASSPHRASE]
