"""Backups: made and proved, listed, kept and dropped, called off, and made by themselves."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.access.erasing import ROTATED
from assistant.backup.service import Backup, BackupService
from assistant.errors import (
    HushError,
    InputRefused,
    NotFound,
    StorageFull,
    VaultDamaged,
    VaultLocked,
    WrongPassphrase,
)
from assistant.events import BackupEnded, DamageFound, DrillEnded
from assistant.paths import Profile
from assistant.store import chore_rows, conversation_rows
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.recovery import RecoveryCode
from assistant.store.sqlcipher import Connection, open_database
from tests.fakes.door import PASSPHRASE
from tests.trials.disks import SmallDisk
from tests.unit.backup_home import CODE, DAY, HOUR, SECONDS, Home, flip
from tests.unit.small_disks import small_disk_or_skip


@pytest.fixture
def home(profile: Profile) -> Iterator[Home]:
    """With one conversation."""
    home = Home(profile)
    yield home
    home.close()


# Made --------------------------------------------------------------------------------------


def test_a_backup_is_three_private_files(home: Home) -> None:
    """The database under a key of its own, the ways in, and numbers; nothing readable in them."""
    made = home.back_up()
    folder = home.folder(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {path.name: path for path in folder.iterdir()}
    assert sorted(files) == ["keyslots.json", "manifest.json", "vault.db"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert all(b"canary" not in path.read_bytes() for path in files.values())
    assert (made.conversations, made.messages, made.reason) == (1, 40, "by hand")
    assert made.bytes == sum(path.stat().st_size for path in files.values())
    assert made.made == home.clock.now() < made.expires
    with pytest.raises(VaultDamaged):
        open_database(files["vault.db"], derive_key(home.dek, KeyLabel.DB), read_only=True)


def test_the_manifest_holds_numbers_only(home: Home) -> None:
    """And the words that Hush chose."""
    folder = home.folder(home.back_up())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert sorted(manifest) == ["counts", "format", "last", "made", "newest", "reason", "version"]
    assert manifest["newest"] == home.clock.now()
    assert manifest["last"] == {"conversation": 1, "message": 40}
    assert all(type(count) is int for count in manifest["counts"].values())
    assert "Rome" not in (folder / "manifest.json").read_text()


def test_several_in_one_second(home: Home) -> None:
    """Each has a name of its own, and all of them stay: they are of one moment."""
    made = [home.back_up() for _ in range(3)]
    assert len({backup.name for backup in made}) == 3
    assert sorted(home.names()) == sorted(backup.name for backup in made)


def test_nothing_is_backed_up_while_the_vault_is_locked(home: Home) -> None:
    """There is no key."""
    home.lock()
    with pytest.raises(VaultLocked):
        home.back_up()
    assert not home.profile.backups.exists()


def test_a_backup_of_a_vault_that_is_not_open_yet(home: Home) -> None:
    """Before it is changed for a newer Hush."""
    home.lock()
    home.service.before_migration(home.dek)
    assert [b.reason for b in home.service.list().result(SECONDS)] == ["before migration"]


def test_a_backup_elsewhere_is_left_alone(home: Home, tmp_path: Path) -> None:
    """Retention knows nothing of it, and the profile has none more."""
    folder = tmp_path / "stick"
    for _ in range(3):
        made = home.service.create(to=folder).result(SECONDS)
        assert made.expires == 0
        assert home.service.verify(folder / made.name).result(SECONDS) == made
        home.clock.advance(HOUR)
    assert len(list(folder.iterdir())) == 3
    assert home.names() == []


def test_what_a_killed_process_left_elsewhere_is_removed(home: Home, tmp_path: Path) -> None:
    """And nothing else there: it is somebody's own folder."""
    left, other = tmp_path / "stick" / ".making-0123456789abcdef", tmp_path / "stick" / ".making-of"
    for path in (left, other):
        (path / "deep").mkdir(parents=True)
    made = home.service.create(to=tmp_path / "stick").result(SECONDS)
    assert {path.name for path in left.parent.iterdir()} == {made.name, other.name}


