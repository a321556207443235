"""The furnished window: places, their controllers and the keys, over one open session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from assistant.app import App, Session
from assistant.events import (
    BackgroundChanged,
    BackupEnded,
    DamageFound,
    DrillEnded,
    EngineChanged,
    Event,
    ExportProgress,
    ImportProgress,
    IndexChanged,
    Notice,
    PowerChanged,
)
from assistant.records import is_private
from ui.actions.rooms import action_rooms
from ui.bridge import Bridge
from ui.chat.asking import Asking
from ui.chat.controller import ChatController
from ui.cloud.rooms import CloudRooms
from ui.conversation_controller import ConversationController
from ui.days import local
from ui.going import Going
from ui.importing.controller import ImportController
from ui.metrics.controller import MetricsController
from ui.models.rooms import ModelRooms
from ui.notes.controller import NotesController, Ways
from ui.notes.listing import Backups
from ui.notes.taken_in import take_in_edits
from ui.place_keys import Act, PlaceKeys
from ui.places import Places
from ui.power.controller import PowerController
from ui.preferences import Preferences
from ui.search.commands import commands
from ui.search.controller import SearchController
from ui.search.gathering import Gathering
from ui.search.going import Destinations, GoTo
from ui.shortcuts import bind
from ui.tags.rooms import tag_rooms
from ui.theme.style import Theme
from ui.vault.controller import VaultController
from ui.vault.stage import Restart
from ui.window import CHATS, CLOUD, METRICS, NETWORK, NOTES, VAULT, Window

_NO_NOTES = (
    "Notes are kept in the vault, and nothing of this session is written down. "
    "With a vault that Hush may write to, they are here."
)


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
        self._window = window
        self._lock = lock
        self._places = places = Places(app, session, window, pool, now)
        self._going = going = Going(window, places, self)
        self.open_note, self.open_hit = going.note, going.hit
        page = places.page
        self.chat = ChatController(session, bridge, page, places.list, window.status)
        self.conversations = ConversationController(
            session,
            bridge,
            places.list,
            page,
            self.chat,
            pool,
            app.backups,
            self._show_backups,
        )
        self.asking = Asking(session, bridge, page, self.chat.drafts, pool, now)
        self.preferences = Preferences(app, bridge, window, places.settings, page.notice)
        self.power = PowerController(app, window, self.preferences.change)
        self.chat.handle(self.power.now)
        self.metrics = MetricsController(session.metrics, bridge, places.metrics, pool)
        self.vault = VaultController(
            app,
            session,
            bridge,
            places.vault,
            window,
            pool,
            lambda: local(now()),
            restart,
        )
        self.importing = ImportController(
            session.importing,
            bridge,
            window,
            partial(window.go_to, NOTES),
            self._imported,
            self._tell,
        )
        self.notes = self._notes_over(session, bridge, pool, now)
        self.tags = tag_rooms(
            session, bridge, window, places, self.notes, going.note, going.tag, now
        )
        if self.tags:
            self.importing.offer_tags(self.tags.review, lambda *said: places.notice.add(*said))
        propose = self.tags.below.propose if self.tags else None
        named = self.conversations.refresh
        self.acts = action_rooms(session, bridge, window, places, self.notes, propose, named)
        self.models = ModelRooms(app, session, bridge, window, places, self.preferences, pool, now)
        self.cloud = CloudRooms(
            app,
            session,
            bridge,
            window,
            places,
            self.preferences,
            self.chat,
            now,
            self.models.network.refresh,
        )
        if self.acts and self.cloud.elsewhere and session.cloud:
            ask = self.cloud.elsewhere.ask_new
            self.acts.offer_elsewhere(session.cloud, lambda: app.settings, ask)
        self._rooms = tuple(room for room in (self.tags, self.acts) if room)
        self.search = SearchController(
            session, bridge, places.search, going.hit, self.importing.open, pool, now
        )
        self._go_to = GoTo(
            window,
            lambda: window.theme,
            Gathering(session, bridge, pool),
            lambda: commands(self._commands),
            Destinations(going.note, going.chat, going.tag, going.search),
            now,
        )
        self._place_keys = PlaceKeys(
            window, places, self.chat, self.notes, self.preferences, lambda: app.settings
        )
        window.furnish(list(places.all))
        self._keys = bind(window, self.actions)
        self._connect()
        window.rail.lock_wanted.connect(lock)
        self.chat.new()
        self.importing.offer_unfinished()
        self._take_in_edits(session, bridge, pool)

    def _notes_over(
        self, session: Session, bridge: Bridge, pool: Executor, now: Callable[[], int]
    ) -> NotesController | None:
        place = self._places.notes
        if session.notes is None:
            place.rest(_NO_NOTES)
            return None
        backups = Backups(self._app.backups.holding, self._show_backups)
        out = self._places.open_address
        ways = Ways(self._going.hit, self.importing.open, self._going.ask_about, out, backups)
        return NotesController(session.notes, session.search, bridge, place, pool, now, ways)

    def _take_in_edits(self, session: Session, bridge: Bridge, pool: Executor) -> None:
        """Keep what an editor outside of Hush had when Hush was killed."""
        notes, places = session.notes, self._places
        if notes and session.keys and self.notes:
            root, changed = self._app.profile.root, self.notes.refresh
            open_note = self._going.note
            take_in_edits(root, notes, bridge, pool, lambda: places.notice, open_note, changed)

    def _connect(self) -> None:
        window, page = self._window, self._places.page
        window.theme_changed.connect(self._apply)
        window.went_to.connect(self._arrived)
        window.covered.connect(self._rest_keys)
        status, show_setting = window.status, self.preferences.show
        status.retry_wanted.connect(self._app.warm_engine)
        status.figures_wanted.connect(partial(window.go_to, METRICS))
        status.background_wanted.connect(partial(show_setting, "background_on_battery"))
        status.index_wanted.connect(partial(show_setting, "encoder_path"))
        self.chat.around.setting_wanted.connect(partial(show_setting, "context_tokens"))
        page.paused.go_on_wanted.connect(self.power.go_on_slowly)
        page.timeline.source_requested.connect(self._going.source)
        self.preferences.taken.connect(self.power.adopt)
        self.preferences.layout_changed.connect(self.chat.around.ahead.afresh)
        self._places.metrics.chat_wanted.connect(partial(window.go_to, CHATS))

    @property
    def actions(self) -> dict[str, Act]:
        """What the window's keys do here, by the names in ``ui/shortcuts.py``."""
        return {**self._place_keys.actions, "go": self._go_to.open}

    @property
    def _commands(self) -> dict[str, Act]:
        """What can be gone to by name: what the keys do, and what has no key."""
        rooms = {name: act for room in self._rooms for name, act in room.actions.items()}
        return {
            **self.actions,
            **rooms,
            "lock": self._lock,
            "import": self.importing.open,
            "export": self.importing.export,
            "network": partial(self._window.go_to, NETWORK),
            "cloud": partial(self._window.go_to, CLOUD),
        }

    def handle(self, event: Event) -> None:
        """Take an event from the core."""
        self.metrics.handle(event)
        for room in (*self._rooms, self.models, self.cloud):
            room.handle(event)
        match event:
            case EngineChanged():
                self._window.status.show_engine(event)
            case BackgroundChanged():
                self._window.status.show_background(event.activity)
            case PowerChanged():
                self.power.take(event)
                self.chat.handle(event)
            case IndexChanged():
                self._window.status.show_index(event.status)
                self._places.settings.show_index(event.status)
                self.search.handle(event)
            case ImportProgress() | ExportProgress():
                self.importing.handle(event)
            case Notice():
                self._places.notice.say(event.text)
            case BackupEnded() | DrillEnded() | DamageFound():
                self._page_says(self.vault.handle(event))
            case _:
                self.chat.handle(event)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way: an answer, an import, or work on the vault."""
        page = self._window.full_page
        is_waited_for = bool(page and page.is_working)
        working = (self.vault, self.importing, self.models, *self._rooms)
        is_working = any(one.is_working for one in working)
        return self.chat.is_answering or is_working or is_waited_for

    @property
    def rotating_since(self) -> int | None:
        """While the vault's key is being changed: see ``Resumption.since``."""
        return self.vault.rotating_since

    def keep(self) -> None:
        """Have what is being written kept."""
        self._places.settings.keep()
        self.chat.drafts.keep()
        if self.notes:
            self.notes.keep()

    def leave(self) -> int | None:
        """Keep what is being written and take everything down; the window is bare after it.

        Returns:
            The conversation that was open, to go on there; None where there is none, or where it
            will be gone.
        """
        open_now = self.chat.conversation_id
        self.cloud.leave()
        self.keep()
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        self._window.theme_changed.disconnect(self._apply)
        self._window.covered.disconnect(self._rest_keys)
        for place in self._places.all:
            place.setParent(None)  # out of the window now, not when Qt comes to it
            place.deleteLater()
        return None if is_private(open_now) else open_now

    # Where the person is ------------------------------------------------------------------

    def _arrived(self, place: int) -> None:
        if place == METRICS:
            self.metrics.refresh()
        if place == VAULT:
            self.vault.refresh()
        if place == NOTES and self.notes:
            self.notes.refresh()
        if not self._window.rail.has_keyboard:  # else the person may want to go on along it
            self._places.take_focus(place)

    def _rest_keys(self, covered: bool) -> None:  # noqa: FBT001 # as the signal gives it
        """No key acts on what stands behind a full page."""
        for key in self._keys:
            key.setEnabled(not covered)

    # What is said -------------------------------------------------------------------------

    def _tell(self, sentence: str, action: str, act: Callable[[], None]) -> None:
        self._places.notice.say(sentence, action, act)

    def _imported(self) -> None:
        """There are other notes and chats now."""
        self.conversations.refresh()
        if self.notes:
            self.notes.refresh()

    def _page_says(self, sentence: str) -> None:
        """Say what went wrong with backups or the vault's file, and lead there."""
        if sentence:
            notice = self._places.notice
            notice.say(sentence, "Backups…", self._show_backups, danger=True)

    def _show_backups(self) -> None:
        self._window.go_to(VAULT)
        self._places.vault.show_backups()

    def _apply(self, theme: Theme) -> None:
        self._places.apply(theme)
