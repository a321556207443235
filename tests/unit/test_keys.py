"""The ways into an open vault: added, changed, removed, proved; and the key itself changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from assistant.access.entrance import FirstKeys, OpenVault
from assistant.access.keys import KeyService
from assistant.background import Background
from assistant.errors import (
    HushError,
    InputRefused,
    KeyringChanged,
    KeyringUnavailable,
    StorageFull,
    VaultDamaged,
    VaultError,
    VaultLocked,
    WrongPassphrase,
)
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key, previous_slots
from assistant.store.passphrase import Passphrase
from assistant.store.recovery import RecoveryCode
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.door import CHEAP, PASSPHRASE, Door, FakeProver, titles

T = TypeVar("T")

NEW = "staple ribbon kettle"
CODE = RecoveryCode(bytes(range(20)))
ALL_WAYS = FirstKeys(keyring=True, passphrase=PASSPHRASE, recovery=CODE)


@dataclass
class Bench:
    """An open vault with one conversation, and the service over its keys."""

    door: Door
    first: FirstKeys = ALL_WAYS
    told: list[KeySlots] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prover = FakeProver(self.door)
        self.blocking = Background("blocking")
        entrance = self.door.entrance()
        self.opened: OpenVault = entrance.create(self.first)
        self.opened.vault.write(lambda c: conversation_rows.create(c, "kept", 1)).result()
        self.keys = KeyService(
            self.door.profile,
            self.opened.dek,
            entrance.ways_in,
            FakeClock(),
            self.blocking,
            close_vault=self.opened.vault.close,
            changed=self.told.append,
            prover=self.prover,
        )

    def opens_with(self, secret: str | None) -> bool:
        """Whether the next start gets in that way, and finds what was kept."""
        self.opened.vault.close()
        try:
            return titles(self.door.entrance().open(secret).vault) == ["kept"]
        except VaultLocked:
            return False

    @property
    def slots(self) -> KeySlots:
        """As they lie on the disk."""
        return KeySlots.load(self.door.profile.key_slots)


@pytest.fixture
def bench(profile: Profile) -> Iterator[Bench]:
    """With each way in."""
    bench = Bench(Door(profile))
    yield bench
    bench.opened.vault.close()


def types(ways: Future[tuple[object, ...]] | object) -> list[SlotType]:
    """The types in an answer."""
    assert isinstance(ways, Future)
    return [way.type for way in ways.result(20)]


def test_the_ways_there_are(bench: Bench) -> None:
    """One of each, with its time."""
    ways = bench.keys.ways().result(20)
    assert [way.type for way in ways] == [
        SlotType.KEYRING,
        SlotType.PASSPHRASE,
        SlotType.RECOVERY,
    ]
    assert all(way.created == FakeClock().now() for way in ways)


def test_a_changed_passphrase(bench: Bench) -> None:
    """The new one opens, the old one does not; nothing else changed."""
    bench.keys.set_passphrase(NEW).result(20)
    assert bench.opens_with(NEW)
    assert not bench.opens_with(PASSPHRASE)
    assert bench.opens_with(CODE.text)
    assert bench.opens_with(None)


def test_no_copy_of_the_slots_knows_the_old_passphrase(bench: Bench) -> None:
    """Neither the earlier copy beside the file, nor what the backups are told to hold."""
    bench.keys.set_passphrase(NEW).result(20)
    path = bench.door.profile.key_slots
    for slots in (KeySlots.load(path), KeySlots.load(previous_slots(path)), bench.told[-1]):
        with pytest.raises(WrongPassphrase):
            bench.door.entrance().unlock_slots(slots, PASSPHRASE)
        assert bench.door.entrance().unlock_slots(slots, NEW) == bench.opened.dek


def test_a_key_file_set_aside_does_not_keep_the_old_passphrase(bench: Bench) -> None:
    """It was damaged once, and kept; whoever finds it could still use what was given up."""
    aside = bench.door.profile.kept / "1-damaged-key-file"
    aside.mkdir(parents=True)
    shutil.copy(bench.door.profile.key_slots, aside)
    bench.keys.set_passphrase(NEW).result(20)
    assert not aside.exists()


def test_a_new_recovery_code(bench: Bench) -> None:
    """The paper of the first day is worth nothing any more."""
    code = RecoveryCode.generate()
    bench.keys.set_recovery(code).result(20)
    assert bench.opens_with(code.text)
    assert not bench.opens_with(CODE.text)


def test_the_keyring_enrolled_anew(bench: Bench) -> None:
    """A new key under a new name; the old one is taken out of the keyring."""
    before = dict(bench.door.keyring._secrets)
    bench.keys.set_keyring().result(20)
    after = bench.door.keyring._secrets
    assert len(after) == 1
    assert not set(before) & set(after)
    assert bench.opens_with(None)


@pytest.mark.parametrize("change", ["passphrase", "recovery", "keyring"])
def test_what_no_new_process_can_open_is_not_believed(bench: Bench, change: str) -> None:
    """The old ways in stand, the new one is gone, and the person hears of it."""
    bench.prover.believes = False
    attempt: dict[str, Future[object]] = {
        "passphrase": bench.keys.set_passphrase(NEW),
        "recovery": bench.keys.set_recovery(RecoveryCode.generate()),
        "keyring": bench.keys.set_keyring(),
    }
    for name, future in attempt.items():
        error = future.exception(20)
        assert isinstance(error, VaultError), name
    assert not bench.opens_with(NEW)
    for secret in (None, PASSPHRASE, CODE.text):
        assert bench.opens_with(secret)
    assert len(bench.slots.header.slots) == 3
    assert change in attempt


def test_the_old_way_stands_until_the_new_one_is_proved(bench: Bench) -> None:
    """At the moment of the trial both are on the disk."""
    seen: list[int] = []

    class Watcher(FakeProver):
        def prove(self, key_slots: Path, slot_id: str, secret: str) -> bool:
            seen.append(len(KeySlots.load(key_slots).of_type(SlotType.PASSPHRASE)))
            return super().prove(key_slots, slot_id, secret)

    bench.keys._prover = Watcher(bench.door)
    bench.keys.set_passphrase(NEW).result(20)
    assert seen == [2]
    assert len(bench.slots.of_type(SlotType.PASSPHRASE)) == 1


def test_a_short_passphrase_changes_nothing(bench: Bench) -> None:
    """Refused before anything is written."""
    before = bench.door.profile.key_slots.read_bytes()
    with pytest.raises(InputRefused):
        bench.keys.set_passphrase("short").result(20)
    assert bench.door.profile.key_slots.read_bytes() == before


def test_a_keyring_that_refuses_changes_nothing(bench: Bench) -> None:
    """Locked in the middle."""
    before = bench.door.profile.key_slots.read_bytes()
    bench.door.keyring.locked = True
    with pytest.raises(KeyringUnavailable):
        bench.keys.set_keyring().result(20)
    assert bench.door.profile.key_slots.read_bytes() == before


def test_removing_all_but_the_last(bench: Bench) -> None:
    """The last way in cannot be removed, whatever it is."""
    assert types(bench.keys.remove(SlotType.PASSPHRASE)) == [SlotType.KEYRING, SlotType.RECOVERY]
    assert not bench.opens_with(PASSPHRASE)
    assert types(bench.keys.remove(SlotType.KEYRING)) == [SlotType.RECOVERY]
    assert not bench.door.keyring._secrets
    with pytest.raises(InputRefused):
        bench.keys.remove(SlotType.RECOVERY).result(20)
    assert bench.opens_with(CODE.text)


def test_removing_what_is_not_there(bench: Bench) -> None:
    """Twice is once."""
    bench.keys.remove(SlotType.PASSPHRASE).result(20)
    before = bench.door.profile.key_slots.read_bytes()
    bench.keys.remove(SlotType.PASSPHRASE).result(20)
    assert bench.door.profile.key_slots.read_bytes() == before


def test_slots_that_were_swapped_underneath_are_not_built_on(bench: Bench) -> None:
    """Another vault's file in the place of ours: nothing is added to it."""
    other = Door(Profile(bench.door.profile.root.parent / "other"))
    other.profile.prepare()
    other.entrance().create(FirstKeys(keyring=False, passphrase=PASSPHRASE)).vault.close()
    shutil.copy(other.profile.key_slots, bench.door.profile.key_slots)
    with pytest.raises(VaultDamaged):
        bench.keys.set_passphrase(NEW).result(20)


