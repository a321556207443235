"""The way into the vault: making it on the first run, opening it on every other.

A first run ends with two files, the database and the key slots. The slots are written under
another name first and get their own when the database stands, so a crash in between is told from
a loss: it is finished, or undone, at the next start.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from assistant.clock import Clock
from assistant.disk import disk_problem, flush_folder
from assistant.errors import InputRefused, KeyringUnavailable, VaultDamaged, VaultLocked
from assistant.paths import Profile
from assistant.store.keyring_guard import SecretStore, open_keyring
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import (
    KEK_BYTES,
    KekSource,
    KeyLabel,
    KeyringKey,
    KeySlots,
    derive_key,
    new_vault_id,
)
from assistant.store.passphrase import Argon2Policy, Passphrase
from assistant.store.vault import Vault

MIN_PASSPHRASE_CHARACTERS: Final = 8
"""Shortest new passphrase (NIST SP 800-63B, 5.1.1.2)."""


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """What is known before anything is opened.

    Attributes:
        exists: A vault was made before.
        ways: Slot types that open it: ``"keyring"``, ``"passphrase"``.
        keyring: Name of the safe keyring found, empty where none is, or where none is asked
            because only a passphrase opens the vault.
        keyring_problem: A sentence for the person where none is usable.
    """

    exists: bool
    ways: tuple[str, ...]
    keyring: str
    keyring_problem: str


class _KeyringWords(TypedDict):
    keyring: str
    keyring_problem: str


_UNASKED: Final[_KeyringWords] = {"keyring": "", "keyring_problem": ""}


class Entrance:
    """Opens one profile's vault. Every method blocks: a keyring may ask the person something.

    Args:
        profile: Prepared.
        clock: For the times in the key slots.
        keyring: Finds the safe keyring.
        cost: What a new passphrase slot may cost to open.
    """

    def __init__(
        self,
        profile: Profile,
        clock: Clock,
        *,
        keyring: Callable[[], SecretStore] = open_keyring,
        cost: Argon2Policy | None = None,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._keyring = keyring
        self._cost = cost

    def status(self) -> VaultStatus:
        """Look, without opening.

        Raises:
            VaultDamaged, VaultTooNew, StorageFull: from the key slots' file.
        """
        if not self._exists():
            return VaultStatus(exists=False, ways=(), **self._keyring_words())
        types = self._slots().types
        words = self._keyring_words() if SlotType.KEYRING in types else _UNASKED
        return VaultStatus(exists=True, ways=tuple(sorted(types)), **words)

    def create(self, passphrase: str | None) -> Vault:
        """Make the vault, with ``passphrase`` as its way in, else with the keyring.

        Raises:
            InputRefused: a vault stands already, or the passphrase is too short.
            KeyringUnavailable: no passphrase was given and there is no safe keyring.
            StorageFull: nothing was made.
        """
        if self._exists():
            raise InputRefused("This profile has a vault already.")
        if passphrase is not None and len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
            raise InputRefused(
                f"A passphrase needs at least {MIN_PASSPHRASE_CHARACTERS} characters.",
                "A few unrelated words are easy to remember and hard to guess.",
            )
        vault_id = new_vault_id()
        if passphrase is not None:
            return self._make(vault_id, Passphrase(passphrase, policy=self._cost))
        key, keyring = secrets.token_bytes(KEK_BYTES), self._keyring()
        keyring.put(vault_id, key)
        try:
            return self._make(vault_id, KeyringKey(key))
        except BaseException:
            with suppress(KeyringUnavailable):
                keyring.delete(vault_id)
            raise

    def open(self, passphrase: str | None, *, read_only: bool = False) -> Vault:
        """Open the vault with ``passphrase``, else with the keyring.

        Args:
            passphrase: What the person typed; None to ask the keyring.
            read_only: Beside another process that writes.

        Raises:
            VaultLocked, WrongPassphrase, KeyringUnavailable: another way in is needed.
            VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
        """
        if not self._exists():
            raise VaultLocked("There is no vault in this profile yet.")
        if not read_only:
            self._finish()
        slots = self._slots()
        key = derive_key(slots.unlock(self._source(slots, passphrase)), KeyLabel.DB)
        database = self._profile.database
        if not database.exists():
            raise VaultDamaged(
                "The vault's database is missing. Its key is still here.",
                f"Put {database.name} back into the profile folder.",
            )
        return Vault.open_read_only(database, key) if read_only else Vault.open(database, key)

    def _source(self, slots: KeySlots, passphrase: str | None) -> KekSource:
        if passphrase is not None:
            return Passphrase(passphrase, policy=self._cost)
        if SlotType.KEYRING not in slots.types:
            raise VaultLocked("This vault is locked.", "Enter its passphrase.")
        key = self._keyring().get(slots.vault_id)
        if key is None:
            raise KeyringUnavailable(
                "Your keyring does not hold this vault's key.",
                "Unlock the keyring that Hush was set up with, or put it back.",
            )
        return KeyringKey(key)

    def _make(self, vault_id: str, source: KekSource) -> Vault:
        slots, dek = KeySlots.create(vault_id, source, now=self._clock.now())
        slots.save(self._unfinished)
        vault = Vault.open(self._profile.database, derive_key(dek, KeyLabel.DB))
        self._finish()
        return vault

    def _keyring_words(self) -> _KeyringWords:
        try:
            return {"keyring": self._keyring().name, "keyring_problem": ""}
        except KeyringUnavailable as error:
            return {"keyring": "", "keyring_problem": error.message}

    def _slots(self) -> KeySlots:
        finished = self._profile.key_slots
        cut_short = not finished.exists() and self._unfinished.exists()
        return KeySlots.load(self._unfinished if cut_short else finished)

    @property
    def _unfinished(self) -> Path:
        path = self._profile.key_slots
        return path.with_name(path.name + ".first")

    def _exists(self) -> bool:
        """Whether a vault was made. Looks only: another process may be making it now."""
        return self._profile.key_slots.exists() or self._profile.database.exists()

    def _finish(self) -> None:
        """End a first run, this one or an earlier one that was cut short."""
        if self._profile.key_slots.exists() or not self._unfinished.exists():
            return
        try:
            self._unfinished.replace(self._profile.key_slots)
            flush_folder(self._profile.root)
        except OSError as error:
            raise disk_problem(error) from None
