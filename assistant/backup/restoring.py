"""What backups are for: prove one, restore one aside for a trial, put one in place. It blocks."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.access import erasing
from assistant.backup import replaced
from assistant.backup.keys import BackupKeys, opens
from assistant.backup.making import FreeBytes, require_room
from assistant.backup.shelf import DATABASE, KEY_SLOTS, Found, Shelf, read_backup
from assistant.clock import Clock
from assistant.disk import write_atomically
from assistant.errors import (
    HushError,
    NotFound,
    VaultDamaged,
    VaultError,
    VaultLocked,
    VaultTooNew,
)
from assistant.log import log_event
from assistant.paths import Profile
from assistant.records import Drill
from assistant.store import conversation_rows, message_rows
from assistant.store.backup_rows import look_into, totals, written_since
from assistant.store.copying import copy_verified, never, verify_database
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key
from assistant.store.migrations import refuse_newer
from assistant.store.succession import Succession
from assistant.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Missing:
    """What a restore would lose: what was begun since. An answer may have grown besides.

    Attributes:
        since: When the backup was made; milliseconds since 1970, UTC.
        conversations: How many were begun since, as far as could be counted.
        messages: How many were written since, likewise.
        complete: Whether everything could be counted: a damaged vault may hold more.
    """

    since: int
    conversations: int
    messages: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup is in place. ``kept``: where what stood there before is; None if nothing did."""

    name: str
    conversations: int
    messages: int
    kept: Path | None


