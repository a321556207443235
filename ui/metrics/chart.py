"""A plot with its title, and below that one line: all in all, or what is marked."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.controls import ElidedLabel, PlainLabel
from ui.metrics.plot import Plot
from ui.theme.style import Theme
from ui.theme.tokens import Space


class Chart(QWidget):
    """Nothing moves when something is marked: the line is always there.

    Args:
        title: What this is about.
        plot: Draws it.
    """

    def __init__(self, title: str, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        self._summary = ""
        self._line = ElidedLabel("", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(PlainLabel(title, "strong"))
        column.addWidget(self._line)
        column.addSpacing(Space.HALF)
        column.addWidget(plot)
        plot.marked.connect(lambda words, _: self._say(words))

    @property
    def words(self) -> str:
        """The line."""
        return self._line.text()

    def summarise(self, sentence: str) -> None:
        """Say how it is all in all."""
        self._summary = sentence
        self.plot.setAccessibleDescription(f"{sentence} Arrow keys go through the values.")
        if self.plot.at is None:
            self._line.setText(sentence)

    def _say(self, words: str) -> None:
        self._line.setText(words or self._summary)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.plot.apply(theme)
