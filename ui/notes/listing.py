"""Wires the list of notes to its service: which are listed, pinning, the trash and undo."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QObject, Signal

from assistant.errors import HushError
from assistant.notes.markdown_facts import excerpt_of
from assistant.notes.records import Deleted, Note, NoteFilter, NoteLine
from assistant.notes.service import NoteService
from ui.bridge import Bridge
from ui.latest import Latest
from ui.notes.list import NoteList
from ui.notes.model import title_of
from ui.notes.words import short
from ui.notice import Notice
from ui.vault.words import held_in, number

if TYPE_CHECKING:
    from assistant.backup.service import Holding

T = TypeVar("T")

_UNDO_MILLISECONDS: Final = 30_000
_DELETED_MILLISECONDS: Final = 15_000  # there may be more to read: the backups
_TAGS: Final = 8  # of a note, in its line


@dataclass(frozen=True, slots=True)
class Backups:
    """Where deleted notes may still stand: asked by when the oldest was written, and shown."""

    holding: Callable[[int], Future[Holding]]
    show: Callable[[], None]


class Listing(QObject):
    """What a person does with notes as wholes.

    Args:
        service: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        notes: The list.
        page_notice: Says what happened where the list is hidden.
        backups: Know where deleted notes still stand; None where there are none.
    """

    gone = Signal(object)  # id; put into the trash, taken out of it or deleted: not as it was shown
    pinned = Signal(object)  # Note

    def __init__(
        self,
        service: NoteService,
        bridge: Bridge,
        notes: NoteList,
        page_notice: Notice,
        backups: Backups | None = None,
    ) -> None:
        super().__init__(notes)
        self._service = service
        self._bridge = bridge
        self._list = notes
        self._page_notice = page_notice
        self._backups = backups
        self._latest = Latest(bridge)
        notes.changed.connect(self.refresh)
        notes.delete_wanted.connect(self._delete_listed)
        notes.restore_wanted.connect(lambda note_id: self.restore([note_id]))
        notes.empty_trash_wanted.connect(self._ask_to_empty)
        notes.pin_wanted.connect(lambda note_id, pinned: self.pin(note_id, pinned=pinned))

    @property
    def notice(self) -> Notice:
        """Where something is said that the person can see."""
        return self._page_notice if self._list.isHidden() else self._list.notice

    # What is listed -----------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask for the list again; what was asked for before is not shown any more."""

        def failed(error: HushError) -> None:
            self.notice.say_error(error, "Try again", self.refresh)

        try:
            future = self._service.list(self._list.wanted)
        except HushError as error:
            failed(error)
        else:
            self._latest.expect(future, self._list.show_notes, failed)

    def put(self, note: Note) -> None:
        """Show a note that was saved, at its place, where it belongs into what is listed."""
        line = line_of(note)
        wanted, before = self._list.wanted, self._list.place_of(note.id)
        if before is None and (wanted.words or not _belongs(note, wanted)):
            return
        shown = list(self._list.notes)
        if before is not None:
            del shown[before]
        now = bisect_left(shown, _place(line), key=_place)
        if now == before:  # who goes on writing in a note has it at the top already
            self._list.put(line)
            return
        shown.insert(now, line)
        self._list.show_notes(shown)

    # Pinning and throwing away ------------------------------------------------------------

    def pin(self, note_id: int, *, pinned: bool) -> None:
        """Have a note stand before all others, or no longer."""

        def done(note: Note) -> None:
            self.put(note)
            self.pinned.emit(note)

        self._ask(lambda: self._service.pin(note_id, pinned=pinned), done)

    def delete(self, note_id: int, *, in_trash: bool) -> None:
        """Put a note into the trash; one that is there is deleted for good, once that is sure."""
        if in_trash:
            self._ask_to_delete(note_id)
            return
        words = f"Moved {self._named(note_id)} to the trash."
        self._ask(lambda: self._service.trash([note_id]), lambda _: self._trashed(note_id, words))

    def _delete_listed(self, note_id: int) -> None:
        found = self._listed(note_id)
        self.delete(note_id, in_trash=found is not None and found.deleted_at is not None)

    def restore(self, ids: Sequence[int]) -> None:
        """Take notes out of the trash."""

        def done(_: None) -> None:
            for note_id in ids:
                self.gone.emit(note_id)
            self.refresh()

        self._ask(lambda: self._service.restore(ids), done)

    def _trashed(self, note_id: int, words: str) -> None:
        had_keyboard = self._list.view.hasFocus()
        self._list.remove(note_id)
        self.gone.emit(note_id)
        if self._list.wanted.trash:  # it belongs there now
            self.refresh()
        if had_keyboard and self._list.notes:
            self._list.view.setFocus()
        undo = partial(self.restore, [note_id])
        self.notice.say(words, "Undo", undo, milliseconds=_UNDO_MILLISECONDS)

    def _ask_to_delete(self, note_id: int) -> None:
        self.notice.say(
            f"Delete {self._named(note_id)} for good? Nothing brings it back.",
            "Delete for good",
            lambda: self._delete_for_good([note_id]),
            danger=True,
        )

    def _ask_to_empty(self) -> None:
        ids = [note.id for note in self._list.notes]  # what the person sees, and no other
        self.notice.say(
            f"Delete {number(len(ids), 'note')} for good? Nothing brings them back.",
            "Delete for good",
            lambda: self._delete_for_good(ids),
            danger=True,
        )

    def _delete_for_good(self, ids: Sequence[int]) -> None:
        def done(deleted: Deleted) -> None:
            for note_id in ids:
                self.gone.emit(note_id)
            words = f"Deleted {number(deleted.notes, 'note')} for good."
            self.notice.say(words, milliseconds=_DELETED_MILLISECONDS)
            self._say_where_they_stay(deleted, self.notice)
            self.refresh()

        self._ask(lambda: self._service.empty_trash(ids), done)

    def _say_where_they_stay(self, deleted: Deleted, notice: Notice) -> None:
        """Add to what is said the backups that a deletion does not reach."""
        backups, said = self._backups, notice.text
        if backups is None or deleted.since is None:
            return

        def came(holding: Holding) -> None:
            if (places := held_in(holding)) and said == notice.text:
                those = "It stays" if deleted.notes == 1 else "They stay"
                notice.add(f"{those} {places}.", "Backups…", backups.show)

        # Where it cannot be found out, the vault's place says why.
        self._bridge.then(backups.holding(deleted.since), came, lambda _: None)

    def _named(self, note_id: int) -> str:
        found = self._listed(note_id)
        return f"“{short(title_of(found))}”" if found else "this note"

    def _listed(self, note_id: int) -> NoteLine | None:
        return next((note for note in self._list.notes if note.id == note_id), None)

    def _ask(self, ask: Callable[[], Future[T]], done: Callable[[T], None]) -> None:
        try:
            future = ask()
        except HushError as error:
            self.notice.say_error(error)
        else:
            self._bridge.then(future, done, lambda error: self.notice.say_error(error))


def line_of(note: Note) -> NoteLine:
    """A note as the list shows it."""
    return NoteLine(
        note.id,
        note.title,
        excerpt_of(note.text, note.title),
        note.pinned,
        note.tags[:_TAGS],
        note.updated_at,
        note.deleted_at,
    )


def _belongs(note: Note, wanted: NoteFilter) -> bool:
    if wanted.trash is (note.deleted_at is None):
        return False
    tag = wanted.tag.casefold()
    names = (name.casefold() for name in note.tags)
    return not tag or any(name == tag or name.startswith(f"{tag}/") for name in names)


def _place(note: NoteLine) -> tuple[bool, int]:
    """Sorts pinned notes first, and the newest of each first; in the trash what came last."""
    at = note.updated_at if note.deleted_at is None else note.deleted_at
    return not note.pinned, -at
