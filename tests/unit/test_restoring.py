"""Restoring: a backup takes the vault's place whole or not at all; nothing of before is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest

from assistant.backup.service import Missing
from assistant.errors import (
    HushError,
    NotFound,
    StorageFull,
    VaultDamaged,
    VaultLocked,
    VaultTooNew,
    WrongPassphrase,
)
from assistant.events import DrillEnded
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.migrations import LATEST, MIGRATIONS, migrate
from assistant.store.sqlcipher import open_database
from assistant.store.vault import schema_version
from tests.fakes.door import PASSPHRASE, titles
from tests.trials.disks import SmallDisk
from tests.unit.backup_home import (
    CODE,
    DAY,
    PAGE,
    SECONDS,
    Home,
    elsewhere,
    flip,
    problem_of,
    state,
)
from tests.unit.kill_steps import parts
from tests.unit.small_disks import small_disk_or_skip

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def home(profile: Profile) -> Iterator[Home]:
    """With one conversation."""
    home = Home(profile)
    yield home
    home.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 2 MiB."""
    with small_disk_or_skip(tmp_path / "disk", 2) as disk:
        yield disk


# In place ----------------------------------------------------------------------------------


def test_back_to_a_backup(home: Home) -> None:
    """What it held is there; what stood there is kept, and opens with the key of the slots."""
    made = home.back_up()
    home.clock.advance(DAY)
    home.chat("Later")
    home.lock()
    before = state(home.profile)
    done = home.service.restore(made.name, PASSPHRASE).result(SECONDS)
    home.open()
    assert home.titles() == ["Trip to Rome"]
    assert (done.name, done.conversations, done.messages) == (made.name, 1, 40)
    assert done.kept is not None
    assert done.kept.parent == home.profile.kept
    assert (done.kept / "vault.db").read_bytes() == before["vault.db"]
    assert home.names() == [made.name]


def test_no_secret_is_needed_for_what_was_open(home: Home) -> None:
    """The window proves the backup while the vault is open, closes it, and restores."""
    made = home.back_up()
    home.service.verify(made.name).result(SECONDS)
    home.lock()
    home.service.restore(made.name).result(SECONDS)
    home.open()
    assert home.titles() == ["Trip to Rome"]


def test_restoring_twice_in_a_second_keeps_both(home: Home) -> None:
    """Each in a folder of its own."""
    made = home.back_up()
    home.lock()
    kept = {home.service.restore(made.name, PASSPHRASE).result(SECONDS).kept for _ in range(3)}
    assert len(kept) == 3


def test_a_passphrase_changed_since_stays_changed(home: Home, tmp_path: Path) -> None:
    """Also where the backup lay elsewhere, and still opens with the old one."""
    away = elsewhere(home.folder(home.back_up()), tmp_path)
    before = KeySlots.load(home.profile.key_slots)
    new = home.door.entrance().ways_in.passphrase("staple ribbon kettle")
    after = before.add(home.dek, new, now=1)
    after = after.drop(home.dek, [slot.id for slot in before.header.slots])
    after.save(home.profile.key_slots, forget=True)
    home.lock()
    home.service.restore(away, PASSPHRASE).result(SECONDS)
    with pytest.raises(VaultLocked):
        home.door.entrance().open(PASSPHRASE)
    home.open("staple ribbon kettle")
    assert home.titles() == ["Trip to Rome"]


@pytest.mark.parametrize("secret", [PASSPHRASE, CODE.text])
def test_on_another_machine(home: Home, tmp_path: Path, secret: str) -> None:
    """From a folder, into an empty profile, with one way in; then each way in opens it."""
    away = elsewhere(home.folder(home.back_up()), tmp_path)
    other = Home(Profile(tmp_path / "scratch"))
    other.close()
    clean = Profile(tmp_path / "new")
    clean.prepare()
    other.profile = other.door.profile = clean
    service = other.start()
    with pytest.raises(WrongPassphrase):
        service.restore(away, "not that one").result(SECONDS)
    assert state(clean) == {}
    assert service.restore(str(away), secret).result(SECONDS).kept is None
    service.close()
    for way in (PASSPHRASE, CODE.text):
        assert titles(other.door.entrance().open(way).vault) == ["Trip to Rome"]


