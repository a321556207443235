"""Key slots: what opens them, and what they refuse to read."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import (
    InputRefused,
    KeyringUnavailable,
    StorageFull,
    VaultDamaged,
    VaultLocked,
    VaultTooNew,
    WrongPassphrase,
)
from assistant.store.keyslot_format import (
    MAX_FILE_BYTES,
    MAX_MEMORY_KIB,
    MAX_SLOTS,
    SlotType,
    parse,
    serialise,
)
from assistant.store.keyslots import (
    KeyLabel,
    KeyringKey,
    KeySlots,
    derive_key,
    new_vault_id,
)
from assistant.store.passphrase import Argon2Policy, Passphrase

TINY = Argon2Policy(floor_kib=32, ceiling_kib=32, passes=1, lanes=1, seconds=0.0)
KEYRING = KeyringKey(b"k" * 32)
NOW = 1_790_000_000_000

Json = Any


def passphrase(text: str = "correct horse") -> Passphrase:
    """A passphrase that costs next to nothing."""
    return Passphrase(text, policy=TINY)


def two_slots() -> tuple[KeySlots, bytes]:
    """A keyring and a passphrase."""
    slots, dek = KeySlots.create(new_vault_id(), KEYRING, now=NOW)
    return slots.add(dek, passphrase(), now=NOW), dek


SLOTS, DEK = two_slots()


def document(slots: KeySlots = SLOTS) -> Json:
    """The file as JSON."""
    return json.loads(serialise(slots.header))


def altered(change: Callable[[Json], object]) -> bytes:
    """The file's bytes after a change."""
    changed = document()
    change(changed)
    return json.dumps(changed).encode()


# --- Opening ------------------------------------------------------------------------------------


def test_each_way_in_reaches_the_same_key() -> None:
    """And the key is 32 bytes that differ from vault to vault."""
    assert SLOTS.unlock(KEYRING) == SLOTS.unlock(passphrase()) == DEK
    assert len(DEK) == 32
    assert two_slots()[1] != DEK


def test_what_the_slots_say_about_themselves() -> None:
    """For the services: which ways in there are, and how often they changed."""
    assert SLOTS.types == {SlotType.KEYRING, SlotType.PASSPHRASE}
    assert SLOTS.generation == 2
    assert len(bytes.fromhex(SLOTS.vault_id)) == 16


def test_a_wrong_passphrase() -> None:
    """Is called that, and nothing else."""
    with pytest.raises(WrongPassphrase):
        SLOTS.unlock(passphrase("correct house"))


def test_a_wrong_key_in_the_keyring() -> None:
    """Somebody else's keyring, or a new one under the old name."""
    with pytest.raises(KeyringUnavailable, match="not the right one"):
        SLOTS.unlock(KeyringKey(b"K" * 32))


def test_no_slot_of_that_type() -> None:
    """Not the passphrase's fault, and not called so."""
    slots, _ = KeySlots.create(new_vault_id(), KEYRING, now=NOW)
    with pytest.raises(VaultLocked, match="no passphrase") as caught:
        slots.unlock(passphrase())
    assert type(caught.value) is VaultLocked


def test_any_of_several_passphrases_opens() -> None:
    """Each slot of the type is tried."""
    slots = SLOTS.add(DEK, passphrase("second"), now=NOW).add(DEK, passphrase("third"), now=NOW)
    for text in ("correct horse", "second", "third"):
        assert slots.unlock(passphrase(text)) == DEK


def test_eight_ways_in_and_no_more() -> None:
    """The ninth is refused before anything is derived for it."""
    slots = SLOTS
    while len(slots.header.slots) < MAX_SLOTS:
        slots = slots.add(DEK, KeyringKey(bytes([len(slots.header.slots)]) * 32), now=NOW)
    with pytest.raises(InputRefused):
        slots.add(DEK, passphrase(), now=NOW)
    assert parse(serialise(slots.header)) == slots.header


def test_adding_takes_the_right_key() -> None:
    """Or a slot would be made that opens nothing."""
    with pytest.raises(VaultDamaged):
        SLOTS.add(b"x" * 32, passphrase(), now=NOW)


def test_secrets_are_in_no_text() -> None:
    """Neither in the file nor in what a debugger shows."""
    texts = (serialise(SLOTS.header).decode(), repr(SLOTS), repr(KEYRING), repr(passphrase()))
    for secret in (DEK.hex(), KEYRING.key.hex(), "correct horse", repr(DEK), repr(KEYRING.key)):
        assert not any(secret in text for text in texts)


def test_each_purpose_has_a_key_of_its_own() -> None:
    """HKDF-SHA-256 with the label as info: checked against RFC 5869's construction."""
    keys = {label: derive_key(DEK, label) for label in KeyLabel}
    assert len(set(keys.values()) | {DEK}) == len(KeyLabel) + 1
    extracted = hmac.digest(bytes(32), DEK, hashlib.sha256)
    for label, key in keys.items():
        assert key == hmac.digest(extracted, label.encode() + b"\x01", hashlib.sha256)


