"""What was found, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from assistant.search.records import Hit, Kind
from ui.days import local, short_time
from ui.markdown.safe_text import harmless
from ui.rows.painting import AnyIndex
from ui.search.words import marked

SHOWN_ROLE: Final = Qt.ItemDataRole.UserRole
"""A ``Shown``: what a row says, ready to be painted."""

_ROOT: Final = QModelIndex()
_LINE: Final = 300  # characters of a title or of headings; more is never seen
_SNIPPET: Final = 600  # characters, three times what two lines hold


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A hit as its row says it: harmless, on lines, no longer than can be seen.

    Attributes:
        kind: What it is from.
        title: Of the note or conversation.
        context: The headings above it; where only its meaning matched, that it did.
        time: When it was written, in a few letters.
        text: The snippet.
        marks: (start, length) in ``text``, in UTF-16 units: the words found.
    """

    kind: Kind
    title: str = field(repr=False)
    context: str = field(repr=False)
    time: str
    text: str = field(repr=False)
    marks: Sequence[tuple[int, int]]


class HitModel(QAbstractListModel):
    """Hits, the best first. A hit is made ready when its row is first painted."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: Sequence[Hit] = ()
        self._shown: dict[int, Shown] = {}
        self._now = local(0)

    def show(self, hits: Sequence[Hit], now: int) -> None:
        """Show these in place of those before.

        Args:
            hits: The best first.
            now: Milliseconds since 1970, UTC; times are seen from here.
        """
        self.beginResetModel()
        self._hits = hits
        self._shown = {}
        self._now = local(now)
        self.endResetModel()

    @property
    def hits(self) -> Sequence[Hit]:
        """All of them."""
        return self._hits

    def hit(self, index: AnyIndex) -> Hit | None:
        """The hit of a row; None for no row at all."""
        return self._hits[index.row()] if index.isValid() else None

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """How many there are."""
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title, all it says for a painter, and the same for a screen reader."""
        if not index.isValid():
            return None
        shown = self._made(index.row())
        if role == SHOWN_ROLE:
            return shown
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            kind = "note" if shown.kind is Kind.NOTE else "chat"
            spoken = (shown.title, kind, shown.context, shown.time, shown.text)
            return ", ".join(filter(None, spoken))
        return None

    def _made(self, row: int) -> Shown:
        if row not in self._shown:
            hit = self._hits[row]
            text, marks = marked(hit.snippet.text[:_SNIPPET], hit.snippet.marks)
            self._shown[row] = Shown(
                hit.kind,
                _line(hit.title),
                _line(hit.context),
                short_time(local(hit.at), self._now),
                text,
                marks,
            )
        return self._shown[row]


def _line(text: str) -> str:
    return " ".join(harmless(text[:_LINE]).split())
