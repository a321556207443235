"""The vault's end: asks for a word, because nothing brings back what is erased."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.theme.style import Theme
from ui.vault.confirm import ConfirmPage
from ui.vault.line import Line
from ui.vault.section import Section

WORD: Final = "ERASE"

_GOES: Final = (
    "First every key in this folder and in this machine's keyring; then your chats, drafts and "
    "settings, and all backups in Hush's folder."
)
_STAYS: Final = (
    "What Hush cannot reach: chats you exported, and whole copies of Hush's folder or of a backup "
    "elsewhere, for whoever knows their passphrase or recovery code. Hush's log, which holds "
    "numbers only, stays too."
)
_FINAL: Final = "Nobody can undo this, neither you nor anybody else."


class EraseSection(Section):
    """One line with one button, at the foot.

    Args:
        theme: Colours and type.
    """

    erase_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Erase everything", theme, parent)
        words = "Destroys the keys first, then your chats and the backups in Hush's folder."
        line = self.add_line(Line(theme, "", words))
        line.add_button("Erase everything…", "Erase everything…").clicked.connect(self.erase_wanted)


class ErasePage(ConfirmPage):
    """Says what goes and what stays, and waits for the word.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "Erase everything?",
            "Erase everything",
            kind="destroy",
            stay="Keep everything",
            parent=parent,
        )
        self.add_text("What goes", "strong")
        self.add_text(_GOES)
        self.add_text("What stays", "strong")
        self.add_text(_STAYS)
        self.add_text(f"{_FINAL} To go on, type {WORD}.")
        self._word = QLineEdit()
        self._word.setPlaceholderText(WORD)
        self._word.setAccessibleName(f"Type {WORD} to go on")
        self._word.textChanged.connect(self.offer)
        self._word.returnPressed.connect(self.confirm)
        self.column.addWidget(self._word)
        self.finish_page()

    @property
    def is_ready(self) -> bool:
        """The word was typed, in any case."""
        return self._word.text().strip().upper() == WORD

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """The word."""
        return (self._word,)

    def first_focus(self) -> None:
        """The word."""
        self._word.setFocus(Qt.FocusReason.OtherFocusReason)