def test_randomness_is_used_once_for_each_purpose() -> None:
    """No two random values of a file are the same bytes."""
    drawn: list[bytes] = []

    def random(size: int) -> bytes:
        drawn.append(bytes([len(drawn)]) * size)
        return drawn[-1]

    slots, dek = KeySlots.create(new_vault_id(random), KEYRING, now=NOW, random=random)
    slots = slots.add(dek, Passphrase("p", policy=TINY, random=random), now=NOW, random=random)
    assert sorted(len(value) for value in drawn) == [8, 8, 12, 12, 16, 16, 32]
    first, second = slots.header.slots
    assert len({first.id, second.id}) == len({first.nonce, second.nonce}) == 2


# --- Tampering ----------------------------------------------------------------------------------


def test_swapped_ciphertexts_open_nothing() -> None:
    """Each is bound to its slot."""

    def swap(file: Json) -> None:
        one, two = file["slots"]
        one["wrapped"], two["wrapped"] = two["wrapped"], one["wrapped"]
        one["nonce"], two["nonce"] = two["nonce"], one["nonce"]

    slots = KeySlots(parse(altered(swap)))
    with pytest.raises(KeyringUnavailable):
        slots.unlock(KEYRING)
    with pytest.raises(WrongPassphrase):
        slots.unlock(passphrase())


def test_swapped_slots_of_one_type_open_nothing() -> None:
    """Even where each would unwrap with the other's passphrase."""
    both = SLOTS.add(DEK, passphrase("second"), now=NOW)
    one, two, three = both.header.slots
    swapped = replace(
        both.header, slots=(one, replace(two, id=three.id), replace(three, id=two.id))
    )
    with pytest.raises(WrongPassphrase):
        KeySlots(swapped).unlock(passphrase("second"))


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.update(generation=1),
        lambda file: file["slots"].pop(),
        lambda file: file["slots"].reverse(),
        lambda file: file["slots"][1].update(created=0),
        lambda file: file.update(mac="00" * 32),
    ],
)
def test_what_no_slot_binds_the_mac_does(change: Callable[[Json], object]) -> None:
    """Rolled back, thinned out, put in another order: the key opens, the file is refused."""
    slots = KeySlots(parse(altered(change)))
    with pytest.raises(VaultDamaged, match="altered"):
        slots.unlock(KEYRING)


def test_another_vaults_slot_opens_nothing() -> None:
    """A slot moved into another file with the same KEK."""
    other, _ = KeySlots.create(new_vault_id(), KEYRING, now=NOW)
    moved = replace(SLOTS.header, slots=other.header.slots)
    with pytest.raises(KeyringUnavailable):
        KeySlots(moved).unlock(KEYRING)


# --- Reading ------------------------------------------------------------------------------------


def test_bytes_and_back() -> None:
    """Reading what was written gives the same value."""
    assert parse(serialise(SLOTS.header)) == SLOTS.header
    assert len(serialise(SLOTS.header)) < MAX_FILE_BYTES


def set_kdf(**values: Json) -> Callable[[Json], None]:
    """A change to the passphrase slot's key derivation."""
    return lambda file: file["slots"][1]["kdf"].update(values)


def set_slot(**values: Json) -> Callable[[Json], None]:
    """A change to the keyring slot."""
    return lambda file: file["slots"][0].update(values)


@pytest.mark.parametrize(
    "change",
    [
        set_kdf(m=2**40),
        set_kdf(m=MAX_MEMORY_KIB + 1),
        set_kdf(m=7),
        set_kdf(m=0),
        set_kdf(m=-1),
        set_kdf(m=True),
        set_kdf(m=32.0),
        set_kdf(m="32"),
        set_kdf(t=0),
        set_kdf(t=11),
        set_kdf(p=0),
        set_kdf(p=9),
        set_kdf(v=16),
        set_kdf(name="none"),
        set_kdf(name="scrypt"),
        set_kdf(salt="00" * 15),
        set_kdf(more=1),
        lambda file: file["slots"][1]["kdf"].pop("p"),
        set_slot(kdf={"name": "argon2id"}),
        set_slot(kdf=None),
        set_slot(type="passphrase"),
        set_slot(type="recovery"),
        set_slot(type=["keyring"]),
        set_slot(aead="none"),
        set_slot(id="0" * 15),
        set_slot(id="A" * 16),
        set_slot(nonce="00" * 11),
        set_slot(wrapped="00" * 49),
        set_slot(wrapped="0x" + "00" * 47),
        set_slot(wrapped="٣" * 96),
        set_slot(created=-1),
        set_slot(created=2**64),
        set_slot(more=1),
        lambda file: file.update(slots=[]),
        lambda file: file.update(slots=file["slots"] * 5),
        lambda file: file.update(slots={"0": file["slots"][0]}),
        lambda file: file["slots"].append(file["slots"][0]),
        lambda file: file["slots"][1].update(id=file["slots"][0]["id"]),
        lambda file: file.update(format="other"),
        lambda file: file.update(version=0),
        lambda file: file.update(version="1"),
        lambda file: file.update(generation=0),
        lambda file: file.update(vault_id="../../etc"),
        lambda file: file.update(mac=None),
        lambda file: file.update(more=1),
        lambda file: file.pop("mac"),
        lambda file: file.pop("format"),
    ],
)
def test_what_is_not_exactly_right_is_refused(change: Callable[[Json], object]) -> None:
    """In words, and at once: no cost that the file asks for is paid."""
    data = altered(change)
    started = time.perf_counter()
    with pytest.raises(VaultDamaged) as caught:
        parse(data)
    assert time.perf_counter() - started < 1.0
    assert caught.value.message.endswith("Nothing was changed.")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b"1" * 60_000,
        b" " * (MAX_FILE_BYTES + 1),
        serialise(SLOTS.header).replace(b'"version": 1', b'"version": 1, "version": 1'),
        serialise(SLOTS.header).replace(b'"version": 1', b'"version": NaN'),
        serialise(SLOTS.header).replace(b'"version": 1', b'"version": 1.0'),
        serialise(SLOTS.header)[:-3],
    ],
)
def test_what_is_not_the_files_json_is_refused(data: bytes) -> None:
    """Empty, noise, nested without end, too large, a field twice, no whole number."""
    assert data != serialise(SLOTS.header)
    with pytest.raises(VaultDamaged):
        parse(data)


