"""A page for what keeps Hush from opening: what happened, what is safe, what to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from assistant.errors import (
    HushError,
    KeyringUnavailable,
    ProfileInUse,
    ProfileUnusable,
    StorageFull,
    VaultDamaged,
    VaultLocked,
    VaultTooNew,
)
from ui.controls import TextButton
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.theme.tokens import Space

_TITLES: Final[tuple[tuple[type[HushError], str], ...]] = (
    (VaultDamaged, "Your chats cannot be opened"),
    (VaultTooNew, "This needs a newer Hush"),
    (StorageFull, "There is no room to write"),
    (ProfileInUse, "Hush is open already"),
    (ProfileUnusable, "Hush cannot use its folder"),
    (KeyringUnavailable, "Your keyring does not answer"),
    (VaultLocked, "Your chats are locked"),
)
_OTHER: Final = "Hush cannot start"
_NOT_BY_WAITING: Final = (VaultTooNew,)  # another try changes nothing


class TroublePage(FullPage):
    """One button: try again, or quit where that would be in vain. Nothing is ever deleted here.

    Args:
        error: What happened.
        theme: Colours and type.
    """

    retry_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, error: HushError, theme: Theme, parent: QWidget | None = None) -> None:
        title = next((words for kind, words in _TITLES if isinstance(error, kind)), _OTHER)
        super().__init__(theme, title, parent)
        self.add_text(error.message)
        self.add_text(error.advice, "quiet")
        in_vain = isinstance(error, _NOT_BY_WAITING)
        self._button = TextButton("Quit" if in_vain else "Try again", "main")
        self._button.clicked.connect(self.quit_wanted if in_vain else self.retry_wanted)
        self.column.addSpacing(Space.HALF)
        self.column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)

    def first_focus(self) -> None:
        """The one thing to do."""
        self._button.setFocus(Qt.FocusReason.OtherFocusReason)
