"""Actions and titles in the furnished window: the menus, the keys, the panel, the lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu

from assistant.actions.records import Description
from assistant.app import Session
from assistant.events import ActionEnded, ActionProgress, ActionText, Event, TitlesChanged
from ui.actions import menu as offers
from ui.actions import words
from ui.actions.here import is_selected, refusal
from ui.actions.services import Acts
from ui.actions.titling import Titling
from ui.bridge import Bridge
from ui.notes.controller import NotesController
from ui.notes.page import NotePage
from ui.places import Places
from ui.window import NOTES, Window

if TYPE_CHECKING:
    from assistant.cloud.protocols import AskFor, CloudRoom
    from assistant.cloud.records import Offer
    from assistant.settings import Settings
    from ui.actions.acting import Acting
    from ui.actions.beyond import Beyond

Act = Callable[[], object]

_SAID_MILLISECONDS: Final = 8_000


def action_rooms(
    session: Session,
    bridge: Bridge,
    window: Window,
    places: Places,
    notes: NotesController | None,
    propose_tags: Act | None,
    chats_changed: Act,
) -> ActionRooms | None:
    """What actions and titles need in the window; None where there are no notes.

    See ``ActionRooms``.
    """
    if session.notes is None or notes is None:
        return None
    page, service = places.notes.page, session.notes
    titling = Titling(session.titles, service, bridge, notes, page)

    def build(acts: Acts) -> Acting:
        from ui.actions.acting import Acting

        return Acting(acts, service, bridge, notes, page)

    suggest = titling.suggest if session.titles else None
    asks = Wanted(session.actions, build, suggest, propose_tags)
    return ActionRooms(asks, titling, window, page, notes, chats_changed)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there is to offer.

    Attributes:
        acts: Carries actions out; None where nothing does.
        build: Wires the panel to it, when that is first wanted: a start need not wait for it.
        title: Asks for a title; None where there is no one to ask.
        tags: Asks the model for tags; None likewise.
    """

    acts: Acts | None
    build: Callable[[Acts], Acting]
    title: Act | None = None
    tags: Act | None = None


