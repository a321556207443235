"""A damaged vault: what is safe is said, and a backup is put in its place."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from assistant.backup.service import Backup, Missing, Restored
from assistant.errors import (
    HushError,
    InputRefused,
    KeyringUnavailable,
    StorageFull,
    VaultDamaged,
    WrongPassphrase,
)
from assistant.events import Notice
from tests.gui.fakes import NOON, done, failed
from tests.gui.threshold import BY_KEYRING, BY_PASSPHRASE, PASSPHRASE, Threshold
from ui.controls import TextButton
from ui.door.damage import DamagePage, moment
from ui.lock.resumption import LockReason
from ui.theme.style import Theme
from ui.theme.tokens import DARK

DAY = 24 * 3_600_000  # milliseconds
DAMAGE = VaultDamaged("A page of the vault is damaged.", "Restore a backup.")
KEPT = Path("/home/ada/.local/share/hush/kept/2025-06-15T150640Z-before-restore")


def backup(days_ago: int) -> Backup:
    """A backup of some days before noon."""
    made = NOON - days_ago * DAY
    return Backup(f"backup-{days_ago}", made, 1_000_000, 12 - days_ago, 340, "daily", made + DAY)


class Backups:
    """What the page needs of ``BackupService``; each outcome is in the test's hands."""

    def __init__(self, *backups: Backup) -> None:
        self.listed: Future[tuple[Backup, ...]] = done(backups)
        self.missing: Future[Missing] = done(Missing(NOON, 2, 31))
        self.asked: list[tuple[str, str | None]] = []
        self.restored: list[tuple[str | Path, str | None]] = []
        self.outcomes: list[Future[Restored]] = []
        self.cancelled = 0

    def list(self) -> Future[tuple[Backup, ...]]:
        return self.listed

    def missing_since(self, which: str, secret: str | None = None) -> Future[Missing]:
        self.asked.append((which, secret))
        return self.missing

    def restore(self, which: str | Path, secret: str | None = None) -> Future[Restored]:
        self.restored.append((which, secret))
        return self.outcomes.pop(0) if self.outcomes else done(Restored("backup", 12, 340, KEPT))

    def cancel(self) -> None:
        self.cancelled += 1