def test_a_newer_file_is_called_that() -> None:
    """Whatever else a newer version may hold."""
    with pytest.raises(VaultTooNew):
        parse(altered(lambda file: file.update(version=2, unheard_of=True)))


def places(value: Json, here: tuple[Json, ...] = ()) -> list[tuple[Json, ...]]:
    """The address of every value inside a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [here]
    for key, one in inner:
        deeper = (*here, key)
        found += places(one, deeper) if isinstance(one, dict | list) else [deeper]
    return found


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from(places(document())[1:]), JSON_VALUES)
def test_any_value_replaced_by_any_other(place: tuple[Json, ...], value: Json) -> None:
    """Either the file is refused in words, or it never gives another key than its own."""
    changed = document()
    target = changed
    for key in place[:-1]:
        target = target[key]
    same = type(target[place[-1]]) is type(value) and target[place[-1]] == value
    target[place[-1]] = value
    if same:
        assert opened(changed) == DEK
    else:
        with pytest.raises((VaultDamaged, VaultTooNew, VaultLocked)):
            opened(changed)


def opened(file: Json) -> bytes:
    """Go the whole way from the file's JSON to the DEK."""
    return KeySlots(parse(json.dumps(file).encode())).unlock(KEYRING)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2_000))
def test_any_bytes_in_any_place(noise: bytes, at: int) -> None:
    """Nothing but an error of the tree ever comes out."""
    good = serialise(SLOTS.header)
    data = good[:at] + noise + good[at + len(noise) :]
    try:
        found = parse(data)
    except (VaultDamaged, VaultTooNew):
        assert data != good
    else:
        assert parse(serialise(found)) == found


# --- The file -----------------------------------------------------------------------------------


def test_saved_and_loaded(tmp_path: Path) -> None:
    """Private, and the one before is kept."""
    path = tmp_path / "profile" / "keyslots.json"
    first, dek = KeySlots.create(new_vault_id(), KEYRING, now=NOW)
    first.save(path)
    assert [file.name for file in path.parent.iterdir()] == ["keyslots.json"]
    second = first.add(dek, passphrase(), now=NOW)
    second.save(path)
    previous = path.with_name("keyslots.json.prev")
    assert KeySlots.load(path) == second
    assert KeySlots.load(previous) == first
    assert {stat.S_IMODE(file.stat().st_mode) for file in (path, previous)} == {0o600}
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "keyslots.json",
        "keyslots.json.prev",
    ]


def test_a_save_that_fails_keeps_the_file(tmp_path: Path) -> None:
    """A folder stands where the temporary file should go."""
    path = tmp_path / "keyslots.json"
    SLOTS.save(path)
    (tmp_path / "keyslots.json.prev").mkdir()
    with pytest.raises(StorageFull):
        SLOTS.add(DEK, passphrase("more"), now=NOW).save(path)
    assert KeySlots.load(path) == SLOTS


def test_a_missing_file(tmp_path: Path) -> None:
    """The vault cannot be opened, and the words say why. A folder is no file either."""
    for path in (tmp_path / "keyslots.json", tmp_path):
        with pytest.raises(VaultDamaged, match="missing"):
            KeySlots.load(path)


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A sparse terabyte costs nothing."""
    path = tmp_path / "keyslots.json"
    with path.open("wb") as file:
        file.truncate(2**40)
    started = time.perf_counter()
    with pytest.raises(VaultDamaged, match="larger"):
        KeySlots.load(path)
    assert time.perf_counter() - started < 1.0