def test_what_is_added_opens_the_backups_too(bench: Bench) -> None:
    """Not only what is taken away: the laptop may die tomorrow."""
    bench.keys.remove(SlotType.RECOVERY).result(20)
    bench.told.clear()
    code = RecoveryCode.generate()
    bench.keys.set_recovery(code).result(20)
    assert bench.door.entrance().unlock_slots(bench.told[-1], code.text) == bench.opened.dek


def test_a_disk_that_fails_after_the_slots_were_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last flush of the folder fails: the new passphrase stands, and is not called failed."""
    path = bench.door.profile.key_slots
    before = bench.slots.generation

    def fail_at_the_end(folder: Path) -> None:
        if KeySlots.load(path).generation == before + 2:
            raise OSError(5, "input/output error")

    monkeypatch.setattr("assistant.disk.flush_folder", fail_at_the_end)
    bench.keys.set_passphrase(NEW).result(20)
    assert bench.opens_with(NEW)
    assert not bench.opens_with(PASSPHRASE)


def test_backups_open_both_ways_before_the_old_way_is_dropped(bench: Bench) -> None:
    """What cannot be told to the backups stops the change: the old passphrase stands everywhere."""

    def refuse(_: KeySlots) -> None:
        raise StorageFull("The disk is full.")

    bench.keys._changed = refuse
    with pytest.raises(StorageFull):
        bench.keys.set_passphrase(NEW).result(20)
    assert bench.opens_with(PASSPHRASE)


def test_a_change_cut_short_is_ended_by_the_next_start(bench: Bench) -> None:
    """Two passphrases stand: the one that is typed stays, its twin goes, the others stand."""
    both = bench.slots.add(bench.opened.dek, Passphrase(NEW, policy=CHEAP), now=5)
    both.save(bench.door.profile.key_slots)
    bench.opened.vault.close()
    again = bench.door.entrance().open(NEW)
    again.vault.close()
    bench.keys.end_change(again.slot_id)
    assert bench.opens_with(NEW)
    assert not bench.opens_with(PASSPHRASE)
    assert bench.opens_with(None)
    before = bench.door.profile.key_slots.read_bytes()
    bench.keys.end_change(again.slot_id)
    assert bench.door.profile.key_slots.read_bytes() == before


# --- The key itself -------------------------------------------------------------------------------


def test_a_changed_key(bench: Bench) -> None:
    """Everything is there, under another key, through new ways in; the old files are gone."""
    code = RecoveryCode.generate()
    old_key = derive_key(bench.opened.dek, KeyLabel.DB)
    old_accounts = set(bench.door.keyring._secrets)
    old_id = bench.slots.vault_id
    bench.keys.rotate(FirstKeys(keyring=True, passphrase=NEW, recovery=code)).result(30)
    for secret in (None, NEW, code.text):
        assert bench.opens_with(secret)
    for secret in (PASSPHRASE, CODE.text):
        assert not bench.opens_with(secret)
    with pytest.raises(VaultDamaged):
        Vault.open_read_only(bench.door.profile.database, old_key)
    assert bench.slots.vault_id != old_id
    assert not old_accounts & set(bench.door.keyring._secrets)
    names = {path.name for path in bench.door.profile.root.iterdir()}
    assert names <= {"vault.db", "keyslots.json", "logs", "kept"}
    assert not list(bench.door.profile.kept.glob("*"))


def test_a_key_that_backups_need_stays_in_the_keyring(bench: Bench) -> None:
    """A backup of before the change still opens without asking."""
    folder = bench.door.profile.backups / "one"
    folder.mkdir(parents=True)
    shutil.copy(bench.door.profile.key_slots, folder)
    bench.keys.rotate(FirstKeys(keyring=True)).result(30)
    slots = KeySlots.load(folder / "keyslots.json")
    assert bench.door.entrance().unlock_slots(slots, None) == bench.opened.dek


def test_a_change_of_the_key_that_is_not_proved(bench: Bench) -> None:
    """Nothing was closed, nothing is left over."""
    bench.prover.believes = False
    with pytest.raises(VaultError):
        bench.keys.rotate(FirstKeys(keyring=True, passphrase=NEW)).result(30)
    bench.opened.vault.read(conversation_rows.list_all).result(5)
    assert bench.opens_with(PASSPHRASE)
    assert bench.opens_with(None)
    assert len(bench.door.keyring._secrets) == 1
    assert not list(bench.door.profile.root.glob("*.next"))


def test_a_change_of_the_key_of_a_damaged_vault(bench: Bench) -> None:
    """The copy cannot be made: the old files stand as they are."""
    bench.opened.vault.close()
    database = bench.door.profile.database
    data = bytearray(database.read_bytes())
    data[4096 * 2 + 100] ^= 1
    database.write_bytes(bytes(data))
    with pytest.raises(VaultDamaged):
        bench.keys.rotate(FirstKeys(keyring=True)).result(30)
    assert database.read_bytes() == bytes(data)
    assert len(bench.door.keyring._secrets) == 1
    assert not list(bench.door.profile.root.glob("*.next"))


def test_a_disk_that_fails_after_the_change_loses_no_key(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last flush fails: everything is in place, and the new key is not forgotten."""
    calls = 0

    def fail_at_the_last(folder: Path) -> None:
        nonlocal calls
        calls += 1
        if not bench.door.profile.succession.exists() and calls > 1:
            raise OSError(5, "input/output error")

    monkeypatch.setattr("assistant.store.succession.flush_folder", fail_at_the_last)
    bench.keys.rotate(FirstKeys(keyring=True)).result(30)
    assert calls > 1
    assert bench.opens_with(None)


