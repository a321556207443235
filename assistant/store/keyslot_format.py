"""``keyslots.json`` as bytes: read strictly, written in one canonical form.

::

    format, version, vault_id, generation,
    slots: [{id, type, created, kdf, aead, nonce, wrapped}],      1 to 8
    mac = HMAC-SHA-256(HKDF(DEK, "header"), canonical bytes of all the rest)

    kdf of a keyring slot:    {name: "none"}
    kdf of a recovery slot:   {name: "hkdf-sha256"}
    kdf of a passphrase slot: {name: "argon2id", v: 19, m, t, p, salt}

Bytes are lower-case hexadecimal. The file may come from anyone who can write to the disk, so
everything is checked before any of it is worked with; costs are capped before they are paid.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from assistant.errors import VaultDamaged, VaultTooNew

MAX_FILE_BYTES: Final = 64 * 1024
MAX_SLOTS: Final = 8
MAX_MEMORY_KIB: Final = 256 * 1024  # KiB; more would push other programs out of memory
MAX_PASSES: Final = 6
MAX_LANES: Final = 8
MAX_COST: Final = 2 * MAX_MEMORY_KIB * MAX_PASSES
"""KiB times passes of all slots together: a passphrase, and the one that takes its place. About
1.6 s on two cores; a file that asks for more was not written by Hush."""

VAULT_ID_BYTES: Final = 16
SLOT_ID_BYTES: Final = 8
SALT_BYTES: Final = 16  # RFC 9106, 3.1: 128 bits suffice for passwords
NONCE_BYTES: Final = 12
WRAPPED_BYTES: Final = 32 + 16  # the DEK and AES-GCM's tag
MAC_BYTES: Final = 32

_FORMAT = "hush-keyslots"
_VERSION = 1
_AEAD = "AES-256-GCM"
_ARGON2_VERSION = 19  # 0x13, the only one in RFC 9106
_MAX_NUMBER = 2**53  # whole numbers every JSON reader keeps exactly

_Json: TypeAlias = Any


class SlotType(StrEnum):
    """What kind of way in a slot is."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a slot type
    RECOVERY = "recovery"


# A KEK made from random bits needs no cost: of its derivation there is only a name to say.
_COSTLESS = {SlotType.KEYRING: "none", SlotType.RECOVERY: "hkdf-sha256"}


@dataclass(frozen=True, slots=True)
class Argon2id:
    """Cost and salt of one Argon2id run (RFC 9106): memory in KiB, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Slot:
    """The DEK wrapped under one key-encryption key. ``created``: milliseconds since 1970, UTC."""

    id: str
    type: SlotType
    created: int
    kdf: Argon2id | None
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The whole file. ``generation`` counts its changes, from 1."""

    vault_id: str
    generation: int
    slots: tuple[Slot, ...]
    mac: bytes = b""


def canonical(header: Header) -> bytes:
    """The bytes that the MAC covers: everything but the MAC itself."""
    return _compact(_unsealed(header))


def associated_data(vault_id: str, slot_id: str, kind: SlotType, kdf: Argon2id | None) -> bytes:
    """The bytes that bind a wrapped DEK to its vault, its slot and what that slot costs."""
    return _compact([_FORMAT, _VERSION, vault_id, slot_id, kind.value, _kdf_object(kind, kdf)])


def serialise(header: Header) -> bytes:
    """Write the file's bytes, indented: people look into it."""
    document = {**_unsealed(header), "mac": header.mac.hex()}
    return (json.dumps(document, indent=2) + "\n").encode("ascii")


def parse(data: bytes) -> Header:
    """Read the file's bytes.

    Raises:
        VaultDamaged: they are not exactly what ``serialise`` writes, in meaning.
        VaultTooNew: a newer Hush wrote them.
    """
    if len(data) > MAX_FILE_BYTES:
        raise _damaged("it is larger than 64 KiB")
    try:
        document = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise _damaged("it is not readable JSON") from None
    return _header(document)


