"""Makes backups, and lets them go: by age, by wish, and their old ways in. Everything blocks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from typing import Final

from assistant.backup import replaced
from assistant.backup.files import Manifest
from assistant.backup.keys import BackupKeys, belongs
from assistant.backup.retention import expiries, keep
from assistant.backup.shelf import DATABASE, KEY_SLOTS, Found, Shelf
from assistant.clock import Clock
from assistant.disk import disk_problem, write_atomically
from assistant.errors import HushError, StorageFull, VaultDamaged, VaultLocked, VaultTooNew
from assistant.log import log_event
from assistant.paths import Profile
from assistant.records import Backup
from assistant.store.backup_rows import ask_for_scrub, last_ids, look_into, newest_message
from assistant.store.copying import copy_verified, never
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key

FreeBytes = Callable[[Path], int]

_SPARE: Final = 10  # a copy may need a tenth more than the database
_MIB: Final = 1 << 20


class BackupMaker:
    """One profile's backups.

    Args:
        profile: Held by this process where anything is written.
        shelf: Where its backups lie.
        keys: Knows the open vault's key.
        clock: Names the moments.
        damaged: Told where the vault turned out not to be readable in full.
        zone: Whose days count for retention; default: the machine's own.
        free: How many bytes are free on a folder's disk.
    """

    def __init__(
        self,
        profile: Profile,
        shelf: Shelf,
        keys: BackupKeys,
        clock: Clock,
        damaged: Callable[[HushError], None],
        *,
        zone: tzinfo | None,
        free: FreeBytes,
    ) -> None:
        self._profile = profile
        self._shelf = shelf
        self._keys = keys
        self._clock = clock
        self._damaged = damaged
        self._zone = zone
        self._free = free

    def all(self) -> tuple[Backup, ...]:
        """The profile's backups as they are shown, newest first, with the time at which each goes.

        What claims to be from the future comes last: the one to go back to is the first.

        Raises:
            StorageFull: their folder cannot be read.
        """
        now = self._clock.now()
        found = self._shelf.found(now)
        until = expiries({b.manifest.made for b in found}, now, self._zone)
        return tuple(_described(backup, until[backup.manifest.made]) for backup in found)

    def describe(self, found: Found) -> Backup:
        """One backup as it is shown. ``expires`` is 0 where it lies elsewhere: it stays there."""
        if found.folder.parent == self._shelf.folder:
            for backup in self.all():
                if backup.name == found.name:
                    return backup
        return _described(found, 0)

    def create(
        self,
        reason: str,
        *,
        cancelled: Callable[[], bool] = never,
        dek: bytes | None = None,
        to: Path | None = None,
    ) -> Backup:
        """Make a backup, prove it, and drop what retention no longer keeps.

        Args:
            reason: A few lower-case words.
            cancelled: As for ``copy_verified``.
            dek: The vault's key where the vault is not open yet.
            to: Another folder, where retention touches nothing; its ``expires`` is 0.

        Raises:
            VaultLocked: there is no key.
            VaultDamaged: the vault, or its key slots; no backup was made.
            StorageFull: no backup was made, and nothing was left behind.
            concurrent.futures.CancelledError: likewise.
        """
        shelf = Shelf(to) if to else self._shelf
        shelf.tidy()
        made = self._make(shelf, reason, cancelled, dek)
        if not to:
            self.prune()
        return self.describe(made)

    def forget_earlier(self, cancelled: Callable[[], bool]) -> Backup:
        """Make a backup of what there is now, then delete all others, whole or not.

        And the files that a restore set aside: they hold what was deleted just as well.

        Raises:
            As ``create``, and then no other was deleted; or StorageFull: not all of them were.
        """
        made = self.create("forget earlier", cancelled=cancelled)
        problem: StorageFull | None = None
        for folder in self._shelf.folders():
            if folder.name != made.name:
                try:
                    self._shelf.drop(folder)
                except StorageFull as error:
                    problem = error
        replaced.forget(self._profile)
        if problem:
            raise problem
        return next((left for left in self.all() if left.name == made.name), made)

    def refresh_slots(self, slots: KeySlots, dek: bytes) -> int:
        """Give every backup of this key the ways in of now, in the place of earlier ones.

        Returns:
            How many were changed.

        Raises:
            VaultDamaged: ``slots`` are not this key's.
            StorageFull: not all of them could be changed.
        """
        slots.verify(dek)
        changed, problem = 0, None
        for path in self._shelf.key_slot_files():
            try:
                if _is_older(path, slots, dek):
                    write_atomically(path, slots.to_bytes())
                    changed += 1
            except (VaultDamaged, VaultTooNew):
                continue
            except StorageFull as error:
                problem = error
        if problem:
            raise problem
        return changed

    def _make(
        self, shelf: Shelf, reason: str, cancelled: Callable[[], bool], dek: bytes | None
    ) -> Found:
        if self._profile.erasing.exists():
            raise VaultLocked("Everything here is being erased.")
        dek = dek or self._keys.present()
        slots = KeySlots.load(self._profile.key_slots)
        slots.verify(dek)
        require_room(shelf.folder, self._profile.database, self._free)
        made = self._clock.now()
        making = shelf.begin()
        try:
            counts = self._copy(making / DATABASE, dek, cancelled)
            write_atomically(making / KEY_SLOTS, slots.to_bytes())
            newest, last = look_into(
                making / DATABASE,
                derive_key(dek, KeyLabel.BACKUP),
                lambda c: (newest_message(c), last_ids(c)),
            )
            if cancelled():
                raise CancelledError
            found = shelf.finish(making, Manifest(made, reason, counts, newest, last))
        except BaseException:
            shelf.remove_unfinished(making)
            raise
        log_event("backup.made", messages=found.manifest.messages, mib=found.bytes // _MIB)
        return found

    def _copy(self, target: Path, dek: bytes, cancelled: Callable[[], bool]) -> dict[str, int]:
        key, backup_key = derive_key(dek, KeyLabel.DB), derive_key(dek, KeyLabel.BACKUP)
        database = self._profile.database
        try:
            counts = copy_verified(
                database,
                key,
                target,
                backup_key,
                cancelled=cancelled,
                index_was_stale=lambda: ask_for_scrub(database, key),
            )
        except VaultDamaged as error:
            self._damaged(error)
            raise
        return dict(counts)

    def prune(self) -> None:
        """Drop what retention no longer keeps. What cannot go now is tried again the next time.

        Raises:
            StorageFull: the folder of backups cannot be read.
        """
        found = self._shelf.found()
        kept = keep((b.manifest.made for b in found), self._clock.now(), self._zone)
        for backup in found:
            if backup.manifest.made not in kept:
                with suppress(StorageFull):
                    self._shelf.drop(backup.folder)
                    log_event("backup.dropped")


def free_bytes(folder: Path) -> int:
    """How many bytes this user may still write where ``folder`` is, or is to be made.

    Raises:
        StorageFull: where the system refuses to say.
    """
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise disk_problem(error) from None


def require_room(folder: Path, database: Path, free: FreeBytes) -> None:
    """Look for room before a copy of ``database``, with its log, is begun in ``folder``.

    Raises:
        StorageFull: there is too little.
    """
    try:
        files = (database, database.with_name(f"{database.name}-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
    except OSError as error:
        raise disk_problem(error) from None
    missing = size + size // _SPARE - free(folder)
    if missing > 0:
        raise StorageFull(
            f"There is not enough room on the disk: {missing // _MIB + 1} MiB are missing. "
            "Nothing was written.",
            "Free some space, then try again.",
        )


def _is_older(path: Path, slots: KeySlots, dek: bytes) -> bool:
    """Whether a file holds earlier slots of the same key."""
    found = KeySlots.load(path)
    return belongs(dek, found) and found.generation < slots.generation


def _described(backup: Found, expires: int) -> Backup:
    manifest = backup.manifest
    return Backup(
        name=backup.name,
        made=manifest.made,
        bytes=backup.bytes,
        conversations=manifest.conversations,
        messages=manifest.messages,
        reason=manifest.reason,
        expires=expires,
    )
