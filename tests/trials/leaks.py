"""Planted leaks against every detector: what each says that it sees, it sees, each time."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path

from tests.detectors.witnesses import DETECTORS, Detector
from tests.trials.outcome import Outcome, Unable

QUICK = 1
FULL = 5

_UNANSWERED = {("seal", "name"), ("unshare", "name")}
"""A name that nobody knows is not found, with the network or without: strace looks at that."""


def run(
    count: int, seed: int, folder: Path, detectors: Mapping[str, Detector] = DETECTORS
) -> Outcome:
    """Plant every leak before every detector ``count`` times, in a new order each time.

    Raises:
        Unable: a detector cannot be used on this machine.
    """
    if missing := [name for name, detector in detectors.items() if not detector.is_there()]:
        raise Unable(f"these cannot be used here: {', '.join(missing)}")
    dice = random.Random(seed)  # noqa: S311 - seeded
    faults: list[str] = []
    caught = quiet = 0
    slowest = 0.0
    for turn in range(count):
        pairs = [
            (name, plant)
            for name, detector in detectors.items()
            for plant in sorted({*detector.sees, "nothing"})
            if (name, plant) not in _UNANSWERED
        ]
        dice.shuffle(pairs)
        for name, plant in pairs:
            began = time.perf_counter()
            found = detectors[name].catches(plant, folder)
            slowest = max(slowest, time.perf_counter() - began)
            if plant == "nothing":
                quiet += 1
                faults += [f"round {turn}: {name} saw a leak where there was none"] * found
            else:
                caught += found
                faults += [f"round {turn}: {name} did not see {plant}"] * (not found)
    numbers = {"planted and caught": caught, "nothing planted": quiet, "slowest look_s": slowest}
    return Outcome(count, seed, tuple(faults), numbers)
