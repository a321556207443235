"""The places of the window, in the rail's order, and what each of them is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from assistant.app import App, Session
from ui.chat.page import ChatPage
from ui.chat.timeline import Timeline
from ui.chats import ChatsPlace
from ui.conversation_list import ConversationList
from ui.late import Late
from ui.metrics.page import MetricsPage
from ui.notes.place import NotesPlace
from ui.notice import Notice
from ui.opening import Opening
from ui.search.place import SearchPlace
from ui.settings.page import SettingsPage
from ui.theme.style import Theme
from ui.vault.page import VaultPage
from ui.window import CHATS, CLOUD, MODELS, NETWORK, NOTES, REVIEW, SEARCH, TAGS, Window

if TYPE_CHECKING:  # they are made when somebody goes there
    from ui.cloud.page import CloudPage
    from ui.models.page import ModelsPage
    from ui.network.page import NetworkPage
    from ui.tags.manager import TagsPage
    from ui.tags.review import ReviewPage


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
        self.open_address = Opening(app.outside.net)
        timeline = Timeline(
            theme.palette, pool, reading_size=theme.look.reading, opener=self.open_address
        )
        self.page = ChatPage(timeline, theme)
        self.list = ConversationList(theme, now)
        self.chats = ChatsPlace(self.list, self.page, theme)
        self.notes = NotesPlace(theme, now)
        self.tags = Late(_tags_page, theme, window.end_with_status)
        self.review = Late(_review_page, theme, window.end_with_status)
        self.models = Late(_models_page, theme, window.end_with_status)
        self.network = Late(_network_page, theme, window.end_with_status)
        self.cloud = Late(_cloud_page, theme, window.end_with_status)
        self.search = SearchPlace(theme, now)
        self.metrics = MetricsPage(theme)
        is_kept = session.keys is not None
        self.vault = VaultPage(app.profile.backups, theme, is_kept=is_kept)
        rebuild = session.search.rebuild if session.search and is_kept else None
        self.settings = SettingsPage(app.settings, theme, rebuild)
        self.chats.show_list(shown=app.settings.list_visible)

    @property
    def all(self) -> Sequence[QWidget]:
        """As the rail has them, then those that are reached from one of them."""
        first = (self.chats, self.notes, self.search, self.models.holder)
        at_foot = (self.metrics, self.vault, self.settings)
        beside = (self.tags, self.review, self.network, self.cloud)
        return (*first, *at_foot, *(late.holder for late in beside))

    @property
    def notice(self) -> Notice:
        """Where the person reads what happened, wherever they are."""
        place = self._window.place
        if place == TAGS:
            return self.tags.page.notice
        if place == REVIEW:
            return self.review.page.notice
        if place == MODELS:
            return self.models.page.notice
        if place == NETWORK:
            return self.network.page.notice
        if place == CLOUD:
            return self.cloud.page.notice
        there = {NOTES: self.notes.page.notice, SEARCH: self.search.notice}
        return there.get(place, self.page.notice)

    def take_focus(self, position: int) -> None:
        """Let the person go on with the keyboard in this place."""
        if position == CHATS:
            self.page.composer.take_focus()
        elif position == NOTES:
            self.notes.take_focus()
        elif position == TAGS:
            self.tags.page.take_focus()
        elif position == REVIEW:
            self.review.page.take_focus()
        elif position == MODELS:
            self.models.page.take_focus()
        elif position == NETWORK:
            self.network.page.take_focus()
        elif position == CLOUD:
            self.cloud.page.take_focus()
        else:
            self.all[position].setFocus()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.chats.apply(theme)
        self.notes.apply(theme)
        self.tags.apply(theme)
        self.review.apply(theme)
        self.models.apply(theme)
        self.network.apply(theme)
        self.cloud.apply(theme)
        self.search.apply(theme)
        self.metrics.apply(theme)
        self.vault.apply(theme)
        self.settings.apply(theme)


def _tags_page(theme: Theme) -> TagsPage:
    from ui.tags.manager import TagsPage

    return TagsPage(theme)


def _models_page(theme: Theme) -> ModelsPage:
    from ui.models.page import ModelsPage

    return ModelsPage(theme)


def _network_page(theme: Theme) -> NetworkPage:
    from ui.network.page import NetworkPage

    return NetworkPage(theme)


def _cloud_page(theme: Theme) -> CloudPage:
    from ui.cloud.page import CloudPage

    return CloudPage(theme)


def _review_page(theme: Theme) -> ReviewPage:
    from ui.tags.review import ReviewPage

    return ReviewPage(theme)
