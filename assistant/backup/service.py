"""Backups as the window and the terminal use them: made daily, tried monthly, put in place by wish.

Long work runs on one thread and can be called off; looking at what there is never waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final, TypeAlias

from assistant.background import Background
from assistant.backup import replaced
from assistant.backup.cancellable import CancellableWork, Cancelled
from assistant.backup.keys import BackupKeys, Unlock, opens
from assistant.backup.making import BackupMaker, FreeBytes, free_bytes
from assistant.backup.restoring import Missing, Restored, Restorer
from assistant.backup.shelf import Shelf
from assistant.clock import Clock
from assistant.errors import HushError
from assistant.events import BackupEnded, DamageFound, DrillEnded, EventSink
from assistant.log import log_error
from assistant.paths import Profile
from assistant.records import Backup, Drill
from assistant.store.backup_rows import has_messages, look_into
from assistant.store.keyslot_format import parse
from assistant.store.keyslots import KeyLabel, KeySlots, derive_key

__all__ = ["Backup", "BackupService", "Drill", "Holding", "Missing", "Restored", "Wait"]

Wait: TypeAlias = Callable[[threading.Event, float], bool]
"""Waits so many seconds, or until the event is set; says whether it is."""

_FIRST_SECONDS: Final = 120.0  # a start has better things to do
_SECONDS: Final = 300.0
_DAY: Final = 24 * 3_600_000  # ms
_MONTH: Final = 30 * _DAY
_RETRY: Final = 3_600_000  # ms; what failed is not tried again with every look
_CLOSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a text may still stand.

    Attributes:
        backups: Those that may hold it, newest first.
        kept: Whether files that a restore set aside may.
    """

    backups: tuple[Backup, ...]
    kept: bool


