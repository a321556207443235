"""Two sides measured in turn, so that what disturbs this machine disturbs both."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rounds:
    """Pairs of figures, ours first, each pair taken one right after the other."""

    pairs: Sequence[tuple[float, float]]

    @property
    def ratio(self) -> float:
        """The median of ours / theirs, pair by pair."""
        return statistics.median(ours / theirs for ours, theirs in self.pairs)

    @property
    def ours(self) -> float:
        """Our median."""
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def theirs(self) -> float:
        """Their median."""
        return statistics.median(theirs for _, theirs in self.pairs)


def take_turns(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> Rounds:
    """Measure both sides so many times; who begins changes from round to round."""
    return Rounds([pair(ours, theirs, ours_first=number % 2 == 0) for number in range(rounds)])


def pair(
    ours: Callable[[], float], theirs: Callable[[], float], *, ours_first: bool
) -> tuple[float, float]:
    """Measure both sides once; ours stands first in the result."""
    if ours_first:
        mine = ours()
        return mine, theirs()
    other = theirs()
    return ours(), other
