"""A title that the model suggests: seen where the title stands, and written once it is taken."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QObject

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.events import TitlesChanged
from assistant.notes.records import Note, TitleBy
from assistant.notes.service import NoteService
from ui.actions import words
from ui.actions.here import refusal
from ui.actions.services import Titles
from ui.bridge import Bridge
from ui.latest import Latest
from ui.notes.controller import NotesController
from ui.notes.page import NotePage
from ui.notes.writing import Sheet

_SAID_MILLISECONDS: Final = 8_000
_UNDO_MILLISECONDS: Final = 15_000


class Titling(QObject):
    """Asks for a title for the note that is open, from its text as it is saved.

    Args:
        service: Thinks of titles; None where there is no one to ask.
        notes: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        controller: What is done with the note that is open.
        page: Shows it.
    """

    def __init__(
        self,
        service: Titles | None,
        notes: NoteService,
        bridge: Bridge,
        controller: NotesController,
        page: NotePage,
    ) -> None:
        super().__init__(page)
        self._service = service
        self._notes = notes
        self._controller = controller
        self._writing = controller.writing
        self._page = page
        self._title, self._note = Latest(bridge), Latest(bridge)
        self._sheet: Sheet | None = None  # for which one is being thought of, or suggested
        self._cancel: Cancel | None = None
        self._waits_for_save = False
        self._writing.saved.connect(self._saved)
        self._writing.failed.connect(lambda sheet, _: self._forget_of(sheet))
        page.header.renamed.connect(lambda _: self._forget())
        page.notice.dismissed.connect(self._forget)

    # Asking -------------------------------------------------------------------------------

    def suggest(self) -> None:
        """Think of a title for the note on the page; it can be stopped."""
        notice, sheet, service = self._page.notice, self._writing.current, self._service
        if service is None or self._cancel:
            return
        refused = refusal(self._page, self._writing)
        if refused:
            notice.say(refused, milliseconds=_SAID_MILLISECONDS)
            return
        self._forget()
        if sheet.note is None and not self._writing.is_changed:
            notice.say(words.NOTHING_WRITTEN, milliseconds=_SAID_MILLISECONDS)
            return
        self._sheet, self._cancel = sheet, Cancel()
        notice.say(words.THINKING, "Stop", self.stop)
        self._waits_for_save = self._writing.is_changed or sheet.saving is not None
        if self._writing.is_changed:
            self._writing.save()
        if not self._waits_for_save:
            self._ask(service, sheet)

    def _saved(self, sheet: Sheet, _: Note) -> None:
        if sheet is self._sheet and self._waits_for_save and self._service:
            self._waits_for_save = False
            self._ask(self._service, sheet)

    def _ask(self, service: Titles, sheet: Sheet) -> None:
        if sheet.note_id is None:
            self._forget()
            return
        try:
            future = service.suggest(sheet.note_id, self._cancel)
        except HushError as error:
            self._failed(error)
        else:
            self._title.expect(future, self._came, self._failed)

    def stop(self) -> None:
        """Nobody waits for a title any more."""
        self._forget()
        self._page.notice.dismiss()

    def escape(self) -> bool:
        """Stop, or leave the suggestion; False where there is none."""
        if self._sheet is None:
            return False
        self.stop()
        return True

    # What is suggested --------------------------------------------------------------------

    def _came(self, title: str) -> None:
        self._cancel = None
        note = self._sheet.note if self._sheet else None
        if self._sheet is None or note is None or note.title == title:
            self._forget()
            self._page.notice.say(words.ALREADY, milliseconds=_SAID_MILLISECONDS)
            return
        self._page.header.show_suggestion(title)
        accept = partial(self._accept, self._sheet, title)
        self._page.notice.say(words.suggested_words(title), "Use it", accept)
        self._page.notice.add("", "Discard", self.stop)

    def _failed(self, error: HushError) -> None:
        self._forget()
        self._page.notice.say_error(error)

    def _accept(self, sheet: Sheet, title: str) -> None:
        self._forget()
        if sheet is not self._writing.current:
            return
        before = sheet.note.title if sheet.note and sheet.note.title_by is TitleBy.PERSON else ""
        self._writing.retitle(title)
        undo = partial(self._take_back, sheet, before)
        said = words.named_words(title)
        self._page.notice.say(said, "Undo", undo, milliseconds=_UNDO_MILLISECONDS)

    def _take_back(self, sheet: Sheet, before: str) -> None:
        if sheet is self._writing.current:
            self._writing.retitle(before)

    # Leaving ------------------------------------------------------------------------------

    def _forget_of(self, sheet: Sheet) -> None:
        if sheet is self._sheet:
            self._forget()

    def _forget(self) -> None:
        cancel, self._cancel, self._sheet = self._cancel, None, None
        self._waits_for_save = False
        self._title.forget()
        self._page.header.show_suggestion("")
        if cancel:
            cancel.ask()

    # Titles that nobody asked for ---------------------------------------------------------

    def handle(self, event: TitlesChanged) -> None:
        """Notes have other titles now: the list shows them, and the page where it can."""
        if not event.note_ids:
            return
        self._controller.listing.refresh()
        open_now = self._controller.note_id
        if open_now in event.note_ids and open_now is not None:
            self._note.expect(self._notes.get(open_now), self._show, lambda _: None)

    def _show(self, note: Note) -> None:
        """A note that is being written goes on as it was: saving it keeps both."""
        sheet = self._writing.current
        rests = not (self._writing.is_changed or sheet.saving or sheet.waiting is not None)
        before = sheet.note
        if rests and before and before.id == note.id and before.text == note.text:
            sheet.note = note
            self._page.show_head(note)
