"""The vault's key, and the ways to reach it.

One random data-encryption key (DEK) is never stored in the clear. Each key slot holds it
wrapped with AES-256-GCM under a key-encryption key (KEK) that a ``KekSource`` knows: the
keyring's random bytes, a passphrase through Argon2id, or a recovery code. Everything the DEK is
used for has a key of its own, derived by label.

The keyring protects against theft of the disk, not against programs that run as the same user.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.disk import disk_problem, write_atomically
from assistant.errors import Bug, InputRefused, KeyringChanged, VaultDamaged, VaultLocked
from assistant.store.keyslot_format import (
    MAX_FILE_BYTES,
    MAX_SLOTS,
    NONCE_BYTES,
    SLOT_ID_BYTES,
    VAULT_ID_BYTES,
    Argon2id,
    Header,
    Slot,
    SlotType,
    associated_data,
    canonical,
    parse,
    serialise,
)

DEK_BYTES: Final = 32
KEK_BYTES: Final = 32

Random = Callable[[int], bytes]


class KeyLabel(StrEnum):
    """What a key derived from the DEK is for."""

    DB = "db"
    BACKUP = "backup"
    HEADER = "header"
    AUDIT = "audit"


class KekSource(Protocol):
    """A way into the vault: one type of slot, and the KEK of such a slot."""

    @property
    def slot_type(self) -> SlotType:
        """Which slots this source can open."""

    def new_kdf(self) -> Argon2id | None:
        """What deriving the KEK of a new slot shall cost; None where nothing is derived."""

    def kek(self, kdf: Argon2id | None) -> bytes:
        """The KEK, 32 bytes, of a slot with this cost. May take a second.

        Raises:
            EnvironmentProblem: the machine cannot derive it.
        """

    def refusal(self) -> VaultLocked:
        """The error, in words, where this source opens none of the slots."""


@dataclass(frozen=True, slots=True)
class KeyringKey:
    """A ``KekSource``: 32 random bytes that the keyring holds."""

    key: bytes = field(repr=False)

    @property
    def slot_type(self) -> SlotType:
        """Keyring slots."""
        return SlotType.KEYRING

    def new_kdf(self) -> None:
        """Random bytes need no derivation."""
        return

    def kek(self, kdf: Argon2id | None) -> bytes:
        """The bytes themselves."""
        if kdf is not None or len(self.key) != KEK_BYTES:
            raise Bug(f"A keyring slot's key is {KEK_BYTES} random bytes, not derived.")
        return self.key

    def refusal(self) -> VaultLocked:
        """What to raise where these bytes open no slot."""
        return KeyringChanged(
            "Your keyring holds a key for this vault, but not the right one.",
            "Put back the keyring that belongs to this profile, or use another way in.",
        )


@dataclass(frozen=True, slots=True)
class KeySlots:
    """All ways into one vault. A value: ``add`` returns another one, ``save`` writes it."""

    header: Header

    @classmethod
    def create(
        cls, vault_id: str, source: KekSource, *, now: int, random: Random = secrets.token_bytes
    ) -> tuple[Self, bytes]:
        """Make a new DEK and its first slot.

        Args:
            vault_id: From ``new_vault_id``.
            source: The first way in.
            now: Milliseconds since 1970, UTC.
            random: Returns this many random bytes.

        Returns:
            The slots, not yet saved, and the DEK (32 bytes).
        """
        dek = random(DEK_BYTES)
        slot = _wrap(vault_id, source, dek, now, random)
        return cls(_sealed(Header(vault_id, 1, (slot,)), dek)), dek

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Its MAC is checked by ``unlock``, for that takes the DEK.

        Raises:
            VaultDamaged: it is missing, or not what Hush wrote.
            VaultTooNew: a newer Hush wrote it.
            StorageFull: the disk refuses.
        """
        try:
            if not path.is_file():
                raise VaultDamaged(
                    "The vault's key file is missing. Without it the vault cannot be opened.",
                    "Put it back. An earlier copy may lie beside it, ending in “.prev”.",
                )
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise disk_problem(error) from None
        return cls(parse(data))

    @property
    def vault_id(self) -> str:
        """Names the vault: 32 hexadecimal digits."""
        return self.header.vault_id

    @property
    def generation(self) -> int:
        """How many times the slots were changed, from 1."""
        return self.header.generation

    @property
    def types(self) -> frozenset[SlotType]:
        """The kinds of ways in that there are."""
        return frozenset(slot.type for slot in self.header.slots)

    def of_type(self, kind: SlotType) -> tuple[Slot, ...]:
        """The slots of one type, the oldest first."""
        return tuple(slot for slot in self.header.slots if slot.type is kind)

    @property
    def newest(self) -> Slot:
        """The slot that was added last."""
        return self.header.slots[-1]

    def unlock(self, source: KekSource, slot_id: str | None = None) -> bytes:
        """Unwrap the DEK (32 bytes) from the first slot that ``source`` opens.

        Args:
            source: A way in.
            slot_id: Try this slot only; None for every slot of the source's type.

        Raises:
            VaultLocked: it opens none; the source's own kind of it, with its words.
            VaultDamaged: it opens one, but the file was altered since Hush wrote it.
        """
        return self.find(source, slot_id)[1]

    def find(self, source: KekSource, slot_id: str | None = None) -> tuple[Slot, bytes]:
        """The slot that ``source`` opens, and the DEK; as ``unlock``."""
        candidates = [s for s in self.of_type(source.slot_type) if slot_id in {None, s.id}]
        if not candidates:
            raise VaultLocked(f"This vault has no {source.slot_type.value} to open it with.")
        for slot in candidates:
            dek = _unwrap(self.vault_id, slot, source.kek(slot.kdf))
            if dek is not None:
                self.verify(dek)
                return slot, dek
        raise source.refusal()

    def add(
        self, dek: bytes, source: KekSource, *, now: int, random: Random = secrets.token_bytes
    ) -> Self:
        """Add a way in.

        Args:
            dek: From ``unlock`` or ``create``.
            source: The new way in.
            now: Milliseconds since 1970, UTC.
            random: Returns this many random bytes.

        Raises:
            InputRefused: all eight slots are taken.
            VaultDamaged: ``dek`` is not this file's.
        """
        self.verify(dek)
        if len(self.header.slots) == MAX_SLOTS:
            raise InputRefused(f"A vault has at most {MAX_SLOTS} ways in. Nothing was changed.")
        slot = _wrap(self.vault_id, source, dek, now, random)
        return self._with(dek, (*self.header.slots, slot))

    def drop(self, dek: bytes, slot_ids: Collection[str]) -> Self:
        """Take ways in away.

        Raises:
            InputRefused: none would be left.
            VaultDamaged: ``dek`` is not this file's.
        """
        self.verify(dek)
        left = tuple(slot for slot in self.header.slots if slot.id not in slot_ids)
        if not left:
            raise InputRefused(
                "This is the only way into your vault. Nothing was changed.",
                "Add another way in first.",
            )
        return self._with(dek, left)

    def _with(self, dek: bytes, slots: tuple[Slot, ...]) -> Self:
        return type(self)(_sealed(Header(self.vault_id, self.generation + 1, slots), dek))

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        return serialise(self.header)

    def save(self, path: Path, *, forget: bool = False) -> None:
        """Write the file whole; what stood there before is kept as ``<name>.prev``.

        Args:
            path: The file.
            forget: Keep no earlier copy: it would still open with what was just taken away.

        Raises:
            StorageFull: the disk refuses; the file is then as it was.
        """
        try:
            before = path.read_bytes() if path.exists() and not forget else None
        except OSError as error:
            raise disk_problem(error) from None
        if forget or before is not None:
            write_atomically(previous_slots(path), before or self.to_bytes())
        write_atomically(path, self.to_bytes())

    def verify(self, dek: bytes) -> None:
        """Check that these are this DEK's slots, just as Hush wrote them.

        Raises:
            VaultDamaged: they are not.
        """
        if not hmac.compare_digest(self.header.mac, _mac(self.header, dek)):
            raise VaultDamaged(
                "The vault's key file was altered since Hush wrote it. Nothing was changed.",
                "An earlier copy may lie beside it, ending in “.prev”.",
            )