def test_over_another_vault(home: Home, tmp_path: Path) -> None:
    """The other's database and ways in are kept together: one is of no use without the other."""
    away = elsewhere(home.folder(home.back_up()), tmp_path)
    other = Home(Profile(tmp_path / "other"))
    other.chat("Mine")
    other.lock()
    before = state(other.profile)
    kept = other.service.restore(away, CODE.text).result(SECONDS).kept
    assert kept
    other.open(CODE.text)
    assert other.titles() == ["Trip to Rome"]
    assert (kept / "keyslots.json").read_bytes() == before["keyslots.json"]
    other.lock()
    for name in ("vault.db", "keyslots.json"):
        shutil.copy(kept / name, other.profile.root)
    other.open()
    assert other.titles() == ["Mine", "Trip to Rome"]
    other.close()


def test_a_damaged_vault_is_set_aside(home: Home) -> None:
    """Named, kept, and out of the way: the last good backup opens."""
    made = home.back_up()
    home.lock()
    flip(home.profile.database)
    damaged = home.profile.database.read_bytes()
    kept = home.service.restore(made.name, PASSPHRASE).result(SECONDS).kept
    assert kept
    assert (kept / "vault.db").read_bytes() == damaged
    home.open()
    assert home.titles() == ["Trip to Rome"]


def test_a_lost_vault_and_lost_ways_in(home: Home) -> None:
    """Only the folder of backups is left of the profile."""
    made = home.back_up()
    home.lock()
    for path in home.profile.root.glob("*"):
        if path.is_file():
            path.unlink()
    home.service.restore(made.name, CODE.text).result(SECONDS)
    home.open()
    assert home.titles() == ["Trip to Rome"]


def test_from_a_read_only_medium(home: Home, disk: SmallDisk, tmp_path: Path) -> None:
    """A stick with its switch on."""
    away = disk.root / "backup"
    shutil.copytree(home.folder(home.back_up()), away)
    disk.set_writable(False)
    home.chat("Later")
    home.lock()
    home.service.verify(away, PASSPHRASE).result(SECONDS)
    home.service.restore(away, PASSPHRASE).result(SECONDS)
    home.open()
    assert home.titles() == ["Trip to Rome"]


# Not in place ------------------------------------------------------------------------------


def refused(home: Home, which: str | Path, secret: str | None = PASSPHRASE) -> HushError:
    """A restore that fails: nothing changed, and nothing is left of it."""
    home.lock()
    before = state(home.profile)
    problem = problem_of(home.start().restore(which, secret).exception(SECONDS))
    assert state(home.profile) == before
    assert not home.profile.kept.exists()
    assert not home.profile.succession.exists()
    return problem


@pytest.mark.parametrize("part", range(5))
def test_a_damaged_backup_replaces_nothing(home: Home, part: int) -> None:
    """Whatever is wrong with it."""
    database = home.folder(made := home.back_up()) / "vault.db"
    flip(database, database.stat().st_size * part // 5 + 70)
    assert isinstance(refused(home, made.name), VaultDamaged)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"[" * 60_000])
def test_damaged_ways_in_replace_nothing(home: Home, content: bytes) -> None:
    """The backup's own."""
    made = home.back_up()
    (home.folder(made) / "keyslots.json").write_bytes(content)
    assert isinstance(refused(home, made.name), VaultDamaged)


def test_ways_in_that_were_exchanged(home: Home, tmp_path: Path) -> None:
    """Another vault's, with a passphrase that its owner knows: the database does not open so."""
    other = Home(Profile(tmp_path / "other"))
    made = home.back_up()
    shutil.copy(other.profile.key_slots, home.folder(made) / "keyslots.json")
    other.close()
    assert isinstance(refused(home, made.name), VaultDamaged)


def test_no_way_in_and_no_backup(home: Home, tmp_path: Path) -> None:
    """Each with its own words."""
    made = home.back_up()
    assert isinstance(refused(home, made.name, "not that one"), WrongPassphrase)
    assert isinstance(refused(home, made.name, None), VaultLocked)
    assert isinstance(refused(home, "2026-01-01T000000Z"), NotFound)
    assert isinstance(refused(home, tmp_path), NotFound)


def test_no_room(home: Home) -> None:
    """Looked for before anything is written."""
    made = home.back_up()
    home.free = 0
    assert "room" in refused(home, made.name).message


def test_a_backup_of_a_newer_hush(home: Home) -> None:
    """It would not open: what is there stays."""
    assert home.opened
    home.opened.vault.write(
        lambda c: c.execute(f"PRAGMA user_version = {LATEST + 1}") and None
    ).result()
    made = home.back_up()
    home.opened.vault.write(
        lambda c: c.execute(f"PRAGMA user_version = {LATEST}") and None
    ).result()
    assert isinstance(refused(home, made.name), VaultTooNew)


