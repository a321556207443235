"""The list of conversations as rows: headings for the days, and below each its conversations."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal

from assistant.records import Conversation
from ui.days import heading, local, short_time
from ui.rows.painting import AnyIndex

TIME_ROLE: Final = Qt.ItemDataRole.UserRole
"""What stands at a row's end: when the conversation was last written in, in a few letters, or that
it is private. None for a heading."""

PRIVATE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""Whether a conversation is private; None for a heading."""

PRIVATE_HEADING: Final = "Not kept"
PRIVATE_WORD: Final = "Private"

_ROOT: Final = QModelIndex()
_CHUNK: Final = 500
"""Conversations handed to the view at once; scrolling to their end brings more. The view lays out
all rows it has on every change, in about 2.4 microseconds each."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Conversations under their headings, and where each of both stands."""

    conversations: Sequence[Conversation]
    headings: Sequence[str]
    firsts: Sequence[int]  # position of each heading's first conversation

    @property
    def count(self) -> int:
        return len(self.conversations) + len(self.headings)

    def heading_row(self, nth: int) -> int:
        return self.firsts[nth] + nth


class ConversationModel(QAbstractListModel):
    """Conversations, newest first, under the headings of their days; private ones above all.

    Nothing here takes time in proportion to all conversations but one walk to find an id: the
    headings are found by bisection, and a row is looked up when it is drawn.
    """

    renamed = Signal(object, str)  # id, title: what the person typed in place

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Conversation] = []
        self._wanted = _CHUNK
        self._now = local(0)
        self._rows = _Rows((), (), ())

    # What is shown ------------------------------------------------------------------------

    def show(self, conversations: Sequence[Conversation], now: int) -> None:
        """Show these, private ones first and the newest of each first.

        Args:
            conversations: All of them.
            now: Milliseconds since 1970, UTC; "Today" and "5m" are seen from here.
        """
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._id_at(index) for index in before]
        self._all = list(conversations)
        self._now = local(now)
        self._rows = self._grouped()
        self.changePersistentIndexList(before, [self.index_of(found) for found in ids])
        self.layoutChanged.emit()

    def put(self, conversation: Conversation, now: int) -> None:
        """Show a new or changed conversation at its place."""
        others = [c for c in self._all if c.id != conversation.id]
        at = bisect_left(others, _place(conversation), key=_place)
        self.show([*others[:at], conversation, *others[at:]], now)

    def remove(self, conversation_id: int, now: int) -> None:
        """Show a conversation no longer."""
        self.show([c for c in self._all if c.id != conversation_id], now)

    def look_again(self, now: int) -> None:
        """Some time has passed: bring headings and times up to date."""
        self.show(self._all, now)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether there are conversations that the view does not have yet."""
        return not parent.isValid() and len(self._rows.conversations) < len(self._all)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Give the view some more."""
        del parent
        self._wanted += _CHUNK
        rows = self._grouped()
        self.beginInsertRows(_ROOT, self._rows.count, rows.count - 1)
        self._rows = rows
        self.endInsertRows()

    def _grouped(self) -> _Rows:
        """Find where each heading begins, by bisection: the moments are in order."""
        shown = self._all[: self._wanted]
        headings: list[str] = []
        firsts: list[int] = []
        position = 0
        while position < len(shown):
            name = self._heading_of(shown[position])
            headings.append(name)
            firsts.append(position)
            is_past = partial(self._is_past, name)
            position = bisect_left(shown, x=True, lo=position + 1, key=is_past)
        return _Rows(shown, headings, firsts)

    def _is_past(self, name: str, conversation: Conversation) -> bool:
        return self._heading_of(conversation) != name

    def _heading_of(self, conversation: Conversation) -> str:
        if conversation.private:
            return PRIVATE_HEADING
        return heading(local(conversation.updated_at), self._now)

    # Looking up ---------------------------------------------------------------------------

    @property
    def conversations(self) -> Sequence[Conversation]:
        """All of them, in the order they are shown in."""
        return self._all

    @property
    def headings(self) -> Sequence[str]:
        """The headings of what the view has asked for."""
        return self._rows.headings

    def conversation(self, index: AnyIndex) -> Conversation | None:
        """The conversation of a row; None for a heading or no row at all."""
        if not index.isValid():
            return None
        nth = self._heading_above(index)
        position = index.row() - nth - 1
        is_heading = self._rows.heading_row(nth) == index.row()
        return None if is_heading else self._rows.conversations[position]

    def index_of(self, conversation_id: int | None) -> QModelIndex:
        """The row of a conversation; an invalid index where it is not shown."""
        for position, conversation in enumerate(self._rows.conversations):
            if conversation.id == conversation_id:
                return self.index(position + bisect_right(self._rows.firsts, position))
        return QModelIndex()

    def _heading_above(self, index: AnyIndex) -> int:
        """Which heading a row belongs to, or is."""
        nths = range(len(self._rows.headings))
        return bisect_right(nths, index.row(), key=self._rows.heading_row) - 1

    def _id_at(self, index: AnyIndex) -> int | None:
        conversation = self.conversation(index)
        return conversation.id if conversation else None

    # Qt's questions -----------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Conversations and headings, as far as the view has asked for them."""
        return 0 if parent.isValid() else self._rows.count

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title or heading, its time, and both for a screen reader."""
        conversation = self.conversation(index)
        if conversation is None:
            shown = role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}
            is_heading = shown and index.isValid()
            return self._rows.headings[self._heading_above(index)] if is_heading else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return conversation.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, self._spoken(conversation)))
            case _ if role == TIME_ROLE:
                return PRIVATE_WORD if conversation.private else self._time(conversation)
            case _ if role == PRIVATE_ROLE:
                return conversation.private
            case _:
                return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another title. The row changes when the store has it."""
        conversation = self.conversation(index)
        if conversation and role == Qt.ItemDataRole.EditRole and value != conversation.title:
            self.renamed.emit(conversation.id, value)
        return False

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Headings can be read, and nothing else."""
        if self.conversation(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _spoken(self, conversation: Conversation) -> tuple[str, str, str]:
        word = PRIVATE_WORD.lower() if conversation.private else ""
        return conversation.title, word, self._time(conversation)

    def _time(self, conversation: Conversation) -> str:
        return short_time(local(conversation.updated_at), self._now)


def _place(conversation: Conversation) -> tuple[bool, int]:
    """Sorts private conversations first, and the newest of each first."""
    return not conversation.private, -conversation.updated_at