def test_room_is_looked_for_first(home: Home) -> None:
    """Nothing is begun that cannot end."""
    home.free = 1000
    with pytest.raises(StorageFull, match="room") as caught:
        home.back_up()
    assert "MiB" in caught.value.message
    assert not home.profile.backups.exists()


def test_a_damaged_vault_is_found_and_told_once(home: Home) -> None:
    """No backup is made of it, earlier ones stand; it may be found every day from then on."""
    earlier = home.back_up()
    home.lock()
    flip(home.profile.database)
    for _ in range(2):
        with pytest.raises(VaultDamaged):
            home.service.before_migration(home.dek)
    assert [type(event) for event in home.events] == [DamageFound]
    assert home.names() == [earlier.name]
    assert home.unfinished() == []


def spoil_index(connection: Connection) -> None:
    """Let the index forget a message that is there."""
    connection.execute(
        "INSERT INTO message_words(message_words, rowid, text)"
        " SELECT 'delete', id, text FROM message LIMIT 1"
    )


def test_a_stale_index_of_words_is_no_damage(home: Home) -> None:
    """The backup is made, its own index is right, and the vault's is made anew by a scrub."""
    assert home.opened
    vault = home.opened.vault
    vault.write(spoil_index).result(SECONDS)
    assert not vault.read(chore_rows.scrub_is_due).result(SECONDS)
    made = home.back_up()
    assert home.events == []
    assert home.service.drill().result(SECONDS).ok
    assert vault.read(chore_rows.scrub_is_due).result(SECONDS)
    assert vault.scrub().result(SECONDS)
    assert home.back_up().messages == made.messages == 40
    assert not vault.read(chore_rows.scrub_is_due).result(SECONDS)


def test_a_stale_index_stops_no_change_of_the_schema(home: Home) -> None:
    """Nor is it missed that there is nowhere to note it yet."""
    assert home.opened
    home.opened.vault.write(spoil_index).result(SECONDS)
    home.opened.vault.write(lambda c: c.execute("DROP TABLE chore") and None).result(SECONDS)
    home.lock()
    home.service.before_migration(home.dek)
    assert len(home.names()) == 1


def test_what_a_killed_process_left_is_removed(home: Home) -> None:
    """With the next backup."""
    for name in (f".{kind}-{17:016x}" for kind in ("making", "trial", "dropping")):
        (home.profile.backups / name / "deep").mkdir(parents=True)
        (home.profile.backups / name / "keyslots.json").write_text("{}")
    (home.profile.backups / ".hush-a1b_2c3d").write_text("half of a drill's outcome")
    home.back_up()
    assert home.unfinished() == []


# Listed ------------------------------------------------------------------------------------


def test_a_list_needs_no_key(home: Home) -> None:
    """Newest first."""
    older = home.back_up()
    home.clock.advance(2 * DAY)
    newer = home.back_up()
    home.lock()
    assert home.names() == [newer.name, older.name]


