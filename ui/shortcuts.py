"""Every key of the window in one table: what is bound, and what F1 shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QWidget

from ui.controls import PlainLabel
from ui.overlay import Overlay
from ui.theme.tokens import Space


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key and what it does.

    Args:
        keys: In Qt's portable notation.
        words: What F1 says about it.
        action: Names what it calls; empty where a widget listens by itself.
    """

    keys: str
    words: str
    action: str = ""


SHORTCUTS: Final = (
    Shortcut("Enter", "Send, or open the chat or note that is marked"),
    Shortcut("Shift+Enter", "Begin a new line"),
    Shortcut("Esc", "Stop the answer, or close what is open", "escape"),
    Shortcut("Ctrl+N", "New chat", "new"),
    Shortcut("Ctrl+Shift+N", "New note", "note"),
    Shortcut("Ctrl+Shift+P", "New private chat: nothing of it is kept", "private"),
    Shortcut("Ctrl+K", "Go to anything: a note, a chat, a tag, a command", "go"),
    Shortcut("Ctrl+F", "Find in this chat or note", "find"),
    Shortcut("Ctrl+Shift+F", "Look for words in the list", "filter"),
    Shortcut("Ctrl+B", "Show or hide the list", "list"),
    Shortcut("Ctrl+Shift+B", "Show or hide what belongs to the note", "panel"),
    Shortcut("Ctrl+Shift+T", "Add the suggested tags that are ticked", "accept_tags"),
    Shortcut("Ctrl+Shift+A", "Actions of the model on the note or the selection", "actions"),
    Shortcut("Ctrl+Enter", "Follow the link in a note, or tick the task off"),
    Shortcut("F2", "Rename the chat or note", "rename"),
    Shortcut("Del", "Delete the chat or note that is marked"),
    Shortcut("Ctrl+1", "Chats", "chats"),
    Shortcut("Ctrl+2", "Notes", "notes"),
    Shortcut("Ctrl+3", "Search everything, by words and by meaning", "search"),
    Shortcut("Ctrl+4", "Models: what answers you, and what else could", "models"),
    Shortcut("Ctrl+5", "Metrics: what answers cost", "metrics"),
    Shortcut("Ctrl+6", "Vault: keys and backups", "vault"),
    Shortcut("Ctrl+7", "Settings", "settings"),
    Shortcut("Ctrl+L", "Lock", "lock"),
    Shortcut("F1", "Show these keys", "help"),
    Shortcut("Ctrl+Q", "Quit", "quit"),
)


def bind(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> list[QShortcut]:
    """Bind the keys of these actions.

    Args:
        window: Where they hold.
        actions: By the names used in ``SHORTCUTS``.
    """
    made = []
    for entry in SHORTCUTS:
        if entry.action in actions:
            shortcut = QShortcut(QKeySequence(entry.keys), window)
            shortcut.activated.connect(actions[entry.action])
            made.append(shortcut)
    return made


class KeysPanel(Overlay):
    """The keys, over the middle of the window.

    Args:
        window: What it covers.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, "Keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.GROUP)
        grid.setVerticalSpacing(Space.INSIDE)
        for row, entry in enumerate(SHORTCUTS):
            keys = QKeySequence(entry.keys).toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(PlainLabel(keys, "quiet"), row, 0)
            grid.addWidget(PlainLabel(entry.words), row, 1)
        self.column.addWidget(PlainLabel("Keys", "strong"))
        self.column.addLayout(grid)
