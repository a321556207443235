"""What is said of an answer's confidence, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CONFIDENT: Final = 0.95
"""From this probability on an answer is served without a word (seeds-digest row 12)."""

DOUBTFUL: Final = 0.70
"""Below this probability something else is offered, with the reason."""


class Doubt(StrEnum):
    """What speaks most against an answer. It is stored beside it, as this code."""

    NONE = ""
    WORDS = "words"  # the model was unsure of its words
    MOMENT = "moment"  # it was unsure at one place
    PASSAGES = "passages"  # what it was given is only loosely about the question
    SIZE = "size"  # it was sure, and such a small model is wrong all the same


SENTENCES: Final = {
    Doubt.NONE: "",
    Doubt.WORDS: "The model was unsure of its words.",
    Doubt.MOMENT: "The model was unsure at one place of its answer.",
    Doubt.PASSAGES: "The passages are only loosely about this.",
    Doubt.SIZE: "A model of this size is often wrong, even where it is sure.",
}
"""What a person reads."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """How probably an answer is right, or is about the passages that it was given.

    Attributes:
        probability: 0 to 1, calibrated on held-out questions (``signal``).
        doubt: What speaks most against it; ``NONE`` where it is confident.
    """

    probability: float
    doubt: Doubt = Doubt.NONE

    @property
    def is_doubtful(self) -> bool:
        """Whether something else should be offered."""
        return self.probability < DOUBTFUL

    @property
    def sentence(self) -> str:
        """The reason in words; empty where there is no doubt."""
        return SENTENCES[self.doubt]


def sentence_of(doubt: str) -> str:
    """The words for a stored code; empty for one that a newer Hush may have put."""
    return SENTENCES[Doubt(doubt)] if doubt in set(Doubt) else ""
