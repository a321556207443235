"""The vault's place in the window: its sections, in one column."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.follow_focus import FollowFocus
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.backups import BackupsSection
from ui.vault.erase import EraseSection
from ui.vault.ways import WaysSection

_COLUMN: Final = 640  # pixels at 100 %
_WHAT: Final = (
    "Your chats are encrypted, on this laptop only. Here are their keys and their backups."
)
_NOTHING: Final = "Nothing of this session is written, so there are no keys here and no backups."


class VaultPage(QScrollArea):
    """Ways in, backups, the end.

    Args:
        backups: Where the backups lie.
        theme: Colours and type.
        is_kept: Whether what is written here is kept at all, and may be changed.
    """

    def __init__(
        self, backups: Path, theme: Theme, parent: QWidget | None = None, *, is_kept: bool = True
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Vault")
        self.ways = WaysSection(theme)
        self.backups = BackupsSection(theme, backups)
        self.erase = EraseSection(theme)
        self._column = QWidget()
        self._lay_out(is_kept=is_kept)
        FollowFocus(self)
        self.apply(theme)

    def _lay_out(self, *, is_kept: bool) -> None:
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(PlainLabel("Vault", "title"))
        column.addWidget(PlainLabel(_WHAT if is_kept else _NOTHING, "quiet", wrap=True))
        for section in (self.ways, self.backups, self.erase):
            column.addSpacing(Space.RELATED)
            column.addWidget(section)
            section.setVisible(is_kept)
        column.addStretch()
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(Space.MARGIN, Space.GROUP, Space.MARGIN, Space.MARGIN)
        outer.addWidget(self._column)
        self.setWidget(page)

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
        self._column.setMaximumWidth(theme.px(_COLUMN))
        for section in (self.ways, self.backups, self.erase):
            section.apply(theme)
