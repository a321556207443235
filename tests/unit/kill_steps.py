"""Kills a backup or a restore at each step on the disk, and looks what the next start finds.

Run as a program over a closed profile: ``python -m tests.unit.kill_steps FOLDER create|restore``.
Each trial is a copy of the profile; a fork of this process, which never opens a database itself,
works on it and ends itself at the n-th such step, without any tidying, as ``kill -9`` would.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from assistant.backup.keys import BackupKeys
from assistant.backup.making import BackupMaker
from assistant.backup.restoring import Restorer
from assistant.backup.shelf import Shelf
from assistant.paths import Profile
from assistant.store import conversation_rows
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE, Door

_STEPS: Final = frozenset(
    {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree"}
)
_KILLED: Final = 9
_MAX: Final = 400


def die_at(step: int, root: Path) -> None:
    """End this process at its n-th step within ``root``."""
    left = step

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _STEPS and str(arguments[0]).startswith(str(root)):
            left -= 1
            if left < 0:
                os._exit(_KILLED)

    sys.addaudithook(hook)


def in_fork(work: Callable[[], int]) -> int:
    """Run in a process of its own; returns its exit code."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def parts(root: Path) -> tuple[BackupMaker, Restorer]:
    """What works on a profile, with no thread of its own."""
    profile = Profile(root)
    shelf, clock = Shelf(profile.backups), FakeClock(1_900_000_000_000)
    keys = BackupKeys(lambda: None, Door(profile).entrance().unlock_slots)
    maker = BackupMaker(
        profile, shelf, keys, clock, lambda _: None, zone=None, free=lambda _: 1 << 40
    )
    return maker, Restorer(profile, shelf, keys, clock, lambda _: 1 << 40)


def create(root: Path, dek: bytes) -> int:
    """Make a backup."""
    parts(root)[0].create("by hand", dek=dek)
    return 0


def restore(root: Path) -> int:
    """Restore the only backup there is."""
    shelf = Shelf(Profile(root).backups)
    parts(root)[1].restore(shelf.found()[0].name, PASSPHRASE, lambda: False)
    return 0


def count(root: Path, backups: int) -> int:
    """What the next start finds: how many conversations; 90 and more where something is wrong."""
    profile = Profile(root)
    vault = Door(profile).entrance().open(PASSPHRASE).vault
    found = vault.read(conversation_rows.list_all).result()
    vault.close()
    shelf = Shelf(profile.backups)
    shelf.tidy()
    leftovers = [*profile.root.glob("*.next*"), *profile.backups.glob(".*")]
    if leftovers or profile.succession.exists():
        return 90
    restorer = parts(root)[1]
    for backup in shelf.found():
        restorer.verify(backup.name, PASSPHRASE)
    return len(found) if len(shelf.found()) >= backups else 91


def main(base: Path, what: str, dek: bytes) -> int:
    """Print the number of steps, and how many conversations were found after each kill."""
    outcomes: list[int] = []
    for step in range(_MAX):
        root = base.with_name(f"trial-{step}")
        shutil.copytree(base, root)

        def work(root: Path = root, step: int = step) -> int:
            die_at(step, root)
            return create(root, dek) if what == "create" else restore(root)

        ended = in_fork(work)
        outcomes.append(in_fork(lambda root=root: count(root, 1)))  # type: ignore[misc] # one line
        shutil.rmtree(root)
        if ended == 0:
            break
        if ended != _KILLED:
            return 1
    sys.stdout.write(" ".join(str(outcome) for outcome in outcomes) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], bytes.fromhex(sys.stdin.read())))
