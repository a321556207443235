"""What a person types behind a command, read as what it stands for."""

from __future__ import annotations

import argparse
import math
from typing import Final

from assistant.tags.records import OFFERED

MAX_HITS: Final = 200
MAX_DAYS: Final = 90  # as long as figures are kept; importing that from there would open the store

_MAX_ID: Final = 2**63 - 1  # SQLite's largest row id
_MAX_DESCRIPTOR: Final = 2**31 - 1  # a C int
_MAX_LETTERS: Final = 12  # of a share or a price: more say nothing


def conversation_id(text: str) -> int | None:
    """Read a conversation's number as a person types it; None where it can be none."""
    number = _number(text, _MAX_ID)
    return number if number else None


def conversation(text: str) -> int:
    """A conversation's number."""
    return _id(text, "a conversation's number is wanted; see “hush list”")


def note(text: str) -> int:
    """A note's number."""
    return _id(text, "a note's number is wanted; see “hush notes list”")


def run(text: str) -> int:
    """The number of a run over many notes."""
    return _id(text, "a run's number is wanted; see “hush notes tag --log”")


def hits(text: str) -> int:
    """How many results."""
    number = _number(text, MAX_HITS)
    if not number:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MAX_HITS} is wanted")
    return number


def descriptor(text: str) -> int:
    """An open file's descriptor; 0 is one."""
    number = _number(text, _MAX_DESCRIPTOR)
    if number is None:
        raise argparse.ArgumentTypeError("the number of an open file descriptor is wanted")
    return number


def days(text: str) -> int:
    """How many days."""
    number = _number(text, MAX_DAYS)
    if not number:
        raise argparse.ArgumentTypeError(f"a number of days from 1 to {MAX_DAYS} is wanted")
    return number


def share(text: str) -> float:
    """A probability that is enough to do something without asking."""
    try:
        found = float(text) if len(text) <= _MAX_LETTERS else 0.0
    except ValueError:
        found = 0.0
    if not OFFERED <= found <= 1.0:  # nor is "nan"
        raise argparse.ArgumentTypeError(f"a share from {OFFERED:.2f} to 1 is wanted, like 0.95")
    return found


def price(text: str) -> float:
    """What a million tokens cost."""
    try:
        found = float(text) if len(text) <= _MAX_LETTERS else -1.0
    except ValueError:
        found = -1.0
    if not 0 <= found < math.inf:  # nor is "nan"
        raise argparse.ArgumentTypeError("a price is a number from 0 up, like 0.15")
    return found


def _id(text: str, wanted: str) -> int:
    number = conversation_id(text)
    if number is None:
        raise argparse.ArgumentTypeError(wanted)
    return number


def _number(text: str, most: int) -> int | None:
    """A whole number from 0 to ``most``; None where it is none."""
    number = int(text) if text.isdecimal() and len(text) <= len(str(most)) else -1
    return number if 0 <= number <= most else None
