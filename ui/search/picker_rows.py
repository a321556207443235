"""The rows of a picker: what they say, and how they are painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from ui.days import local, short_time
from ui.markdown.safe_text import harmless
from ui.rows.painting import BOTTOM, ELIDE, LEFT, RIGHT, AnyIndex, RowDelegate, aligned, mirrored
from ui.search.entries import Entry, EntryKind, Row
from ui.search.pictures import Pictures
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

HINT_ROLE: Final = Qt.ItemDataRole.UserRole
"""What stands at a row's end; None for a heading."""

KIND_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""An entry's kind; None for a heading."""

_ROOT: Final = QModelIndex()
_TITLE_CHARACTERS: Final = 300  # more is never seen, and would take time to lay out
_ICON: Final = 16  # pixels at 100 %
_DRAWINGS: Final = {
    EntryKind.COMMAND: Icon.COMMAND,
    EntryKind.NOTE: Icon.NOTE,
    EntryKind.CHAT: Icon.CHATS,
    EntryKind.TAG: Icon.TAG,
    EntryKind.SEARCH: Icon.SEARCH,
    EntryKind.ANYWHERE: Icon.SEARCH,
}
_SPOKEN: Final = {EntryKind.NOTE: "note", EntryKind.CHAT: "chat", EntryKind.TAG: "tag"}


class PickerModel(QAbstractListModel):
    """A few rows; headings cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Row] = ()
        self._now = local(0)

    def show(self, rows: Sequence[Row], now: int) -> None:
        """Show these; ``now`` in milliseconds since 1970, UTC, is where times are seen from."""
        self.beginResetModel()
        self._rows = rows
        self._now = local(now)
        self.endResetModel()

    def entry(self, index: AnyIndex) -> Entry | None:
        """The entry of a row; None for a heading or no row at all."""
        row = self._rows[index.row()] if index.isValid() else ""
        return row if isinstance(row, Entry) else None

    def neighbour(self, index: AnyIndex, step: int) -> QModelIndex:
        """The next entry from a row, up or down, round the end; none where there is none."""
        count = len(self._rows)
        row = index.row() if index.isValid() else (-1 if step > 0 else 0)
        for _ in range(count):
            row = (row + step) % count
            if isinstance(self._rows[row], Entry):
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Entries and headings."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row's title or heading, what stands at its end, and all of it for a screen reader."""
        entry = self.entry(index)
        is_text = role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}
        if entry is None:
            return self._rows[index.row()] if is_text and index.isValid() else None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _title(entry)
            case Qt.ItemDataRole.AccessibleTextRole:
                spoken = (_title(entry), _SPOKEN.get(entry.kind, ""), self._hint(entry))
                return ", ".join(filter(None, spoken))
            case _ if role == HINT_ROLE:
                return self._hint(entry)
            case _ if role == KIND_ROLE:
                return entry.kind
            case _:
                return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Headings can be read, and nothing else."""
        if self.entry(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _hint(self, entry: Entry) -> str:
        return entry.hint or (short_time(local(entry.at), self._now) if entry.at else "")


def _title(entry: Entry) -> str:
    return " ".join(harmless(entry.title[:_TITLE_CHARACTERS]).split())


class PickerDelegate(RowDelegate):
    """Paints headings and entries. The current one has a ground of its own."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._icon_size = theme.px(_ICON)
        self._pictures = Pictures(theme.palette.quiet, self._icon_size)
        self.height = QFontMetrics(self._font).height() + 2 * Space.INSIDE

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """One line, with room to breathe."""
        del index
        return QSize(option.rect.width(), self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a heading, or an icon, a title and what stands at its end."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        kind = index.data(KIND_ROLE)
        if kind is None:
            self._paint_heading(painter, option, index.data())
        else:
            self._paint_ground(painter, option, _ground(option))
            self._paint_entry(painter, option, index, kind)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, name: str) -> None:
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        area = self._inside(option).adjusted(0, 0, 0, -Space.HALF)
        painter.drawText(area, aligned(option, BOTTOM), name)

    def _paint_entry(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex, kind: EntryKind
    ) -> None:
        inside = self._inside(option)
        hint = index.data(HINT_ROLE)
        hint_area, title_area, icon_area = QRect(inside), QRect(inside), QRect(inside)
        icon_area.setWidth(self._icon_size)
        hint_area.setLeft(inside.right() - QFontMetrics(self._caption_font).horizontalAdvance(hint))
        title_area.setLeft(icon_area.right() + Space.RELATED)
        title_area.setRight(hint_area.left() - Space.RELATED)

        self._pictures.paint(painter, mirrored(option, icon_area), _DRAWINGS[kind])
        painter.setFont(self._font)
        painter.setPen(QColor(self._colours.text))
        title = QFontMetrics(self._font).elidedText(index.data(), ELIDE, title_area.width())
        painter.drawText(mirrored(option, title_area), aligned(option, LEFT), title)
        painter.setFont(self._caption_font)
        painter.setPen(QColor(self._colours.quiet))
        painter.drawText(mirrored(option, hint_area), aligned(option, RIGHT), hint)

    @staticmethod
    def _inside(option: QStyleOptionViewItem) -> QRect:
        return _ground(option).adjusted(Space.RELATED, 0, -Space.RELATED, 0)


def _ground(option: QStyleOptionViewItem) -> QRect:
    return option.rect.adjusted(Space.INSIDE, 0, -Space.INSIDE, 0)
