"""Which key a backup opens with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from assistant.errors import VaultDamaged, VaultLocked, VaultTooNew
from assistant.store.keyslots import KeySlots

Unlock: TypeAlias = Callable[[KeySlots, str | None], bytes]
"""Finds the DEK of other slots, from a typed secret or the keyring: ``Entrance.unlock_slots``."""


class BackupKeys:
    """The open vault's key where it fits, else the keyring's or a typed one.

    Args:
        open_key: The open vault's DEK, 32 bytes; None while none is open.
        unlock: Finds the DEK of other slots.
    """

    def __init__(self, open_key: Callable[[], bytes | None], unlock: Unlock) -> None:
        self._open_key = open_key
        self._unlock = unlock
        self._last: bytes | None = None

    def present(self) -> bytes:
        """The open vault's DEK.

        Raises:
            VaultLocked: none is open.
        """
        if dek := self._open_key():
            return dek
        raise VaultLocked("The vault is locked.", "Open it first.")

    def is_open(self) -> bool:
        """Whether there is one."""
        return self._open_key() is not None

    def of(self, slots: KeySlots, secret: str | None) -> bytes:
        """Find the DEK that belongs to these slots.

        A key that was used before is tried again: a restore closes the vault first, and what
        opened a backup a moment ago should not be asked for twice.

        Args:
            slots: A backup's.
            secret: A passphrase or a recovery code, as typed; None to ask the keyring.

        Raises:
            VaultLocked, WrongPassphrase, KeyringUnavailable: another secret is needed.
            VaultDamaged: the slots were altered.
        """
        dek = self._open_key() or self._last  # read once: two threads ask
        if dek is None or not belongs(dek, slots):
            dek = self._unlock(slots, secret)
        self._last = dek
        return dek


def opens(dek: bytes, key_slots: Path) -> bool:
    """Whether this file holds this DEK's slots."""
    try:
        return belongs(dek, KeySlots.load(key_slots))
    except (VaultDamaged, VaultTooNew):
        return False


def belongs(dek: bytes, slots: KeySlots) -> bool:
    """Whether these are this DEK's slots, just as Hush wrote them."""
    try:
        slots.verify(dek)
    except VaultDamaged:
        return False
    return True