def _header(document: _Json) -> Header:
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _damaged("it is another kind of file")
    if _whole(document.get("version"), 1, _MAX_NUMBER, "version") > _VERSION:
        raise VaultTooNew(
            "A newer Hush wrote this vault's key file. Nothing was changed.",
            "Open it with the newer Hush.",
        )
    _fields(document, {"format", "version", "vault_id", "generation", "slots", "mac"}, "file")
    listed = document["slots"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SLOTS:
        raise _damaged(f"it does not have 1 to {MAX_SLOTS} slots")
    slots = tuple(_slot(item) for item in listed)
    if len({slot.id for slot in slots}) != len(slots):
        raise _damaged("it names a slot twice")
    if sum(slot.kdf.memory_kib * slot.kdf.passes for slot in slots if slot.kdf) > MAX_COST:
        raise _damaged("its slots cost too much to try")
    return Header(
        vault_id=_hex(document["vault_id"], VAULT_ID_BYTES, "vault_id").hex(),
        generation=_whole(document["generation"], 1, _MAX_NUMBER, "generation"),
        slots=slots,
        mac=_hex(document["mac"], MAC_BYTES, "mac"),
    )


def _slot(item: _Json) -> Slot:
    _fields(item, {"id", "type", "created", "kdf", "aead", "nonce", "wrapped"}, "slot")
    if item["aead"] != _AEAD:
        raise _damaged("a slot uses an unknown cipher")
    if item["type"] not in list(SlotType):
        raise _damaged("a slot has an unknown type")
    kind = SlotType(item["type"])
    return Slot(
        id=_hex(item["id"], SLOT_ID_BYTES, "id").hex(),
        type=kind,
        created=_whole(item["created"], 0, _MAX_NUMBER, "created"),
        kdf=_kdf(kind, item["kdf"]),
        nonce=_hex(item["nonce"], NONCE_BYTES, "nonce"),
        wrapped=_hex(item["wrapped"], WRAPPED_BYTES, "wrapped"),
    )


def _kdf(kind: SlotType, item: _Json) -> Argon2id | None:
    if name := _COSTLESS.get(kind):
        _fields(item, {"name"}, "kdf")
        _require_name(item, name)
        return None
    _fields(item, {"name", "v", "m", "t", "p", "salt"}, "kdf")
    _require_name(item, "argon2id")
    _whole(item["v"], _ARGON2_VERSION, _ARGON2_VERSION, "v")
    lanes = _whole(item["p"], 1, MAX_LANES, "p")
    return Argon2id(
        memory_kib=_whole(item["m"], 8 * lanes, MAX_MEMORY_KIB, "m"),  # RFC 9106, 3.1
        passes=_whole(item["t"], 1, MAX_PASSES, "t"),
        lanes=lanes,
        salt=_hex(item["salt"], SALT_BYTES, "salt"),
    )


def _require_name(item: _Json, name: str) -> None:
    if item["name"] != name:
        raise _damaged(f"the key derivation of a slot is not “{name}”")


def _unsealed(header: Header) -> dict[str, _Json]:
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "vault_id": header.vault_id,
        "generation": header.generation,
        "slots": [
            {
                "id": slot.id,
                "type": slot.type.value,
                "created": slot.created,
                "kdf": _kdf_object(slot.type, slot.kdf),
                "aead": _AEAD,
                "nonce": slot.nonce.hex(),
                "wrapped": slot.wrapped.hex(),
            }
            for slot in header.slots
        ],
    }


def _kdf_object(kind: SlotType, kdf: Argon2id | None) -> dict[str, _Json]:
    if kdf is None:
        return {"name": _COSTLESS[kind]}
    return {
        "name": "argon2id",
        "v": _ARGON2_VERSION,
        "m": kdf.memory_kib,
        "t": kdf.passes,
        "p": kdf.lanes,
        "salt": kdf.salt.hex(),
    }


def _compact(document: _Json) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def _fields(item: _Json, expected: set[str], what: str) -> None:
    if not isinstance(item, dict) or item.keys() != expected:
        raise _damaged(f"a {what} does not have the fields it should")


def _whole(value: _Json, low: int, high: int, what: str) -> int:
    if type(value) is not int or not low <= value <= high:  # True is an int to isinstance
        raise _damaged(f"“{what}” is not a whole number from {low} to {high}")
    return value


def _hex(value: _Json, size: int, what: str) -> bytes:
    digits = set("0123456789abcdef")
    if not isinstance(value, str) or len(value) != 2 * size or not digits.issuperset(value):
        raise _damaged(f"“{what}” is not {size} bytes in hexadecimal")
    return bytes.fromhex(value)


def _without_twins(pairs: list[tuple[str, _Json]]) -> dict[str, _Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _damaged(reason: str) -> VaultDamaged:
    return VaultDamaged(
        f"The vault's key file cannot be used: {reason}. Nothing was changed.",
        "An earlier copy may lie beside it, ending in “.prev”.",
    )
