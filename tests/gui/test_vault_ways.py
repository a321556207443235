"""The ways into the vault: seen, added, changed, removed; and the key behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from assistant.access.entrance import VaultStatus
from assistant.errors import InputRefused, KeyringUnavailable, StorageFull, VaultError
from assistant.store.keyslot_format import SlotType
from tests.gui.bench import Bench
from tests.gui.vault_bench import AtVault
from tests.gui.vault_fakes import DAY, NOON, FakeKeys
from ui.controls import PlainLabel
from ui.days import local
from ui.door.recovery_code import CodeCheck
from ui.lock.resumption import News
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.vault.page import VaultPage
from ui.vault.ways import WaysSection
from ui.vault.words import date
from ui.window import CHATS, VAULT

SINCE = date(local(NOON - 30 * DAY))
GOOD = "four unrelated words here"
KINDS = {
    "keyring": SlotType.KEYRING,
    "passphrase": SlotType.PASSPHRASE,
    "recovery": SlotType.RECOVERY,
}


@pytest.fixture
def place(bench: Bench) -> AtVault:
    """At the vault, with a keyring and a passphrase."""
    bench.app.keys.types |= FakeKeys(SlotType.PASSPHRASE).types
    return AtVault(bench)


def code_groups(place: AtVault) -> list[str]:
    """What is asked for, as the person wrote it down."""
    assert place.front
    check = place.front.findChild(CodeCheck)
    return [check._code.groups[at] for at in check._asked]


def test_what_there_is(place: AtVault) -> None:
    """Each way in with its name and day, what is missing with an offer, and what a loss means."""
    assert "This machine's keyring: Test Keyring" in place.words
    assert place.words.count(f"In use since {SINCE}.") == 2
    assert "Something you write down and keep elsewhere. None yet." in place.words
    assert "If this machine's keyring is lost, your passphrase still does." in place.text
    assert "Make a recovery code" in place.names
    assert "Add this machine's keyring" not in place.names


def test_what_cannot_be_read(bench: Bench) -> None:
    """It is said, and no longer once it can be."""
    bench.app.keys.ways_problem = VaultError("The key file cannot be read.", "Try again.")
    place = AtVault(bench)
    assert "The key file cannot be read. Try again." in place.words
    place.again()
    assert "The key file cannot be read. Try again." not in place.words
    assert "Make a recovery code" in place.names


def test_the_only_way_in_is_said_plainly(bench: Bench) -> None:
    """And cannot be removed."""
    place = AtVault(bench)
    assert "This machine's keyring is the only way in." in place.text
    assert not [name for name in place.names if name.startswith("Remove")]


def test_a_machine_without_a_keyring(bench: Bench) -> None:
    """The line says why, and offers nothing."""
    bench.app.keys.types = FakeKeys(SlotType.PASSPHRASE, SlotType.RECOVERY).types
    bench.app.status = VaultStatus(True, ("passphrase", "recovery"), "", "No keyring answers here.")
    place = AtVault(bench)
    assert "No keyring answers here." in place.words
    assert "Add this machine's keyring" not in place.names


def test_a_new_passphrase(place: AtVault) -> None:
    """Typed twice, tried by a new process, then in use since today; the form is gone."""
    place.press("Change passphrase")
    place.type(GOOD, GOOD)
    place.keys.hold()
    place.press("Change passphrase")
    assert place.keys.passphrases == [GOOD]
    assert "A new process tries the new passphrase…" in place.words
    assert not {"Remove: Passphrase", "Change the vault's key…"} & set(place.names)
    place.keys.release()
    place.bench.settle()
    assert "The new passphrase is proved and in use." in place.words
    assert "In use since today." in place.words
    assert place.fields == []
    assert place.button("Change passphrase").hasFocus()


@pytest.mark.parametrize("texts", [("short", "short"), (GOOD, GOOD[:-1]), (GOOD, "")])
def test_a_passphrase_that_cannot_be(place: AtVault, texts: tuple[str, str]) -> None:
    """Too short, or not twice the same: Enter does nothing, and the button cannot be pressed."""
    place.press("Change passphrase")
    place.type(*texts)
    place.bench.press("Return", place.fields[1])
    assert "Change passphrase" not in place.names
    assert place.keys.passphrases == []


def test_a_passphrase_that_was_not_proved(place: AtVault) -> None:
    """What is safe is said, in place; what was typed is still there for another try."""
    place.press("Change passphrase")
    place.type(GOOD, GOOD)
    place.keys.problem = VaultError("It could not be tried.", "Your earlier ways in stand.")
    place.bench.press("Return", place.fields[1])
    assert "It could not be tried. Your earlier ways in stand." in place.words
    place.bench.press("Return", place.fields[1])
    assert place.keys.passphrases == [GOOD, GOOD]
    assert "It could not be tried. Your earlier ways in stand." not in place.words


def test_a_form_does_not_outlast_the_place(place: AtVault) -> None:
    """Where the person went elsewhere while it was tried, and it failed."""
    place.press("Change passphrase")
    place.type(GOOD, GOOD)
    place.keys.hold()
    place.bench.press("Return", place.fields[1])
    place.bench.press("Ctrl+1")
    place.keys.fail(VaultError("It could not be tried.", "Your earlier ways in stand."))
    place.bench.settle()
    assert place.bench.composer.field.hasFocus()
    place.bench.press("Ctrl+6")
    assert place.fields == []
    assert "It could not be tried. Your earlier ways in stand." in place.words


def test_escape_leaves_a_form(place: AtVault) -> None:
    """The form, and not the place; what was typed is gone, and the keyboard is back."""
    place.press("Change passphrase")
    place.type(GOOD, "")
    place.bench.press("Esc", place.fields[0])
    assert place.bench.window.place == VAULT
    assert place.fields == []
    assert place.button("Change passphrase").hasFocus()
    place.press("Change passphrase")
    assert [field.text() for field in place.fields] == ["", ""]


def test_tab_goes_through_a_form_as_the_eye_does(place: AtVault) -> None:
    """Fields, then their buttons, then the line below."""
    place.press("Change passphrase")
    place.type(GOOD, GOOD)
    place.fields[0].setFocus()
    seen = []
    for _ in range(5):
        focus = place.bench.window.focusWidget()
        seen.append(focus.accessibleName())
        place.bench.press("Tab", focus)
    assert seen == [
        "New passphrase",
        "The same again",
        "Change passphrase",
        "Cancel",
        "Make a recovery code",
    ]


def test_nothing_typed_stays_behind(place: AtVault) -> None:
    """Who goes elsewhere leaves no passphrase in a field."""
    place.press("Change passphrase")
    place.type(GOOD, GOOD)
    place.again()
    assert place.fields == []


@pytest.mark.parametrize(
    ("name", "gone", "words"),
    [
        ("Remove: Passphrase", "passphrase", "Without it, only this machine's keyring opens"),
        ("Remove: This machine's keyring", "keyring", "Without it, only your passphrase opens"),
    ],
)
def test_removing(place: AtVault, name: str, gone: str, words: str) -> None:
    """Says what is left, asks once more, and the keyboard stands on what changes nothing."""
    place.press(name)
    assert words in place.text
    assert place.button("Keep it").hasFocus()
    place.press("Remove")
    assert KINDS[gone] not in place.keys.types
    assert "Removed. It opens nothing any more, your backups included." in place.words
    assert "is the only way in" in place.text
    assert place.page.ways.isAncestorOf(place.bench.window.focusWidget())


def test_removing_is_thought_better_of(place: AtVault) -> None:
    """Nothing was asked of the service."""
    place.press("Remove: Passphrase")
    place.press("Keep it")
    assert SlotType.PASSPHRASE in place.keys.types


def test_one_form_at_a_time(place: AtVault) -> None:
    """A second one closes the first."""
    place.press("Change passphrase")
    place.press("Remove: This machine's keyring")
    assert place.fields == []
    assert "Keep it" in place.names


def test_adding_the_keyring(bench: Bench) -> None:
    """One press; a keyring that does not answer says so."""
    bench.app.keys.types = FakeKeys(SlotType.PASSPHRASE).types
    place = AtVault(bench)
    place.keys.problem = KeyringUnavailable("The keyring is locked.", "Unlock it.")
    place.press("Add this machine's keyring")
    assert "The keyring is locked. Unlock it." in place.words
    place.press("Add this machine's keyring")
    assert "This machine's keyring opens your chats now." in place.words
    assert "Add this machine's keyring" not in place.names


def test_a_new_recovery_code(place: AtVault) -> None:
    """Shown, asked for in two groups, tried, used; back at the line with the keyboard."""
    place.press("Make a recovery code")
    place.press("I have written it down")
    place.type(*code_groups(place))
    place.press("Confirm")
    assert place.front is None
    assert len(place.keys.codes) == 1
    assert "The recovery code is proved and in use." in place.words
    assert place.button("Replace the recovery code").hasFocus()


def test_a_code_that_was_not_written_down(place: AtVault) -> None:
    """A wrong group is not taken; going back shows the same code again; Esc leaves it all."""
    place.press("Make a recovery code")
    place.press("I have written it down")
    first = code_groups(place)
    place.type("0000", "0000")
    place.press("Confirm")
    assert place.keys.codes == []
    assert place.front
    place.press("Back")
    place.press("I have written it down")
    assert code_groups(place) == first
    place.bench.press("Esc")
    place.bench.press("Esc")
    assert place.front is None
    assert place.bench.window.place == VAULT
    assert SlotType.RECOVERY not in place.keys.types


def test_a_code_that_could_not_be_saved(place: AtVault) -> None:
    """The page says why, and the same code can be tried again."""
    place.press("Make a recovery code")
    place.press("I have written it down")
    place.type(*code_groups(place))
    place.keys.problem = StorageFull("The disk is full.", "Make room.")
    place.press("Confirm")
    assert "The disk is full. Make room." in place.words
    place.press("Confirm")
    assert place.keys.codes[0].text == place.keys.codes[1].text
    assert place.front is None


def test_keys_do_nothing_behind_a_page(place: AtVault) -> None:
    """No place is left and no chat is begun; they work again once the page is gone."""
    place.press("Make a recovery code")
    for keys in ("Ctrl+1", "Ctrl+N", "Ctrl+K"):
        place.bench.press(keys)
        assert place.bench.window.place == VAULT
    place.bench.press("Esc")
    place.bench.press("Ctrl+1")
    assert place.bench.window.place == CHATS


def rotate(place: AtVault) -> None:
    """Go through all pages of changing the key."""
    place.press("Change the vault's key…")
    assert "Earlier backups stay under the old key" in place.text
    assert place.bench.window.focusWidget() is place.fields[0]
    place.type(GOOD, GOOD)
    place.press("Go on")
    place.press("I have written it down")
    place.type(*code_groups(place))
    place.press("Confirm")


def test_changing_the_key(place: AtVault) -> None:
    """The same kinds of way in and a new code; then the process is replaced."""
    place.keys.hold()
    rotate(place)
    (first,) = place.keys.rotations
    assert first.keyring
    assert first.passphrase == GOOD
    assert first.recovery
    assert "Encrypting everything anew." in place.text
    assert place.names == []
    place.bench.press("Esc")
    assert place.front
    assert place.bench.workplace.is_busy
    assert place.bench.workplace.rotating_since == NOON - 30 * DAY
    place.keys.release()
    place.bench.settle()
    assert place.bench.restarts == 1
    assert place.bench.news is News.KEY_CHANGED


def test_a_key_that_was_refused(place: AtVault) -> None:
    """Nothing was changed: another try, or back to the vault."""
    place.keys.problem = InputRefused("A vault needs a way in.")
    rotate(place)
    assert "A vault needs a way in." in place.words
    place.press("Try again")
    assert len(place.keys.rotations) == 2
    assert place.bench.restarts == 1


def test_a_key_that_could_not_be_changed(place: AtVault) -> None:
    """The vault is closed by now: the only thing left is a new start."""
    place.keys.problem = StorageFull("The disk is full. The old key stands.")
    rotate(place)
    assert "The disk is full. The old key stands." in place.words
    assert place.names == ["Start Hush again"]
    assert place.bench.workplace.rotating_since is None
    place.bench.press("Esc")
    assert place.front
    place.press("Start Hush again")
    assert place.bench.restarts == 1
    assert place.bench.news is None
    assert len(place.keys.rotations) == 1


def test_without_a_passphrase_none_is_asked_for(bench: Bench) -> None:
    """The new key gets what the old one has, and a code."""
    place = AtVault(bench)
    place.press("Change the vault's key…")
    assert place.fields == []
    place.press("Go on")
    place.press("I have written it down")
    place.type(*code_groups(place))
    place.press("Confirm")
    (first,) = place.keys.rotations
    assert first.passphrase is None


def test_nothing_is_kept_so_nothing_is_shown(show_alone: Callable[[QWidget], None]) -> None:
    """A session that is not written has neither keys nor backups."""
    page = VaultPage(Path("backups"), Theme(LIGHT), is_kept=False)
    show_alone(page)
    assert [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()] == [
        "Vault",
        "Nothing of this session is written, so there are no keys here and no backups.",
    ]


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_every_size(place: AtVault, scale: float) -> None:
    """Nothing reaches beyond the page in a small window with large text, a form included."""
    place.bench.window.apply(Theme(LIGHT, scale=scale))
    place.bench.window.resize(900, 600)
    place.press("Change passphrase")
    QApplication.processEvents()
    section = place.page.findChild(WaysSection)
    width = place.page.viewport().width()
    for part in [*section.lines.values(), *place.page.findChildren(QLineEdit)]:
        assert part.mapTo(place.page.viewport(), part.rect().topRight()).x() < width
