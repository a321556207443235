"""A row that goes on in the next line where the width is not enough: large text, narrow windows."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget

from ui.theme.tokens import Space


class FlowLayout(QLayout):
    """Puts widgets side by side, and below one another where they do not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._sizes: list[tuple[QLayoutItem, QSize]] = []  # of what was not hidden
        self._heights: dict[int, int] = {}  # for each width that was asked for
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(Space.INSIDE)

    # What Qt asks a layout for ------------------------------------------------------------

    def addItem(self, item: QLayoutItem) -> None:
        """Take another item at the end."""
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at a position, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item back."""
        if not 0 <= index < len(self._items):
            return None
        item = self._items.pop(index)
        self.invalidate()
        return item

    def invalidate(self) -> None:
        """Ask all items anew what they need: one of them changed."""
        self._sizes = []
        self._heights.clear()
        super().invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        """It wants no more than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """The narrower, the higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all lines, in pixels."""
        # Qt asks again and again, for each layout around this one.
        self._look_again()
        if width not in self._heights:
            self._heights[width] = self._arrange(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def setGeometry(self, area: QRect) -> None:
        """Put everything into its place."""
        super().setGeometry(area)
        self._arrange(area, move=True)

    def sizeHint(self) -> QSize:
        """Everything in one line."""
        self._look_again()
        hints = [size for _, size in self._sizes]
        gaps = self.spacing() * max(0, len(hints) - 1)
        return QSize(
            sum(hint.width() for hint in hints) + gaps,
            max((hint.height() for hint in hints), default=0),
        )

    def minimumSize(self) -> QSize:
        """The largest item alone."""
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        return size

    def _arrange(self, area: QRect, *, move: bool) -> int:
        """Go through the lines; returns their height together."""
        self._look_again()
        top = area.y()
        lines = self._lines(area.width())
        for line in lines:
            height = max(size.height() for _, size in line)
            left = area.x()
            for item, size in line:
                if move:  # in the middle of the line: buttons differ in height
                    place = QPoint(left, top + (height - size.height()) // 2)
                    width = min(size.width(), area.width())
                    given = QRect(place, QSize(width, size.height()))
                    item.setGeometry(QStyle.visualRect(self._direction, area, given))
                left += size.width() + self.spacing()
            top += height + self.spacing()
        return max(0, top - self.spacing() - area.y()) if lines else 0

    @property
    def _direction(self) -> Qt.LayoutDirection:
        """The way that one reads; lines begin where reading does."""
        parent = self.parentWidget()
        return parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight

    def _look_again(self) -> None:
        """Find out what each item needs, where that is not known, or others are hidden now."""
        shown = [item for item in self._items if not item.isEmpty()]
        if [item for item, _ in self._sizes] != shown:
            self._sizes = [(item, item.sizeHint()) for item in shown]
            self._heights.clear()

    def _lines(self, width: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        """What stands side by side, and what it needs."""
        lines: list[list[tuple[QLayoutItem, QSize]]] = []
        left = 0
        for item, size in self._sizes:
            if not lines or left + size.width() > width:
                lines.append([])
                left = 0
            lines[-1].append((item, size))
            left += size.width() + self.spacing()
        return lines
