"""The figures that matter most, side by side, or below one another where that is too narrow."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.metrics.series import Overview
from ui.metrics.words import NOTHING, energy, memory, seconds, speed
from ui.theme.style import Theme
from ui.theme.tokens import Space

_NARROWEST: Final = 140  # pixels at 100 %, of one figure
_COLUMNS: Final = (4, 2, 1)


class Figure(QWidget):
    """One figure: what it is, how much, and what that means.

    Args:
        title: What it is.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._amount = PlainLabel(NOTHING, "title")
        self._more = PlainLabel("", "caption", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(PlainLabel(title, "quiet", wrap=True))
        column.addWidget(self._amount)
        column.addWidget(self._more)
        column.addStretch()

    def show_amount(self, amount: str, more: str) -> None:
        """Show how much, and what that means."""
        self._amount.setText(amount)
        self._more.setText(more)
        self.setAccessibleName(f"{self._title}: {amount}, {more}")


class KeyFigures(QWidget):
    """First word, speed, memory, battery.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wait = Figure("First word")
        self._speed = Figure("Speed")
        self._memory = Figure("Memory")
        self._battery = Figure("Battery")
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.GROUP)
        self._grid.setVerticalSpacing(Space.RELATED)
        self._arrange()

    def show_figures(self, found: Overview) -> None:
        """Show those of a time; a dash stands for what is not known."""
        wait, pace = found.first_token_ms, found.tokens_per_second
        self._wait.show_amount(seconds(wait.median) if wait else NOTHING, "median after Enter")
        self._speed.show_amount(speed(pace.median) if pace else NOTHING, "median while writing")
        most, drain = found.peak_memory_bytes, found.watt_hours_per_1000
        self._memory.show_amount(memory(most) if most else NOTHING, "peak of the model's process")
        if drain is None:
            self._battery.show_amount(NOTHING, "not measured: on mains, or no watts known")
        else:
            self._battery.show_amount(energy(drain), "for 1,000 tokens, about 750 words")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many side by side as there is room for."""
        super().resizeEvent(event)
        self._arrange()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self._arrange()

    def _arrange(self) -> None:
        each = self._theme.px(_NARROWEST) + Space.GROUP
        fits = [columns for columns in _COLUMNS if columns * each <= self.width() + Space.GROUP]
        columns = fits[0] if fits else 1
        if columns == self._columns:
            return
        for column in range(_COLUMNS[0]):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for place, figure in enumerate((self._wait, self._speed, self._memory, self._battery)):
            self._grid.addWidget(figure, place // columns, place % columns)
