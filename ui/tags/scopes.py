"""Beside the suggestions: which of them are looked at, by tag, and how many there are of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from ui.rows.painting import (
    ELIDE,
    LEFT,
    RIGHT,
    AnyIndex,
    RowDelegate,
    aligned,
    card,
    font,
    is_tooltip,
    mirrored,
    show_if_cut,
)
from ui.rows.view import EvenView
from ui.tags.words import one_line, tag_label
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

SCOPE_ROLE: Final = Qt.ItemDataRole.UserRole
"""A ``TagScope``."""

_ROOT: Final = QModelIndex()


class ScopeKind(StrEnum):
    """What is looked at."""

    ALL = "all"
    ADDED = "added"  # without asking: the log
    NOTE = "note"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class TagScope:
    """Some of the suggestions.

    Attributes:
        kind: Which ones.
        count: How many there are.
        name: A tag's name, or a note's title.
        note_id: Of a note.
    """

    kind: ScopeKind
    count: int = field(compare=False)
    name: str = field(default="", repr=False)
    note_id: int = 0

    @property
    def id(self) -> int:
        """None of its own; a list of rows asks for one."""
        return self.note_id

    @property
    def words(self) -> str:
        """What it is called."""
        match self.kind:
            case ScopeKind.ALL:
                return "All"
            case ScopeKind.ADDED:
                return "Added by Hush"
            case ScopeKind.NOTE:
                return f"“{one_line(self.name, 60)}”"
            case _:
                return tag_label(self.name)


class ScopeModel(QAbstractListModel):
    """All, what was added, a note, then the tags, those with the most suggestions first."""

    def __init__(self) -> None:
        super().__init__()
        self._scopes: Sequence[TagScope] = ()

    def show(self, scopes: Sequence[TagScope]) -> None:
        """Show these."""
        self.beginResetModel()
        self._scopes = scopes
        self.endResetModel()

    @property
    def scopes(self) -> Sequence[TagScope]:
        """All of them."""
        return self._scopes

    def scope(self, index: AnyIndex) -> TagScope | None:
        """That of a row; None for no row at all."""
        return self._scopes[index.row()] if index.isValid() else None

    def index_of(self, scope: TagScope) -> QModelIndex:
        """The row of a scope; an invalid index where it is not there."""
        found = next((row for row, one in enumerate(self._scopes) if one == scope), None)
        return QModelIndex() if found is None else self.index(found)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """How many there are."""
        return 0 if parent.isValid() else len(self._scopes)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's name, all of it, and what a screen reader says."""
        scope = self.scope(index)
        if scope is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return scope.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{scope.words}, {scope.count:,}"
        return scope if role == SCOPE_ROLE else None


class ScopeDelegate(RowDelegate):
    """Paints a name and a count."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._strong = font(theme, Type.INTERFACE, emphasis=True)
        self.height = QFontMetrics(self._font).height() + 2 * Space.INSIDE - 2

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_ring = self._has_ring(option)
        self._paint_ground(painter, option, card(option.rect), has_ring=has_ring)
        scope: TagScope = index.data(SCOPE_ROLE)
        name, count = self._areas(option.rect, scope)
        written_in = self._font if scope.kind is ScopeKind.TAG else self._strong
        painter.setFont(written_in)
        painter.setPen(QColor(self._colours.text))
        fitting = QFontMetrics(written_in).elidedText(scope.words, ELIDE, name.width())
        painter.drawText(mirrored(option, name), aligned(option, LEFT), fitting)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        painter.drawText(mirrored(option, count), aligned(option, RIGHT), f"{scope.count:,}")
        painter.restore()

    def _areas(self, row: QRect, scope: TagScope) -> tuple[QRect, QRect]:
        inside = row.adjusted(2 * Space.INSIDE, 0, -2 * Space.INSIDE, 0)
        name, count = QRect(inside), QRect(inside)
        width = QFontMetrics(self._caption_font).horizontalAdvance(f"{scope.count:,}")
        count.setLeft(inside.right() - width)
        name.setRight(count.left() - Space.INSIDE)
        return name, count

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: AnyIndex,
    ) -> bool:
        """Show a name whole where it is cut."""
        if not is_tooltip(event) or not index.isValid():
            return super().helpEvent(event, view, option, index)
        scope: TagScope = index.data(SCOPE_ROLE)
        room = self._areas(option.rect, scope)[0].width()
        show_if_cut(event, view, scope.words, self._font, room)
        return True


class ScopeView(EvenView):
    """The scopes; a click or Enter chooses one.

    Args:
        model: The scopes.
        delegate: Paints them.
    """

    def __init__(self, model: ScopeModel, delegate: ScopeDelegate) -> None:
        super().__init__(model, delegate, "Tags that are suggested", model.scope)
        self._delegate = delegate
        self.setProperty("kind", "hits")
