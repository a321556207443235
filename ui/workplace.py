"""The furnished window: places, their controllers and the keys, over one open session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtWidgets import QWidget

from assistant.app import App, Session
from assistant.errors import HushError
from assistant.events import (
    BackgroundChanged,
    BackupEnded,
    DamageFound,
    DrillEnded,
    EngineChanged,
    Event,
    Notice,
    PowerChanged,
)
from assistant.records import is_private
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.chat.page import ChatPage
from ui.chat.timeline import Timeline
from ui.chats import ChatsPlace
from ui.conversation_controller import ConversationController
from ui.conversation_list import ConversationList
from ui.days import local
from ui.metrics.controller import MetricsController
from ui.metrics.page import MetricsPage
from ui.power.controller import PowerController
from ui.settings.page import SettingsPage
from ui.shortcuts import bind
from ui.theme.style import Theme
from ui.vault.controller import VaultController
from ui.vault.page import VaultPage
from ui.vault.stage import Restart
from ui.window import CHATS, METRICS, SETTINGS, VAULT, Window

_LOADED_WITH: Final = ("context_tokens", "threads", "model_path", "gpu_layers", "use_tuned")
"""What the model is loaded with."""

_DECIDED_BY: Final = ("always_quiet", "background_on_battery", "threads")
"""What the governor decides by."""


class Workplace:
    """Builds the places, puts them into the window and hands events to whom they concern.

    Args:
        app: Settings and engine.
        session: The services over the open vault.
        bridge: Brings outcomes to the GUI thread.
        window: The frame.
        pool: For reading code and writing files.
        now: Milliseconds since 1970, UTC.
        lock: Locks Hush.
        restart: Replaces the process: keys or files were replaced.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        bridge: Bridge,
        window: Window,
        pool: Executor,
        now: Callable[[], int],
        lock: Callable[[], object] = lambda: None,
        restart: Restart = lambda _=None: None,
    ) -> None:
        self._app = app
        self._bridge = bridge
        self._window = window
        theme = window.theme
        timeline = Timeline(theme.palette, pool, reading_size=theme.look.reading)
        self._page = ChatPage(timeline, theme)
        self._list = ConversationList(theme, now)
        self._chats = ChatsPlace(self._list, self._page, theme)
        self._settings_page = SettingsPage(app.settings, theme, lambda: app.tuned)
        self.chat = ChatController(session, bridge, self._page, self._list, window.status)
        self.conversations = ConversationController(
            session,
            bridge,
            self._list,
            self._page,
            self.chat,
            pool,
            app.backups,
            self._show_backups,
        )
        self.power = PowerController(app, window, self._change)
        self.chat.handle(self.power.now)
        self._metrics_page = MetricsPage(theme)
        self.metrics = MetricsController(session.metrics, bridge, self._metrics_page, pool)
        is_kept = session.keys is not None
        self._vault_page = VaultPage(app.profile.backups, theme, is_kept=is_kept)
        self.vault = VaultController(
            app,
            session,
            bridge,
            self._vault_page,
            window,
            pool,
            lambda: local(now()),
            restart,
        )
        self._chats.show_list(shown=app.settings.list_visible)
        self._places: list[QWidget] = [
            self._chats,
            self._metrics_page,
            self._vault_page,
            self._settings_page,
        ]
        window.furnish(self._places)
        self._keys = bind(window, self.actions)
        self._connect()
        window.rail.lock_wanted.connect(lock)
        self.chat.new()

    def _connect(self) -> None:
        window = self._window
        window.theme_changed.connect(self._apply)
        window.went_to.connect(self._arrived)
        window.covered.connect(self._rest_keys)
        window.status.retry_wanted.connect(self._app.warm_engine)
        window.status.figures_wanted.connect(partial(window.go_to, METRICS))
        window.status.model_wanted.connect(partial(self._show_setting, "context_tokens"))
        window.status.background_wanted.connect(
            partial(self._show_setting, "background_on_battery")
        )
        self.chat.around.setting_wanted.connect(partial(self._show_setting, "context_tokens"))
        self._page.paused.go_on_wanted.connect(self.power.go_on_slowly)
        self._settings_page.changed.connect(self._save)
        self._metrics_page.chat_wanted.connect(partial(window.go_to, CHATS))

    @property
    def actions(self) -> dict[str, Callable[[], None]]:
        """What the window's keys do here, by the names in ``ui/shortcuts.py``."""
        return {
            "escape": self._escape,
            "new": self._in_chats(self.chat.new),
            "private": self._in_chats(self.chat.new_private),
            "search": self._in_chats(self._search),
            "find": self._in_chats(self._page.begin_find),
            "list": self._in_chats(self._toggle_list),
            "rename": self._in_chats(self._rename),
            "chats": partial(self._window.go_to, CHATS),
            "metrics": partial(self._window.go_to, METRICS),
            "vault": partial(self._window.go_to, VAULT),
            "settings": partial(self._window.go_to, SETTINGS),
        }

    def handle(self, event: Event) -> None:
        """Take an event from the core."""
        self.metrics.handle(event)
        match event:
            case EngineChanged():
                self._window.status.show_engine(event)
            case BackgroundChanged():
                self._window.status.show_background(event.activity)
            case PowerChanged():
                self.power.take(event)
                self.chat.handle(event)
            case Notice():
                self._page.notice.say(event.text)
            case BackupEnded() | DrillEnded() | DamageFound():
                self._page_says(self.vault.handle(event))
            case _:
                self.chat.handle(event)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way: an answer, or work on the vault."""
        page = self._window.full_page
        is_waited_for = bool(page and page.is_working)
        return self.chat.is_answering or self.vault.is_working or is_waited_for

    @property
    def rotating_since(self) -> int | None:
        """While the vault's key is being changed: see ``Resumption.since``."""
        return self.vault.rotating_since

    def keep(self) -> None:
        """Have what is being written kept."""
        self.chat.drafts.keep()

    def leave(self) -> int | None:
        """Keep what is being written and take everything down; the window is bare after it.

        Returns:
            The conversation that was open, to go on there; None where there is none, or where it
            will be gone.
        """
        open_now = self.chat.conversation_id
        self.keep()
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        self._window.theme_changed.disconnect(self._apply)
        self._window.covered.disconnect(self._rest_keys)
        for place in self._places:
            place.setParent(None)  # out of the window now, not when Qt comes to it
            place.deleteLater()
        self._places.clear()
        return None if is_private(open_now) else open_now

    # Keys ---------------------------------------------------------------------------------

    def _in_chats(self, action: Callable[[], object]) -> Callable[[], None]:
        """Go to the chats first: these keys mean something there."""

        def act() -> None:
            if self._window.place != CHATS:
                self._window.go_to(CHATS)
            action()

        return act

    def _escape(self) -> None:
        if self._window.place != CHATS:
            self._window.go_to(CHATS)
        elif not (self._list.search.hasFocus() and self._list.leave_search()):
            self.chat.escape()

    def _search(self) -> None:
        self._show_list(shown=True)
        self._list.begin_search()

    def _rename(self) -> None:
        if self._list.view.hasFocus():
            self._list.view.rename_current()
        else:
            self._page.header.begin_rename()

    def _toggle_list(self) -> None:
        self._show_list(shown=not self._chats.list_is_shown)

    def _show_list(self, *, shown: bool) -> None:
        if shown != self._chats.list_is_shown:
            self._chats.show_list(shown=shown)
            self._change(replace(self._app.settings, list_visible=shown))

    def _arrived(self, place: int) -> None:
        if place == METRICS:
            self.metrics.refresh()
        if place == VAULT:
            self.vault.refresh()
        if self._window.rail.has_keyboard:
            return  # the person may want to go on along the rail
        if place == CHATS:
            self._page.composer.take_focus()
        else:
            self._places[place].setFocus()

    def _rest_keys(self, covered: bool) -> None:  # noqa: FBT001 # as the signal gives it
        """No key acts on what stands behind a full page."""
        for key in self._keys:
            key.setEnabled(not covered)

    def _page_says(self, sentence: str) -> None:
        """Say what went wrong with backups or the vault's file, and lead there."""
        if sentence:
            self._page.notice.say(sentence, "Backups…", self._show_backups, danger=True)

    def _show_backups(self) -> None:
        self._window.go_to(VAULT)
        self._vault_page.show_backups()

    # Settings and look --------------------------------------------------------------------

    def _change(self, settings: Settings) -> None:
        """Settings were changed beside their page."""
        self._settings_page.adopt(settings)
        self._save(settings)

    def _save(self, settings: Settings) -> None:
        before = self._app.settings

        def changed(names: tuple[str, ...]) -> bool:
            return any(getattr(before, name) != getattr(settings, name) for name in names)

        self._bridge.then(self._app.save_settings(settings), self._saved, self._not_saved)
        if changed(_LOADED_WITH):
            self._app.warm_engine()
        if changed(_DECIDED_BY):
            self._app.governor.refresh()
        self.power.adopt(settings)
        if before.reading_size != settings.reading_size:
            theme = replace(self._window.theme, reading=settings.reading_size)
            self._window.apply(theme)

    def _saved(self, settings: Settings) -> None:
        del settings
        self._settings_page.show_problem("")

    def _not_saved(self, error: HushError) -> None:
        self._settings_page.show_problem(error.sentence)
        self._page.notice.say_error(error)

    def _show_setting(self, name: str) -> None:
        self._window.go_to(SETTINGS)
        self._settings_page.focus_on(name)

    def _apply(self, theme: Theme) -> None:
        self._chats.apply(theme)
        self._metrics_page.apply(theme)
        self._vault_page.apply(theme)
        self._settings_page.apply(theme)
