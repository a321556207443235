"""The way into the vault: first run, every other run, and every way it can be barred."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.access import erasing
from assistant.access.entrance import FirstKeys, RecoveryCode
from assistant.errors import (
    InputRefused,
    KeyringUnavailable,
    StorageFull,
    VaultDamaged,
    VaultError,
    VaultLocked,
    WrongPassphrase,
)
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyring_guard import SecretStore
from assistant.store.keyslots import KeySlots, previous_slots
from assistant.store.succession import Succession
from tests.fakes.door import PASSPHRASE, Door, put_something_in, titles
from tests.fakes.secrets import FakeSecretStore

CODE = RecoveryCode(bytes(range(20)))
KEYRING = FirstKeys(keyring=True)
WORDS = FirstKeys(keyring=False, passphrase=PASSPHRASE)


@pytest.fixture
def door(profile: Profile) -> Door:
    """With a keyring that answers."""
    return Door(profile)


EVERY_WAY = (
    (KEYRING, None, ("keyring",)),
    (WORDS, PASSPHRASE, ("passphrase",)),
    (FirstKeys(keyring=True, recovery=CODE), None, ("keyring", "recovery")),
    (FirstKeys(keyring=True, recovery=CODE), CODE.text, ("keyring", "recovery")),
    (FirstKeys(keyring=False, passphrase=PASSPHRASE, recovery=CODE), PASSPHRASE, None),
    (FirstKeys(keyring=False, passphrase=PASSPHRASE, recovery=CODE), CODE.text.lower(), None),
)


@pytest.mark.parametrize(("first", "secret", "ways"), EVERY_WAY)
def test_first_run_then_every_other(
    door: Door, first: FirstKeys, secret: str | None, ways: tuple[str, ...] | None
) -> None:
    """By each way in: what was written is there after a restart."""
    assert not door.entrance().status().exists
    put_something_in(door.entrance().create(first).vault)
    status = door.entrance().status()
    assert status.exists
    assert ways in {None, status.ways}
    assert titles(door.entrance().open(secret).vault) == ["kept"]


def test_a_clean_machine_with_nothing_but_the_recovery_code(
    door: Door, profile: Profile, tmp_path: Path
) -> None:
    """The folder is copied elsewhere; there is no keyring, and the passphrase is forgotten."""
    first = FirstKeys(keyring=True, passphrase=PASSPHRASE, recovery=CODE)
    put_something_in(door.entrance().create(first).vault)
    elsewhere = Door(Profile(tmp_path / "elsewhere"), present=False)
    shutil.copytree(profile.root, elsewhere.profile.root)
    with pytest.raises(KeyringUnavailable):
        elsewhere.entrance().open(None)
    assert titles(elsewhere.entrance().open(f"  {CODE.text} ").vault) == ["kept"]


@pytest.mark.parametrize("typed", [CODE.text[:-1] + "X", CODE.text[:-2], CODE.text + "A"])
def test_a_mistyped_code_is_called_that(door: Door, typed: str) -> None:
    """Also where a passphrase would do: what looks like a code is not taken for one."""
    first = FirstKeys(keyring=True, passphrase=PASSPHRASE, recovery=CODE)
    put_something_in(door.entrance().create(first).vault)
    with pytest.raises(WrongPassphrase, match="code"):
        door.entrance().open(typed)


def test_a_passphrase_may_look_like_a_code(door: Door) -> None:
    """Thirty-four letters and spaces: it opens, and one like it is wrong."""
    words = "correct horse battery staple lemon tree"
    first = FirstKeys(keyring=False, passphrase=words, recovery=CODE)
    put_something_in(door.entrance().create(first).vault)
    assert titles(door.entrance().open(words).vault) == ["kept"]
    with pytest.raises(WrongPassphrase):
        door.entrance().open(words.replace("lemon", "melon"))


def test_a_good_code_of_another_vault(door: Door) -> None:
    """Well written, and wrong."""
    put_something_in(door.entrance().create(FirstKeys(keyring=True, recovery=CODE)).vault)
    with pytest.raises(WrongPassphrase, match="does not open"):
        door.entrance().open(RecoveryCode.generate().text)


def test_no_keyring_and_no_passphrase_makes_nothing(door: Door) -> None:
    """Never a plaintext key file: refused, and the profile stays empty."""
    door.present = False
    with pytest.raises(KeyringUnavailable):
        door.entrance().create(KEYRING)
    assert not door.entrance().status().exists
    assert [path.name for path in door.profile.root.iterdir()] == ["logs"]


def test_short_passphrase(door: Door) -> None:
    """Refused before anything is made."""
    with pytest.raises(InputRefused):
        door.entrance().create(FirstKeys(keyring=False, passphrase="short"))
    assert not door.entrance().status().exists


def test_second_create_is_refused(door: Door) -> None:
    """A vault is never made over another."""
    put_something_in(door.entrance().create(KEYRING).vault)
    with pytest.raises(InputRefused):
        door.entrance().create(KEYRING)
    assert titles(door.entrance().open(None).vault) == ["kept"]


def lose_keyring(door: Door) -> None:
    """No keyring service runs any more."""
    door.present = False


def lock_keyring(door: Door) -> None:
    """It runs, and does not open."""
    door.keyring.locked = True


def empty_keyring(door: Door) -> None:
    """Another keyring, or its entry was deleted."""
    door.keyring = FakeSecretStore()


def wrong_bytes(door: Door) -> None:
    """It answers with another key."""
    wrong = FakeSecretStore()
    for account in door.keyring._secrets:
        wrong.put(account, bytes(32))
    door.keyring = wrong


@pytest.mark.parametrize("bar", [lose_keyring, lock_keyring, empty_keyring, wrong_bytes])
def test_keyring_that_does_not_open(door: Door, bar: Callable[[Door], None]) -> None:
    """A sentence and a next step; nothing on disk changes, and the right keyring opens again."""
    put_something_in(door.entrance().create(KEYRING).vault)
    before = {p.name: p.read_bytes() for p in door.profile.root.iterdir() if p.is_file()}
    good = door.keyring
    bar(door)
    with pytest.raises(KeyringUnavailable) as problem:
        door.entrance().open(None)
    assert problem.value.message
    assert {p.name: p.read_bytes() for p in door.profile.root.iterdir() if p.is_file()} == before
    good.locked, door.present, door.keyring = False, True, good
    assert titles(door.entrance().open(None).vault) == ["kept"]


def test_wrong_passphrase_then_the_right_one(door: Door) -> None:
    """The first is refused as such; the second opens."""
    put_something_in(door.entrance().create(WORDS).vault)
    with pytest.raises(WrongPassphrase):
        door.entrance().open("wrong horse battery")
    assert titles(door.entrance().open(PASSPHRASE).vault) == ["kept"]


def test_passphrase_vault_without_passphrase_is_locked(door: Door) -> None:
    """It asks for one; the keyring is not asked."""
    put_something_in(door.entrance().create(WORDS).vault)
    door.keyring.locked = True
    with pytest.raises(VaultLocked):
        door.entrance().open(None)


def test_missing_files_are_named_not_replaced(door: Door) -> None:
    """A lost database or key file is a loss to report, never a first run."""
    put_something_in(door.entrance().create(WORDS).vault)
    for path in (door.profile.database, door.profile.key_slots):
        aside = path.with_suffix(".aside")
        shutil.move(path, aside)
        with pytest.raises(VaultDamaged):
            door.entrance().open(PASSPHRASE)
        assert not path.exists()
        shutil.move(aside, path)
    assert titles(door.entrance().open(PASSPHRASE).vault) == ["kept"]


def test_first_run_cut_short_before_the_database(door: Door) -> None:
    """Nothing was kept yet: the next start is a first run again."""
    door.entrance().create(WORDS).vault.close()
    door.profile.key_slots.rename(door.profile.key_slots.with_suffix(".json.first"))
    door.profile.database.unlink()
    assert not door.entrance().status().exists
    put_something_in(door.entrance().create(WORDS).vault)


def test_first_run_cut_short_after_the_database(door: Door) -> None:
    """Everything was written but the last rename: the next start finishes it."""
    put_something_in(door.entrance().create(WORDS).vault)
    door.profile.key_slots.rename(door.profile.key_slots.with_suffix(".json.first"))
    assert door.entrance().status().exists
    assert titles(door.entrance().open(PASSPHRASE).vault) == ["kept"]


def test_reading_beside_a_writer(door: Door) -> None:
    """The terminal lists while the window writes."""
    writer = door.entrance().create(WORDS).vault
    writer.write(lambda c: conversation_rows.create(c, "kept", 1)).result()
    assert titles(door.entrance().open(PASSPHRASE, read_only=True).vault) == ["kept"]
    writer.close()


# --- The key slots' file and its earlier copy ---------------------------------------------------


def with_an_earlier_copy(door: Door) -> None:
    """A vault whose slots were changed once: ``.prev`` stands beside them."""
    opened = door.entrance().create(WORDS)
    path = door.profile.key_slots
    KeySlots.load(path).add(opened.dek, CODE, now=2).save(path)
    put_something_in(opened.vault)


def flipped(path: Path) -> None:
    """One bit of the key slots' MAC is another one: readable, and not what Hush wrote."""
    data = path.read_bytes()
    at = data.index(b'"mac": "') + 8
    path.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])


