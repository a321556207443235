"""The ways in and the backups as the window sees them, in memory, with their futures held back."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.access.entrance import FirstKeys
from assistant.access.keys import WayIn
from assistant.backup.service import Holding, Missing, Restored
from assistant.errors import HushError
from assistant.records import Backup, Drill
from assistant.store.keyslot_format import SlotType
from assistant.store.recovery import RecoveryCode

NOON = 1_750_000_000_000
"""Milliseconds since 1970: 15 June 2025, 15:06:40 UTC."""

DAY = 24 * 3_600_000


def backup(days_ago: int, *, conversations: int = 12, messages: int = 340) -> Backup:
    """A backup of some days before noon, kept for another half year."""
    made = NOON - days_ago * DAY
    return Backup(
        name=f"backup-{days_ago}",
        made=made,
        bytes=12_400_000,
        conversations=conversations,
        messages=messages,
        reason="daily",
        expires=made + 180 * DAY,
    )


class Held:
    """Answers at once, or holds every answer back until ``release``; fails once where told to."""

    def __init__(self) -> None:
        self.problem: HushError | None = None  # what the next call fails with
        self.hold_looks = False  # whether what only looks is held back, too
        self._held: list[tuple[Future[Any], Any]] | None = None

    def hold(self) -> None:
        """Keep answers back from now on."""
        self._held = []

    def fail(self, error: Exception) -> None:
        """Let what is kept back fail."""
        held, self._held = self._held or [], None
        for future, _ in held:
            future.set_exception(error)

    def release(self) -> None:
        """Give the answers kept back."""
        held, self._held = self._held or [], None
        for future, value in held:
            if not future.cancelled():
                _settle(future, value)

    def answer(self, value: Any, *, at_once: bool = False) -> Future[Any]:
        """A future for this value, or for the problem."""
        at_once = at_once and not self.hold_looks
        if not at_once and self.problem:
            value, self.problem = self.problem, None
        future: Future[Any] = Future()
        if self._held is None or at_once:
            _settle(future, value)
        else:
            self._held.append((future, value))
        return future


class FakeKeys(Held):
    """``KeyService`` over a dictionary; what was asked of it is noted."""

    def __init__(self, *types: SlotType) -> None:
        super().__init__()
        self.types = dict.fromkeys(types, NOON - 30 * DAY)
        self.ways_problem: HushError | None = None
        self.passphrases: list[str] = []
        self.codes: list[RecoveryCode] = []
        self.rotations: list[FirstKeys] = []

    def ways(self) -> Future[tuple[WayIn, ...]]:
        problem, self.ways_problem = self.ways_problem, None
        return self.answer(problem or self._ways(), at_once=True)

    def set_passphrase(self, new: str) -> Future[tuple[WayIn, ...]]:
        self.passphrases.append(new)
        return self._set(SlotType.PASSPHRASE)

    def set_recovery(self, code: RecoveryCode) -> Future[tuple[WayIn, ...]]:
        self.codes.append(code)
        return self._set(SlotType.RECOVERY)

    def set_keyring(self) -> Future[tuple[WayIn, ...]]:
        return self._set(SlotType.KEYRING)

    def remove(self, kind: SlotType) -> Future[tuple[WayIn, ...]]:
        if not self.problem:
            del self.types[kind]
        return self.answer(self._ways())

    def rotate(self, first: FirstKeys) -> Future[None]:
        self.rotations.append(first)
        return self.answer(None)

    def _set(self, kind: SlotType) -> Future[tuple[WayIn, ...]]:
        if not self.problem:
            self.types[kind] = NOON
        return self.answer(self._ways())

    def _ways(self) -> tuple[WayIn, ...]:
        return tuple(WayIn(kind, self.types[kind]) for kind in SlotType if kind in self.types)


class FakeBackups(Held):
    """``BackupService`` over a list, newest first; what was asked of it is noted."""

    def __init__(self, *backups: Backup) -> None:
        super().__init__()
        self.backups = list(backups)
        self.drilled: Drill | None = None
        self.missing = Missing(NOON - DAY, 2, 14)
        self.kept = False
        self.verified: list[tuple[str, str | None]] = []
        self.restored: list[tuple[str | Path, str | None]] = []
        self.list_problem: HushError | None = None
        self.restore_problem: HushError | None = None  # what the next restore fails with
        self.cancelled = 0
        self.schedules = 0
        self.cancels_waiting = False  # whether what is cancelled had not begun

    def list(self) -> Future[tuple[Backup, ...]]:
        problem, self.list_problem = self.list_problem, None
        return self.answer(problem or tuple(self.backups), at_once=True)

    def create(self, reason: str = "by hand") -> Future[Backup]:
        made = replace(backup(0), name=f"backup-made-{len(self.backups)}", reason=reason)
        if not self.problem:
            self.backups.insert(0, made)
        return self.answer(made)

    def verify(self, name: str, secret: str | None = None) -> Future[Backup]:
        self.verified.append((name, secret))
        return self.answer(self._named(name))

    def restore(self, which: str | Path, secret: str | None = None) -> Future[Restored]:
        self.restored.append((which, secret))
        problem, self.restore_problem = self.restore_problem, None
        return self.answer(problem or Restored(str(which), 12, 340, Path("/kept")))

    def missing_since(self, name: str) -> Future[Missing]:
        return self.answer(self.missing, at_once=True)

    def forget_earlier(self) -> Future[Backup]:
        if not self.problem:
            self.backups = [backup(0)]
        return self.answer(self.backups[0])

    def holding(self, since: int) -> Future[Holding]:
        backups = tuple(b for b in self.backups if b.made >= since)
        return self.answer(Holding(backups, self.kept), at_once=True)

    def last_drill(self) -> Future[Drill | None]:
        return self.answer(self.drilled, at_once=True)

    def drill(self) -> Future[Drill]:
        newest = self.backups[0]
        self.drilled = Drill(
            at=NOON,
            backup=newest.name,
            ok=True,
            conversations=newest.conversations,
            messages=newest.messages,
            problem="",
        )
        return self.answer(self.drilled)

    def start_schedule(self) -> None:
        self.schedules += 1

    def cancel(self) -> None:
        self.cancelled += 1
        if self.cancels_waiting:
            for future, _ in self._held or []:
                future.cancel()

    def _named(self, name: str) -> Backup:
        return next(b for b in self.backups if b.name == name)


def _settle(future: Future[Any], value: Any) -> None:
    if isinstance(value, HushError):
        future.set_exception(value)
    else:
        future.set_result(value)
