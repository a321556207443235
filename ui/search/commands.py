"""The commands that can be gone to by name: everything the window's keys do, and a little more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtGui import QKeySequence

from ui.search.entries import Command
from ui.shortcuts import SHORTCUTS

_COMMANDS: Final[tuple[tuple[str, str, str], ...]] = (  # name, title, other words that mean it
    ("new", "New chat", "ask conversation"),
    ("note", "New note", "write add create"),
    ("private", "New private chat", "incognito secret"),
    ("find", "Find in this chat or note", "words"),
    ("filter", "Look for words in the list", "filter"),
    ("rename", "Rename the chat or note", "title"),
    ("import", "Import notes and chats…", "obsidian markdown chatgpt pdf word folder"),
    ("export", "Export notes and chats…", "markdown json save folder"),
    ("list", "Show or hide the list", "sidebar"),
    ("panel", "Show or hide what belongs to the note", "links related versions sidebar"),
    ("chats", "Chats", "go conversations"),
    ("notes", "Notes", "go"),
    ("search", "Search", "go find everywhere meaning"),
    ("metrics", "Metrics", "go figures speed"),
    ("vault", "Vault", "go keys backups passphrase recovery"),
    ("settings", "Settings", "go preferences options"),
    ("lock", "Lock", "close"),
    ("help", "Keys", "shortcuts keyboard help"),
    ("quit", "Quit", "exit close"),
)


def commands(actions: Mapping[str, Callable[[], object]]) -> list[Command]:
    """What these actions are called.

    Args:
        actions: By the names used in ``ui/shortcuts.py``; "import" and "export" beside them.
    """
    keys = {entry.action: _native(entry.keys) for entry in SHORTCUTS if entry.action}
    return [
        Command(name, title, actions[name], keys.get(name, ""), also)
        for name, title, also in _COMMANDS
        if name in actions
    ]


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
