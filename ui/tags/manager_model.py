"""The tags as rows: nested ones below the tag that they are nested in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal

from assistant.notes.names import folded
from assistant.tags.records import TagInfo
from ui.rows.painting import AnyIndex
from ui.tags.words import one_line, tag_label
from ui.vault.words import number

SHOWN_ROLE: Final = Qt.ItemDataRole.UserRole
"""A ``Shown``: what a row says, ready to be painted."""

NAME_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The tag's name, to be edited."""

DESCRIPTION_ROLE: Final = Qt.ItemDataRole.UserRole + 2
"""Its description, to be edited."""

_ROOT: Final = QModelIndex()
_CHUNK: Final = 500  # rows handed to the view at once; see ``ui/notes/model.py``
_DEEPEST: Final = 6  # steps that are indented; what is deeper stands as far in


@dataclass(frozen=True, slots=True)
class Shown:
    """A tag as its row says it, safe to draw.

    Attributes:
        name: What it is called; below the tag that it is nested in only its own part.
        depth: In how many tags that are shown it is nested.
        notes: How many notes have it, in words.
        description: What it is for; may be empty.
        colour: One of ``HUES``, or empty.
    """

    name: str = field(repr=False)
    depth: int
    notes: str
    description: str = field(repr=False)
    colour: str


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag, and how deep it stands."""

    tag: TagInfo = field(repr=False)
    depth: int

    @property
    def id(self) -> int:
        """None of its own; a list of rows asks for one."""
        return 0


@dataclass(frozen=True, slots=True)
class TagTable:
    """Tags by the alphabet, and what it takes to find one.

    Made where they were read: of 5,000 it takes a while.

    Attributes:
        tags: In their order.
        places: Of each folded name.
        texts: Name and description of each, folded.
        rows: As they are shown while no words are looked for.
    """

    tags: Sequence[TagInfo] = field(default=(), repr=False)
    places: Mapping[str, int] = field(default_factory=dict, repr=False)
    texts: Sequence[str] = field(default=(), repr=False)
    rows: Sequence[TagRow] = field(default=(), repr=False)

    @staticmethod
    def of(tags: Sequence[TagInfo]) -> TagTable:
        """Put tags in their order."""
        named = sorted(((folded(tag.name), tag) for tag in tags), key=lambda one: one[0].split("/"))
        return TagTable(
            [tag for _, tag in named],
            {name: place for place, (name, _) in enumerate(named)},
            [_text(tag) for _, tag in named],
            _nested(named),
        )

    def named(self, name: str) -> TagInfo | None:
        """The tag that is called so; None where none is."""
        place = self.places.get(folded(name))
        return None if place is None else self.tags[place]

    def with_tag(self, tag: TagInfo) -> TagTable:
        """The same, but for what is said of one tag."""
        place = self.places[folded(tag.name)]
        tags, texts, rows = list(self.tags), list(self.texts), list(self.rows)
        tags[place], texts[place] = tag, _text(tag)
        rows[place] = replace(rows[place], tag=tag)
        return replace(self, tags=tags, texts=texts, rows=rows)


class TagModel(QAbstractListModel):
    """Tags by the alphabet, or those whose name or description has some words."""

    renamed = Signal(str, str)  # name, what the person typed
    described = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.table = TagTable()
        self._rows: Sequence[TagRow] = ()
        self._words = ""
        self._count = 0  # what the view has

    # What is shown ------------------------------------------------------------------------

    @property
    def tags(self) -> Sequence[TagInfo]:
        """All there are."""
        return self.table.tags

    def show(self, table: TagTable) -> None:
        """Show these."""
        self.table = table
        self._choose()

    def narrow(self, words: str) -> None:
        """Show those only that have these words; all, where there are none."""
        self._words = words
        self._choose()

    def _choose(self) -> None:
        self.beginResetModel()
        words = [word.lstrip("#") for word in folded(self._words).split()]
        table = self.table
        if words:
            found = zip(table.tags, table.texts, strict=True)
            self._rows = [
                TagRow(tag, 0) for tag, text in found if all(word in text for word in words)
            ]
        else:
            self._rows = table.rows
        self._count = min(_CHUNK, len(self._rows))
        self.endResetModel()

    # Qt's questions -----------------------------------------------------------------------

    def row(self, index: AnyIndex) -> TagRow | None:
        """The tag of a row; None for no row at all."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, name: str) -> QModelIndex:
        """The row of a tag, however far down; an invalid index where it is not shown."""
        for place, row in enumerate(self._rows):
            if row.tag.name == name:
                while place >= self._count:
                    self.fetchMore(_ROOT)
                return self.index(place)
        return QModelIndex()

    @property
    def size(self) -> int:
        """How many rows there are, whether the view has them or not."""
        return len(self._rows)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Tags, as far as the view has asked for them."""
        return 0 if parent.isValid() else self._count

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether there are tags that the view does not have yet."""
        return not parent.isValid() and self._count < len(self._rows)

    def fetchMore(self, parent: AnyIndex) -> None:
        """Give the view some more."""
        del parent
        count = min(self._count + _CHUNK, len(self._rows))
        if count > self._count:
            self.beginInsertRows(_ROOT, self._count, count - 1)
            self._count = count
            self.endInsertRows()

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a row says, what can be edited, and all of it for a screen reader."""
        row = self.row(index)
        if row is None:
            return None
        shown, tag = self._shown(row), row.tag
        spoken = (tag_label(tag.name), shown.notes, shown.colour, shown.description)
        return {
            Qt.ItemDataRole.DisplayRole: shown.name,
            Qt.ItemDataRole.AccessibleTextRole: ", ".join(filter(None, spoken)),
            SHOWN_ROLE: shown,
            NAME_ROLE: tag.name,
            DESCRIPTION_ROLE: tag.description,
        }.get(role)

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Hand on what was typed; a description stands there at once."""
        row = self.row(index)
        text = " ".join(str(value).split())
        if row is None:
            return False
        if role == NAME_ROLE and text and text != row.tag.name:
            self.renamed.emit(row.tag.name, text)
        elif role == DESCRIPTION_ROLE and text != row.tag.description:
            self._put(index.row(), replace(row.tag, description=text))
            self.described.emit(row.tag.name, text)
        return True

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Tags can be edited in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable

    def _put(self, place: int, tag: TagInfo) -> None:
        rows = list(self._rows)
        rows[place] = replace(rows[place], tag=tag)
        self._rows = rows
        self.table = self.table.with_tag(tag)
        index = self.index(place)
        self.dataChanged.emit(index, index)

    @staticmethod
    def _shown(row: TagRow) -> Shown:
        tag = row.tag
        parts = tag.name.split("/")
        own = "/".join(parts[min(row.depth, len(parts) - 1) :])
        return Shown(
            tag_label(own),
            min(row.depth, _DEEPEST),
            number(tag.notes, "note"),
            one_line(tag.description, 500),
            tag.colour,
        )


def _nested(named: Sequence[tuple[str, TagInfo]]) -> list[TagRow]:
    """Tags in their order, with their folded names: each as deep as there are tags above it."""
    depths: dict[str, int] = {}
    rows = []
    for name, tag in named:
        above, _, _ = name.rpartition("/")
        depths[name] = depths[above] + 1 if above in depths else 0
        # Below a tag that is itself shown whole, its own part only is shown: so depth says both.
        is_whole = depths[name] == name.count("/")
        rows.append(TagRow(tag, depths[name] if is_whole else 0))
        if not is_whole:
            depths[name] = 0
    return rows


def _text(tag: TagInfo) -> str:
    return folded(f"{tag.name} {tag.description}")
