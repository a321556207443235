"""Backups in the window: made, checked, tried, put in place, forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from assistant.backup.service import Missing
from assistant.errors import InputRefused, StorageFull, VaultDamaged, WrongPassphrase
from assistant.events import BackupEnded, DamageFound, DrillEnded
from assistant.records import Backup, Drill
from tests.gui.bench import Bench
from tests.gui.vault_bench import AtVault
from tests.gui.vault_fakes import NOON, backup
from ui.days import local
from ui.lock.resumption import News
from ui.vault.words import date
from ui.window import CHATS, VAULT

TIME = f"{local(NOON):%H:%M}"
OLDER, OLDEST = (f"{date(local(backup(days).made))}, {TIME}" for days in (2, 3))
UNTIL = date(local(backup(0).expires))
VERIFY = f"Verify the backup of today, {TIME}"
RESTORE = f"Restore the backup of today, {TIME}"
FULL = StorageFull("The disk is full.", "Make room.")
DAMAGED = VaultDamaged("A page of it is damaged.")
WRONG = WrongPassphrase("That opens nothing here.")
CANCELLED = InputRefused("Cancelled. Nothing was changed.")


@pytest.fixture
def place(bench: Bench) -> AtVault:
    """At the vault, with five backups."""
    bench.app.backups.backups = [backup(days) for days in range(5)]
    return AtVault(bench)


def fail_held(place: AtVault, error: Exception) -> None:
    """Let the one answer that is held back be a failure."""
    place.backups.fail(error)
    place.bench.settle()


def test_no_backup_yet(bench: Bench) -> None:
    """What this is for, and the first thing to do; nothing that needs a backup."""
    place = AtVault(bench)
    assert "Hush makes one a day by itself. You need not wait." in place.words
    assert "No backup yet" in place.words
    for name in ("Try a restore now", "Forget earlier backups…", RESTORE):
        assert name not in place.names
    place.press("Back up now")
    assert f"Last backup: today, {TIME}" in place.words
    assert "Done, and checked." in place.words
    assert RESTORE in place.names


def test_the_list(place: AtVault) -> None:
    """Newest first with what each holds and how long it stays; the rest on demand."""
    assert "5 backups in all, 62 MB." in place.words
    titles = [word for word in place.words if f", {TIME}" in word]
    assert titles == [
        *(f"Last backup: today, {TIME}", f"Today, {TIME}"),
        *(f"Yesterday, {TIME}", OLDER),
    ]
    assert f"12 chats, 340 messages, 12 MB. Kept until {UNTIL} at the latest." in place.words
    place.press("Show all 5")
    assert len([name for name in place.names if name.startswith("Verify")]) == 5
    assert place.button(f"Verify the backup of {OLDEST}").hasFocus()
    assert "Show all 5" not in place.names


def test_tab_follows_the_eye(place: AtVault) -> None:
    """Also where the list was made late, and grew."""
    place.press("Back up now")
    place.button("Back up now").setFocus()
    seen = []
    for _ in range(10):
        seen.append(place.bench.window.focusWidget().accessibleName())
        place.bench.press("Tab")
    days = (f"today, {TIME}", f"today, {TIME}", f"yesterday, {TIME}")
    assert seen == [
        "Back up now",
        *(f"{verb} the backup of {day}" for day in days for verb in ("Verify", "Restore")),
        *("Show all 6", "Try a restore now", "Forget earlier backups…"),
    ]


def test_where_they_are(place: AtVault) -> None:
    """The path can be read, and copied as it is."""
    folder = str(place.bench.app.profile.backups)
    assert folder in place.text.replace("\u200b", "")
    place.press("Copy the path of the backups")
    assert QApplication.clipboard().text() == folder


def test_backing_up(place: AtVault) -> None:
    """A line says what goes on, and it can be cancelled; nothing else is begun meanwhile."""
    place.backups.hold()
    place.press("Back up now")
    assert "Copying and checking the copy…" in place.words
    assert "Try a restore now" not in place.names
    place.press("Cancel")
    assert place.backups.cancelled == 1
    fail_held(place, CANCELLED)
    assert "Cancelled. Nothing was changed." in place.words
    assert "Cancel" not in place.names
    assert "Back up now" in place.names


def test_work_that_had_not_begun_is_cancelled_at_once(place: AtVault) -> None:
    """Its future is cancelled and nobody hears of it: the line says so by itself."""
    place.backups.hold()
    place.backups.cancels_waiting = True
    place.press("Back up now")
    place.press("Cancel")
    assert "Cancelled. Nothing was changed." in place.words
    assert "Back up now" in place.names


@pytest.mark.parametrize("name", ["Back up now", VERIFY, "Try a restore now"])
def test_what_fails_says_so_in_place(place: AtVault, name: str) -> None:
    """And can be tried again; the keyboard is where it was."""
    place.backups.problem = FULL
    place.press(name)
    assert "The disk is full. Make room." in place.words
    assert place.button(name).hasFocus()


def test_verifying(place: AtVault) -> None:
    """The outcome stands at the backup that was read."""
    place.press(VERIFY)
    assert place.backups.verified == [("backup-0", None)]
    assert "Every page is as it was written" in place.text


def test_a_backup_of_another_key(place: AtVault) -> None:
    """Asks for what opened it then; a wrong answer is told, and asked for again."""
    place.backups.problem = WRONG
    place.press(VERIFY)
    assert place.bench.window.focusWidget() is place.fields[0]
    place.backups.problem = WRONG
    place.type("a guess")
    place.bench.press("Return", place.fields[0])
    assert "That opens nothing here." in place.words
    place.type("the passphrase of then")
    place.press("Verify")
    assert place.backups.verified[-1] == ("backup-0", "the passphrase of then")
    assert place.fields == []
    assert "Every page is as it was written" in place.text


def test_the_drill(place: AtVault) -> None:
    """Its last outcome and day, and a way to try one now."""
    assert "Not done yet." in place.text
    place.press("Try a restore now")
    assert f"Today, {TIME}: the newest backup was restored aside and compared" in place.text


def test_a_drill_that_failed(place: AtVault) -> None:
    """The line says what was wrong, and what is safe."""
    place.backups.drilled = Drill(NOON, "backup-0", False, 0, 0, "A chat was missing.")
    place.again()
    assert "it failed. A chat was missing." in place.text


def test_forgetting_earlier_ones(place: AtVault) -> None:
    """Explained, asked once more, and the keyboard stands on what changes nothing."""
    place.press("Forget earlier backups…")
    assert "and the files that a restore kept. What was deleted" in place.text
    assert "cannot be had back from them any more" in place.text
    assert place.button("Keep them").hasFocus()
    place.press("Delete 5 earlier backups")
    assert len(place.backups.backups) == 1
    assert "Only the new backup is left, and nothing that a restore kept." in place.text
    assert [name for name in place.names if name.startswith("Restore")] == [RESTORE]


def test_restoring(place: AtVault) -> None:
    """Says what is lost and what is kept; proved first, then the vault is closed, then replaced."""
    place.press(RESTORE)
    assert "This backup holds 12 chats, 340 messages." in place.words
    assert "Written since then, and missing from it: 2 chats and 14 messages." in place.words
    assert str(place.bench.app.profile.kept) in place.text.replace("\u200b", "")
    assert place.button("Cancel").hasFocus()
    place.backups.hold()
    place.press("Restore")
    assert "Reading every page of it…" in place.words
    assert place.bench.app.ended == 0
    place.backups.release()
    place.bench.qtbot.waitUntil(lambda: place.bench.restarts == 1)
    assert place.bench.app.ended == 1
    assert place.backups.restored == [("backup-0", None)]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (Missing(NOON, 0, 0), "No chat or message was begun since then; answers and drafts"),
        (Missing(NOON, 0, 0, complete=False), "What you wrote since then would be missing from"),
        (Missing(NOON, 1, 2, complete=False), "1 chat and 2 messages, as far as could be counted."),
    ],
)
def test_what_would_be_missing(place: AtVault, missing: Missing, words: str) -> None:
    """In numbers, with what is not known."""
    place.backups.missing = missing
    place.press(RESTORE)
    assert words in place.text


def test_restoring_is_thought_better_of(place: AtVault) -> None:
    """Esc leaves everything as it is, with the keyboard where it was."""
    place.press(RESTORE)
    place.bench.press("Esc")
    assert place.front is None
    assert place.bench.window.place == VAULT
    assert place.button(RESTORE).hasFocus()
    assert place.backups.verified == []


def test_a_damaged_backup_is_not_restored(place: AtVault) -> None:
    """It is found out before anything is closed."""
    place.backups.problem = DAMAGED
    place.press(RESTORE)
    place.press("Restore")
    assert "A page of it is damaged. Your chats are as they were." in place.words
    assert place.bench.app.ended == 0
    place.press("Cancel")
    assert place.front is None


def test_cancelling_a_restore(place: AtVault) -> None:
    """While it is only being checked."""
    place.press(RESTORE)
    place.backups.hold()
    place.press("Restore")
    place.press("Cancel")
    fail_held(place, CANCELLED)
    assert "Cancelled. Nothing was changed." in place.words
    assert place.bench.app.ended == 0


def test_restoring_with_the_passphrase_of_then(place: AtVault) -> None:
    """Asked for on the same page; the button waits for it."""
    place.backups.problem = WRONG
    place.press(RESTORE)
    place.press("Restore")
    assert "That opens nothing here." in place.words
    assert "Restore" not in place.names
    place.type("the passphrase of then")
    place.press("Restore")
    place.bench.qtbot.waitUntil(lambda: place.bench.restarts == 1)
    assert place.backups.restored == [("backup-0", "the passphrase of then")]
    assert place.bench.news is News.RESTORED


def test_a_key_that_only_the_open_vault_knew(place: AtVault) -> None:
    """The vault is closed by now: asked for again, and leaving means a new start."""
    place.press(RESTORE)
    place.backups.restore_problem = WRONG
    place.press("Restore")
    place.bench.qtbot.waitUntil(lambda: "That opens nothing here." in place.words)
    place.bench.press("Esc")
    assert place.bench.restarts == 1
    place.type("the passphrase of then")
    place.press("Restore")
    place.bench.qtbot.waitUntil(lambda: place.bench.restarts == 2)
    assert place.backups.restored[-1] == ("backup-0", "the passphrase of then")


def test_a_restore_that_fails_at_the_end(place: AtVault) -> None:
    """What stands is said, and all that is left is a new start."""
    place.press(RESTORE)
    place.backups.restore_problem = FULL
    place.press("Restore")
    place.bench.qtbot.waitUntil(lambda: "The disk is full. Make room." in place.words)
    assert place.names == ["Start Hush again"]
    place.press("Start Hush again")
    assert place.bench.restarts == 1


def test_a_page_that_was_left_hears_no_more(place: AtVault) -> None:
    """What would be missing comes too late."""
    place.backups.hold_looks = True
    place.backups.hold()
    place.press(RESTORE)
    place.bench.press("Esc")
    place.backups.release()
    place.bench.settle()
    assert place.front is None


def test_a_list_that_cannot_be_read(bench: Bench) -> None:
    """It says why."""
    bench.app.backups.list_problem = FULL
    place = AtVault(bench)
    assert "The backups cannot be read" in place.words
    assert "The disk is full. Make room." in place.words
    assert "No backup yet" not in place.words
    place.again()
    assert "No backup yet" in place.words
    assert "The disk is full. Make room." not in place.words


def test_nothing_is_claimed_before_it_is_known(bench: Bench) -> None:
    """Neither that there is no backup nor that there is no way in."""
    for service in (bench.app.backups, bench.app.keys):
        service.hold_looks = True
        service.hold()
    place = AtVault(bench)
    assert "Looking for backups…" in place.words
    assert "None yet" not in place.text
    for name in ("Try a restore now", "Change passphrase", "Change the vault's key…"):
        assert name not in place.names
    assert "" not in [button.text() for button in place.shown_buttons]


# What Hush does by itself -----------------------------------------------------------------


def test_backups_are_made_from_now_on(bench: Bench) -> None:
    """The window is what makes one a day."""
    assert bench.app.backups.schedules == 1


def test_a_backup_made_by_itself_appears(place: AtVault) -> None:
    """What another line says meanwhile stays."""
    place.press(VERIFY)
    place.backups.backups.insert(0, replace(backup(0), name="new", messages=341))
    place.bench.app.sink(BackupEnded(place.backups.backups[0]))
    place.bench.settle()
    assert "12 chats, 341 messages, 12 MB." in place.text
    assert "Every page is as it was written" in place.text
    assert place.bench.page.notice.text == ""


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (BackupEnded(error=FULL), "could not be made or tried. The disk is full. Make room."),
        (DrillEnded(Drill(NOON, "b", False, 0, 0, "A chat was missing.")), "A chat was missing."),
        (DamageFound(DAMAGED), "A page of it is damaged."),
    ],
)
def test_what_went_wrong_by_itself(
    bench: Bench, event: BackupEnded | DrillEnded | DamageFound, words: str
) -> None:
    """It is told beside the chats, with a way to the backups."""
    bench.app.sink(event)
    bench.settle()
    assert words in bench.page.notice.text
    bench.page.notice.action.click()
    bench.settle()
    assert bench.window.place == VAULT


def test_what_went_well_is_not_news(bench: Bench) -> None:
    """No line for a drill that worked."""
    bench.app.sink(DrillEnded(Drill(NOON, "b", True, 1, 2, "")))
    bench.settle()
    assert bench.page.notice.text == ""


# A deleted chat ---------------------------------------------------------------------------


def test_where_a_deleted_chat_still_stands(bench: Bench) -> None:
    """In the backups made since it was begun; the line leads there, and Undo stays."""
    bench.app.backups.backups = [backup(0), backup(1), backup(2)]
    bench.conversations.heads[2] = replace(
        bench.conversations.heads[2], created_at=backup(1).made - 1
    )
    bench.workplace.conversations.delete(2)
    bench.settle()
    notice = bench.list.notice
    assert (
        notice.text == f"Deleted “Night train”. It stays in 2 backups until {UNTIL} at the latest."
    )
    assert notice.remaining > 0
    notice.action.click()
    bench.settle()
    assert "Night train" in bench.rows
    notice.say("Something else.")
    assert not notice.more.isVisible()
    bench.workplace.conversations.delete(2)
    bench.settle()
    notice.more.click()
    bench.settle()
    assert bench.window.place == VAULT
    assert notice.text.startswith("Deleted “Night train”.")
    bench.press("Ctrl+1")
    notice.action.click()
    bench.settle()
    assert "Night train" in bench.rows


def test_a_deleted_chat_that_no_backup_holds(bench: Bench) -> None:
    """One button, as ever."""
    bench.app.backups.backups = [backup(1)]
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert bench.list.notice.text == "Deleted “Night train”."
    assert not bench.list.notice.more.isVisible()


@pytest.mark.parametrize(
    ("backups", "where"),
    [
        ([], "It stays in the files kept from a restore."),
        ([backup(0)], f"1 backup until {UNTIL} at the latest and in the files kept from a restore"),
    ],
)
def test_a_deleted_chat_in_the_files_of_a_restore(
    bench: Bench, backups: list[Backup], where: str
) -> None:
    """They hold it like a backup, and nothing drops them by itself."""
    bench.app.backups.backups, bench.app.backups.kept = backups, True
    bench.conversations.heads[2] = replace(bench.conversations.heads[2], created_at=1)
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert where in bench.list.notice.text


def test_two_deletions(bench: Bench) -> None:
    """What is known late of the first is not said of the second."""
    bench.app.backups.backups = [backup(0)]
    bench.app.backups.hold_looks = True
    bench.app.backups.hold()
    for number in (1, 2):
        bench.conversations.heads[number] = replace(
            bench.conversations.heads[number], title="Same", created_at=NOON + number - 2
        )
        bench.workplace.conversations.delete(number)
        bench.settle()
    bench.app.backups.release()
    bench.settle()
    assert (
        bench.list.notice.text
        == f"Deleted 2 chats. They stay in 1 backup until {UNTIL} at the latest."
    )


def test_looking_at_the_backups_from_far_down(place: AtVault) -> None:
    """The line of a deleted chat brings them into view, in a small window too."""
    place.bench.window.resize(900, 600)
    place.bench.press("Ctrl+1")
    place.bench.workplace.conversations.delete(1)
    place.bench.settle()
    assert place.bench.window.place == CHATS
    place.bench.list.notice.more.click()
    place.bench.settle()
    area = place.page.viewport().rect()
    assert area.contains(place.page.backups.mapTo(place.page.viewport(), area.topLeft()))


@pytest.mark.parametrize("name", ["Erase everything…", "Back up now"])
def test_what_has_the_keyboard_is_in_sight(place: AtVault, name: str) -> None:
    """Also where it comes from beside the page: Shift+Tab from the status line, for one."""
    place.bench.window.resize(900, 420)
    QApplication.processEvents()
    bar = place.page.verticalScrollBar()
    bar.setValue(bar.maximum() if name == "Back up now" else 0)
    button = place.button(name)
    assert button.visibleRegion().isEmpty()
    button.setFocus(Qt.FocusReason.BacktabFocusReason)
    assert button.visibleRegion().boundingRect() == button.rect()
