"""The list of conversations as rows: headings for the days, and below each its conversations."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from assistant.records import Conversation
from ui.days import heading, local, short_time

AnyIndex = QModelIndex | QPersistentModelIndex

TIME_ROLE: Final = Qt.ItemDataRole.UserRole
"""When a conversation was last written in, in a few letters; None for a heading."""

_ROOT: Final = QModelIndex()


class ConversationModel(QAbstractListModel):
    """Conversations, newest first, under the headings of their days.

    Nothing here takes time in proportion to the rows but one walk to find an id: the headings are
    found by bisection, and a row is looked up when it is drawn.
    """

    renamed = Signal(object, str)  # id, title: what the person typed in place

    def __init__(self) -> None:
        super().__init__()
        self._conversations: list[Conversation] = []
        self._now = local(0)
        self._headings: list[str] = []
        self._firsts: list[int] = []  # position of each heading's first conversation
        self._heading_rows: list[int] = []

    # What is shown ------------------------------------------------------------------------

    def show(self, conversations: Sequence[Conversation], now: int) -> None:
        """Show these, newest first.

        Args:
            conversations: All of them.
            now: Milliseconds since 1970, UTC; "Today" and "5m" are seen from here.
        """
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._id_at(index) for index in before]
        self._conversations = list(conversations)
        self._now = local(now)
        self._group()
        self.changePersistentIndexList(before, [self.index_of(found) for found in ids])
        self.layoutChanged.emit()

    def put(self, conversation: Conversation, now: int) -> None:
        """Show a new or changed conversation at its place."""
        others = [c for c in self._conversations if c.id != conversation.id]
        at = bisect_left(others, -conversation.updated_at, key=lambda c: -c.updated_at)
        self.show([*others[:at], conversation, *others[at:]], now)

    def remove(self, conversation_id: int, now: int) -> None:
        """Show a conversation no longer."""
        self.show([c for c in self._conversations if c.id != conversation_id], now)

    def look_again(self, now: int) -> None:
        """Some time has passed: bring headings and times up to date."""
        self.show(self._conversations, now)

    def _group(self) -> None:
        """Find where each heading begins, by bisection: the moments are in order."""
        self._headings, self._firsts = [], []
        position, total = 0, len(self._conversations)
        while position < total:
            name = self._heading_at(position)
            self._headings.append(name)
            self._firsts.append(position)
            is_past = partial(self._is_past, name)
            position = bisect_left(range(total), x=True, lo=position + 1, key=is_past)
        self._heading_rows = [first + nth for nth, first in enumerate(self._firsts)]

    def _is_past(self, name: str, position: int) -> bool:
        return self._heading_at(position) != name

    def _heading_at(self, position: int) -> str:
        return heading(local(self._conversations[position].updated_at), self._now)

    # Looking up ---------------------------------------------------------------------------

    @property
    def conversations(self) -> Sequence[Conversation]:
        """What is shown, newest first."""
        return self._conversations

    def conversation(self, index: AnyIndex) -> Conversation | None:
        """The conversation of a row; None for a heading or no row at all."""
        if not index.isValid():
            return None
        above = bisect_right(self._heading_rows, index.row())
        if self._heading_rows[above - 1] == index.row():
            return None
        return self._conversations[index.row() - above]

    def index_of(self, conversation_id: int | None) -> QModelIndex:
        """The row of a conversation; an invalid index where it is not shown."""
        for position, conversation in enumerate(self._conversations):
            if conversation.id == conversation_id:
                return self.index(position + bisect_right(self._firsts, position))
        return QModelIndex()

    def _id_at(self, index: AnyIndex) -> int | None:
        conversation = self.conversation(index)
        return conversation.id if conversation else None

    # Qt's questions -----------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Conversations and headings."""
        return 0 if parent.isValid() else len(self._conversations) + len(self._headings)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title or heading, its time, and both for a screen reader."""
        conversation = self.conversation(index)
        if conversation is None:
            shown = role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}
            return self._heading_of(index) if shown and index.isValid() else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return conversation.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{conversation.title}, {self._time(conversation)}"
            case _ if role == TIME_ROLE:
                return self._time(conversation)
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

    def _heading_of(self, index: AnyIndex) -> str:
        return self._headings[bisect_left(self._heading_rows, index.row())]

    def _time(self, conversation: Conversation) -> str:
        return short_time(local(conversation.updated_at), self._now)
