"""What a seal is, and what is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Level(StrEnum):
    """How much the system refuses."""

    WHOLE = "whole"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Layer:
    """One mechanism of the system.

    Attributes:
        name: As its makers call it.
        installed: Whether it stands.
        words: What it does, or why it does not stand; for the person.
    """

    name: str
    installed: bool
    words: str


@dataclass(frozen=True, slots=True)
class SealReport:
    """What holds of one process.

    Attributes:
        level: How much the system refuses.
        layers: By which means.
        sentence: For the person.
        proven: Whether this process tried to reach out, and was refused.
        covers_children: Whether the programs that it starts are sealed with it.
    """

    level: Level
    layers: tuple[Layer, ...]
    sentence: str
    proven: bool
    covers_children: bool


class Seal(Protocol):
    """A way of this system to be parted from the internet. Local sockets keep working."""

    def install(self) -> SealReport:
        """Put it up: cannot be taken back; covers all threads and later children.

        Safe to call twice. Never raises: a seal that failed is ``Level.NONE``, with why.
        """

    def report(self) -> SealReport:
        """What holds of this process now, tried anew. Puts up nothing; never raises."""


SENTENCES: Final = {
    Level.WHOLE: "Sealed: the system refuses Hush, and every program that Hush starts, any "
    "connection to the internet. What you approve goes through one separate program.",
    Level.PARTIAL: "Sealed in part: the system refuses Hush TCP connections, and not other "
    "packets, such as those that ask for the address of a name.",
    Level.NONE: "Not sealed: nothing in this system keeps Hush from the internet. Hush does not "
    "go there unless you approve it, but here that is its word alone.",
}


MEMORY_OPEN: Final = (
    "Sealed in part: the system refuses Hush, and every program that Hush starts, any connection "
    "to the internet, but not to write into the memory of your other programs, which may have one."
)
"""Of a seal in part which is not that of ``SENTENCES``."""


def report_of(
    level: Level,
    layers: tuple[Layer, ...],
    *,
    proven: bool,
    covers_children: bool = True,
    in_part: str = SENTENCES[Level.PARTIAL],
) -> SealReport:
    """A report with the sentence of its level; of one in part, the one given.

    One that was refused nothing when it tried has no seal, whatever was put up.
    """
    shown = level if proven else Level.NONE
    holds = shown is not Level.NONE
    sentence = in_part if shown is Level.PARTIAL else SENTENCES[shown]
    return SealReport(shown, layers, sentence, proven, covers_children and holds)