def emptied(path: Path) -> None:
    """Nothing is left in it."""
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [emptied, flipped, Path.unlink])
def test_a_damaged_key_file_gives_way_to_its_earlier_copy(
    door: Door, harm: Callable[[Path], object]
) -> None:
    """The vault opens, the person hears of it, and the damaged file is kept."""
    with_an_earlier_copy(door)
    harm(door.profile.key_slots)
    damaged = door.profile.key_slots.read_bytes() if door.profile.key_slots.exists() else None
    assert door.entrance().status().exists
    opened = door.entrance().open(PASSPHRASE)
    assert titles(opened.vault) == ["kept"]
    assert "damaged" in opened.remark
    kept = [path.read_bytes() for path in door.profile.kept.rglob("keyslots.json")]
    assert kept == ([damaged] if damaged is not None else [])
    again = door.entrance().open(PASSPHRASE)
    assert not again.remark
    again.vault.close()


def test_both_key_files_damaged(door: Door) -> None:
    """Named as damage; nothing on the disk changes."""
    with_an_earlier_copy(door)
    emptied(door.profile.key_slots)
    emptied(previous_slots(door.profile.key_slots))
    before = sorted(path.name for path in door.profile.root.iterdir())
    with pytest.raises(VaultDamaged):
        door.entrance().open(PASSPHRASE)
    with pytest.raises(VaultDamaged):
        door.entrance().status()
    assert sorted(path.name for path in door.profile.root.iterdir()) == before


