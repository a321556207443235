"""Suggestions as rows that can be ticked: all of them, a tag's, or one note's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal

from assistant.tags.records import AppliedLine, Waiting
from assistant.text import percent
from ui.notes.model import UNTITLED
from ui.rows.painting import AnyIndex
from ui.tags.services import Pair
from ui.tags.words import one_line, share, tag_label

SHOWN_ROLE: Final = Qt.ItemDataRole.UserRole
"""A ``Shown``: what a row says, ready to be painted."""

_ROOT: Final = QModelIndex()
_CHUNK: Final = 500  # rows handed to the view at once; see ``ui/notes/model.py``
_LINE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A tag for a note: one that is suggested, or one that was added without asking."""

    note_id: int
    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    tag: str = field(repr=False)
    probability: float
    pair: Pair = field(init=False, repr=False, compare=False)
    """Which tag of which note: no two lines have the same. Made once: it is asked for often."""

    def __post_init__(self) -> None:
        """Name itself."""
        object.__setattr__(self, "pair", (self.note_id, self.tag))

    @property
    def id(self) -> int:
        """The note's."""
        return self.note_id


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as its row says it: harmless, and no longer than can be seen."""

    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    tag: str = field(repr=False)
    sure: str
    drawn_sure: str  # the same, in its order whichever way the window is read
    ticked: bool


def line_of(waiting: Waiting) -> Line:
    """A suggestion as a line."""
    return Line(waiting.note_id, waiting.title, waiting.excerpt, waiting.tag, waiting.probability)


def added_line(applied: AppliedLine, when: str) -> Line:
    """What was added without asking, as a line.

    Args:
        applied: What.
        when: That was, in words.
    """
    said = f"Added {when}"
    return Line(applied.note_id, applied.title, said, applied.tag, applied.probability)


class ReviewModel(QAbstractListModel):
    """20,000 lines, handed over in pieces. Those are ticked that are probable enough."""

    ticks_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[Line] = ()
        self._chosen: Sequence[Line] = ()  # those of the tag or note that is looked at
        self._wanted: Callable[[Line], bool] | None = None
        self._ticked: set[Pair] = set()
        self._known: set[Pair] = set()  # the person has seen whether they are ticked
        self._ticks = 0  # of those that are looked at
        self._count = 0  # what the view has

    # Which lines --------------------------------------------------------------------------

    @property
    def lines(self) -> Sequence[Line]:
        """All of them."""
        return self._all

    @property
    def chosen(self) -> Sequence[Line]:
        """Those of the tag or note that is looked at."""
        return self._chosen

    def show(self, lines: Sequence[Line], tick_from: float | None = None) -> None:
        """Show these.

        Args:
            lines: In their order.
            tick_from: Tick those from this probability on that were not shown before; of the
                others the person may have decided otherwise. None: tick none.
        """
        self._all = lines
        if tick_from is not None:
            new = [line for line in lines if line.pair not in self._known]
            self._known.update(line.pair for line in new)
            self._ticked.update(line.pair for line in new if line.probability >= tick_from)
        self._choose()

    def narrow(self, wanted: Callable[[Line], bool] | None, lines: Sequence[Line]) -> None:
        """Show these, and look at some of them only; None: at all. What is ticked stays so."""
        self._wanted = wanted
        self.show(lines)

    def _choose(self) -> None:
        wanted = self._wanted
        chosen = [line for line in self._all if wanted(line)] if wanted else self._all
        self._ticks = sum(line.pair in self._ticked for line in chosen)
        self.beginResetModel()
        self._chosen = chosen
        self._count = min(max(_CHUNK, self._count), len(chosen))  # one may have scrolled far
        self.endResetModel()
        self.ticks_changed.emit()

    # Ticks --------------------------------------------------------------------------------

    @property
    def ticked(self) -> list[Pair]:
        """Those that are ticked, of those that are looked at."""
        return [line.pair for line in self._chosen if line.pair in self._ticked]

    @property
    def ticks(self) -> int:
        """How many of those that are looked at are ticked."""
        return self._ticks

    def tick_from(self, probability: float) -> None:
        """Tick those that are looked at from this probability on, and no other of them."""
        self._tick({line.pair for line in self._chosen if line.probability >= probability})

    def tick_all(self, *, ticked: bool) -> None:
        """Tick all that are looked at, or none of them."""
        self._tick({line.pair for line in self._chosen} if ticked else set())

    def toggle(self, index: AnyIndex) -> None:
        """Tick a row, or no longer."""
        line = self.line(index)
        if line:
            pair = line.pair
            self._ticks += -1 if pair in self._ticked else 1
            self._ticked ^= {pair}
            self._told(index.row(), index.row())

    def _tick(self, wanted: set[Pair]) -> None:
        """Tick these of those that are looked at, and no other of them."""
        self._ticked -= {line.pair for line in self._chosen}
        self._ticked |= wanted
        self._ticks = len(wanted)
        self._told(0, self._count - 1)

    def _told(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first), self.index(last))
        self.ticks_changed.emit()

    # Qt's questions -----------------------------------------------------------------------

    def line(self, index: AnyIndex) -> Line | None:
        """The line of a row; None for no row at all."""
        return self._chosen[index.row()] if index.isValid() else None

    def index_of(self, pair: Pair) -> QModelIndex:
        """The row of a line, however far down; an invalid index where it is not looked at."""
        found = next((row for row, line in enumerate(self._chosen) if line.pair == pair), None)
        if found is None:
            return QModelIndex()
        while found >= self._count:
            self.fetchMore(_ROOT)
        return self.index(found)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Lines, as far as the view has asked for them."""
        return 0 if parent.isValid() else self._count

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether there are lines that the view does not have yet."""
        return not parent.isValid() and self._count < len(self._chosen)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Give the view some more."""
        del parent
        count = min(self._count + _CHUNK, len(self._chosen))
        if count > self._count:
            self.beginInsertRows(_ROOT, self._count, count - 1)
            self._count = count
            self.endInsertRows()

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title, its tick, all it says for a painter, and the same for screen readers."""
        line = self.line(index)
        if line is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return one_line(line.title, _LINE_CHARACTERS) or UNTITLED
            case Qt.ItemDataRole.AccessibleTextRole:
                shown = self._shown(line)
                ticked = "ticked" if shown.ticked else "not ticked"
                return ", ".join((shown.tag, shown.title, shown.sure, ticked, shown.excerpt))
            case _ if role == SHOWN_ROLE:
                return self._shown(line)
            case _:
                return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Rows can be walked through and ticked."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _shown(self, line: Line) -> Shown:
        return Shown(
            one_line(line.title, _LINE_CHARACTERS) or UNTITLED,
            one_line(line.excerpt, _LINE_CHARACTERS),
            tag_label(line.tag),
            percent(line.probability),
            share(line.probability),
            line.pair in self._ticked,
        )
