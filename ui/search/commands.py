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
    ("tag_notes", "Tag notes…", "suggest review bulk many"),
    ("tags", "Tags…", "rename merge describe colour manage"),
    ("suggest_tags", "Suggest tags for this note with the model", "ask"),
    ("suggest_title", "Suggest a title for this note", "name rename"),
    ("actions", "Actions on this note or selection…", "model write"),
    ("act_summarise", "Summarise this note or selection", "summary short"),
    ("act_action-items", "Find tasks in this note or selection", "action items checkbox todo"),
    ("act_shorter", "Make this note or selection shorter", "rewrite"),
    ("act_clearer", "Make this note or selection clearer", "rewrite correct"),
    ("act_formal", "Make this note or selection formal", "rewrite polite"),
    ("act_translate", "Translate this note or selection…", "language"),
    ("act_explain", "Explain this note or selection", "what why"),
    ("act_continue", "Continue this note", "go on write"),
    ("accept_tags", "Add the suggested tags that are ticked", "accept"),
    ("list", "Show or hide the list", "sidebar"),
    ("panel", "Show or hide what belongs to the note", "links related versions sidebar"),
    ("chats", "Chats", "go conversations"),
    ("notes", "Notes", "go"),
    ("search", "Search", "go find everywhere meaning"),
    ("models", "Models", "go download better llm gguf import compare"),
    ("metrics", "Metrics", "go figures speed"),
    ("vault", "Vault", "go keys backups passphrase recovery"),
    ("settings", "Settings", "go preferences options"),
    ("network", "Network", "go seal sent bytes offline local only transfers"),
    ("cloud", "Cloud", "go providers ask elsewhere online api key waiting"),
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
