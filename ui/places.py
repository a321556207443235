"""The places of the window, in the rail's order, and what each of them is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from PySide6.QtWidgets import QWidget

from assistant.app import App, Session
from ui.chat.page import ChatPage
from ui.chat.timeline import Timeline
from ui.chats import ChatsPlace
from ui.conversation_list import ConversationList
from ui.metrics.page import MetricsPage
from ui.notes.place import NotesPlace
from ui.notice import Notice
from ui.search.place import SearchPlace
from ui.settings.page import SettingsPage
from ui.theme.style import Theme
from ui.vault.page import VaultPage
from ui.window import CHATS, NOTES, SEARCH, Window


class Places:
    """Builds every place. They know no service; their controllers do.

    Args:
        app: Settings, and what is known of the model.
        session: Says what there is in this session.
        window: The frame that they go into.
        pool: For reading code.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        window: Window,
        pool: Executor,
        now: Callable[[], int],
    ) -> None:
        theme = window.theme
        self._window = window
        timeline = Timeline(theme.palette, pool, reading_size=theme.look.reading)
        self.page = ChatPage(timeline, theme)
        self.list = ConversationList(theme, now)
        self.chats = ChatsPlace(self.list, self.page, theme)
        self.notes = NotesPlace(theme, now)
        self.search = SearchPlace(theme, now)
        self.metrics = MetricsPage(theme)
        is_kept = session.keys is not None
        self.vault = VaultPage(app.profile.backups, theme, is_kept=is_kept)
        rebuild = session.search.rebuild if session.search and is_kept else None
        self.settings = SettingsPage(app.settings, theme, rebuild)
        self.chats.show_list(shown=app.settings.list_visible)

    @property
    def all(self) -> Sequence[QWidget]:
        """As the rail has them."""
        return (self.chats, self.notes, self.search, self.metrics, self.vault, self.settings)

    @property
    def notice(self) -> Notice:
        """Where the person reads what happened, wherever they are."""
        there = {NOTES: self.notes.page.notice, SEARCH: self.search.notice}
        return there.get(self._window.place, self.page.notice)

    def take_focus(self, position: int) -> None:
        """Let the person go on with the keyboard in this place."""
        if position == CHATS:
            self.page.composer.take_focus()
        elif position == NOTES:
            self.notes.take_focus()
        else:
            self.all[position].setFocus()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.chats.apply(theme)
        self.notes.apply(theme)
        self.search.apply(theme)
        self.metrics.apply(theme)
        self.vault.apply(theme)
        self.settings.apply(theme)
