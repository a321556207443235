"""All trials: how often each is run, and what "nothing lost" means in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.trials import canaries, failing, flips, keyrings, kill, slots, starts, steps, wal
from tests.trials.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial.

    Attributes:
        run: Takes a count, a seed and an empty folder.
        quick: The count in the tests.
        full: The count in the benchmark.
        meaning: What holds where there are no faults.
    """

    run: Callable[[int, int, Path], Outcome]
    quick: int
    full: int
    meaning: str


TRIALS: Final[Mapping[str, Trial]] = {
    "kill": Trial(
        kill.run, 50, 1000, "every acknowledged message and chunk there, integrity ok, no plaintext"
    ),
    "wal": Trial(wal.run, 200, 2000, "always the committed prefix that the cut log holds"),
    "flips": Trial(flips.run, 100, 1000, "none silently accepted"),
    "failing": Trial(failing.run, failing.QUICK, failing.ALL, "clear error; old state intact"),
    "steps": Trial(
        steps.run, steps.QUICK, steps.ALL, "clear error; old state intact; killed: old or new"
    ),
    "slots": Trial(
        slots.run, 500, 10_000, "clean error in under 2 s and 300 MB, or the same key as ever"
    ),
    "canaries": Trial(
        canaries.run, 40, 300, "in no file; on no page after deletion; in no log or crash report"
    ),
    "starts": Trial(starts.run, 5, 60, "one writer each round, the others say so"),
    # Its count is for how many seconds a hanging keyring hangs.
    "keyrings": Trial(keyrings.run, 1, 60, "another slot opens it; no loss is proposed"),
}