def previous_slots(path: Path) -> Path:
    """Where the copy before the last change lies."""
    return path.with_name(path.name + ".prev")


def keyring_account(vault_id: str, slot_id: str) -> str:
    """The keyring's name for a slot's key.

    One for each slot: a new slot never overwrites a key that an older one may need again.
    """
    return f"{vault_id}-{slot_id}"


def new_vault_id(random: Random = secrets.token_bytes) -> str:
    """Name a new vault: 32 hexadecimal digits."""
    return random(VAULT_ID_BYTES).hex()


def derive_key(dek: bytes, label: KeyLabel) -> bytes:
    """Derive the key (32 bytes) for one purpose: HKDF-SHA-256 with the label as info.

    No salt: the DEK is uniformly random already (RFC 5869, 3.1).
    """
    info = label.value.encode("ascii")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(dek)


def _wrap(vault_id: str, source: KekSource, dek: bytes, now: int, random: Random) -> Slot:
    slot_id, nonce = random(SLOT_ID_BYTES).hex(), random(NONCE_BYTES)
    kdf = source.new_kdf()
    bound = associated_data(vault_id, slot_id, source.slot_type, kdf)
    wrapped = AESGCM(source.kek(kdf)).encrypt(nonce, dek, bound)
    return Slot(slot_id, source.slot_type, now, kdf, nonce, wrapped)


def _unwrap(vault_id: str, slot: Slot, kek: bytes) -> bytes | None:
    bound = associated_data(vault_id, slot.id, slot.type, slot.kdf)
    try:
        return AESGCM(kek).decrypt(slot.nonce, slot.wrapped, bound)
    except InvalidTag:
        return None


def _sealed(header: Header, dek: bytes) -> Header:
    return replace(header, mac=_mac(header, dek))


def _mac(header: Header, dek: bytes) -> bytes:
    return hmac.digest(derive_key(dek, KeyLabel.HEADER), canonical(header), hashlib.sha256)
