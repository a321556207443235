"""Eight processes start at once on one profile: one writes, the others say that they cannot."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from assistant.access.entrance import Entrance
from assistant.clock import SystemClock
from assistant.errors import HushError
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.sqlcipher import check_integrity
from tests.trials.children import DEADLINE_SECONDS, Child
from tests.trials.outcome import Outcome
from tests.trials.vaults import CHEAP

PROCESSES: Final = 8
IN_USE: Final = 6  # the exit code of ``hush``
PASSPHRASE: Final = "correct horse battery staple"
FIRST_RUN_EVERY: Final = 4  # rounds: then eight first runs meet on a folder that is not there yet
WHOLE_PROGRAM_EVERY: Final = 5
KILLED_SHARE: Final = 0.3


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Start eight ``count`` times, at one instant each time."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    faults: list[str] = []
    written: list[str] = []
    profile = Profile(folder / "none")
    slowest = 0.0
    for turn in range(count):
        if turn % FIRST_RUN_EVERY == 0:
            faults += _kept(profile, written)
            profile, written = Profile(folder / f"profile-{turn}"), []
        began = time.perf_counter()
        if turn % WHOLE_PROGRAM_EVERY == WHOLE_PROGRAM_EVERY - 1:
            found = list(_programs(profile))
        else:
            found = list(_starts(profile, f"round {turn}", killed=dice.random() < KILLED_SHARE))
            written.append(f"round {turn}")
        slowest = max(slowest, time.perf_counter() - began)
        faults += [f"round {turn}: {what}" for what in found]
    faults += _kept(profile, written)
    return Outcome(count, seed, tuple(faults), {"slowest round_s": slowest})


def _starts(profile: Profile, title: str, *, killed: bool) -> Iterator[str]:
    """The parts that matter, at one instant: all are ready before any is told to go."""
    with ExitStack() as stack:
        module, arguments = "tests.trials.start_child", [str(profile.root)]
        children = [stack.enter_context(Child(module, arguments)) for _ in range(PROCESSES)]
        for child in children:
            child.tell(PASSPHRASE)
        if [child.hear() for child in children] != ["ready"] * PROCESSES:
            yield "not all of them came up"
            return
        for child in children:
            child.tell(title)
        said = [child.hear() for child in children]
        writers = [child for child, word in zip(children, said, strict=True) if word == "writing"]
        others = [child for child in children if child not in writers]
        if len(writers) != 1:
            yield f"{len(writers)} wrote: {sorted(map(str, said))}"
        if [child.code() for child in others] != [IN_USE] * len(others):
            yield f"the others did not end with {IN_USE}: {sorted(map(str, said))}"
        for child in writers:
            if killed:
                child.kill()
            elif child.finish() != 0:
                yield "the writer did not end well"


def _programs(profile: Profile) -> Iterator[str]:
    """The terminal's Hush, eight times: seven leave, and the eighth stays until its input ends."""
    module = "tests.trials.hush_child"
    arguments = ["chat", "--profile", str(profile.root), "--passphrase-fd", "0"]
    with ExitStack() as stack:
        children = [stack.enter_context(Child(module, arguments)) for _ in range(PROCESSES)]
        for child in children:
            child.tell(PASSPHRASE)
        if not _eventually(lambda: sum(child.ended() for child in children) >= PROCESSES - 1):
            yield f"{sum(not child.ended() for child in children)} of them stayed"
        codes = [child.finish() for child in children]
        if sorted(map(str, codes)) != ["0", *[str(IN_USE)] * (PROCESSES - 1)]:
            yield f"they ended with {codes}"


def _eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _kept(profile: Profile, written: list[str]) -> list[str]:
    """After all rounds on a profile: it opens, and holds what was acknowledged."""
    if not written:
        return []
    try:
        opened = Entrance(profile, SystemClock(), cost=CHEAP).open(PASSPHRASE)
        with opened.vault as vault:
            vault.read(check_integrity).result()
            titles = sorted(
                found.title for found in vault.read(conversation_rows.list_all).result()
            )
    except HushError as error:
        return [f"up to {written[-1]}: {type(error).__name__}: {error.message}"]
    return [] if titles == sorted(written) else [f"up to {written[-1]}: {titles}"]