class Restorer:
    """Uses one profile's backups, and others.

    Args:
        profile: Held by this process, but for ``verify`` and ``missing_since``.
        shelf: Where its backups lie.
        keys: Finds the key of a backup.
        clock: Names the moments.
        free: How many bytes are free on a folder's disk.
    """

    def __init__(
        self, profile: Profile, shelf: Shelf, keys: BackupKeys, clock: Clock, free: FreeBytes
    ) -> None:
        self._profile = profile
        self._shelf = shelf
        self._keys = keys
        self._clock = clock
        self._free = free

    def find(self, which: str | Path) -> Found:
        """A backup of this profile by its name, or any by its folder.

        Raises:
            NotFound: there is none.
            VaultDamaged: its folder is incomplete.
        """
        for backup in self._shelf.found():
            if backup.name == str(which):
                return backup
        if not os.path.lexists(which):
            raise NotFound(
                "There is no such backup.", "See which there are with “hush backup list”."
            )
        return read_backup(Path(which).absolute())

    def verify(
        self, which: str | Path, secret: str | None, cancelled: Callable[[], bool] = never
    ) -> Found:
        """Read every page of a backup, and compare what it holds with its manifest.

        Raises:
            NotFound, VaultDamaged, VaultLocked: there is none, it is damaged, it does not open.
            concurrent.futures.CancelledError: ``cancelled`` said so.
        """
        found = self.find(which)
        _prove(found, self._keys.of(KeySlots.load(found.key_slots), secret), cancelled)
        return found

    def drill(self, secret: str | None, cancelled: Callable[[], bool]) -> Drill:
        """Restore the newest backup aside, open it as a start would, read all of it, remove it.

        What went wrong is in the outcome, which is written down.

        Raises:
            NotFound: there is no backup.
            VaultLocked: the key to it is not here; nothing was tried.
            StorageFull: the outcome could not be written down.
            concurrent.futures.CancelledError: ``cancelled`` said so.
        """
        self._shelf.tidy()
        now = self._clock.now()
        backups = self._shelf.found(now)
        if not backups:
            raise NotFound("There is no backup yet.", "Make one with “hush backup create”.")
        newest = backups[0]
        problem = ""
        try:
            self._try(newest, secret, cancelled)
        except HushError as error:
            if isinstance(error, VaultLocked) and not self._keys.is_open():
                raise
            problem = error.sentence
        drill = Drill(
            at=now,
            backup=newest.name,
            ok=not problem,
            conversations=newest.manifest.conversations,
            messages=newest.manifest.messages,
            problem=problem,
        )
        if cancelled():  # perhaps because everything is being erased
            raise CancelledError
        self._shelf.save_drill(drill)
        log_event("backup.drill", ok=drill.ok)
        return drill

    def missing_since(self, which: str | Path, secret: str | None) -> Missing:
        """Count what was begun since a backup was made.

        Raises:
            NotFound, VaultDamaged: there is no such backup.
            VaultLocked: the present vault does not open, or the backup is of another one, so that
                there is nothing to compare.
            VaultDamaged: nothing of the present vault can be read.
            VaultError: an earlier Hush made the backup, and did not note where it ends.
        """
        found = self.find(which)
        manifest = found.manifest
        database = self._profile.database
        if not database.exists():
            return Missing(manifest.made, 0, 0)
        dek = self._keys.of(KeySlots.load(self._profile.key_slots), secret)
        if not opens(dek, found.key_slots):
            raise VaultLocked("This is a backup of another vault.", "All of this one would go.")
        last = manifest.last
        if last is None:
            raise VaultError("An earlier Hush made this backup: what is newer cannot be told.")
        until = max(manifest.made, manifest.newest)
        written = look_into(
            database, derive_key(dek, KeyLabel.DB), lambda c: written_since(c, last, until)
        )
        return Missing(manifest.made, written.conversations, written.messages, written.complete)

    def restore(
        self, which: str | Path, secret: str | None, cancelled: Callable[[], bool]
    ) -> Restored:
        """Put a backup in the place of the vault. What stood there is kept aside.

        The vault must not be open. Its key slots stay where they belong to the same key: a
        passphrase that was changed since stays changed.

        Raises:
            NotFound, VaultLocked, VaultDamaged, VaultTooNew, StorageFull: the old state stands.
            concurrent.futures.CancelledError: likewise.
        """
        profile, succession = self._profile, Succession(self._profile)
        erasing.finish(profile)
        succession.finish()
        found = self.find(which)
        slots = KeySlots.load(found.key_slots)
        dek = self._keys.of(slots, secret)
        _prove(found, dek, cancelled)
        require_room(profile.root, found.database, self._free)
        kept = replaced.new_folder(profile, self._clock.now())
        try:
            self._copy(found, dek, succession.database, cancelled)
            if not opens(dek, profile.key_slots):
                succession.prepare(slots.to_bytes())
            if cancelled():
                raise CancelledError
            succession.commit(kept=kept.name)
        except BaseException:
            if not profile.succession.exists():  # else it is decided, and the next start ends it
                with suppress(OSError):
                    succession.abandon()
            raise
        log_event("backup.restored", messages=found.manifest.messages)
        manifest = found.manifest
        there = kept if kept.exists() else None
        return Restored(found.name, manifest.conversations, manifest.messages, there)

    def _try(self, backup: Found, secret: str | None, cancelled: Callable[[], bool]) -> None:
        trial = self._shelf.begin_trial()
        try:
            require_room(trial, backup.database, self._free)
            write_atomically(trial / KEY_SLOTS, KeySlots.load(backup.key_slots).to_bytes())
            dek = self._keys.of(KeySlots.load(trial / KEY_SLOTS), secret)
            self._copy(backup, dek, trial / DATABASE, cancelled)
            _read_all(trial / DATABASE, backup, derive_key(dek, KeyLabel.DB), cancelled)
        finally:
            self._shelf.remove_unfinished(trial)

    def _copy(self, backup: Found, dek: bytes, target: Path, cancelled: Callable[[], bool]) -> None:
        """Copy a backup's database to where a vault can be opened, and look whether it can."""
        key, backup_key = derive_key(dek, KeyLabel.DB), derive_key(dek, KeyLabel.BACKUP)
        try:
            counts = copy_verified(backup.database, backup_key, target, key, cancelled=cancelled)
            look_into(target, key, refuse_newer)
        except VaultTooNew:
            raise
        except VaultDamaged:
            raise _damaged() from None
        if counts != backup.manifest.counts:
            raise _not_as_said()


def _prove(backup: Found, dek: bytes, cancelled: Callable[[], bool]) -> None:
    """Read a backup in full, where it lies."""
    try:
        key = derive_key(dek, KeyLabel.BACKUP)
        counts = verify_database(backup.database, key, cancelled=cancelled)
    except VaultDamaged:
        raise _damaged() from None
    if counts != backup.manifest.counts:
        raise _not_as_said()


def _read_all(path: Path, backup: Found, key: bytes, cancelled: Callable[[], bool]) -> None:
    """Open a restored database as the next start would, and read every conversation in it."""
    with Vault.open(path, key) as vault:
        counts = vault.read(totals).result()
        if counts != (backup.manifest.conversations, backup.manifest.messages):
            raise _not_as_said()
        for conversation in vault.read(conversation_rows.list_all).result():
            if cancelled():
                raise CancelledError
            vault.read(partial(message_rows.path, conversation_id=conversation.id)).result()


def _damaged() -> VaultDamaged:
    return VaultDamaged(
        "This backup is damaged. Your vault is as it was.", "Use another backup; keep this one."
    )


def _not_as_said() -> VaultDamaged:
    return VaultDamaged(
        "This backup does not hold what it held when it was made. Your vault is as it was.",
        "Use another backup; keep this one.",
    )
