"""The way into the vault: first run, every other run, and every way it can be barred."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from assistant.entrance import Entrance
from assistant.errors import (
    InputRefused,
    KeyringUnavailable,
    VaultDamaged,
    VaultLocked,
    WrongPassphrase,
)
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyring_guard import SecretStore
from assistant.store.passphrase import Argon2Policy
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.secrets import FakeSecretStore

CHEAP = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)
PASSPHRASE = "correct horse battery"


@dataclass
class Door:
    """An entrance over a fake keyring, which can be missing or locked."""

    profile: Profile
    keyring: FakeSecretStore = field(default_factory=FakeSecretStore)
    present: bool = True

    def entrance(self) -> Entrance:
        """A new one, as after a restart."""
        return Entrance(
            self.profile,
            FakeClock(),
            keyring=self._find,
            cost=CHEAP,
        )

    def _find(self) -> SecretStore:
        if not self.present:
            raise KeyringUnavailable("No safe keyring is running here.")
        return self.keyring


@pytest.fixture
def door(profile: Profile) -> Door:
    """With a keyring that answers."""
    return Door(profile)


def put_something_in(vault: Vault) -> None:
    """Write a conversation and close."""
    vault.write(lambda c: conversation_rows.create(c, "kept", 1)).result()
    vault.close()


def titles(vault: Vault) -> list[str]:
    """What is in it; closes it."""
    found = vault.read(conversation_rows.list_all).result()
    vault.close()
    return [conversation.title for conversation in found]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_first_run_then_every_other(door: Door, passphrase: str | None) -> None:
    """With the keyring or with a passphrase: what was written is there after a restart."""
    assert not door.entrance().status().exists
    put_something_in(door.entrance().create(passphrase))
    status = door.entrance().status()
    assert status.exists
    assert status.ways == ("passphrase" if passphrase else "keyring",)
    assert titles(door.entrance().open(passphrase)) == ["kept"]


def test_no_keyring_and_no_passphrase_makes_nothing(door: Door) -> None:
    """Never a plaintext key file: refused, and the profile stays empty."""
    door.present = False
    with pytest.raises(KeyringUnavailable):
        door.entrance().create(None)
    assert not door.entrance().status().exists
    assert [path.name for path in door.profile.root.iterdir()] == ["logs"]


def test_short_passphrase(door: Door) -> None:
    """Refused before anything is made."""
    with pytest.raises(InputRefused):
        door.entrance().create("short")
    assert not door.entrance().status().exists


def test_second_create_is_refused(door: Door) -> None:
    """A vault is never made over another."""
    put_something_in(door.entrance().create(None))
    with pytest.raises(InputRefused):
        door.entrance().create(None)
    assert titles(door.entrance().open(None)) == ["kept"]


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
    put_something_in(door.entrance().create(None))
    before = {p.name: p.read_bytes() for p in door.profile.root.iterdir() if p.is_file()}
    good = door.keyring
    bar(door)
    with pytest.raises(KeyringUnavailable) as problem:
        door.entrance().open(None)
    assert problem.value.message
    assert {p.name: p.read_bytes() for p in door.profile.root.iterdir() if p.is_file()} == before
    good.locked, door.present, door.keyring = False, True, good
    assert titles(door.entrance().open(None)) == ["kept"]


def test_wrong_passphrase_then_the_right_one(door: Door) -> None:
    """The first is refused as such; the second opens."""
    put_something_in(door.entrance().create(PASSPHRASE))
    with pytest.raises(WrongPassphrase):
        door.entrance().open("wrong horse battery")
    assert titles(door.entrance().open(PASSPHRASE)) == ["kept"]


def test_passphrase_vault_without_passphrase_is_locked(door: Door) -> None:
    """It asks for one; the keyring is not asked."""
    put_something_in(door.entrance().create(PASSPHRASE))
    door.keyring.locked = True
    with pytest.raises(VaultLocked):
        door.entrance().open(None)


def test_missing_files_are_named_not_replaced(door: Door) -> None:
    """A lost database or key file is a loss to report, never a first run."""
    put_something_in(door.entrance().create(PASSPHRASE))
    for path in (door.profile.database, door.profile.key_slots):
        aside = path.with_suffix(".aside")
        shutil.move(path, aside)
        with pytest.raises(VaultDamaged):
            door.entrance().open(PASSPHRASE)
        assert not path.exists()
        shutil.move(aside, path)
    assert titles(door.entrance().open(PASSPHRASE)) == ["kept"]


def test_first_run_cut_short_before_the_database(door: Door) -> None:
    """Nothing was kept yet: the next start is a first run again."""
    door.entrance().create(PASSPHRASE).close()
    door.profile.key_slots.rename(door.profile.key_slots.with_suffix(".json.first"))
    door.profile.database.unlink()
    assert not door.entrance().status().exists
    put_something_in(door.entrance().create(PASSPHRASE))


def test_first_run_cut_short_after_the_database(door: Door) -> None:
    """Everything was written but the last rename: the next start finishes it."""
    put_something_in(door.entrance().create(PASSPHRASE))
    door.profile.key_slots.rename(door.profile.key_slots.with_suffix(".json.first"))
    assert door.entrance().status().exists
    assert titles(door.entrance().open(PASSPHRASE)) == ["kept"]


def test_reading_beside_a_writer(door: Door) -> None:
    """The terminal lists while the window writes."""
    writer = door.entrance().create(PASSPHRASE)
    writer.write(lambda c: conversation_rows.create(c, "kept", 1)).result()
    assert titles(door.entrance().open(PASSPHRASE, read_only=True)) == ["kept"]
    writer.close()
