"""A line with room for a bar and for what came of the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.importing.bar import ThinBar
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line

_MILLION: Final = 1_000_000


class ShareBar(QWidget):
    """A thin bar with a little air around it; hidden while there is nothing to measure.

    Args:
        name: What it measures, for screen readers.
        theme: Colours and type.
    """

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ThinBar(name, theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.HALF, 0, Space.HALF)
        column.addWidget(self.bar)
        self.hide()

    def set_name(self, name: str) -> None:
        """Say what it measures."""
        self.bar.setAccessibleName(name)

    def show_share(self, share: float | None) -> None:
        """Show how far something is, from 0 to 1; None: nothing is done."""
        self.setVisible(share is not None)
        self.bar.show_share(round((share or 0.0) * _MILLION), _MILLION)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.bar.apply(theme)


class BarLine(Line):
    """While something is done the bar says how far it is; words beside it say the same.

    Args:
        theme: Colours and type.
        title: What this is.
        words: What it is for.
    """

    def __init__(
        self, theme: Theme, title: str, words: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, title, words, parent)
        self.bar = ShareBar(f"How far: {title}", theme)
        self._column.insertWidget(self._column.count() - 1, self.bar)
        self.result: Figures | None = None

    def show_share(self, share: float | None) -> None:
        """Show how far it is, from 0 to 1; None: nothing is done."""
        self.bar.show_share(share)

    def show_progress(self, words: str, share: float) -> None:
        """Show what is being done and how far it is. It is not read out: it changes often."""
        self._said.setText(words)
        self._said.setVisible(bool(words))
        self.show_share(share)

    def show_result(self, rows: Sequence[Sequence[str]]) -> None:
        """Show what came of it; none: take the earlier one away."""
        if self.result:
            self._column.removeWidget(self.result)
            self.result.hide()
            self.result.deleteLater()
            self.result = None
        if rows:
            self.result = Figures(rows)
            self._column.addWidget(self.result)

    def take_focus(self) -> None:
        """Put the keyboard on what ends the work, while there is some; else where it was."""
        if self._cancel.isVisible():
            self._cancel.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().take_focus()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.bar.apply(theme)


class Figures(QWidget):
    """Rows of what and how much.

    Args:
        rows: The first of each row says what.
    """

    def __init__(self, rows: Sequence[Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = [tuple(row) for row in rows]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, Space.HALF, 0, Space.INSIDE)
        grid.setHorizontalSpacing(Space.GROUP)
        grid.setVerticalSpacing(Space.HALF)
        for line, row in enumerate(rows):
            for place, text in enumerate(row):
                label = PlainLabel(text, "" if place else "quiet", wrap=True)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                grid.addWidget(label, line, place)
        grid.setColumnStretch(len(rows[0]) - 1 if rows else 0, 1)
        self.setAccessibleName(". ".join(" ".join(row) for row in self.rows))
