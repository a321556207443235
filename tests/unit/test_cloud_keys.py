"""How long a key is in memory, what becomes of it without a keyring, and who takes it away."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.access.entrance import FirstKeys
from assistant.access.keys import KeyService
from assistant.background import Background
from assistant.cloud.keys import KEPT_SECONDS, KeyringKeys
from assistant.errors import KeyNotKept, KeyringUnavailable, VaultError
from assistant.paths import Profile
from assistant.store.cloud_accounts import LISTED, CloudAccounts
from assistant.store.keyring_guard import TextStore
from assistant.store.keyslots import KeySlots
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE, Door, FakeProver, put_something_in
from tests.fakes.secrets import FakeTextStore

VAULT = "00ff" * 8
ONE, TWO = "1" * 16, "2" * 16
KEYRING = FirstKeys(keyring=True)
WORDS = FirstKeys(keyring=False, passphrase=PASSPHRASE)


@dataclass
class Bench:
    """A safe over a keyring in a dictionary, which can be missing."""

    texts: FakeTextStore = field(default_factory=FakeTextStore)
    clock: FakeClock = field(default_factory=FakeClock)
    present: bool = True
    may_open: threading.Event = field(default_factory=threading.Event)
    found: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_open.set()
        self.keys = self.again()

    def again(self) -> KeyringKeys:
        """As after a restart."""
        return KeyringKeys(VAULT, self.clock, self.open, self.found.set)

    def open(self) -> TextStore:
        """The keyring, if there is one, and as soon as it answers."""
        assert self.may_open.wait(20)
        if not self.present:
            raise KeyringUnavailable("No safe keyring is running here.", "Use a passphrase.")
        return self.texts

    def asks(self, provider_id: str = ONE) -> int:
        """How often the keyring was asked for a key."""
        return self.texts.asked.count(f"{VAULT}-cloud-{provider_id}")


@pytest.fixture
def bench() -> Bench:
    """With a keyring."""
    return Bench()


def test_a_key_is_read_once_in_five_minutes(bench: Bench) -> None:
    """Then it is let go of, and asked for anew."""
    bench.keys.put(ONE, "sk-one")
    assert [bench.keys.get(ONE) for _ in range(3)] == ["sk-one"] * 3
    assert bench.asks() == 1
    bench.clock.advance(KEPT_SECONDS - 1)
    bench.keys.get(ONE)
    assert bench.asks() == 1
    bench.clock.advance(1)
    bench.texts.put(f"{VAULT}-cloud-{ONE}", "sk-elsewhere")
    assert bench.keys.get(ONE) == "sk-elsewhere"
    assert bench.asks() == 2


def test_asking_for_one_lets_go_of_another_that_is_old(bench: Bench) -> None:
    """Nobody has to ask for it."""
    bench.keys.put(ONE, "sk-one")
    bench.keys.put(TWO, "sk-two")
    bench.keys.get(ONE)
    bench.clock.advance(KEPT_SECONDS)
    bench.keys.get(TWO)
    assert list(bench.keys._read) == [TWO]


def test_what_was_read_ahead_is_there_at_once(bench: Bench) -> None:
    """On a thread of its own; who asks meanwhile waits for it, and the keyring is asked once."""
    bench.keys.put(ONE, "sk-one")
    may_answer, asked = threading.Event(), threading.Event()
    read = bench.texts.get

    def slow(account: str) -> str | None:
        asked.set()
        assert may_answer.wait(20)
        return read(account)

    bench.texts.get = slow  # type: ignore[method-assign] # a keyring that takes its time
    bench.keys.warm(ONE)
    assert asked.wait(20)
    got: list[str] = []
    waiting = threading.Thread(target=lambda: got.append(bench.keys.get(ONE)))
    waiting.start()
    may_answer.set()
    waiting.join(20)
    assert got == ["sk-one"]
    assert bench.asks() == 1
    bench.keys.cool()
    bench.keys.get(ONE)
    assert bench.asks() == 2


def test_a_reading_ahead_that_comes_late_leaves_nothing(bench: Bench) -> None:
    """Nobody is about to ask any more when it ends, or when it would begin."""
    bench.keys.put(ONE, "sk-one")
    may_answer, asked = threading.Event(), threading.Event()
    read = bench.texts.get

    def slow(account: str) -> str | None:
        asked.set()
        assert may_answer.wait(20)
        return read(account)

    bench.texts.get = slow  # type: ignore[method-assign] # a keyring that takes its time
    bench.keys.warm(ONE)
    bench.keys.warm(TWO)
    assert asked.wait(20)
    bench.keys.cool()
    may_answer.set()
    bench.keys._ahead.submit(lambda: None).result(20)
    assert bench.keys._read == {}
    assert (bench.asks(ONE), bench.asks(TWO)) == (1, 0)


def test_a_key_that_was_changed_is_not_the_one_in_memory(bench: Bench) -> None:
    """Whatever was read before."""
    bench.keys.put(ONE, "sk-one")
    bench.keys.get(ONE)
    bench.keys.put(ONE, "sk-two")
    assert bench.keys.get(ONE) == "sk-two"


def test_without_a_keyring_a_key_holds_until_hush_closes(bench: Bench) -> None:
    """Longer than five minutes, and not beyond."""
    bench.present = False
    assert not bench.keys.put(ONE, "sk-one")
    bench.clock.advance(10 * KEPT_SECONDS)
    bench.keys.cool()
    assert bench.keys.get(ONE) == "sk-one"
    assert "sk-one" not in repr(vars(bench.keys))
    with pytest.raises(KeyNotKept) as caught:
        bench.again().get(ONE)
    assert "passphrase" not in caught.value.sentence, "that would open the vault, not the keyring"
    bench.keys.forget(ONE)  # nothing to fail at: it never was in a keyring
    with pytest.raises(KeyNotKept):
        bench.keys.get(ONE)


def test_a_keyring_that_comes_later_takes_the_next_key(bench: Bench) -> None:
    """And what only memory had is not looked for there."""
    bench.present = False
    assert not bench.keys.put(ONE, "sk-one")
    bench.present = True
    assert bench.keys.put(ONE, "sk-two")
    assert bench.again().get(ONE) == "sk-two"


def test_forgetting_where_the_keyring_is_locked(bench: Bench) -> None:
    """Is told: the key may still be there."""
    bench.keys.put(ONE, "sk-one")
    bench.texts.locked = True
    with pytest.raises(KeyNotKept):
        bench.keys.forget(ONE)
    with pytest.raises(KeyNotKept):
        bench.keys.forget_all()
    bench.texts.locked = False
    assert bench.keys.get(ONE) == "sk-one"


# Keeps a key as Hush does and another as the package does by itself; says what became of the first.
WITH_A_PLAINTEXT_KEYRING = """
import keyring
from assistant.cloud.keys import KeyringKeys
from assistant.clock import SystemClock

