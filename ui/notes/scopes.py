"""Choosing which notes are listed: all, those with a tag, or those in the trash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject

from assistant.errors import HushError
from assistant.notes.records import TagCount
from assistant.notes.service import NoteService
from ui.bridge import Bridge
from ui.latest import Latest
from ui.notes.place import NotesPlace
from ui.search.entries import Catalogue, Entry, EntryKind, Row
from ui.search.picker import Picker
from ui.vault.words import number

_ALL: Final = Entry(EntryKind.COMMAND, "all", "All notes")
_TRASH: Final = Entry(EntryKind.COMMAND, "trash", "Trash")
_SHOWN: Final = 200  # tags, before anything is typed


class Scopes(QObject):
    """Knows the tags there are; opens the picker, and completes what is typed as a tag.

    Args:
        service: Keeps notes.
        bridge: Brings outcomes to the GUI thread.
        place: The panes.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self, service: NoteService, bridge: Bridge, place: NotesPlace, now: Callable[[], int]
    ) -> None:
        super().__init__(place)
        self._service = service
        self._place = place
        self._now = now
        self._tags: Sequence[TagCount] = ()
        self._latest = Latest(bridge)
        place.list.scope_wanted.connect(self.open)

    def refresh(self) -> None:
        """Look again at which tags there are."""
        try:
            future = self._service.tags()
        except HushError:  # the vault is closed: the window is about to go
            return
        self._latest.expect(future, self._show, lambda _: None)

    def _show(self, tags: Sequence[TagCount]) -> None:
        self._tags = tags
        self._place.page.tags.offer([tag.name for tag in tags])

    def open(self) -> None:
        """Ask which notes to list."""
        theme = self._place.theme
        picker = Picker(self._place.window(), theme, "All notes, a tag, or the trash", self._now)
        catalogue = Catalogue(tags=self._tags)

        def show(query: str) -> None:
            picker.show_rows(self._matching(query, catalogue) if query.strip() else self._all())

        picker.query_changed.connect(show)
        picker.chosen.connect(self._choose)
        show("")
        picker.open_high()

    def _all(self) -> list[Row]:
        rows: list[Row] = ["Notes", _ALL, _TRASH]
        if self._tags:
            rows += ["Tags", *(_entry(tag) for tag in self._tags[:_SHOWN])]
        return rows

    def _matching(self, query: str, catalogue: Catalogue) -> list[Row]:
        wanted = query.strip().casefold()
        rows: list[Row] = [each for each in (_ALL, _TRASH) if wanted in each.title.casefold()]
        return [*(["Notes", *rows] if rows else []), *catalogue.rows(query.lstrip("# "))]

    def _choose(self, entry: Entry) -> None:
        notes = self._place.list
        notes.clear_words()
        if entry.kind is EntryKind.TAG:
            notes.choose(str(entry.key))
        else:
            notes.choose(trash=entry is _TRASH)


def _entry(tag: TagCount) -> Entry:
    hint = number(tag.notes, "note")
    return Entry(EntryKind.TAG, tag.name, f"#{tag.name}", hint=hint)
