"""What was said of a note's tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SAID_NOISE: Final = 0.15  # of what the person said: from 0.05 to 0.3 nothing changes
_PROPOSED_NOISE: Final = 1.0  # of what the language model proposed; a guess


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was said of one note's tags, by their ids.

    Attributes:
        accepted: Given by the person, or accepted. Then all other tags are none of the note's.
        rejected: Suggested, and turned down.
        proposed: By the language model. They count where the person has said nothing of the note.
    """

    accepted: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()
    proposed: frozenset[int] = frozenset()

    @property
    def is_said(self) -> bool:
        """The person said something."""
        return bool(self.accepted or self.rejected)

    @property
    def is_empty(self) -> bool:
        """Nobody said anything."""
        return not (self.accepted or self.rejected or self.proposed)

    @property
    def right(self) -> frozenset[int]:
        """What counts as the note's tags."""
        return self.accepted if self.is_said else self.proposed

    @property
    def noise(self) -> float:
        """How little it can be relied on: the variance of what is added to a target."""
        return _SAID_NOISE if self.is_said else _PROPOSED_NOISE