def rubbish(folder: Path, manifest: dict[str, Any]) -> None:
    """Everything that is no backup, beside one."""
    (folder / "notes.txt").write_text("mine")
    (folder / "2026-01-01T000000Z").write_text("a file")
    (folder / "2026-01-02T000000Z").mkdir()
    (folder / "photos").mkdir()
    (folder / "2026-01-03T000000Z").symlink_to(folder / "photos")
    os.mkfifo(folder / "photos" / "manifest.json")
    lies: list[Any] = [
        {**manifest, "made": "soon"},
        {**manifest, "made": manifest["made"] + 5000},
        {**manifest, "made": 10**30},
        {**manifest, "made": True},
        {**manifest, "counts": {"message": -1}},
        {**manifest, "counts": {"me ss": 1}},
        {**manifest, "counts": 7},
        {**manifest, "newest": None},
        {**manifest, "last": None},
        {**manifest, "last": {"conversation": 1}},
        {**manifest, "last": {"conversation": 1, "message": "2"}},
        {**manifest, "last": {"conversation": -1, "message": 2}},
        {**manifest, "reason": "\x1b[2J"},
        {**manifest, "reason": ["by hand"]},
        {**manifest, "version": 2},
        [],
        "text",
        None,
    ]
    texts = [json.dumps(lie) for lie in lies]
    texts += [
        "",
        "{",
        "[" * 50_000,
        "9" * 5000,
        "{}" + " " * 100_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
    real = next(path for path in folder.glob("20*") if (path / "vault.db").is_file())
    for number, text in enumerate(texts):
        copy = folder / f"{real.name}-{number + 100}"
        shutil.copytree(real, copy)
        (copy / "manifest.json").write_text(text)
    linked = Path(shutil.copytree(real, folder / f"{real.name}-99"))
    (linked / "vault.db").unlink()
    (linked / "vault.db").symlink_to(real / "vault.db")


def test_rubbish_in_the_folder_is_passed_over_and_stays(home: Home) -> None:
    """Neither listed nor dropped, whatever it says; and backups go on being made."""
    first = home.back_up()
    manifest = json.loads((home.folder(first) / "manifest.json").read_bytes())
    rubbish(home.profile.backups, manifest)
    before = {path.name for path in home.profile.backups.iterdir()}
    assert home.names() == [first.name]
    home.clock.advance(DAY)
    second = home.back_up()
    assert home.names() == [second.name, first.name]
    assert {path.name for path in home.profile.backups.iterdir()} == before | {second.name}


def holding(home: Home, since: int) -> list[str]:
    """The names of the backups that may hold what was written then."""
    return [backup.name for backup in home.service.holding(since).result(SECONDS).backups]


def test_what_may_hold_a_text(home: Home) -> None:
    """Every backup made after it was written."""
    early = home.back_up()
    home.clock.advance(DAY)
    written = home.clock.now()
    home.chat("later")
    home.clock.advance(1)
    late = home.back_up()
    assert holding(home, written) == [late.name]
    assert holding(home, 0) == [late.name, early.name]
    assert holding(home, home.clock.now() + 1) == []


def test_one_from_the_future_is_not_the_newest(home: Home) -> None:
    """A clock that was ahead once: what was made since is offered first, tried and counted."""
    home.clock.advance(30 * DAY)
    ahead = home.back_up()
    home.clock.advance(-30 * DAY)
    today = home.back_up()
    assert home.names() == [today.name, ahead.name]
    assert holding(home, 0) == [today.name, ahead.name]
    assert home.service.drill().result(SECONDS).backup == today.name
    left = home.service.forget_earlier().result(SECONDS)
    assert left == home.service.list().result(SECONDS)[0]


def test_a_backup_of_an_earlier_hush_is_listed(home: Home) -> None:
    """Its manifest says less."""
    manifest = home.folder(made := home.back_up()) / "manifest.json"
    data = json.loads(manifest.read_bytes())
    del data["last"]
    manifest.write_text(json.dumps(data))
    assert home.names() == [made.name]
    assert home.service.verify(made.name).result(SECONDS).name == made.name


# Dropped -----------------------------------------------------------------------------------


def test_old_ones_go(home: Home) -> None:
    """Two a day for twelve days: the newest of seven days, and of the weeks before."""
    for _ in range(24):
        home.back_up()
        home.clock.advance(DAY / 2)
    listed = home.service.list().result(SECONDS)
    assert 8 <= len(listed) <= 10
    assert len(list(home.profile.backups.iterdir())) == len(listed)
    assert all(backup.expires > home.clock.now() for backup in listed)


def test_forgetting_earlier_ones(home: Home) -> None:
    """A new one first; then all the others go, also those that cannot be listed any more."""
    earlier = home.back_up()
    home.clock.advance(DAY)
    broken = home.back_up()
    (home.folder(broken) / "manifest.json").write_text("{")
    (home.profile.backups / "notes.txt").write_text("mine")
    home.clock.advance(DAY)
    left = home.service.forget_earlier().result(SECONDS)
    assert home.names() == [left.name]
    assert left.name not in {earlier.name, broken.name}
    names = {path.name for path in home.profile.backups.iterdir()}
    assert names == {left.name, "notes.txt"}
    assert left == home.service.list().result(SECONDS)[0]


def restored(home: Home) -> Path:
    """Restore the newest backup; returns the folder of what stood there before."""
    made = home.service.list().result(SECONDS)[0]
    home.lock()
    kept = home.service.restore(made.name, PASSPHRASE).result(SECONDS).kept
    assert kept
    home.open()
    return kept


def test_forgetting_takes_what_restores_kept(home: Home) -> None:
    """What was deleted since stands in those files as well; other kept files stay."""
    home.back_up()
    home.clock.advance(60)
    for _ in range(2):  # of one second
        kept = restored(home)
    shutil.copytree(kept, kept.with_name("damaged-1"))
    outside = Path(shutil.copytree(kept, home.profile.root / "outside"))
    linked = kept.with_name("2026-01-01T000000Z-before-restore")
    linked.symlink_to(outside)
    assert home.service.holding(home.clock.now()).result(SECONDS).kept
    home.clock.advance(60)
    assert not home.service.holding(home.clock.now()).result(SECONDS).kept
    home.service.forget_earlier().result(SECONDS)
    assert {path.name for path in home.profile.kept.iterdir()} == {"damaged-1", linked.name}
    assert len(list(outside.iterdir())) == len(list((home.profile.kept / "damaged-1").iterdir()))
    assert not home.service.holding(0).result(SECONDS).kept


def test_forgetting_that_is_cut_short_is_ended_by_the_next_opening(home: Home) -> None:
    """A kill right after the folder lost its name."""
    home.back_up()
    kept = restored(home)
    kept.rename(kept.with_name(f"{ROTATED}{kept.name}"))
    home.open()
    assert list(home.profile.kept.iterdir()) == []


def test_key_slots_of_what_restores_kept_are_overwritten(home: Home) -> None:
    """Before they are removed: seen through a second name of the same file."""
    home.back_up()
    home.clock.advance(60)
    kept = restored(home)
    slots = kept / "keyslots.json"
    if not slots.exists():  # it stays in place where the key is the same
        shutil.copy(home.profile.key_slots, slots)
    before = slots.read_bytes()
    other = home.profile.root / "second-name"
    other.hardlink_to(slots)
    home.service.forget_earlier().result(SECONDS)
    assert other.read_bytes() != before
    assert not kept.exists()


def test_nothing_is_forgotten_where_no_new_one_can_be_made(home: Home) -> None:
    """Else there would be none at all."""
    earlier = home.back_up()
    kept = restored(home)
    home.free = 0
    with pytest.raises(StorageFull):
        home.service.forget_earlier().result(SECONDS)
    assert home.names() == [earlier.name]
    assert (kept / "vault.db").exists()


# Proved ------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [PASSPHRASE, CODE.text, CODE.text.lower().replace("-", " ")])
def test_verifying_without_the_vault(home: Home, secret: str) -> None:
    """With any of its ways in."""
    made = home.back_up()
    home.lock()
    fresh = home.start()
    with pytest.raises(VaultLocked):
        fresh.verify(made.name).result(SECONDS)
    with pytest.raises(WrongPassphrase):
        fresh.verify(made.name, "not that one").result(SECONDS)
    assert fresh.verify(made.name, secret).result(SECONDS) == made
    assert fresh.verify(made.name).result(SECONDS) == made  # the key is known by now
    fresh.close()


@pytest.mark.parametrize("part", range(6))
def test_a_flipped_bit_in_a_backup_is_found(home: Home, part: int) -> None:
    """Wherever; and it is the backup's damage, not the vault's."""
    database = home.folder(made := home.back_up()) / "vault.db"
    flip(database, database.stat().st_size * part // 6 + 60)
    with pytest.raises(VaultDamaged, match="backup"):
        home.service.verify(made.name).result(SECONDS)
    assert home.events == []


def test_a_manifest_that_lies_about_what_is_in_it(home: Home) -> None:
    """It is only believed in a list."""
    manifest = home.folder(made := home.back_up()) / "manifest.json"
    data = json.loads(manifest.read_bytes())
    data["counts"]["message"] = 7
    manifest.write_text(json.dumps(data))
    assert home.service.list().result(SECONDS)[0].messages == 7
    with pytest.raises(VaultDamaged, match="does not hold"):
        home.service.verify(made.name).result(SECONDS)


@pytest.mark.parametrize("name", ["2026-01-01T000000Z", "", "..", "/", "a\0b", "~", "x" * 5000])
def test_there_is_no_such_backup(home: Home, name: str) -> None:
    """Words, whatever is asked for."""
    with pytest.raises(HushError) as caught:
        home.service.verify(name).result(SECONDS)
    assert isinstance(caught.value, (NotFound, VaultDamaged))


# Old ways in -------------------------------------------------------------------------------


def test_a_changed_passphrase_does_not_live_on_in_backups(home: Home, tmp_path: Path) -> None:
    """The new one opens every backup, the old one none. Others' backups stay as they are."""
    made = [home.back_up()]
    home.clock.advance(DAY)
    made.append(home.back_up())
    other = Home(Profile(tmp_path / "other"))
    strange = home.profile.backups / "2026-01-01T000000Z"
    shutil.copytree(other.folder(other.back_up()), strange)
    other.close()
    untouched = (strange / "keyslots.json").read_bytes()
    before = KeySlots.load(home.profile.key_slots)
    ways = home.door.entrance().ways_in
    now = home.clock.now()
    after = before.add(home.dek, ways.passphrase("staple ribbon kettle"), now=now)
    after = after.drop(home.dek, [slot.id for slot in before.header.slots])
    after.save(home.profile.key_slots, forget=True)
    assert home.service.refresh_slots(after.to_bytes(), home.dek).result(SECONDS) == 2
    assert home.service.refresh_slots(after.to_bytes(), home.dek).result(SECONDS) == 0
    home.lock()
    for backup in made:
        fresh = home.start()
        for old in (PASSPHRASE, CODE.text):
            with pytest.raises(VaultLocked):
                fresh.verify(backup.name, old).result(SECONDS)
        assert fresh.verify(backup.name, "staple ribbon kettle").result(SECONDS).name == backup.name
        fresh.close()
    assert (strange / "keyslots.json").read_bytes() == untouched


# Called off --------------------------------------------------------------------------------


class Gate:
    """Free space, asked on the thread that works: a place to hold it up."""

    def __init__(self) -> None:
        import threading

        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self, _: Path) -> int:
        self.reached.set()
        assert self.go.wait(SECONDS)
        return 1 << 40


def held(home: Home, gate: Gate) -> BackupService:
    """A service that stops at the gate."""
    return BackupService(
        home.profile,
        home.clock,
        home.events.append,
        open_key=lambda: home.dek,
        unlock=home.door.entrance().unlock_slots,
        free=gate,
        wait=home.looks,
    )


def test_called_off(home: Home) -> None:
    """What runs ends with words, what waits is cancelled, and what comes later is done."""
    gate = Gate()
    service = held(home, gate)
    running, waiting = service.create(), service.create()
    assert gate.reached.wait(SECONDS)
    service.cancel()
    gate.go.set()
    with pytest.raises(InputRefused, match="Cancelled"):
        running.result(SECONDS)
    with pytest.raises(CancelledError):
        waiting.result(SECONDS)
    assert home.unfinished() == home.names() == []
    assert service.create().result(SECONDS).messages == 40
    service.close()


def test_closing_calls_it_off(home: Home) -> None:
    """And nothing can be begun after it."""
    gate = Gate()
    service = held(home, gate)
    running = service.create()
    assert gate.reached.wait(SECONDS)
    gate.go.set()
    service.close()
    with pytest.raises(HushError):
        service.create().result(SECONDS)
    assert running.done()
    assert home.unfinished() == []


def test_looking_does_not_wait_for_working(home: Home) -> None:
    """The list is there while a backup is made."""
    gate = Gate()
    service = held(home, gate)
    running = service.create()
    assert gate.reached.wait(SECONDS)
    assert service.list().result(SECONDS) == ()
    assert service.last_drill().result(SECONDS) is None
    assert not running.done()
    gate.go.set()
    running.result(SECONDS)
    service.close()


# By themselves -----------------------------------------------------------------------------


def ended(home: Home) -> list[Backup | HushError | None]:
    """What the schedule told of backups, and forget it."""
    told = [event.backup or event.error for event in home.events if isinstance(event, BackupEnded)]
    home.events.clear()
    return told


@pytest.fixture
def watched(home: Home) -> Home:
    """With the schedule running; its first look is still to come."""
    home.service.start_schedule()
    home.service.start_schedule()  # once is enough
    assert home.looks.waited.get(timeout=SECONDS) >= 60
    return home


def test_one_a_day(watched: Home) -> None:
    """At the first look, then once a day has passed; the drill follows the first."""
    watched.looks.look()
    assert watched.names() == [b.name for b in ended(watched) if isinstance(b, Backup)] != []
    watched.looks.look()
    assert [type(event) for event in watched.events] == [DrillEnded]
    watched.events.clear()
    for hours in (0, 12, 11.9):
        watched.clock.advance(hours * HOUR)
        watched.looks.look()
        assert ended(watched) == []
    watched.clock.advance(HOUR)
    watched.looks.look()
    assert [b.reason for b in ended(watched) if isinstance(b, Backup)] == ["daily"]
    assert len(watched.names()) == 2


def test_a_drill_a_month(watched: Home) -> None:
    """Counted from the last one that went well."""
    drills: list[bool] = []
    for days in (0, 29, 2, 1, 1):
        watched.clock.advance(days * DAY)
        watched.looks.look()  # the daily backup comes first
        watched.looks.look()
        drills += [e.drill.ok for e in watched.events if isinstance(e, DrillEnded)]
        watched.events.clear()
    assert drills == [True, True]
    last = watched.service.last_drill().result(SECONDS)
    assert last
    assert last.at == watched.clock.now() - 2 * DAY * 1000


def test_a_drill_that_failed_is_tried_again_the_next_day(watched: Home) -> None:
    """It is told, and the new backup of that day may be better."""
    watched.looks.look()
    flip(watched.profile.backups / watched.names()[0] / "vault.db")
    watched.looks.look()
    watched.looks.look()
    watched.clock.advance(DAY)
    watched.looks.look()
    watched.looks.look()
    assert [e.drill.ok for e in watched.events if isinstance(e, DrillEnded)] == [False, True]


def test_nothing_to_back_up(profile: Profile) -> None:
    """An empty vault has nothing to lose."""
    home = Home(profile)
    assert home.opened
    home.opened.vault.write(lambda c: c.execute("DELETE FROM conversation") and None).result()
    home.service.start_schedule()
    home.looks.waited.get(timeout=SECONDS)
    home.looks.look()
    assert home.names() == []
    assert home.events == []
    home.close()


def test_nothing_happens_while_the_vault_is_locked_or_erased(watched: Home) -> None:
    """Neither with a key nor without."""
    opened, watched.opened = watched.opened, None
    watched.looks.look()
    watched.opened = opened
    watched.profile.erasing.touch()
    watched.looks.look()
    with pytest.raises(VaultLocked):
        watched.back_up()
    assert not watched.profile.backups.exists()
    assert watched.events == []


def test_a_failure_is_told_once_and_tried_again_later(watched: Home) -> None:
    """Not with every look; and again once it has worked in between."""
    watched.free = 0
    watched.looks.look()
    assert [type(error) for error in ended(watched)] == [StorageFull]
    watched.looks.look()
    watched.clock.advance(2 * HOUR)
    watched.looks.look()
    assert ended(watched) == []
    watched.free = 1 << 40
    watched.looks.look()
    assert ended(watched) == []
    watched.clock.advance(2 * HOUR)
    watched.looks.look()
    assert [type(backup) for backup in ended(watched)] == [Backup]


def test_a_clock_that_was_ahead_stops_nothing(watched: Home) -> None:
    """A failure of then is no reason to wait until then."""
    watched.clock.advance(30 * DAY)
    watched.free = 0
    watched.looks.look()
    watched.free = 1 << 40
    ended(watched)
    watched.clock.advance(-30 * DAY)
    watched.looks.look()
    assert [type(backup) for backup in ended(watched)] == [Backup]


def test_what_is_too_old_goes_with_a_look(watched: Home) -> None:
    """Also between two backups: by the time that was shown."""
    first = watched.back_up()
    watched.clock.advance(DAY)
    watched.back_up()
    shown = {b.name: b.expires for b in watched.service.list().result(SECONDS)}[first.name]
    watched.clock.advance((shown - watched.clock.now()) / 1000 - HOUR)
    watched.chat("later", 2)
    newest = watched.back_up()
    again = watched.profile.backups / first.name
    if not again.exists():  # as a disk that refused would have left it
        shutil.copytree(watched.folder(newest), again)
        manifest = json.loads((again / "manifest.json").read_bytes())
        (again / "manifest.json").write_text(json.dumps({**manifest, "made": first.made}))
    assert first.name in watched.names()
    watched.looks.look()
    assert first.name not in watched.names()


def test_after_a_change_of_the_key_the_last_backup_is_not_todays(watched: Home) -> None:
    """Nobody may have the old key any more."""
    watched.looks.look()
    watched.looks.look()
    ended(watched)
    old = watched.profile.backups / watched.names()[0] / "keyslots.json"
    other, _ = watched.door.entrance().ways_in.new_slots(watched.first, watched.clock.now())
    old.write_bytes(other.to_bytes())
    watched.looks.look()
    assert len(ended(watched)) == 1


def test_a_change_of_the_ways_in_that_was_cut_short_is_made_up_for(watched: Home) -> None:
    """A kill between the two: the next look finds it."""
    made = watched.back_up()
    before = KeySlots.load(watched.profile.key_slots)
    code = RecoveryCode.generate()
    after = before.add(watched.dek, code, now=1).drop(
        watched.dek, [slot.id for slot in before.header.slots]
    )
    after.save(watched.profile.key_slots, forget=True)
    watched.looks.look()
    found = KeySlots.load(watched.folder(made) / "keyslots.json")
    assert found.generation == after.generation


# Disks -------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(profile: Profile) -> Iterator[SmallDisk]:
    """A disk of 2 MiB for the backups."""
    with small_disk_or_skip(profile.backups, 2) as disk:
        yield disk


@pytest.fixture
def small(profile: Profile, small_disk: SmallDisk) -> Iterator[Home]:
    """Backups go to the small disk."""
    home = Home(profile)
    home.chat("larger", 400)
    yield home
    home.close()


def test_a_disk_that_fills_up_at_any_moment(small: Home) -> None:
    """Whatever step it is: words, the earlier backup stands, nothing is left behind."""
    earlier = small.back_up()
    failed = 0
    filler = small.profile.backups / "filler"
    for room in range(0, earlier.bytes + 64 * 1024, 24 * 1024):
        free = shutil.disk_usage(small.profile.backups).free
        filler.write_bytes(bytes(max(0, free - room)))
        small.clock.advance(1)
        try:
            small.back_up()
        except StorageFull:
            failed += 1
            assert small.names() == [earlier.name]
            assert small.service.verify(earlier.name).result(SECONDS).name == earlier.name
        assert small.unfinished() == []
        filler.unlink()
    assert failed > 10
    assert small.names() != [earlier.name]  # there was room at last


def test_a_disk_that_cannot_be_written(small: Home, small_disk: SmallDisk) -> None:
    """What stands there can still be listed and verified."""
    earlier = small.back_up()
    small_disk.set_writable(False)
    with pytest.raises(StorageFull, match="read-only"):
        small.back_up()
    assert small.names() == [earlier.name]
    assert small.service.verify(earlier.name).result(SECONDS).name == earlier.name


def test_a_backup_beside_a_reader_of_the_vault(home: Home) -> None:
    """Another process may have it open, too."""
    key = derive_key(home.dek, KeyLabel.DB)
    with closing(open_database(home.profile.database, key, read_only=True)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        assert home.opened
        home.opened.vault.write(lambda c: conversation_rows.create(c, "x", 1)).result()
        assert home.back_up().conversations == 2
