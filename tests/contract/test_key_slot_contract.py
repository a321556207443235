"""What holds for every way into the vault: every secret store and every source of a KEK.

The real secret store is GNOME's keyring, on a session bus and in a home folder made for the test.
"""

from __future__ import annotations

import gc
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import Bug, KeyringUnavailable, VaultLocked, WrongPassphrase
from assistant.store.keyring_guard import KeyringStore, SecretStore, open_keyring, survey
from assistant.store.keyslots import KekSource, KeyringKey, KeySlots, new_vault_id
from assistant.store.passphrase import Argon2Policy, Passphrase
from tests.fakes.secrets import FakeSecretStore
from tests.gnome_keyring import DEADLINE, gnome_keyring, needs_gnome_keyring

TINY = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)


class SecretStoreContract:
    """What every ``SecretStore`` does."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> SecretStore | Iterator[SecretStore]:
        """The store under test, empty."""

    def test_an_account_without_a_secret_is_none(self, store: SecretStore) -> None:
        assert store.get("nobody") is None

    def test_what_was_put_comes_back(self, store: SecretStore) -> None:
        """Every byte value, so that no encoding on the way can lose one."""
        for start in range(0, 256, 32):
            secret = bytes(range(start, start + 32))
            store.put("vault", secret)
            assert store.get("vault") == secret

    def test_accounts_are_apart(self, store: SecretStore) -> None:
        store.put("one", b"1" * 32)
        store.put("two", b"2" * 32)
        store.delete("two")
        assert (store.get("one"), store.get("two")) == (b"1" * 32, None)

    def test_deleting_twice_is_deleting_once(self, store: SecretStore) -> None:
        store.put("vault", b"s" * 32)
        store.delete("vault")
        store.delete("vault")
        assert store.get("vault") is None

    @pytest.mark.parametrize("size", [0, 16, 31, 33])
    def test_only_32_bytes_are_a_secret(self, store: SecretStore, size: int) -> None:
        with pytest.raises(Bug):
            store.put("vault", b"x" * size)
        assert store.get("vault") is None

    def test_it_has_a_name_for_people(self, store: SecretStore) -> None:
        assert store.name

    def test_it_opens_a_vault_made_with_it(self, store: SecretStore) -> None:
        """The whole way: random KEK into the keyring, DEK out of the slots again."""
        vault_id = new_vault_id()
        store.put(vault_id, b"k" * 32)
        slots, dek = KeySlots.create(vault_id, KeyringKey(b"k" * 32), now=1)
        kek = store.get(slots.vault_id)
        assert kek is not None
        assert slots.unlock(KeyringKey(kek)) == dek


class TestFakeSecretStore(SecretStoreContract):
    """The fake that other tests use."""

    @pytest.fixture
    def store(self) -> SecretStore:
        return FakeSecretStore()

    def test_locked_it_answers_as_a_keyring_does(self) -> None:
        store = FakeSecretStore()
        store.locked = True
        with pytest.raises(KeyringUnavailable):
            store.get("vault")


@needs_gnome_keyring
class TestGnomeKeyring(SecretStoreContract):
    """The Secret Service for real."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SecretStore]:
        with gnome_keyring(tmp_path / "home", unlock=True):
            yield open_keyring(DEADLINE)

    def test_it_is_the_one_that_is_chosen(self, store: SecretStore) -> None:
        found = survey({}, DEADLINE)
        assert found.chosen == "keyring.backends.SecretService.Keyring"
        assert store.name == "your system's keyring"
        assert found.problem == ""

    def test_secrets_outlive_the_daemon(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        with gnome_keyring(home, unlock=True):
            open_keyring(DEADLINE).put("vault", b"s" * 32)
        with gnome_keyring(home, unlock=True):
            assert open_keyring(DEADLINE).get("vault") == b"s" * 32

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_locked_with_nobody_to_ask(self, tmp_path: Path) -> None:
        """The keyring wants to prompt and cannot: words, not a hang."""
        home = tmp_path / "home"
        with gnome_keyring(home, unlock=True):
            open_keyring(DEADLINE).put("vault", b"s" * 32)
        with gnome_keyring(home, unlock=False), pytest.raises(KeyringUnavailable) as caught:
            open_keyring(DEADLINE).get("vault")
        assert "passphrase" in caught.value.sentence
        gc.collect()  # keyring 25.7 leaves its D-Bus socket open where the prompt fails

    def test_gone_in_the_middle(self, tmp_path: Path) -> None:
        with gnome_keyring(tmp_path / "home", unlock=True):
            store: KeyringStore = open_keyring(DEADLINE)
            store.put("vault", b"s" * 32)
        with pytest.raises(KeyringUnavailable):
            store.get("vault")


class KekSourceContract:
    """What every ``KekSource`` does."""

    @abstractmethod
    def source(self) -> KekSource:
        """A source; each call gives one that opens the same slots."""

    @abstractmethod
    def other(self) -> KekSource:
        """A source of the same type that opens none of them."""

    def test_its_slot_opens_again(self) -> None:
        slots, dek = KeySlots.create(new_vault_id(), self.source(), now=1)
        assert slots.unlock(self.source()) == dek

    def test_a_new_slot_costs_what_it_says(self) -> None:
        """The KEK depends on nothing but the source and the slot's own parameters."""
        kdf = self.source().new_kdf()
        assert self.source().kek(kdf) == self.source().kek(kdf)
        assert len(self.source().kek(kdf)) == 32

    def test_another_one_is_refused_in_words(self) -> None:
        slots, _ = KeySlots.create(new_vault_id(), self.source(), now=1)
        with pytest.raises(VaultLocked) as caught:
            slots.unlock(self.other())
        assert type(caught.value) is type(self.other().refusal())
        assert caught.value.message
        assert caught.value.advice

    def test_it_can_be_added_beside_another(self) -> None:
        first = KeyringKey(b"f" * 32)
        slots, dek = KeySlots.create(new_vault_id(), first, now=1)
        both = slots.add(dek, self.source(), now=2)
        assert both.unlock(self.source()) == both.unlock(first) == dek

    def test_it_keeps_its_secret_to_itself(self) -> None:
        assert "secret" not in repr(self.source())


class TestKeyringKey(KekSourceContract):
    """Random bytes from the keyring."""

    def source(self) -> KekSource:
        return KeyringKey(b"secret--" * 4)

    def other(self) -> KekSource:
        return KeyringKey(b"mistaken" * 4)


class TestPassphrase(KekSourceContract):
    """What the person types."""

    def source(self) -> KekSource:
        return Passphrase("a secret between us", policy=TINY)

    def other(self) -> KekSource:
        return Passphrase("a mistake", policy=TINY)

    def test_the_refusal_names_the_passphrase(self) -> None:
        assert isinstance(self.source().refusal(), WrongPassphrase)
