"""Tags of the note on the page: put on and taken off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from assistant.errors import HushError
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from ui.bridge import Bridge
from ui.latest import Latest
from ui.markdown.safe_text import harmless
from ui.notes.page import NotePage
from ui.notes.words import short
from ui.notes.writing import Writing


class Tagging(QObject):
    """Wires the row of tags to its service.

    Args:
        service: Keeps notes.
        bridge: Brings outcomes to the GUI thread.
        page: Where the tags stand.
        writing: Knows which note is on the page.
    """

    changed = Signal(object)  # Note: has other tags now

    def __init__(
        self, service: NoteService, bridge: Bridge, page: NotePage, writing: Writing
    ) -> None:
        super().__init__(page)
        self._service = service
        self._latest = Latest(bridge)
        self._page = page
        self._writing = writing
        page.tags.added.connect(self._add)
        page.tags.removed.connect(self._remove)

    def _add(self, name: str) -> None:
        self._choose((*self._page.tags.tags, name))

    def _remove(self, name: str) -> None:
        def done(note: Note) -> None:
            if name in note.tags:
                words = f"“#{short(harmless(name))}” stands in the text: take it out there."
                self._page.notice.say(words)

        self._choose([tag for tag in self._page.tags.tags if tag != name], done)

    def _choose(self, tags: Sequence[str], then: Callable[[Note], None] = lambda _: None) -> None:
        sheet = self._writing.current
        if sheet.note is None:  # it takes them along when it begins
            sheet.tags = tuple(dict.fromkeys(tags))
            self._page.tags.show_tags(sheet.tags)
            return
        before = sheet.note
        self._page.tags.show_tags(tags)  # what is chosen next goes on from these

        def show(note: Note) -> None:
            if before.id == self._writing.current.note_id:
                self._page.tags.show_tags(note.tags)
            self.changed.emit(note)
            then(note)

        def failed(error: HushError) -> None:
            self._page.tags.show_tags(before.tags)
            self._page.notice.say_error(error)

        try:
            future = self._service.tag(before.id, tags)
        except HushError as error:
            failed(error)
        else:
            self._latest.expect(future, show, failed)
