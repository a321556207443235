"""Canaries said into Hush: in no file in the clear, and after deletion on no page at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from assistant.access.entrance import Entrance, FirstKeys
from assistant.clock import SystemClock
from assistant.paths import Profile
from assistant.store.copying import copy_verified
from assistant.store.keyslots import KeyLabel, derive_key
from tests.cipher_pages import hits
from tests.trials.canary_child import PASSPHRASE, canary, is_kept, is_private
from tests.trials.children import Child
from tests.trials.outcome import Outcome
from tests.trials.vaults import CHEAP, converse, traces

OTHERS: Final = 200  # chats that hold no canary
BATCH: Final = 20  # canaries that one process says, before it is ended


def run(count: int, seed: int, folder: Path, *, careless: bool = False) -> Outcome:
    """Say ``count`` canaries into one profile, in several runs of Hush.

    Args:
        count: How many.
        seed: Chooses them.
        folder: Empty.
        careless: Let Hush scrub nothing, which has to be seen.
    """
    profile = Profile(folder / "profile")
    _fill(profile, seed)
    faults: list[str] = []
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        arguments = [str(profile.root), str(seed), str(first), str(len(numbers))]
        arguments += ["careless"] if careless else []
        with Child("tests.trials.canary_child", arguments) as child:
            for stage in ("said", "deleted", "forgotten"):
                if child.hear() != stage:
                    raise AssertionError(f"the process ended before all was {stage}")
                faults += [f"{stage}, {what}" for what in _found(profile, seed, numbers, stage)]
                child.tell("go on")
            if child.finish() != 0:
                faults.append(f"canaries from {first}: the process ended badly")
        everything = range(numbers[-1] + 1)
        faults += [f"ended, {what}" for what in _found(profile, seed, everything, "forgotten")]
    log = "".join(path.read_text() for path in profile.logs.iterdir())
    counted = {
        "bugs that quoted one, in the log": float(log.count("worker.bug")),
        "crashes that quoted one, in the log": float(log.count("trial.bug")),
        "crash reports": float(len(list(profile.crashes.iterdir()))),
    }
    if not all(counted.values()):
        raise AssertionError("the trial is blind: what went wrong left no trace at all")
    return Outcome(count, seed, tuple(faults), counted)


def _fill(profile: Profile, seed: int) -> None:
    """Make a vault with other chats in it: in an empty one there is little to move about."""
    profile.prepare()
    keys = FirstKeys(keyring=False, passphrase=PASSPHRASE)
    with Entrance(profile, SystemClock(), cost=CHEAP).create(keys).vault as vault:
        for number in range(OTHERS):
            vault.write(partial(converse, seed=seed + number, exchanges=3)).result()


def _found(profile: Profile, seed: int, numbers: Sequence[int], stage: str) -> Iterator[str]:
    """Canaries where they should not be."""
    words = {number: canary(seed, number) for number in numbers}
    yield from (f"in the clear in {name}" for name in traces(profile.root, words.values()))
    expected = {
        word
        for number, word in words.items()
        if not is_private(number) and (stage == "said" or is_kept(number))
    }
    for name, path, key in _databases(profile, stage):
        found = set(hits(path, key, list(words.values())))
        if missed := expected - found:
            raise AssertionError(f"the trial is blind: {len(missed)} words are nowhere in {name}")
        gone = sorted(number for number, word in words.items() if word in found - expected)
        yield from (f"canary {number} on a page of {name}" for number in gone)


def _databases(profile: Profile, stage: str) -> Iterator[tuple[str, Path, bytes]]:
    """Where the words of this stage are to be looked for: a name, a database, its key."""
    opened = Entrance(profile, SystemClock(), cost=CHEAP).open(PASSPHRASE, read_only=True)
    opened.vault.close()
    key = derive_key(opened.dek, KeyLabel.DB)
    yield "the vault", profile.database, key
    copy = profile.root.parent / "compacted.db"
    copy_verified(profile.database, key, copy, bytes(32))
    yield "a compacted copy", copy, bytes(32)
    copy.unlink()
    if stage == "deleted":
        return  # earlier backups hold what was deleted, as the person is told
    backups = list(profile.backups.glob("*/vault.db"))
    if not backups:
        raise AssertionError("the trial is blind: there is no backup")
    newest = max(backups)
    if stage == "forgotten" and len(backups) != 1:
        raise AssertionError("earlier backups were not forgotten")
    yield "a backup", newest, derive_key(opened.dek, KeyLabel.BACKUP)