class ActionRooms(QObject):
    """Offers what the model can do with the note that is open, and hands events on.

    Args:
        wanted: What there is.
        titling: Wires titles to theirs.
        window: Has the places.
        page: Shows the note.
        notes: What is done with it.
        chats_changed: Chats have other titles now.
    """

    def __init__(
        self,
        wanted: Wanted,
        titling: Titling,
        window: Window,
        page: NotePage,
        notes: NotesController,
        chats_changed: Act,
    ) -> None:
        super().__init__(page)  # goes with the page, which a lock takes down
        self._wanted = wanted
        propose = self._propose if wanted.tags else None
        self._asks = offers.Asks(self._act, wanted.title, propose)
        self._acting: Acting | None = None
        self._beyond: Callable[[], Beyond] | None = None  # once there is somebody to ask
        self._window = window
        self.titling = titling
        self._page = page
        self._writing = notes.writing
        self._chats_changed = chats_changed
        notes.leave_nearer = self.escape
        self._connect()

    def _connect(self) -> None:
        header, editor = self._page.header, self._page.editor
        header.offer_actions(self._fill, offered=self.has_any)
        header.actions_wanted.connect(self.open_menu)
        editor.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        editor.customContextMenuRequested.connect(self._open_context_menu)

    @property
    def has_any(self) -> bool:
        """Whether there is anything to offer."""
        return any((self._wanted.acts, self._wanted.title, self._wanted.tags))

    @property
    def _offered(self) -> Sequence[Description]:
        return self._wanted.acts.offered if self._wanted.acts else ()

    def offer_elsewhere(
        self,
        cloud: CloudRoom,
        settings: Callable[[], Settings],
        ask: Callable[[AskFor, Offer | None, Callable[[], object]], object],
    ) -> None:
        """Offer to ask somebody else for what no model here does well. See ``Beyond``."""

        def build() -> Beyond:
            from ui.actions.beyond import Beyond

            return Beyond(cloud, settings, ask)

        self._beyond = build

    def _act(self, what: Description) -> None:
        if self._acting is None and self._wanted.acts:
            self._acting = self._wanted.build(self._wanted.acts)
            self._acting.beyond = self._beyond() if self._beyond else None
        if self._acting:
            self._acting.act(what)

    def _propose(self) -> None:
        """Ask the model for tags for the note as it reads now, or say why there is nothing to."""
        writing, notice = self._writing, self._page.notice
        sheet, is_changed = writing.current, writing.is_changed
        refused = refusal(self._page, writing)
        if not refused and not is_changed and not writing.text_of(sheet).strip():
            refused = words.NOTHING_WRITTEN  # of nothing a model makes up something
        elif not refused and sheet.note is None:
            refused = words.BEING_SAVED
        if refused:
            notice.say(refused, milliseconds=_SAID_MILLISECONDS)
        else:
            writing.leave(self._ask_for_tags)

    def _ask_for_tags(self) -> None:
        if self._wanted.tags:
            self._wanted.tags()

    @property
    def actions(self) -> Mapping[str, Act]:
        """By the names in ``ui/search/commands.py``."""
        found = offers.commands(self._offered, self._asks)
        return {name: partial(self._at_the_note, act) for name, act in found.items()}

    def _at_the_note(self, act: Act) -> None:
        """Go where the note is, and do it there."""
        if self._window.place != NOTES:
            self._window.go_to(NOTES)
        act()

    @property
    def is_working(self) -> bool:
        """Whether the model is writing something that the person waits for."""
        return self._acting is not None and self._acting.is_working

    @property
    def has_untaken(self) -> bool:
        """Whether the model wrote something that goes with the session."""
        return self._acting is not None and self._acting.has_untaken

    def handle(self, event: Event) -> None:
        """Take an event from the core; those that do not concern this are passed over."""
        match event:
            case ActionProgress() | ActionText() | ActionEnded():
                if self._acting:
                    self._acting.handle(event)
            case TitlesChanged():
                self.titling.handle(event)
                if event.conversation_ids:
                    self._chats_changed()
            case _:
                pass

    def escape(self) -> bool:
        """Stop or leave what stands nearest; False where nothing does."""
        return self.titling.escape() or (self._acting is not None and self._acting.escape())

    # Menus --------------------------------------------------------------------------------

    def open_menu(self) -> None:
        """Show the menu where the person writes: for what is selected, or for the note."""
        editor = self._page.editor
        if not self.has_any:
            return
        refused = refusal(self._page, self._writing)
        if refused:
            self._page.notice.say(refused, milliseconds=_SAID_MILLISECONDS)
            return
        menu = QMenu(editor)
        self._fill(menu)
        self._pop_up(menu, editor.cursorRect().bottomLeft())

    def _fill(self, menu: QMenu) -> None:
        """Put in what can be done here, or why nothing can."""
        menu.clear()
        refused = refusal(self._page, self._writing)
        if refused:
            menu.addAction(refused).setEnabled(False)
        else:
            selected = is_selected(self._page)
            offers.fill(menu, self._offered, self._asks, selected=selected)
            menu.setAccessibleName(offers.menu_title(selected=selected))

    def _open_context_menu(self, at: QPoint) -> None:
        """What Qt offers for a text, and what the model can do with it."""
        menu = self._page.editor.createStandardContextMenu(at)
        if self.has_any and not refusal(self._page, self._writing):
            menu.addSeparator()
            self._fill(menu.addMenu(offers.menu_title(selected=is_selected(self._page))))
        self._pop_up(menu, at)

    def _pop_up(self, menu: QMenu, at: QPoint) -> None:
        viewport = self._page.editor.viewport()
        inside = QPoint(
            min(max(at.x(), 0), viewport.width()), min(max(at.y(), 0), viewport.height())
        )
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(viewport.mapToGlobal(inside))
