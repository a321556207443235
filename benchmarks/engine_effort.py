"""How much of everything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Effort:
    """Counts and times of one run.

    Attributes:
        rounds: Pairs of measurements behind each ratio.
        reply_tokens: Length of a reply whose speed is measured.
        long_turns: Turns of the conversation that outgrows its context many times.
        short_turns: Turns over which memory must not grow.
        questions: How many answers of the tuned copy are compared.
        idle_seconds: For how long nothing is done.
    """

    rounds: int
    reply_tokens: int
    long_turns: int
    short_turns: int
    questions: int
    idle_seconds: float


FULL: Final = Effort(
    rounds=9,
    reply_tokens=200,
    long_turns=200,
    short_turns=1000,
    questions=60,
    idle_seconds=30.0,
)
QUICK: Final = Effort(
    rounds=2,
    reply_tokens=64,
    long_turns=40,
    short_turns=200,
    questions=6,
    idle_seconds=8.0,
)
"""Shows that everything works; its figures mean little."""
