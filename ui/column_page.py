"""A place that is one column under its title, centred, and scrolls."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.theme.style import Theme
from ui.theme.tokens import Space

_COLUMN: Final = 640  # pixels at 100 %


class ColumnPage(QScrollArea):
    """Frame of a place. Who builds on it adds to what ``begin_column`` returns, then ends it.

    Args:
        title: What the place is called.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._column = QWidget()
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(title)

    def begin_column(self) -> QVBoxLayout:
        """The column, with its title."""
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(PlainLabel(self._title, "title"))
        return column

    def end_column(self, column: QVBoxLayout) -> None:
        """Show it: everything is in it."""
        column.addStretch(1)  # nothing else may grow
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(Space.MARGIN, Space.GROUP, Space.MARGIN, Space.MARGIN)
        outer.addWidget(self._column)
        self.setWidget(page)

    def fit_column(self, theme: Theme) -> None:
        """Make it as wide as lines of text may be."""
        self._column.setMaximumWidth(theme.px(_COLUMN))