class Scene(Threshold):
    """A door whose vault is damaged."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.backups = Backups(backup(1), backup(2), backup(3))
        self.app.backups = self.backups
        self.app.open_problems = [DAMAGE]

    def refuse(self, *errors: HushError) -> None:
        """Let the next restores fail."""
        self.backups.outcomes = [failed(error) for error in errors]


@pytest.fixture
def scene(qtbot: QtBot) -> Scene:
    """In front of it."""
    return Scene(qtbot)


# What is said -----------------------------------------------------------------------------


def test_the_newest_backup_is_offered(scene: Scene) -> None:
    """What happened, that nothing was deleted, what the backup holds and what would be missing."""
    scene.knock(BY_KEYRING)
    assert scene.shows(DamagePage)
    assert "A page of the vault is damaged." in scene.words
    assert "Nothing was deleted. A restore keeps the damaged files aside." in scene.words
    assert "The newest backup" in scene.words
    assert f"{moment(NOON - DAY)}: 11 chats, 340 messages" in scene.words
    assert "Written since then, and missing from it: 2 chats and 31 messages." in scene.words
    assert scene.button("Restore this backup").hasFocus()
    assert scene.backups.restored == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (done(Missing(NOON, 0, 1)), "Written since then, and missing from it: 1 message."),
        (done(Missing(NOON, 0, 0)), "No chat or message was begun since then; answers and"),
        (done(Missing(NOON, 0, 3, False)), "3 messages that can still be counted, and perhaps"),
        (done(Missing(NOON, 0, 0, False)), "What was written since then would be missing from it."),
        (failed(DAMAGE), "What was written since then would be missing from it."),
    ],
)
def test_what_would_be_missing(scene: Scene, missing: Future[Missing], words: str) -> None:
    """Counted where that is possible, and never made to look less."""
    scene.backups.missing = missing
    scene.knock(BY_KEYRING)
    assert words in scene.words


def test_no_backup(scene: Scene) -> None:
    """Said plainly, with what can be done; the first of it is another try."""
    scene.backups.listed = done(())
    scene.knock(BY_KEYRING)
    assert "Hush has no backup of this vault here." in scene.words
    assert scene.buttons == ["Try again", "Quit", "From elsewhere…", "Show the folder"]
    assert scene.button("Try again").hasFocus()


def test_backups_that_cannot_be_listed(scene: Scene) -> None:
    """The reason is said; there are still other ways."""
    scene.backups.listed = failed(StorageFull("The disk reported an error."))
    scene.knock(BY_KEYRING)
    assert "The disk reported an error." in scene.words
    assert "From elsewhere…" in scene.buttons


def test_it_never_offers_to_delete(scene: Scene) -> None:
    """No button, no word."""
    scene.knock(BY_KEYRING)
    scene.press("Other backups")
    scene.press("Show the folder")
    offered = " ".join(scene.buttons).lower()
    assert not any(word in offered for word in ("delete", "erase", "reset", "start over", "new"))


def test_damage_of_the_key_slots(scene: Scene) -> None:
    """Found before anything is opened: the same page; trying again looks again."""
    scene.app.open_problems = []
    scene.app.status_problem = VaultDamaged("The vault's key file is missing.", "Put it back.")
    scene.knock(None)
    assert scene.shows(DamagePage)
    assert "Put it back." in scene.words
    scene.press("Try again")
    assert len(scene.sessions) == 1


def test_where_the_files_lie(scene: Scene) -> None:
    """As text that can be copied; nothing is opened."""
    scene.knock(BY_KEYRING)
    scene.press("Show the folder")
    assert "/home/ada/.local/share/hush" in scene.words.replace("\u200b", "")
    scene.press("Copy")
    assert QApplication.clipboard().text() == "/home/ada/.local/share/hush"


def test_quitting(scene: Scene) -> None:
    """Changes nothing."""
    scene.knock(BY_KEYRING)
    scene.button("Quit").click()
    assert not scene.window.isVisible()
    assert scene.backups.restored == []


def test_tab_follows_the_eye(scene: Scene) -> None:
    """From the main button through everything that is unfolded, row by row."""
    scene.knock(BY_KEYRING)
    scene.press("Other backups")
    scene.press("Show the folder")
    seen = []
    for _ in scene.buttons:
        focus = scene.focus
        assert isinstance(focus, TextButton)
        seen.append(focus.text())
        scene.key(Qt.Key.Key_Tab)
    rows = [moment(NOON - day * DAY) for day in (1, 2, 3)]
    links = ["Other backups", "From elsewhere…", "Show the folder"]
    assert seen == ["Restore this backup", "Try again", "Quit", *links, *rows, "Copy"]


# Restoring --------------------------------------------------------------------------------


def test_restoring_opens_and_tells(scene: Scene) -> None:
    """Enter restores; then the vault opens, and a notice says what is missing and kept where."""
    scene.knock(BY_KEYRING)
    scene.key(Qt.Key.Key_Return)
    assert scene.backups.restored == [("backup-1", None)]
    assert scene.app.opened == [(None, False), (None, False)]
    assert len(scene.sessions) == 1
    (notice,) = [event for event in scene.events if isinstance(event, Notice)]
    assert f"restored from the backup of {moment(NOON - DAY)}" in notice.text
    assert "What was written after it is missing." in notice.text
    assert f"The damaged files are kept in {KEPT}." in notice.text


def test_an_earlier_backup(scene: Scene) -> None:
    """Chosen from the list."""
    scene.knock(BY_KEYRING)
    scene.press("Other backups")
    scene.press(moment(NOON - 3 * DAY))
    assert "An earlier backup" in scene.words
    scene.press("Restore this backup")
    assert scene.backups.restored == [("backup-3", None)]


def test_a_late_answer_about_another_backup(scene: Scene) -> None:
    """What would be missing is said of the chosen one only."""
    first: Future[Missing] = Future()
    scene.backups.missing = first
    scene.knock(BY_KEYRING)
    scene.backups.missing = done(Missing(NOON, 4, 44))
    scene.press("Other backups")
    scene.press(moment(NOON - 2 * DAY))
    first.set_result(Missing(NOON, 1, 11))
    scene.settle()
    assert "4 chats and 44 messages" in scene.words


def test_a_backup_that_is_damaged_too(scene: Scene) -> None:
    """The one before it is offered, and the last one's failure leads nowhere worse."""
    bad = VaultDamaged("This backup is damaged. Your vault is as it was.", "Use another.")
    scene.refuse(bad, bad, bad)
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    assert "This backup is damaged." in scene.words
    assert "The next one is offered now." in scene.words
    assert moment(NOON - 2 * DAY) in scene.words
    scene.press("Restore this backup")
    scene.press("Restore this backup")
    assert [which for which, _ in scene.backups.restored] == ["backup-1", "backup-2", "backup-3"]
    assert "Use another." in scene.words
    assert moment(NOON - 3 * DAY) in scene.words


def test_one_from_the_future_comes_last(scene: Scene) -> None:
    """The order is the list's: after the last that is older a wrong clock's is still offered."""
    scene.backups.listed = done((backup(2), backup(-40)))
    bad = VaultDamaged("This backup is damaged.", "Use another.")
    scene.refuse(bad, bad)
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    assert "The one before it" not in scene.words
    scene.press("Restore this backup")
    assert [which for which, _ in scene.backups.restored] == ["backup-2", "backup--40"]
    assert "Use another." in scene.words


