"""What is found and what it is swapped for. Values, no rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Sort(StrEnum):
    """What it is. ``ACCOUNT``: of a bank or a state; ``HIDDEN``: a word that the person named."""

    NAME = "NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    CARD = "CARD"
    ACCOUNT = "ACCOUNT"
    KEY = "KEY"
    HIDDEN = "HIDDEN"


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text, in characters; ``end`` is the first one behind it."""

    start: int
    end: int
    sort: Sort


@dataclass(frozen=True, slots=True)
class Swap:
    """A value and what stands for it: ``[EMAIL_1]``."""

    placeholder: str
    sort: Sort
    value: str = field(repr=False)
    count: int = 1  # how often it stands there


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that was swapped."""

    swaps: tuple[Swap, ...] = field(default=(), repr=False)

    def for_value(self, value: str) -> Swap | None:
        """What stands for a value."""
        return next((swap for swap in self.swaps if swap.value == value), None)

    def for_placeholder(self, placeholder: str) -> Swap | None:
        """What a placeholder stands for."""
        return next((swap for swap in self.swaps if swap.placeholder == placeholder), None)

    def to_json(self) -> str:
        """As it is kept, in the vault alone."""
        return json.dumps(
            [[one.placeholder, one.sort.value, one.value, one.count] for one in self.swaps],
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Table:
        """Read what ``to_json`` wrote."""
        return cls(
            tuple(Swap(name, Sort(sort), value, n) for name, sort, value, n in json.loads(text))
        )


class Detector(Protocol):
    """Finds personal data."""

    def find(self, text: str) -> list[Found]:
        """Look through a text of up to 1 MiB, in linear time. In order, never overlapping."""
