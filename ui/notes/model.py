"""The notes as rows of a list, as many at a time as are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from assistant.notes.records import Note, NoteLine
from ui.days import local, short_time
from ui.markdown.safe_text import harmless
from ui.rows.painting import AnyIndex

TIME_ROLE: Final = Qt.ItemDataRole.UserRole
"""When the note was changed, or put into the trash, in a few letters."""

SHOWN_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""A ``Shown``: all that a row says, for its painter, who would else ask for each of it."""

UNTITLED: Final = "New note"

_ROOT: Final = QModelIndex()
_CHUNK: Final = 500
"""Notes handed to the view at once; scrolling to their end brings more. The view lays out all rows
it has on every change, in about 2.4 microseconds each."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A note as its row says it, safe to draw.

    Attributes:
        title: What it is called.
        excerpt: How its text begins.
        time: When it was changed, or put into the trash, in a few letters.
        pinned: Whether it is.
    """

    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    time: str
    pinned: bool


class NoteModel(QAbstractListModel):
    """Notes in the order in which they come: pinned ones first, the newest of each first."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[NoteLine] = []
        self._places: dict[int | None, int] = {}  # of each, by its id
        self._count = 0  # what the view has
        self._wanted = _CHUNK
        self._now = local(0)

    # What is shown ------------------------------------------------------------------------

    def show(self, notes: Sequence[NoteLine], now: int) -> None:
        """Show these.

        Args:
            notes: All of them, in their order.
            now: Milliseconds since 1970, UTC; "5m" is seen from here.
        """
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._all[index.row()].id for index in before]
        self._all = list(notes)
        self._places = {note.id: place for place, note in enumerate(self._all)}
        self._now = local(now)
        self._count = min(self._wanted, len(self._all))
        self.changePersistentIndexList(before, [self.index_of(found) for found in ids])
        self.layoutChanged.emit()

    def replace(self, note: NoteLine) -> None:
        """Show a note that is one of these as it is now, where it stands."""
        position = self._places[note.id]
        self._all[position] = note
        if position < self._count:
            index = self.index(position)
            self.dataChanged.emit(index, index)

    def place_of(self, note_id: int) -> int | None:
        """Where a note stands in their order; None where it is none of these."""
        return self._places.get(note_id)

    def look_again(self, now: int) -> None:
        """Some time has passed: bring times up to date."""
        self._now = local(now)
        if self._count:
            self.dataChanged.emit(self.index(0), self.index(self._count - 1), [TIME_ROLE])

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether there are notes that the view does not have yet."""
        return not parent.isValid() and self._count < len(self._all)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Give the view some more."""
        del parent
        self._give(self._count + _CHUNK)

    def reach(self, note_id: int | None) -> None:
        """Give the view as much as it needs to have this note, where it is one of these."""
        position = self._places.get(note_id, -1)
        if position >= self._count:
            self._give(position + _CHUNK)

    def _give(self, wanted: int) -> None:
        self._wanted = wanted
        count = min(self._wanted, len(self._all))
        self.beginInsertRows(_ROOT, self._count, count - 1)
        self._count = count
        self.endInsertRows()

    # Looking up ---------------------------------------------------------------------------

    @property
    def notes(self) -> Sequence[NoteLine]:
        """All of them, in the order they are shown in."""
        return self._all

    def note(self, index: AnyIndex) -> NoteLine | None:
        """The note of a row; None for no row at all."""
        return self._all[index.row()] if index.isValid() else None

    def index_of(self, note_id: int | None) -> QModelIndex:
        """The row of a note; an invalid index where the view does not have it."""
        position = self._places.get(note_id, self._count)
        return self.index(position) if position < self._count else QModelIndex()

    # Qt's questions -----------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Notes, as far as the view has asked for them."""
        return 0 if parent.isValid() else self._count

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title, its excerpt and time, and all of it for a screen reader."""
        note = self.note(index)
        if note is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title_of(note)
            case Qt.ItemDataRole.AccessibleTextRole:
                pinned = "pinned" if note.pinned else ""
                said = (title_of(note), pinned, self._time(note), harmless(note.excerpt))
                return ", ".join(filter(None, said))
            case _ if role == TIME_ROLE:
                return self._time(note)
            case _ if role == SHOWN_ROLE:
                return Shown(title_of(note), harmless(note.excerpt), self._time(note), note.pinned)
            case _:
                return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Notes can be opened."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _time(self, note: NoteLine) -> str:
        at = note.updated_at if note.deleted_at is None else note.deleted_at
        return short_time(local(at), self._now)


def title_of(note: Note | NoteLine) -> str:
    """What a note is called, safe to draw."""
    return harmless(note.title) or UNTITLED
