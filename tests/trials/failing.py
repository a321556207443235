"""Writes that fail, at every step of everything that Hush writes.

On a disk that is full to the last page, and on one that is read-only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assistant.errors import HushError, StorageFull
from assistant.paths import Profile
from tests.trials.disks import SmallDisk, small_disk
from tests.trials.keyring_child import contents
from tests.trials.operations import OPERATIONS, FirstRun, Held, Operation, held
from tests.trials.outcome import Outcome

QUICK: Final = 12  # places in each operation; a benchmark tries them all
ALL: Final = 10_000
DISK_MIB: Final = 4
MOST_PAGES: Final = 512  # no operation here takes more

_LEFT_BEHIND: Final = (
    *(".hush-", ".making-", ".trial-", ".dropping-"),
    *(".next", ".new", ".first", "-journal"),
)


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Let each operation fail at up to ``count`` places, from the first page to the last.

    Raises:
        Unable: this user may not mount a disk.
    """
    faults: list[str] = []
    numbers: dict[str, float] = {}
    for name, kind in OPERATIONS.items():
        with small_disk(folder / f"{name}-disk", DISK_MIB) as disk:
            trial = _Trial(kind(), disk, folder / f"{name}-made")
            places = trial.places(count)
            for pages in places:
                faults += [f"{name}, {pages} pages free: {what}" for what in trial.full(pages)]
            faults += [f"{name}, read-only: {what}" for what in trial.read_only()]
            numbers[f"{name} failed at"] = len(places) + 1
    return Outcome(int(sum(numbers.values())), seed, tuple(faults), numbers)


class _Trial:
    """One operation on one disk."""

    def __init__(self, operation: Operation, disk: SmallDisk, made: Path) -> None:
        self._operation = operation
        self._disk = disk
        self._made = made
        self._profile = Profile(disk.root / "profile")
        operation.make(Profile(made))
        self._before: Held = []
        if not isinstance(operation, FirstRun):
            self._fresh()
            self._before = held(self._profile, operation.secret)

    def places(self, count: int) -> list[int]:
        """Numbers of free pages at which it fails, at most ``count``, evenly apart."""
        low, high = 0, MOST_PAGES  # it fails with fewer pages than ``high`` ends up at
        if not self._works(high):
            raise AssertionError("the trial's disk is too small for the operation itself")
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._works(middle) else (middle + 1, high)
        step = max(1, -(-high // count))
        return list(range(0, high, step))

    def full(self, pages: int) -> Iterator[str]:
        """Let it fail for want of room; then give it room."""
        self._fresh()
        error = self._error(pages)
        yield from _misworded(error, "full")
        self._disk.empty()
        if error is None:
            self._operation.look_later(self._profile)  # what may wait is done by then
        yield from (f"at once, {what}" for what in left_behind(self._profile))
        yield from self._state(done=error is None)
        yield from self._again(done=error is None)

    def read_only(self) -> Iterator[str]:
        """The same with a disk that takes nothing from the start."""
        self._fresh()
        before = contents(self._profile.root)
        self._disk.set_writable(False)
        try:
            error = self._error(None)
        finally:
            self._disk.set_writable(True)
        yield from _misworded(error, "read-only")
        if error is None:
            yield "it is said to have worked"
        if contents(self._profile.root) != before:
            yield "something on the disk changed"
        yield from self._state(done=False)
        yield from self._again(done=False)

    def _works(self, pages: int) -> bool:
        self._fresh()
        works = self._error(pages) is None
        self._disk.empty()
        return works

    def _fresh(self) -> None:
        shutil.rmtree(self._profile.root, ignore_errors=True)
        shutil.copytree(self._made, self._profile.root)

    def _error(self, pages: int | None) -> BaseException | None:
        def fail_from_here() -> None:
            if pages is not None:
                self._disk.leave_free(pages)

        try:
            self._operation.act(self._profile, fail_from_here)
        except Exception as error:  # noqa: BLE001 - which one it is is what is asked
            return error
        return None

    def _state(self, *, done: bool) -> Iterator[str]:
        try:
            if wrong := self._operation.wrong(self._profile, self._before, done=done):
                yield wrong
        except HushError as error:
            yield f"afterwards: {type(error).__name__}: {error.message}"

    def _again(self, *, done: bool) -> Iterator[str]:
        """Once there is room it works, and nothing of the first try lies about."""
        if not done:
            error = self._error(MOST_PAGES)
            self._disk.empty()
            if error is not None:
                yield f"with room again: {type(error).__name__}: {error}"
                return
            yield from (f"with room again: {what}" for what in self._state(done=True))
        yield from left_behind(self._profile)


def left_behind(profile: Profile) -> Iterator[str]:
    """Files that only an operation under way should have."""
    for name in contents(profile.root):
        if any(part in name for part in _LEFT_BEHIND):
            yield f"{name} was left behind"


def _misworded(error: BaseException | None, word: str) -> Iterator[str]:
    if error is None:
        return
    if not isinstance(error, StorageFull):
        yield f"{type(error).__name__} instead of words about the disk: {error}"
    elif word not in error.message or not error.advice:
        yield f"it says “{error.sentence}”, and not that the disk is {word}"
