"""Going to what is named elsewhere: a note, a chat, a passage, a tag, words to search for."""

from __future__ import annotations

from typing import Protocol

from assistant.asking.records import Scope, ScopeKind, Source
from assistant.notes.records import Note
from assistant.search.records import Hit, Kind
from ui.chat.asking import Asking
from ui.chat.controller import ChatController
from ui.chat.sought import Sought
from ui.notes.controller import NotesController
from ui.notes.model import title_of
from ui.places import Places
from ui.window import CHATS, NOTES, SEARCH, Window


class Rooms(Protocol):
    """What is done in the places, as far as one can be led there. The workplace is one."""

    chat: ChatController
    asking: Asking
    notes: NotesController | None


class Going:
    """Leads the person through the window.

    Args:
        window: Has the places.
        places: All there are.
        rooms: Looked at when somebody goes there: they are built after this.
    """

    def __init__(self, window: Window, places: Places, rooms: Rooms) -> None:
        self._window = window
        self._places = places
        self._rooms = rooms

    def hit(self, hit: Hit) -> None:
        """Go to a passage, and show it highlighted."""
        if hit.kind is Kind.NOTE:
            self.note(hit.owner_id, (hit.start, hit.length))
        elif hit.conversation_id is not None:
            self._message(Sought(hit.conversation_id, hit.owner_id, hit.text))

    def source(self, source: Source) -> None:
        """Go to the passage that a citation stands for."""
        if source.note_id is not None:
            self.note(source.note_id, (source.start, source.length))
        elif source.message_id is not None and source.conversation_id is not None:
            self._message(Sought(source.conversation_id, source.message_id, source.text))

    def note(self, note_id: int, mark: tuple[int, int] | None = None) -> None:
        """Go to a note; ``mark`` is the start and length of what to highlight, in characters."""
        self._window.go_to(NOTES)
        if self._rooms.notes:
            self._rooms.notes.open(note_id, mark)

    def chat(self, conversation_id: int) -> None:
        """Go to a chat."""
        self._window.go_to(CHATS)
        self._rooms.chat.open(conversation_id)

    def ask_about(self, note: Note) -> None:
        """Begin a chat about a note."""
        self._window.go_to(CHATS)
        self._rooms.chat.new()
        self._rooms.asking.ask_of(Scope(ScopeKind.NOTE, id=note.id, name=title_of(note)))

    def tag(self, tag: str) -> None:
        """Go to the notes with a tag."""
        self._window.go_to(NOTES)
        if self._rooms.notes:
            self._rooms.notes.open_tag(tag)

    def search(self, words: str) -> None:
        """Go to the search, with these words in it."""
        self._window.go_to(SEARCH)
        self._places.search.begin(words)

    def _message(self, sought: Sought) -> None:
        self._places.page.timeline.seek(sought)
        self.chat(sought.conversation_id)
