"""What an action on a text is, and what comes of it, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_ACTION_CHARACTERS: Final = 200_000
"""Longest text of one action: as long as a message can be, and with the starter model some five
minutes of reading on a laptop."""

MAX_LANGUAGE_CHARACTERS: Final = 40
"""Of a language's name: "Brazilian Portuguese" has 20."""


class Action(StrEnum):
    """What a person may ask for."""

    SUMMARISE = "summarise"
    ACTION_ITEMS = "action-items"
    SHORTER = "shorter"
    CLEARER = "clearer"
    FORMAL = "formal"
    TRANSLATE = "translate"
    EXPLAIN = "explain"
    CONTINUE = "continue"


class Tier(StrEnum):
    """Where a task may be done. Going elsewhere is only ever offered, never done."""

    LOCAL = "local"  # the model on this machine does it well enough
    ESCALATES = "escalates"  # it is done here, and a larger model elsewhere may be offered
    CLOUD_ONLY = "cloud-only"  # no model on this machine does it


class Placement(StrEnum):
    """Where a result goes if the person accepts it."""

    REPLACES = "replaces"  # the text
    FOLLOWS = "follows"  # right behind the text, as it is: it begins with the blank it needs
    BESIDE = "beside"  # the text stays: copied, put above it, or made a note


class Kind(StrEnum):
    """What became of a piece of the earlier text."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text that is changed."""

    kind: Kind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Description:
    """An action as it is offered to a person.

    Attributes:
        action: Which.
        name: On a button.
        tier: Where it may be done.
        placement: Where its result goes.
        needs_language: Whether a language has to be named.
        caution: What the person should know of its results beforehand, as a sentence; may be empty.
    """

    action: Action
    name: str
    tier: Tier
    placement: Placement
    needs_language: bool = False
    caution: str = ""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of an action. It is written nowhere before a person accepts it.

    Attributes:
        action: Which.
        text: The result. Of what replaces: all of the new text. Empty where there is nothing to
            accept; ``remark`` says why.
        placement: Where it goes.
        changes: Of what replaces: the difference between the text and the result.
        parts: In how many portions the text was read.
        remark: What the person should know of this result, in sentences; may be empty.
    """

    action: Action
    text: str = field(repr=False)
    placement: Placement
    changes: tuple[Span, ...] = field(default=(), repr=False)
    parts: int = 1
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ActionRun:
    """An action under way; its events carry this id."""

    id: int
    action: Action
