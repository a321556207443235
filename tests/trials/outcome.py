"""What a trial found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of one trial.

    Attributes:
        rounds: How many times it was tried.
        seed: Gives the same run again, but for the instants at which processes meet.
        faults: What must never happen and did: one line each, with what tells it from others.
        numbers: What was counted and measured, by name; ``_s`` is seconds, ``_mb`` 10**6 bytes.
    """

    rounds: int
    seed: int
    faults: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)


class Unable(Exception):
    """The machine does not let this trial be run; the text says what is missing."""