def test_backups_without_a_vault_are_a_loss_and_no_first_run(door: Door) -> None:
    """Nobody is led to begin anew while backups of the old vault stand there."""
    (door.profile.backups / "one").mkdir(parents=True)
    (door.profile.backups / "one" / "keyslots.json").write_bytes(b"{}")
    with pytest.raises(VaultDamaged):
        door.entrance().status()
    with pytest.raises(InputRefused):
        door.entrance().create(WORDS)


# --- The end ------------------------------------------------------------------------------------


def test_erased_is_a_first_run_again(door: Door) -> None:
    """Keys, database, backups and settings are gone; the lock and the log stay."""
    put_something_in(door.entrance().create(FirstKeys(keyring=True, passphrase=PASSPHRASE)).vault)
    profile = door.profile
    profile.settings.write_text("{}")
    (profile.backups / "one").mkdir(parents=True)
    shutil.copy(profile.key_slots, profile.backups / "one")
    profile.lock.touch()
    door.entrance().erase()
    assert {path.name for path in profile.root.iterdir()} == {"lock", "logs"}
    assert not door.keyring._secrets
    assert not door.entrance().status().exists
    put_something_in(door.entrance().create(WORDS).vault)


@pytest.mark.parametrize("bar", [lose_keyring, lock_keyring])
def test_erasing_does_not_wait_for_a_keyring(door: Door, bar: Callable[[Door], None]) -> None:
    """What it still holds opens nothing any more."""
    put_something_in(door.entrance().create(KEYRING).vault)
    bar(door)
    door.entrance().erase()
    assert not door.entrance().status().exists


def test_an_erasure_cut_short_counts_as_done_and_is_finished(door: Door) -> None:
    """Killed right after the decision: nobody is shown half a vault."""
    put_something_in(door.entrance().create(WORDS).vault)
    erasing.begin(door.profile)
    assert not door.entrance().status().exists
    with pytest.raises(VaultLocked):
        door.entrance().open(PASSPHRASE)
    assert titles(door.entrance().create(WORDS).vault) == []


# --- After a lock -----------------------------------------------------------------------------


