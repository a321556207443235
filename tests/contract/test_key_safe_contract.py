"""What holds wherever providers' keys are kept, and wherever their texts are.

The real store is GNOME's keyring, on a session bus and in a home folder made for the test.
"""

from __future__ import annotations

import gc
import threading
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access.entrance import Entrance, FirstKeys
from assistant.cloud.keys import KeyringKeys, KeySafe
from assistant.errors import Bug, InputRefused, KeyNotKept, KeyringUnavailable
from assistant.paths import Profile
from assistant.store.cloud_accounts import CloudAccounts
from assistant.store.keyring_guard import TEXT_CHARACTERS, TextStore, open_keyring, open_texts
from assistant.store.keyslots import KeySlots
from tests.fakes.clock import FakeClock
from tests.fakes.key_safe import FakeKeySafe
from tests.fakes.secrets import FakeSecretStore, FakeTextStore
from tests.gnome_keyring import DEADLINE, gnome_keyring, needs_gnome_keyring

VAULT = "00ff" * 8
ONE, TWO = "1" * 16, "2" * 16
SEVERAL = 4
LONGEST = "".join(chr(0x21 + number % 94) for number in range(1000))
"""Every character that a key can have, in the longest one."""


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """GNOME's keyring for all of this file; each test leaves it as it was."""
    with gnome_keyring(tmp_path_factory.mktemp("keyring") / "home", unlock=True):
        yield


class TextStoreContract:
    """What every ``TextStore`` does."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> TextStore | Iterator[TextStore]:
        """The store under test, empty."""

    def test_an_account_without_a_text_is_none(self, store: TextStore) -> None:
        """Nothing is no empty text."""
        assert store.get("nobody") is None

    @pytest.mark.parametrize("text", [LONGEST, "x" * TEXT_CHARACTERS, '["a","b"]'])
    def test_what_was_put_comes_back(self, store: TextStore, text: str) -> None:
        """To the character, the longest one too."""
        store.put("one", "before")
        store.put("one", text)
        assert store.get("one") == text

    def test_accounts_are_apart(self, store: TextStore) -> None:
        """What is deleted of one is there of the other."""
        store.put("one", "1")
        store.put("two", "2")
        store.delete("two")
        store.delete("two")
        assert (store.get("one"), store.get("two")) == ("1", None)

    def test_a_text_that_is_too_long_is_ours_to_refuse(self, store: TextStore) -> None:
        """Windows would refuse it in the middle of things."""
        with pytest.raises(Bug):
            store.put("one", "x" * (TEXT_CHARACTERS + 1))
        assert store.get("one") is None

    def test_it_has_a_name_for_people(self, store: TextStore) -> None:
        """For a sentence."""
        assert store.name


class TestFakeTextStore(TextStoreContract):
    """The fake that other tests use."""

    @pytest.fixture
    def store(self) -> TextStore:
        return FakeTextStore()

    def test_locked_it_answers_as_a_keyring_does(self) -> None:
        """Through the secrets' store, too, whose keyring it is."""
        keyring = FakeSecretStore()
        keyring.locked = True
        with pytest.raises(KeyringUnavailable):
            keyring.texts.get("one")


@needs_gnome_keyring
class TestGnomeTexts(TextStoreContract):
    """The Secret Service for real."""

    @pytest.fixture
    def store(self, keyring: None) -> Iterator[TextStore]:
        store = open_texts(DEADLINE)
        yield store
        for account in ("one", "two"):
            store.delete(account)


class KeySafeContract:
    """What every ``KeySafe`` does."""

    @pytest.fixture
    @abstractmethod
    def safe(self) -> KeySafe | Iterator[KeySafe]:
        """The safe under test, empty."""

    def test_a_key_that_is_not_there_is_told_in_words(self, safe: KeySafe) -> None:
        """It is no empty key."""
        with pytest.raises(KeyNotKept) as caught:
            safe.get(ONE)
        assert caught.value.message

    def test_what_was_put_comes_back(self, safe: KeySafe) -> None:
        """Of the one it was put for, without the blanks that copying adds."""
        assert safe.put(ONE, f" {LONGEST}\n")
        assert safe.put(TWO, "sk-two")
        assert (safe.get(ONE), safe.get(TWO)) == (LONGEST, "sk-two")
        assert safe.put(ONE, "sk-new")
        assert safe.get(ONE) == "sk-new"

    @pytest.mark.parametrize(
        "key", ["", "  ", "sk one", "sk\nHost: evil", "clé", "x" * 1001, "\x00", "\ud800"]
    )
    def test_what_is_no_key_is_refused(self, safe: KeySafe, key: str) -> None:
        """Nothing of it is in the words, and the one before stays."""
        safe.put(ONE, "sk-before")
        with pytest.raises(InputRefused) as caught:
            safe.put(ONE, key)
        assert not key.strip() or key not in caught.value.sentence
        assert safe.get(ONE) == "sk-before"

    def test_a_key_that_was_forgotten_is_gone(self, safe: KeySafe) -> None:
        """Twice is once; the other one stays."""
        safe.put(ONE, "sk-one")
        safe.put(TWO, "sk-two")
        safe.warm(ONE)
        safe.forget(ONE)
        safe.forget(ONE)
        with pytest.raises(KeyNotKept):
            safe.get(ONE)
        assert safe.get(TWO) == "sk-two"

    def test_all_of_them_can_be_forgotten(self, safe: KeySafe) -> None:
        """Those that were read before, too."""
        for provider_id in (ONE, TWO):
            safe.put(provider_id, "sk-key")
            safe.get(provider_id)
        safe.forget_all()
        for provider_id in (ONE, TWO):
            with pytest.raises(KeyNotKept):
                safe.get(provider_id)

    def test_reading_ahead_changes_nothing_that_is_told(self, safe: KeySafe) -> None:
        """Of a key that is there, and of one that is not."""
        safe.put(ONE, "sk-one")
        safe.warm(ONE)
        safe.warm(TWO)
        assert safe.get(ONE) == "sk-one"
        safe.cool()
        assert safe.get(ONE) == "sk-one"
        with pytest.raises(KeyNotKept):
            safe.get(TWO)

    def test_it_shows_no_key(self, safe: KeySafe) -> None:
        """Whatever prints it."""
        safe.put(ONE, "sk-secret")
        safe.get(ONE)
        assert "sk-secret" not in repr(safe)
        assert "sk-secret" not in repr(vars(safe))


