"""What the vault's place says: dates, sizes, and what still opens after a loss. All pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDate, QLocale

from assistant.store.keyslot_format import SlotType
from ui.days import local

if TYPE_CHECKING:  # with it comes what a start has no time to import
    from assistant.backup.service import Holding

NOTHING_BEGUN: Final = (
    "No chat or message was begun since then; answers and drafts may have changed."
)

_ENGLISH: Final = QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom)
_UNITS: Final = ("kB", "MB", "GB", "TB")
_SPACE: Final = "\u200b"  # of no width: a line may end there
_LONG_NAME: Final = 24  # characters
_STEP: Final = 1000  # as disks and file managers count

_NAMES: Final = {
    SlotType.KEYRING: "this machine's keyring",
    SlotType.PASSPHRASE: "your passphrase",
    SlotType.RECOVERY: "the recovery code",
}
_LOSSES: Final = {
    SlotType.KEYRING: "this machine's keyring is lost",
    SlotType.PASSPHRASE: "you forget your passphrase",
}
_ONLY: Final = {
    SlotType.KEYRING: (
        "This machine's keyring is the only way in. If it is lost, with the laptop or with a "
        "reinstalled system, nobody can open your chats again. Add a second way."
    ),
    SlotType.PASSPHRASE: (
        "Your passphrase is the only way in. If you forget it, nobody can open your chats again. "
        "Add a second way."
    ),
    SlotType.RECOVERY: (
        "The recovery code is the only way in. If you lose it, nobody can open your chats again. "
        "Add a second way."
    ),
}


def date(then: datetime) -> str:
    """A day: "21 May 2026"."""
    return _ENGLISH.toString(QDate(then.year, then.month, then.day), "d MMMM yyyy")


def moment(then: datetime, now: datetime) -> str:
    """A day and its time: "today, 14:03", "yesterday, 14:03" or "21 May 2026, 14:03"."""
    days = (now.date() - then.date()).days
    day = {0: "today", 1: "yesterday"}.get(days) or date(then)
    return f"{day}, {then:%H:%M}"


def begin(text: str) -> str:
    """The same words as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def size(count: int) -> str:
    """Bytes in three digits or fewer: "340 kB", "1.2 MB", "12 GB"."""
    value, unit = count / _STEP, 0
    while round(value) >= _STEP and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    if count and not unit and value < 1:
        return "1 kB"
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 9.95 else f"{value:.0f} {_UNITS[unit]}"


def breakable(path: Path) -> str:
    """A path that a label can break into lines: after its separators, and in long names."""
    return "".join(_breakable_name(part) for part in re.split(r"(?<=[/\\\\])", str(path)))


def _breakable_name(name: str) -> str:
    shown = _SPACE.join(name) if len(name) > _LONG_NAME else name
    return shown + _SPACE


def number(count: int, one: str) -> str:
    """How many of something: "1 chat", "1,200 chats"."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def contents(conversations: int, messages: int) -> str:
    """What a backup holds: "12 chats, 340 messages"."""
    return f"{number(conversations, 'chat')}, {number(messages, 'message')}"


def held_in(holding: Holding) -> str:
    """Where what was deleted still stands, and until when; empty where it is nowhere."""
    places = []
    if holding.backups:
        until = date(local(max(backup.expires for backup in holding.backups)))
        places.append(f"in {number(len(holding.backups), 'backup')} until {until} at the latest")
    if holding.kept:
        places.append("in the files kept from a restore")
    return " and ".join(places)


def is_only_way(types: Collection[SlotType]) -> bool:
    """Whether losing one thing would lose everything."""
    return len(set(types)) == 1


def after_a_loss(types: Collection[SlotType]) -> str:
    """What opens the vault after something is lost, in a sentence or two."""
    ways = [kind for kind in SlotType if kind in set(types)]
    if not ways:
        return ""
    if len(ways) == 1:
        return _ONLY[ways[0]]
    if len(ways) == 2:
        lost, left = ways
        return f"Each opens your chats alone. If {_LOSSES[lost]}, {_NAMES[left]} still does."
    return "Each opens your chats alone. If one or even two are lost, the third still does."


def still_opens(types: Collection[SlotType], gone: SlotType) -> str:
    """What is left once a way in is taken away."""
    left = [kind for kind in SlotType if kind in set(types) and kind is not gone]
    if len(left) == 1:
        return f"Without it, only {_NAMES[left[0]]} opens your chats and backups."
    return "Without it, the other two still open your chats."