def test_a_profile_killed_before_the_old_files_went(bench: Bench) -> None:
    """The old key's files are removed at the next start."""
    leftover = bench.door.profile.kept / "rotated-1"
    leftover.mkdir(parents=True)
    (leftover / "keyslots.json").write_bytes(b"{}")
    (leftover / "vault.db").write_bytes(b"old")
    assert bench.opens_with(None)
    assert not leftover.exists()


def test_errors_tell_nothing_secret(bench: Bench) -> None:
    """No passphrase, code or key in what is raised or shown."""
    error = bench.keys.set_passphrase("secret7").exception(20)
    assert isinstance(error, HushError)
    assert "secret7" not in error.sentence
    assert bench.opened.dek.hex() not in repr(bench.opened)
    assert PASSPHRASE not in repr(ALL_WAYS)


def test_a_keyring_that_changed_is_told_from_one_that_is_silent(bench: Bench) -> None:
    """Only the first is worth a new enrolment."""
    bench.door.keyring._secrets.clear()
    with pytest.raises(KeyringChanged):
        bench.door.entrance().open(None)
    bench.door.keyring.locked = True
    with pytest.raises(KeyringUnavailable) as caught:
        bench.door.entrance().open(None)
    assert not isinstance(caught.value, KeyringChanged)