class TestFakeKeySafe(KeySafeContract):
    """The fake that other tests use."""

    @pytest.fixture
    def safe(self) -> KeySafe:
        return FakeKeySafe()

    def test_it_shows_no_key(self, safe: KeySafe) -> None:
        """A fake holds it openly; its repr does not."""
        safe.put(ONE, "sk-secret")
        assert "sk-secret" not in repr(safe)


class TestKeyringKeys(KeySafeContract):
    """The real one over a fake keyring."""

    @pytest.fixture
    def safe(self) -> KeySafe:
        return KeyringKeys(VAULT, FakeClock(), FakeTextStore)


@needs_gnome_keyring
class TestGnomeKeyring(KeySafeContract):
    """The real one over the Secret Service."""

    @pytest.fixture
    def safe(self, keyring: None) -> Iterator[KeySafe]:
        keys = KeyringKeys(VAULT, FakeClock(), lambda: open_texts(DEADLINE))
        yield keys
        keys._ahead.submit(lambda: None).result(DEADLINE)  # else it may read in a later test
        keys.forget_all()

    def test_keys_outlast_the_daemon(self, tmp_path: Path) -> None:
        """And whoever erases the profile finds every one of them by the vault's id alone."""
        home = tmp_path / "home"
        with gnome_keyring(home, unlock=True):
            safe = KeyringKeys(VAULT, FakeClock(), lambda: open_texts(DEADLINE))
            for number in range(SEVERAL):
                safe.put(f"{number:016x}", f"sk-{number}")
        with gnome_keyring(home, unlock=True):
            texts = open_keyring(DEADLINE).texts
            accounts = CloudAccounts(texts, VAULT)
            assert accounts.ids() == [f"{number:016x}" for number in range(SEVERAL)]
            assert accounts.get(f"{2:016x}") == "sk-2"
            accounts.forget_all()
            assert accounts.ids() == []
            assert texts.get(f"{VAULT}-cloud") is None
            assert texts.get(f"{VAULT}-cloud-{2:016x}") is None

    def test_erasing_a_profile_takes_them(self, profile: Profile, tmp_path: Path) -> None:
        """With the vault's own key, out of the same keyring."""
        with gnome_keyring(tmp_path / "home", unlock=True):
            entrance = Entrance(profile, FakeClock(), keyring=lambda: open_keyring(DEADLINE))
            entrance.create(FirstKeys(keyring=True)).vault.close()
            vault_id = KeySlots.load(profile.key_slots).vault_id
            safe = KeyringKeys(vault_id, FakeClock(), lambda: open_texts(DEADLINE))
            assert safe.put(ONE, "sk-one")
            texts = open_texts(DEADLINE)
            accounts = [f"{vault_id}-cloud", f"{vault_id}-cloud-{ONE}"]
            assert [texts.get(account) for account in accounts] == [f'["{ONE}"]', "sk-one"]
            entrance.erase()
            assert [texts.get(account) for account in accounts] == [None, None]

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    def test_locked_with_nobody_to_ask(self, tmp_path: Path) -> None:
        """Words that speak of a key, not a hang; what is put then holds until Hush closes."""
        home = tmp_path / "home"
        with gnome_keyring(home, unlock=True):
            KeyringKeys(VAULT, FakeClock(), lambda: open_texts(DEADLINE)).put(ONE, "sk-one")
        with gnome_keyring(home, unlock=False):
            safe = KeyringKeys(VAULT, FakeClock(), lambda: open_texts(DEADLINE))
            with pytest.raises(KeyNotKept) as caught:
                safe.get(ONE)
            assert "Nothing was sent" in caught.value.sentence
            assert not safe.put(TWO, "sk-two")
            assert safe.get(TWO) == "sk-two"
        for thread in [one for one in threading.enumerate() if one.name == "keyring"]:
            thread.join(DEADLINE)
        del caught, safe  # they hold what failed, and that holds the socket
        gc.collect()  # keyring 25.7 leaves its D-Bus socket open where the prompt fails