class BackupService:
    """Each method answers with a future. Usable before the vault is open: it may be damaged.

    Args:
        profile: Held by this process where anything is written.
        clock: Names the moments.
        sink: Gets ``BackupEnded``, ``DrillEnded`` and ``DamageFound``.
        open_key: The open vault's DEK; None while none is open.
        unlock: Finds the DEK of other slots: ``Entrance.unlock_slots``.
        zone: Whose days count for retention; default: the machine's own.
        free: How many bytes are free on a folder's disk.
        wait: Waits between two looks of the schedule.
    """

    def __init__(
        self,
        profile: Profile,
        clock: Clock,
        sink: EventSink,
        *,
        open_key: Callable[[], bytes | None],
        unlock: Unlock,
        zone: tzinfo | None = None,
        free: FreeBytes = free_bytes,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._profile = profile
        self._clock = clock
        self._sink = sink
        self._wait = wait
        self._keys = BackupKeys(open_key, unlock)
        self._shelf = Shelf(profile.backups)
        self._maker = BackupMaker(
            profile,
            self._shelf,
            self._keys,
            clock,
            self._tell_damage,
            zone=zone,
            free=free,
        )
        self._restorer = Restorer(profile, self._shelf, self._keys, clock, free)
        self._work = CancellableWork("backups")
        self._looks = Background("backup-looks")
        self._closing = threading.Event()
        self._scheduled = False
        self._not_before = 0
        self._told = ""  # the code of the last failure that was published
        self._damage_told = False

    # Looking ------------------------------------------------------------------------------

    def list(self) -> Future[tuple[Backup, ...]]:
        """The backups there are, newest first. Needs no key.

        Raises:
            StorageFull: in the future, where the folder cannot be read.
        """
        return self._looks.submit(self._maker.all)

    def holding(self, since: int) -> Future[Holding]:
        """Where a text may still stand once it is deleted from the vault.

        Args:
            since: When it was written, milliseconds since 1970, UTC.
        """

        def work() -> Holding:
            found = self._shelf.found()
            later = {b.name for b in found if max(b.manifest.made, b.manifest.newest) >= since}
            backups = tuple(backup for backup in self._maker.all() if backup.name in later)
            return Holding(backups, replaced.may_hold(self._profile, since))

        return self._looks.submit(work)

    def last_drill(self) -> Future[Drill | None]:
        """How the last restore drill went; None where there was none."""
        return self._looks.submit(self._shelf.last_drill)

    def missing_since(self, which: str | Path, secret: str | None = None) -> Future[Missing]:
        """What a restore of this backup would lose.

        Raises:
            NotFound, VaultLocked, VaultDamaged: in the future, where it cannot be known.
        """
        return self._looks.submit(lambda: self._restorer.missing_since(which, secret))

    # Working ------------------------------------------------------------------------------

    def create(self, reason: str = "by hand", *, to: Path | None = None) -> Future[Backup]:
        """Make a backup of the open vault, proved before it counts.

        Args:
            reason: A few lower-case words.
            to: Another folder, outside the profile, where retention touches nothing.

        Raises:
            VaultLocked, VaultDamaged, StorageFull: in the future; nothing was left behind.
        """
        return self._work.submit(lambda stop: self._maker.create(reason, cancelled=stop, to=to))

    def before_migration(self, dek: bytes) -> None:
        """Make a backup of a vault that is about to be changed. Blocks.

        Args:
            dek: The vault's key; it is not open yet.

        Raises:
            VaultDamaged, StorageFull: there is no backup, so that nothing should be changed.
        """
        self._work.submit(
            lambda stop: self._maker.create("before migration", cancelled=stop, dek=dek),
            lasting=True,
        ).result()

    def verify(self, which: str | Path, secret: str | None = None) -> Future[Backup]:
        """Read every page of a backup and compare what it holds with its manifest.

        Args:
            which: Its name, or its folder anywhere.
            secret: A passphrase or a recovery code, as typed; None where the open vault's key
                fits, or to ask the keyring.

        Raises:
            NotFound, VaultLocked, VaultDamaged: in the future.
        """

        def work(stop: Cancelled) -> Backup:
            return self._maker.describe(self._restorer.verify(which, secret, stop))

        return self._work.submit(work)

    def restore(self, which: str | Path, secret: str | None = None) -> Future[Restored]:
        """Put a backup in the place of the vault, which must be closed; the old files are kept.

        Args:
            which: Its name, or its folder anywhere.
            secret: As for ``verify``.

        Raises:
            NotFound, VaultLocked, VaultDamaged, VaultTooNew, StorageFull: in the future; the old
                state stands.
        """
        return self._work.submit(lambda stop: self._restorer.restore(which, secret, stop))

    def forget_earlier(self) -> Future[Backup]:
        """Make a backup of what there is now, then delete all others, and what restores kept.

        Raises:
            VaultLocked, VaultDamaged, StorageFull: in the future.
        """
        return self._work.submit(self._maker.forget_earlier)

    def drill(self, secret: str | None = None) -> Future[Drill]:
        """Restore the newest backup aside, read all of it, remove it.

        Raises:
            NotFound, VaultLocked: in the future; nothing was tried.
        """
        return self._work.submit(lambda stop: self._drill(secret, stop))

    def refresh_slots(self, slots: bytes, dek: bytes) -> Future[int]:
        """Put the ways in of now into every backup of this key; answers how many were changed.

        A passphrase that was given up would open them else. ``cancel`` does not call it off.

        Args:
            slots: The key slots' file of now.
            dek: Their key.

        Raises:
            StorageFull: in the future, where an old way in still opens a backup.
        """
        now = KeySlots(parse(slots))
        return self._work.submit(lambda _: self._maker.refresh_slots(now, dek), lasting=True)

    def cancel(self) -> None:
        """Call off what runs, which ends within moments, and what waits."""
        self._work.cancel()

    def close(self) -> None:
        """Call everything off. Takes up to a second; a page check may end a little later."""
        self._closing.set()
        self._work.close(_CLOSE_SECONDS)

    # The schedule -------------------------------------------------------------------------

    def start_schedule(self) -> None:
        """Make a backup a day and a drill a month from now on. For the window alone."""
        if not self._scheduled:
            self._scheduled = True
            threading.Thread(target=self._keep_looking, name="backup-clock", daemon=True).start()

    def _keep_looking(self) -> None:
        seconds = _FIRST_SECONDS
        while not self._wait(self._closing, seconds):
            done = self._work.submit(self._look)
            seconds = _SECONDS
            try:
                error = done.exception()
            except CancelledError:
                continue
            if error and not isinstance(error, HushError):
                log_error("backup.bug", error)

    def _look(self, stop: Cancelled) -> None:
        """Do what is due: one thing at a time."""
        now = self._clock.now()
        # A wait that is longer than it was begun is one of a clock that was ahead.
        waits = self._not_before - _RETRY <= now < self._not_before
        if not self._keys.is_open() or waits or self._profile.erasing.exists():
            return
        try:
            self._refresh()
            if self._backup_is_due(now):
                self._sink(BackupEnded(self._maker.create("daily", cancelled=stop)))
                self._told = ""
            else:
                self._maker.prune()  # not before there is a new one, where one is due
                if self._drill_is_due(now):
                    self._drill(None, stop)
        except HushError as error:
            self._not_before = now + _RETRY
            if error.code != self._told:
                self._told = error.code
                self._sink(BackupEnded(error=error))

    def _refresh(self) -> None:
        """Make up for a change of the ways in that was cut short."""
        dek = self._keys.present()
        self._maker.refresh_slots(KeySlots.load(self._profile.key_slots), dek)

    def _backup_is_due(self, now: int) -> bool:
        dek = self._keys.present()
        newest = next(iter(self._shelf.found(now)), None)
        if newest and newest.manifest.made <= now and opens(dek, newest.key_slots):
            return now - newest.manifest.made >= _DAY  # one under an earlier key is not today's
        return look_into(self._profile.database, derive_key(dek, KeyLabel.DB), has_messages)

    def _drill_is_due(self, now: int) -> bool:
        if not self._shelf.found():
            return False
        last = self._shelf.last_drill()
        if last is None or last.at > now:
            return True
        return now - last.at >= (_MONTH if last.ok else _DAY)

    def _tell_damage(self, error: HushError) -> None:
        """Once: it does not go away, and each look would find it again."""
        if not self._damage_told:
            self._damage_told = True
            self._sink(DamageFound(error))

    def _drill(self, secret: str | None, stop: Cancelled) -> Drill:
        drill = self._restorer.drill(secret, stop)
        self._sink(DrillEnded(drill))
        return drill