def test_a_backup_that_asks_for_a_secret(scene: Scene) -> None:
    """A field appears, and what is typed opens backup and vault; a wrong one is told."""
    scene.refuse(
        KeyringUnavailable("Your keyring does not hold this key.", "Use another way in."),
        WrongPassphrase("This passphrase does not open the vault."),
    )
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    assert "Your keyring does not hold this key. Use another way in." in scene.words
    (field,) = scene.fields()
    assert field.hasFocus()
    assert not scene.button("Restore this backup").isEnabled()
    scene.type(field, "wrong horse")
    assert "This passphrase does not open the vault." in scene.words
    scene.type(field, PASSPHRASE)
    secrets = [secret for _, secret in scene.backups.restored]
    assert secrets == [None, "wrong horse", PASSPHRASE]
    assert scene.app.opened[-1] == (PASSPHRASE, False)
    assert len(scene.sessions) == 1


def test_what_was_typed_to_open_is_tried_first(scene: Scene) -> None:
    """Nobody types a passphrase twice."""
    scene.knock(BY_PASSPHRASE)
    scene.type(scene.fields()[0], PASSPHRASE)
    assert scene.backups.asked == [("backup-1", PASSPHRASE)]
    scene.press("Restore this backup")
    assert scene.backups.restored == [("backup-1", PASSPHRASE)]
    assert scene.app.opened[-1] == (PASSPHRASE, False)


def test_a_full_disk(scene: Scene) -> None:
    """Said, and the same backup can be tried again."""
    scene.refuse(StorageFull("The disk is full. What was saved before is safe.", "Free some."))
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    assert "The disk is full." in scene.words
    scene.press("Restore this backup")
    assert len(scene.sessions) == 1


def test_cancelling(scene: Scene) -> None:
    """While it works there is only Cancel; then everything is as before."""
    running: Future[Restored] = Future()
    running.set_running_or_notify_cancel()
    scene.backups.outcomes = [running]
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    assert scene.buttons == ["Cancel"]
    assert scene.button("Cancel").hasFocus()
    assert "Checking the backup" in scene.words
    scene.press("Cancel")
    assert scene.backups.cancelled == 1
    assert not scene.button("Cancel").isEnabled()
    running.set_exception(InputRefused("Cancelled. Nothing was changed."))
    scene.settle()
    assert "Cancelled. Nothing was changed." in scene.words
    assert scene.button("Restore this backup").isEnabled()


def test_a_lock_while_it_is_restored(scene: Scene) -> None:
    """It is kept until the vault is open; in front of an idle page it means nothing."""
    running: Future[Restored] = Future()
    scene.backups.outcomes = [running]
    scene.knock(BY_KEYRING)
    scene.door.lock(LockReason.SCREEN)
    assert scene.door.lock_wanted is None
    scene.press("Restore this backup")
    scene.door.lock(LockReason.SLEEP)
    running.set_result(Restored("backup", 12, 340, KEPT))
    scene.settle()
    assert len(scene.sessions) == 1
    assert scene.door.lock_wanted is LockReason.SLEEP


def test_cancelling_what_has_not_begun(scene: Scene) -> None:
    """Its future tells nothing any more; the page does."""
    waiting: Future[Restored] = Future()
    waiting.cancel()
    scene.backups.outcomes = [waiting]
    scene.knock(BY_KEYRING)
    scene.press("Restore this backup")
    scene.press("Cancel")
    assert "Cancelled. Nothing was changed." in scene.words


@pytest.mark.qt_log_ignore("This plugin does not support")  # dialogs, on the offscreen platform
def test_a_backup_from_elsewhere(scene: Scene, tmp_path: Path) -> None:
    """Any folder on this machine; what is in it shows when it is restored."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    scene.knock(BY_KEYRING)
    scene.press("From elsewhere…")
    assert scene.page
    dialog = scene.page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)
    scene.settle()
    assert "A backup from elsewhere" in scene.words
    scene.press("Restore this backup")
    assert scene.backups.restored == [(tmp_path, None)]
    assert len(scene.sessions) == 1


def test_trying_again_before_the_backups_are_known(scene: Scene) -> None:
    """The answer comes to a page that is gone, and nothing breaks."""
    late: Future[tuple[Backup, ...]] = Future()
    scene.backups.listed = late
    scene.knock(BY_KEYRING)
    scene.press("Try again")
    assert len(scene.sessions) == 1
    late.set_result((backup(1),))
    scene.window.leave_full_page()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    scene.settle()


def test_it_takes_another_theme(scene: Scene) -> None:
    """Large and dark, with everything unfolded: all of it can be scrolled to."""
    scene.backups.listed = done(tuple(replace(backup(day), name=f"b{day}") for day in range(1, 8)))
    scene.knock(BY_KEYRING)
    scene.press("Other backups")
    scene.press("Show the folder")
    scene.window.resize(640, 420)
    scene.window.apply(Theme(DARK, scale=2.0))
    scene.settle()
    page: Any = scene.page
    content: QWidget = page.widget()
    assert content.minimumSizeHint().width() <= page.viewport().width()
    assert page.verticalScrollBar().maximum() > 0
