"""What the window's keys do where the person is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from assistant.settings import Settings
from ui.chat.controller import ChatController
from ui.notes.controller import NotesController
from ui.places import Places
from ui.preferences import Preferences
from ui.window import (
    CHATS,
    CLOUD,
    METRICS,
    MODELS,
    NOTES,
    REVIEW,
    SEARCH,
    SETTINGS,
    TAGS,
    VAULT,
    Window,
)

Act = Callable[[], object]


class PlaceKeys:
    """A key that means something in one place goes there first; some mean one thing in each.

    Args:
        window: Knows where the person is.
        places: All there are.
        chat: What is done with a chat.
        notes: What is done with notes; None where this session has none.
        preferences: Remember whether the list is shown.
        settings: Those of the moment.
    """

    def __init__(
        self,
        window: Window,
        places: Places,
        chat: ChatController,
        notes: NotesController | None,
        preferences: Preferences,
        settings: Callable[[], Settings],
    ) -> None:
        self._window = window
        self._places = places
        self._chat = chat
        self._notes = notes
        self._preferences = preferences
        self._settings = settings

    @property
    def actions(self) -> Mapping[str, Act]:
        """By the names in ``ui/shortcuts.py``."""
        go, places = self._window.go_to, self._places
        return {
            "escape": self._escape,
            "new": self._in(CHATS, self._chat.new),
            "note": self._in(NOTES, self._of_notes(lambda notes: notes.new())),
            "private": self._in(CHATS, self._chat.new_private),
            "find": self._find,
            "filter": self._filter,
            "list": self._toggle_list,
            "panel": self._in(NOTES, self._of_notes(lambda notes: notes.toggle_panel())),
            "rename": self._rename,
            "accept_tags": self._accept_tags,
            "actions": self._in(NOTES, places.notes.page.header.actions_wanted.emit),
            "chats": partial(go, CHATS),
            "notes": partial(go, NOTES),
            "search": partial(go, SEARCH),
            "models": partial(go, MODELS),
            "metrics": partial(go, METRICS),
            "vault": partial(go, VAULT),
            "settings": partial(go, SETTINGS),
        }

    def _in(self, place: int, action: Act) -> Callable[[], None]:
        """Go to a place first: the key means something there."""

        def act() -> None:
            if self._window.place != place:
                self._window.go_to(place)
            action()

        return act

    def _of_notes(self, action: Callable[[NotesController], object]) -> Callable[[], None]:
        def act() -> None:
            if self._notes:
                action(self._notes)

        return act

    def _escape(self) -> None:
        places, here = self._places, self._window.place
        if here == NOTES and self._notes:
            self._notes.escape()
        elif here in {TAGS, REVIEW}:
            if not (here == TAGS and places.tags.page.escape()):
                self._window.go_to(NOTES)
        elif here == MODELS and places.models.page.escape():
            pass  # the nearest thing was left
        elif here == CLOUD and places.cloud.page.escape():
            pass
        elif here != CHATS:
            self._window.go_to(CHATS)
        elif not (places.list.search.hasFocus() and places.list.leave_search()):
            self._chat.escape()

    def _find(self) -> None:
        here = self._window.place
        if here == NOTES:
            self._places.notes.page.begin_find()
        elif here == SEARCH:
            self._places.search.begin()
        elif here == TAGS:
            self._places.tags.page.begin_find()
        else:
            self._in(CHATS, self._places.page.begin_find)()

    def _filter(self) -> None:
        """Look for words in the list of the place."""
        if self._window.place == NOTES:
            self._places.notes.show_list(shown=True)
            self._places.notes.list.begin_filter()
        elif self._window.place == TAGS:
            self._places.tags.page.begin_find()
        else:
            self._in(CHATS, self._filter_chats)()

    def _filter_chats(self) -> None:
        self._show_chats(shown=True)
        self._places.list.begin_search()

    def _rename(self) -> None:
        if self._window.place == NOTES and self._notes:
            self._notes.rename()
        elif self._window.place == TAGS:
            self._places.tags.page.view.rename_current()
        else:
            self._in(CHATS, self._rename_chat)()

    def _rename_chat(self) -> None:
        if self._places.list.view.hasFocus():
            self._places.list.view.rename_current()
        else:
            self._places.page.header.begin_rename()

    def _accept_tags(self) -> None:
        """Give the note that is open the suggested tags that are ticked."""
        if self._window.place == NOTES:
            self._places.notes.page.suggestions.all_accepted.emit()

    def _toggle_list(self) -> None:
        notes, chats = self._places.notes, self._places.chats
        if self._window.place == NOTES:
            notes.show_list(shown=not notes.list_is_shown)
        else:
            toggle = partial(self._show_chats, shown=not chats.list_is_shown)
            self._in(CHATS, toggle)()

    def _show_chats(self, *, shown: bool) -> None:
        """Show the list of chats or hide it, and remember that."""
        chats = self._places.chats
        if shown != chats.list_is_shown:
            chats.show_list(shown=shown)
            self._preferences.change(replace(self._settings(), list_visible=shown))
