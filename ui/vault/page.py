"""The vault's place in the window: its sections, in one column."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from ui.column_page import ColumnPage
from ui.controls import PlainLabel
from ui.follow_focus import FollowFocus
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.backups import BackupsSection
from ui.vault.erase import EraseSection
from ui.vault.ways import WaysSection

_WHAT: Final = (
    "Your chats are encrypted, on this laptop only. Here are their keys and their backups."
)
_NOTHING: Final = "Nothing of this session is written, so there are no keys here and no backups."


class VaultPage(ColumnPage):
    """Ways in, backups, the end.

    Args:
        backups: Where the backups lie.
        theme: Colours and type.
        is_kept: Whether what is written here is kept at all, and may be changed.
    """

    def __init__(
        self, backups: Path, theme: Theme, parent: QWidget | None = None, *, is_kept: bool = True
    ) -> None:
        super().__init__("Vault", parent)
        self.ways = WaysSection(theme)
        self.backups = BackupsSection(theme, backups)
        self.erase = EraseSection(theme)
        self._lay_out(is_kept=is_kept)
        FollowFocus(self)
        self.apply(theme)

    def _lay_out(self, *, is_kept: bool) -> None:
        column = self.begin_column()
        column.addWidget(PlainLabel(_WHAT if is_kept else _NOTHING, "quiet", wrap=True))
        for section in (self.ways, self.backups, self.erase):
            column.addSpacing(Space.RELATED)
            column.addWidget(section)
            section.setVisible(is_kept)
        self.end_column(column)

    def show_backups(self) -> None:
        """Bring the backups into view, with the keyboard at the first of their buttons."""
        self.backups.head.stops[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(self.backups, 0, self.viewport().height())

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep no passphrase that was typed here and not used."""
        if not event.spontaneous():
            for section in (self.ways, self.backups):
                section.close_forms()
        super().hideEvent(event)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.fit_column(theme)
        for section in (self.ways, self.backups, self.erase):
            section.apply(theme)
