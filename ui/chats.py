"""The first place of the rail: the list of conversations, and the one that is open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.chat.page import ChatPage
from ui.controls import Hairline
from ui.conversation_list import ConversationList
from ui.theme.style import Theme

_LIST_WIDTH: Final = 260  # pixels at 100 %


class ChatsPlace(QWidget):
    """List and page, side by side.

    Args:
        conversations: The list; it can be hidden.
        page: The conversation.
        theme: Colours and type.
    """

    def __init__(
        self,
        conversations: ConversationList,
        page: ChatPage,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.conversations = conversations
        self.page = page
        self._line = Hairline(theme.palette, Qt.Orientation.Vertical)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for part in (conversations, self._line):
            row.addWidget(part)
        row.addWidget(page, 1)
        self.apply(theme)

    @property
    def list_is_shown(self) -> bool:
        """Whether the list stands beside the page."""
        return not self.conversations.isHidden()

    def show_list(self, *, shown: bool) -> None:
        """Show the list or hide it; the keyboard does not stay in what is hidden."""
        if not shown and self.conversations.isAncestorOf(self.focusWidget() or self):
            self.page.composer.take_focus()
        for part in (self.conversations, self._line):
            part.setVisible(shown)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        # With large text the list grows too, but never over a third of a small window.
        self.conversations.setFixedWidth(min(theme.px(_LIST_WIDTH), _LIST_WIDTH * 3 // 2))
        self._line.apply(theme.palette)
        self.conversations.apply(theme)
        self.page.apply(theme)