keys = KeyringKeys("00ff" * 8, SystemClock())
print(keys.put("1" * 16, "sk-canary"), keys.get("1" * 16), keys.lasts)
keyring.set_password("control", "control", "sk-control")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a safe keyring is always there")
def test_a_plaintext_keyring_gets_no_key(tmp_path: Path) -> None:
    """The package itself would write one into a file that anybody reads."""
    run = subprocess.run(
        [sys.executable, "-c", WITH_A_PLAINTEXT_KEYRING],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["False", "sk-canary", "False"]
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert base64.b64encode(b"sk-control") in kept, "or there was nothing to refuse"
    assert b"sk-canary" not in kept
    assert base64.b64encode(b"sk-canary") not in kept


@pytest.mark.parametrize("present", [True, False])
def test_whether_a_keyring_is_there_is_found_out_when_asked(bench: Bench, present: bool) -> None:
    """On a thread of its own, and whoever wants to know is told when it is."""
    bench.present = present
    bench.may_open.clear()
    assert not bench.keys.lasts
    bench.may_open.set()
    assert bench.keys.put(ONE, "sk") is present
    if present:
        assert bench.found.wait(20)
    assert bench.keys.lasts is present


@pytest.mark.parametrize(
    "text", ["", "sk one", "sk\r\nX-Evil: 1", "k" * 1001, "k" * 5000, "cl\u00e9"], ids=repr
)
def test_what_lies_there_and_is_no_key_goes_nowhere(bench: Bench, text: str) -> None:
    """Somebody else wrote it under Hush's name: it would become a header."""
    bench.texts.texts[f"{VAULT}-cloud-{ONE}"] = text
    with pytest.raises(KeyNotKept) as caught:
        bench.keys.get(ONE)
    assert not text or text not in caught.value.sentence


@pytest.mark.parametrize("text", ["", "{}", "[1, null]", '["../x"]', "[" * 1000, "\ud800", "null"])
def test_a_list_of_keys_that_is_none(bench: Bench, text: str) -> None:
    """Is begun anew; what it cannot lead to is found by its provider still."""
    bench.keys.put(ONE, "sk-one")
    bench.texts.texts[f"{VAULT}-cloud"] = text
    assert CloudAccounts(bench.texts, VAULT).ids() == []
    bench.keys.put(TWO, "sk-two")
    assert CloudAccounts(bench.texts, VAULT).ids() == [TWO]
    assert bench.keys.get(ONE) == "sk-one"


def test_the_list_fits_where_a_keyring_takes_little(bench: Bench) -> None:
    """Windows keeps 2,560 bytes of one entry; the fake refuses what is longer, as ours does."""
    for number in range(LISTED):
        assert bench.keys.put(f"{number:016x}", "sk-key")
    assert not bench.keys.put("f" * 16, "sk-key"), "erasing would not find it"
    assert bench.keys.put(f"{0:016x}", "sk-new")
    said = bench.texts.texts[f"{VAULT}-cloud"]
    assert set(json.loads(said)) == {f"{number:016x}" for number in range(LISTED)}
    assert len(said) <= 1200
    assert f"{VAULT}-cloud-{'f' * 16}" not in bench.texts.texts


# --- What takes keys away, and along --------------------------------------------------------------


@pytest.fixture
def door(profile: Profile) -> Door:
    """A profile without a vault, and a keyring."""
    return Door(profile)


def give_keys(door: Door) -> str:
    """Put keys of two providers into its keyring; the vault's id."""
    vault_id = KeySlots.load(door.profile.key_slots).vault_id
    accounts = CloudAccounts(door.keyring.texts, vault_id)
    accounts.put(ONE, "sk-one")
    accounts.put(TWO, "sk-two")
    return vault_id


@pytest.mark.parametrize("first", [KEYRING, WORDS], ids=["keyring", "passphrase"])
def test_erasing_takes_the_keys(door: Door, first: FirstKeys) -> None:
    """Also of a vault that the keyring does not open; and the list of them, and no one else's."""
    put_something_in(door.entrance().create(first).vault)
    give_keys(door)
    door.keyring.texts.put("somebody", "else's")
    door.entrance().erase()
    assert door.keyring.texts.texts == {"somebody": "else's"}
    assert not door.keyring._secrets


def test_erasing_where_the_keyring_is_locked(door: Door) -> None:
    """Erases all the rest."""
    put_something_in(door.entrance().create(WORDS).vault)
    give_keys(door)
    door.keyring.locked = True
    door.entrance().erase()
    assert not door.profile.key_slots.exists()
    assert not door.profile.database.exists()


@dataclass
class Rotating:
    """An open vault whose key is about to be changed."""

    door: Door

    def __post_init__(self) -> None:
        entrance = self.door.entrance()
        self.opened = entrance.create(KEYRING)
        self.prover = FakeProver(self.door)
        self.keys = KeyService(
            self.door.profile,
            self.opened.dek,
            entrance.ways_in,
            FakeClock(),
            Background("blocking"),
            close_vault=self.opened.vault.close,
            prover=self.prover,
        )


@pytest.fixture
def rotating(door: Door) -> Iterator[Rotating]:
    """With a vault that the keyring opens."""
    rotating = Rotating(door)
    yield rotating
    rotating.opened.vault.close()


@pytest.mark.parametrize("in_a_backup", [False, True])
def test_a_changed_vault_key_takes_them_along(rotating: Rotating, in_a_backup: bool) -> None:
    """They lie under its new name then, and no longer under the old one: no backup holds any."""
    door = rotating.door
    old = give_keys(door)
    if in_a_backup:
        folder = door.profile.backups / "one"
        folder.mkdir(parents=True)
        shutil.copy(door.profile.key_slots, folder)
    rotating.keys.rotate(KEYRING).result(30)
    new = KeySlots.load(door.profile.key_slots).vault_id
    assert new != old
    accounts = CloudAccounts(door.keyring.texts, new)
    assert [accounts.get(one) for one in accounts.ids()] == ["sk-one", "sk-two"]
    assert not [name for name in door.keyring.texts.texts if name.startswith(old)]


def test_a_change_that_fails_leaves_them_where_they_were(rotating: Rotating) -> None:
    """And nothing under a name that no vault has."""
    old = give_keys(rotating.door)
    before = dict(rotating.door.keyring.texts.texts)
    rotating.prover.believes = False
    with pytest.raises(VaultError):
        rotating.keys.rotate(KEYRING).result(30)
    assert rotating.door.keyring.texts.texts == before
    assert CloudAccounts(rotating.door.keyring.texts, old).get(ONE) == "sk-one"
