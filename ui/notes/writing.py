"""Keeping what is written in a note: a moment after the last key, and whenever the note is left.

Saves of one note follow one another; where Hush closes or locks during one, the vault is handed
what is to follow it. A save that fails loses nothing: its text is held here, stands on the page
when the note is opened again, and is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from assistant.errors import HushError, NotFound
from assistant.notes.records import Note, Saved
from assistant.notes.service import NoteService
from ui.bridge import Bridge
from ui.notes.editor import NoteEditor

PAUSE_MILLISECONDS: Final = 400
"""Without a key, after which a note is saved."""

_STEADY_MILLISECONDS: Final = 5_000
"""Who types without a pause loses no more than this to a power cut."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A save that was handed over.

    Attributes:
        outcome: What it comes to.
        text: What is saved.
        title: With which title; None: as it was.
    """

    outcome: Future[Note] | Future[Saved]
    text: str = field(repr=False)
    title: str | None = field(repr=False)


@dataclass(slots=True, eq=False)
class Sheet:
    """A note as it is being written.

    Attributes:
        note: As it was saved last; None for one that has not begun.
        tags: What a note that has not begun is to have.
        saving: The save that is under way, or None.
        waiting: What is to be saved as soon as it is over, or could not be saved.
        title: What it is to be called with the next save; None: as it is.
    """

    note: Note | None = None
    tags: tuple[str, ...] = ()
    saving: UnderWay | None = None
    waiting: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)

    @property
    def note_id(self) -> int | None:
        """None for a note that has not begun."""
        return self.note.id if self.note else None


class Writing(QObject):
    """Saves what stands in the editor.

    Args:
        service: Keeps notes.
        bridge: Brings outcomes to the GUI thread.
        editor: Shows the sheet that is current.
    """

    saved = Signal(object, object)  # Sheet, Note: as it is now
    forked = Signal(object, object)  # Sheet, Note: the other, newer one; the sheet is a new note
    moved = Signal(object)  # Sheet: it was deleted elsewhere, and is a new note
    failed = Signal(object, object)  # Sheet, HushError

    def __init__(
        self,
        service: NoteService,
        bridge: Bridge,
        editor: NoteEditor,
    ) -> None:
        super().__init__(editor)
        self._service = service
        self._bridge = bridge
        self._editor = editor
        self._changes = 0  # so many changes were made
        self._taken = 0  # and with so many of them the text was taken out of the editor
        self.current = Sheet()
        self._unsaved: list[Sheet] = []  # what could not be saved
        self._under_way: list[Sheet] = []  # what is being saved
        self.pause = self._timer(PAUSE_MILLISECONDS)
        self.steady = self._timer(_STEADY_MILLISECONDS)
        editor.edited.connect(self._wait)

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(lambda: self.save())
        return timer

    # Going from note to note --------------------------------------------------------------

    def take(self, sheet: Sheet) -> None:
        """Another sheet is in the editor from now on; what was there is saved already."""
        self._rest()
        self._taken = self._changes
        self.current = sheet

    def sheet_for(self, note: Note) -> Sheet:
        """A sheet with this note, or the one that has a newer text of it than was read.

        That is one being saved, or that could not be saved. ``text_of`` tells what to show.
        """
        # A note that was read from the trash came there after the saves that went before.
        newer = (*(self._under_way if note.deleted_at is None else ()), *self._unsaved)
        return next((sheet for sheet in newer if sheet.note_id == note.id), Sheet(note))

    @staticmethod
    def text_of(sheet: Sheet) -> str:
        """What stands on a sheet."""
        if sheet.waiting is not None:
            return sheet.waiting
        return sheet.note.text if sheet.note else ""

    def leave(self, then: Callable[[], None]) -> None:
        """Save what was changed, then go on: at once, or a moment later where it is very long."""
        if self.is_changed:
            self.save(then)
        else:
            then()

    @property
    def is_changed(self) -> bool:
        """Whether something is written that has not been handed to the vault."""
        return self._changes != self._taken

    def keep_now(self) -> None:
        """Hand what was changed to the vault before this returns: Hush closes or locks.

        Nothing comes back any more, so what waits for a save to end is handed over behind it.
        """
        for sheet in list(self._unsaved):
            self.try_again(sheet)
        if self.is_changed:
            self._rest()
            self._taken = self._changes
            unedited = self._unedited()
            self._put(self.current, self._editor.text_now() if unedited is None else unedited)
        for sheet in self._under_way:
            self._put_behind(sheet)

    # Saving -------------------------------------------------------------------------------

    def save(self, then: Callable[[], None] = lambda: None) -> None:
        """Save what stands in the editor, as it is in a moment."""
        self._rest()
        sheet = self.current
        if not self.is_changed:
            self.try_again(sheet)
            then()
            return
        taken = self._changes

        def was_taken(_: Future[str]) -> None:
            nonlocal taken
            taken = self._changes

        def came(text: str) -> None:
            self._taken = taken
            self._put(sheet, text)
            then()

        text = self._text()
        text.add_done_callback(was_taken)
        self._bridge.then(text, came, lambda _: None)

    def retitle(self, title: str) -> None:
        """Call the note so; empty: after its text."""
        self.current.title = title
        self._changes += 1
        self.save()

    def _text(self) -> Future[str]:
        unedited = self._unedited()
        if unedited is None:
            return self._editor.text()
        text: Future[str] = Future()
        text.set_result(unedited)
        return text

    def _unedited(self) -> str | None:
        """The text where the editor may only show it, perhaps not as it is; else None."""
        return self.text_of(self.current) if self._editor.isReadOnly() else None

    def try_again(self, sheet: Sheet) -> None:
        """Save what could not be saved."""
        if sheet.waiting is not None and not sheet.saving:
            self._put(sheet, sheet.waiting)

    def _wait(self) -> None:
        """A key was pressed: save at the next pause, or after some steady typing."""
        self._changes += 1
        self.pause.start()
        if not self.steady.isActive():
            self.steady.start()

    def _rest(self) -> None:
        self.pause.stop()
        self.steady.stop()

    def _put(self, sheet: Sheet, text: str) -> None:
        sheet.waiting = text
        if sheet.saving:
            return
        note, title = sheet.note, sheet.title
        if note is None and not text.strip() and not title:
            sheet.waiting = None  # nothing was begun after all
            return
        sheet.title = None
        wrong = partial(self._not_saved, sheet, title)
        try:
            if note is None:
                created = self._service.create(text, title=title or "", tags=sheet.tags)
                self._begin(sheet, UnderWay(created, text, title))
                self._bridge.then(created, lambda made: self._done(sheet, text, made), wrong)
                return
            future = self._service.save(note.id, text, note.revision, title=title)
        except HushError as error:
            wrong(error)
        else:
            self._begin(sheet, UnderWay(future, text, title))
            self._bridge.then(future, partial(self._was_saved, sheet, text), wrong)

    def _put_behind(self, sheet: Sheet) -> None:
        """Hand over what waits for the save that is under way; nothing is heard of it."""
        saving, text = sheet.saving, sheet.waiting
        if saving is None or text is None or (text == saving.text and sheet.title is None):
            return
        title = saving.title if sheet.title is None else sheet.title
        tags = sheet.note.tags if sheet.note else sheet.tags
        with suppress(HushError):  # the vault is closed already
            self._service.save_behind(saving.outcome, text, sheet.note, title=title, tags=tags)

    def _begin(self, sheet: Sheet, saving: UnderWay) -> None:
        sheet.saving = saving
        self._under_way.append(sheet)

    def _end(self, sheet: Sheet) -> None:
        sheet.saving = None
        if sheet in self._under_way:
            self._under_way.remove(sheet)

    def _was_saved(self, sheet: Sheet, text: str, saved: Saved) -> None:
        self._done(sheet, text, saved.other or saved.note)
        if saved.other:
            self.forked.emit(sheet, saved.note)

    def _done(self, sheet: Sheet, text: str, note: Note) -> None:
        self._forget(sheet)
        self._end(sheet)
        sheet.note = note
        later = sheet.waiting if sheet.waiting != text else None
        sheet.waiting = None
        self.saved.emit(sheet, note)
        if later is not None or sheet.title is not None:
            self._put(sheet, text if later is None else later)
        for other in list(self._unsaved):  # what kept it from being saved may be over
            self.try_again(other)

    def _not_saved(self, sheet: Sheet, title: str | None, error: HushError) -> None:
        self._end(sheet)
        sheet.title = title if sheet.title is None else sheet.title
        if isinstance(error, NotFound) and sheet.note and sheet.waiting is not None:
            self._forget(sheet)
            sheet.tags, sheet.note = sheet.note.tags, None
            self.moved.emit(sheet)
            self._put(sheet, sheet.waiting)
            return
        self._forget(sheet)
        self._unsaved.append(sheet)
        self.failed.emit(sheet, error)

    def _forget(self, sheet: Sheet) -> None:
        if sheet in self._unsaved:
            self._unsaved.remove(sheet)