def test_called_off(home: Home) -> None:
    """At any moment before it is decided."""
    made = home.back_up()
    home.lock()
    before = state(home.profile)
    restorer = parts(home.profile.root)[1]
    asked = 0

    def count() -> bool:
        nonlocal asked
        asked += 1
        return False

    restorer.verify(made.name, PASSPHRASE, count)
    for limit in {0, 1, asked // 2, asked, asked + 1, asked + asked // 2}:
        left = limit

        def stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        with pytest.raises(CancelledError):
            restorer.restore(made.name, PASSPHRASE, stop)
        assert state(home.profile) == before
        assert not home.profile.kept.exists()


def test_a_disk_that_fills_up_at_any_moment(home: Home, disk: SmallDisk, tmp_path: Path) -> None:
    """The old state stands at each step, until there is room for all of it."""
    home.chat("More", 300)
    away = elsewhere(home.folder(made := home.back_up()), tmp_path)
    home.chat("Later")
    home.lock()
    root = disk.root / "profile"
    root.mkdir(mode=0o700)
    for name in ("vault.db", "keyslots.json"):
        shutil.copy(home.profile.root / name, root)
    home.profile = home.door.profile = Profile(root)
    before = state(home.profile)
    failed = 0
    filler = disk.root / "filler"
    for room in range(0, made.bytes + 96 * 1024, 24 * 1024):
        filler.write_bytes(bytes(max(0, shutil.disk_usage(disk.root).free - room)))
        service = home.start()
        problem = service.restore(away, PASSPHRASE).exception(SECONDS)
        service.close()
        filler.unlink()
        if problem is None:
            break
        assert isinstance(problem, StorageFull)
        failed += 1
        assert state(home.profile) == before
        assert not home.profile.kept.exists()
    home.open()
    assert home.titles() == ["More", "Trip to Rome"]
    assert failed > 5
    home.lock()  # or the disk could not be taken away


@pytest.mark.parametrize("what", ["create", "restore"])
def test_killed_at_any_step(home: Home, what: str) -> None:
    """The next start finds the old state or the new one, and no traces of the rest."""
    home.back_up()
    home.clock.advance(DAY)
    home.chat("Later")
    home.lock()
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.kill_steps", str(home.profile.root), what],
        input=home.dek.hex(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = [int(count) for count in run.stdout.split()]
    assert len(found) > 15
    if what == "create":
        assert set(found) == {2}
    else:
        assert found == sorted(found, reverse=True)
        assert set(found) == {1, 2}


# What would be missing ---------------------------------------------------------------------


def test_what_a_restore_would_lose(home: Home) -> None:
    """Counted beside whoever has the vault open."""
    made = home.back_up()
    assert home.service.missing_since(made.name).result(SECONDS) == Missing(made.made, 0, 0)
    home.clock.advance(DAY)
    home.chat("Later", 7)
    home.chat("Latest", 3)
    assert home.service.missing_since(made.name).result(SECONDS) == Missing(made.made, 2, 10)


def test_what_was_written_after_a_clock_was_put_right(home: Home) -> None:
    """Ids tell it: the times are those of before the backup."""
    made = home.back_up()
    home.clock.advance(-2 * DAY)
    home.chat("Later", 3)
    assert home.service.missing_since(made.name).result(SECONDS) == Missing(made.made, 1, 3)


def test_what_was_written_while_a_clock_was_ahead(home: Home) -> None:
    """It is in the backup, whatever its time says."""
    home.clock.advance(2 * DAY)
    home.chat("Ahead", 3)
    home.clock.advance(-2 * DAY)
    made = home.back_up()
    assert home.service.missing_since(made.name).result(SECONDS) == Missing(made.made, 0, 0)


def test_what_was_written_after_another_restore(home: Home) -> None:
    """The same ids are given twice then; times tell it."""
    first = home.back_up()
    home.clock.advance(DAY)
    home.chat("Gone", 9)
    second = home.back_up()
    home.lock()
    home.service.restore(first.name, PASSPHRASE).result(SECONDS)
    home.open()
    home.clock.advance(DAY)
    home.chat("Later", 3)
    assert home.service.missing_since(second.name).result(SECONDS) == Missing(second.made, 1, 3)


def test_what_a_restore_of_another_vault_would_lose(home: Home, tmp_path: Path) -> None:
    """All of this one: there is nothing to compare, and no number is made up."""
    other = Home(Profile(tmp_path / "other"))
    other.clock.advance(DAY)
    away = elsewhere(other.folder(other.back_up()), tmp_path)
    other.close()
    problem = problem_of(home.service.missing_since(away, PASSPHRASE).exception(SECONDS))
    assert isinstance(problem, VaultLocked)
    assert problem.message == "This is a backup of another vault."


def test_an_earlier_hush_did_not_note_it(home: Home) -> None:
    """Then it cannot be known, and is not said to be nothing."""
    manifest = home.folder(made := home.back_up()) / "manifest.json"
    data = json.loads(manifest.read_bytes())
    del data["last"]
    manifest.write_text(json.dumps(data))
    assert problem_of(home.service.missing_since(made.name).exception(SECONDS))


def test_what_a_restore_would_lose_of_a_damaged_vault(home: Home) -> None:
    """At least so much; where nothing can be read that is said, not taken for nothing."""
    made = home.back_up()
    home.clock.advance(DAY)
    home.chat("Later", 400)
    home.lock()
    flip(home.profile.database, home.profile.database.stat().st_size - PAGE // 2)
    service = home.start()
    whole = True
    for page in range(1, home.profile.database.stat().st_size // PAGE):
        flip(home.profile.database, page * PAGE + 50)
        outcome = service.missing_since(made.name, PASSPHRASE)
        if outcome.exception(SECONDS):
            assert isinstance(outcome.exception(), VaultDamaged)
            whole = False
        else:
            found = outcome.result()
            assert found.conversations <= 1
            assert found.messages <= 400
            assert found.complete == (found.messages == 400 and found.conversations == 1)
        flip(home.profile.database, page * PAGE + 50)
    assert not whole
    service.close()


def test_what_a_restore_would_lose_of_nothing(home: Home) -> None:
    """Nothing; no key is needed for that."""
    made = home.back_up()
    home.lock()
    home.profile.database.unlink()
    assert home.start().missing_since(made.name).result(SECONDS) == Missing(made.made, 0, 0)


# Drills ------------------------------------------------------------------------------------


def test_a_drill(home: Home) -> None:
    """The newest backup is restored aside, read and removed; its outcome is kept and told."""
    home.back_up()
    home.clock.advance(DAY)
    home.chat("Later", 2)
    newest = home.back_up()
    drill = home.service.drill().result(SECONDS)
    assert (drill.ok, drill.problem, drill.at) == (True, "", home.clock.now())
    assert (drill.backup, drill.conversations, drill.messages) == (newest.name, 2, 42)
    assert home.start().last_drill().result(SECONDS) == drill
    assert home.events == [DrillEnded(drill)]
    assert home.unfinished() == []
    assert home.titles() == ["Later", "Trip to Rome"]


@pytest.mark.parametrize("part", ["vault.db", "keyslots.json"])
def test_a_drill_that_fails(home: Home, part: str) -> None:
    """Says so, in words; the vault and the backup are as they were."""
    path = home.folder(home.back_up()) / part
    flip(path, path.stat().st_size // 2)
    before = path.read_bytes()
    drill = home.service.drill(PASSPHRASE).result(SECONDS)
    assert not drill.ok
    assert drill.problem
    assert home.start().last_drill().result(SECONDS) == drill
    assert path.read_bytes() == before
    assert home.unfinished() == []


def test_a_drill_without_a_key_or_a_backup(home: Home) -> None:
    """Nothing was tried, so that nothing is written down."""
    with pytest.raises(NotFound):
        home.service.drill().result(SECONDS)
    home.back_up()
    home.lock()
    service = home.start()
    with pytest.raises(VaultLocked):
        service.drill().result(SECONDS)
    assert service.last_drill().result(SECONDS) is None
    assert service.drill(CODE.text).result(SECONDS).ok
    service.close()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"at": "x"}', "[" * 50_000, '{"at":1,"ok":2,"problem":3}']
)
def test_a_drills_outcome_that_cannot_be_read(home: Home, content: str) -> None:
    """There was none, then."""
    home.profile.backups.mkdir()
    (home.profile.backups / "drill.json").write_text(content)
    assert home.service.last_drill().result(SECONDS) is None


def test_a_backup_of_an_older_schema(home: Home) -> None:
    """Made before the migration, tried as a start would, restored, and itself never migrated."""
    home.lock()
    home.profile.database.unlink()
    with closing(open_database(home.profile.database, derive_key(home.dek, KeyLabel.DB))) as old:
        migrate(old, MIGRATIONS[:1])
        conversation_rows.create(old, "Old", 1)
    home.service.before_migration(home.dek)
    made = home.service.list().result(SECONDS)[0]
    assert home.service.drill(PASSPHRASE).result(SECONDS).ok
    home.open()
    home.chat("New")
    home.lock()
    home.service.restore(made.name, PASSPHRASE).result(SECONDS)
    home.open()
    assert home.titles() == ["Old"]
    backup_key = derive_key(home.dek, KeyLabel.BACKUP)
    assert schema_version(home.folder(made) / "vault.db", backup_key) == 1