def test_a_lock_holds_for_every_start(door: Door) -> None:
    """The keyring would open it at once: not before the passphrase was typed, once."""
    first = FirstKeys(keyring=True, passphrase=PASSPHRASE)
    put_something_in(door.entrance().create(first).vault)
    door.entrance().lock()
    for read_only in (False, True):
        with pytest.raises(VaultLocked):
            door.entrance().open(None, read_only=read_only)
    assert titles(door.entrance().open(PASSPHRASE, read_only=True).vault) == ["kept"]
    with pytest.raises(VaultLocked):
        door.entrance().open(None)
    assert titles(door.entrance().open(PASSPHRASE).vault) == ["kept"]
    assert titles(door.entrance().open(None).vault) == ["kept"]


def test_a_lock_without_a_passphrase_is_opened_by_the_keyring(door: Door) -> None:
    """A code on paper is not asked for each time."""
    put_something_in(door.entrance().create(FirstKeys(keyring=True, recovery=CODE)).vault)
    door.entrance().lock()
    assert titles(door.entrance().open(None).vault) == ["kept"]


# --- Cut short ------------------------------------------------------------------------------------


def test_a_change_of_the_files_cut_short_is_no_damage(door: Door) -> None:
    """Killed between the old files' going and the new ones' coming: the next start ends it."""
    put_something_in(door.entrance().create(WORDS).vault)
    profile = door.profile
    change = Succession(profile)
    shutil.copy(profile.database, change.database)
    change.prepare(profile.key_slots.read_bytes())
    profile.succession.write_text('{"kept": "1-restored", "slots": true}')
    for path in (profile.database, profile.key_slots):
        (profile.kept / "1-restored").mkdir(parents=True, exist_ok=True)
        path.rename(profile.kept / "1-restored" / path.name)
    status = door.entrance().status()
    assert (status.exists, status.ways) == (True, ("passphrase",))
    with pytest.raises(VaultError) as caught:
        door.entrance().open(PASSPHRASE, read_only=True)
    assert type(caught.value) is VaultError  # what a reader takes as: a writer is needed first
    assert titles(door.entrance().open(PASSPHRASE).vault) == ["kept"]
    assert titles(door.entrance().open(PASSPHRASE, read_only=True).vault) == ["kept"]


def test_a_first_run_that_fails_at_its_end_leaves_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database stands, the slots cannot get their name: no vault without a key is left."""

    def refuse(_: object) -> None:
        raise StorageFull("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("assistant.access.entrance.flush_folder", refuse)
        with pytest.raises(StorageFull):
            door.entrance().create(KEYRING)
    assert not door.entrance().status().exists
    assert not door.keyring._secrets
    assert titles(door.entrance().create(WORDS).vault) == []


def test_erasing_destroys_the_slots_before_it_asks_the_keyring(door: Door) -> None:
    """A keyring that hangs keeps nothing alive; it is asked once, whatever backups there are."""
    put_something_in(door.entrance().create(KEYRING).vault)
    profile = door.profile
    for name in ("one", "two", "three"):
        (profile.backups / name).mkdir(parents=True)
        shutil.copy(profile.key_slots, profile.backups / name)
    (profile.backups / "newer").mkdir()
    newer = profile.key_slots.read_text().replace('"version": 1', '"version": 2')
    (profile.backups / "newer" / "keyslots.json").write_text(newer)
    asked: list[bool] = []
    find = door.find_keyring

    def ask() -> SecretStore:
        asked.append(profile.key_slots.exists())
        return find()

    entrance = door.entrance()
    entrance.ways_in.keyring = ask
    entrance.erase()
    assert asked == [False]
    assert not door.keyring._secrets
    assert {path.name for path in profile.root.iterdir()} <= {"lock", "logs"}


def test_key_files_are_overwritten_before_they_are_removed(door: Door) -> None:
    """A second name of the same file shows what became of its bytes."""
    put_something_in(door.entrance().create(WORDS).vault)
    other_name = door.profile.root.parent / "same-file"
    other_name.hardlink_to(door.profile.key_slots)
    before = other_name.read_bytes()
    door.entrance().erase()
    assert len(other_name.read_bytes()) == len(before)
    assert b"hush-keyslots" not in other_name.read_bytes()


def test_a_good_code_that_opens_nothing_is_called_that(door: Door) -> None:
    """Also where a passphrase is another way in: nobody is sent to look at Caps Lock."""
    first = FirstKeys(keyring=False, passphrase=PASSPHRASE, recovery=CODE)
    put_something_in(door.entrance().create(first).vault)
    with pytest.raises(WrongPassphrase, match="recovery code is well written"):
        door.entrance().open(RecoveryCode.generate().text)
