"""A run under way: how far it is, what holds it, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.importing.bar import ThinBar
from ui.tags.words import progress
from ui.theme.style import Theme
from ui.theme.tokens import Space


class RunStrip(QWidget):
    """Hidden while nothing runs.

    Args:
        theme: Colours and type.
    """

    stop_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = PlainLabel("", "quiet", wrap=True)
        self._held = PlainLabel("", "quiet", wrap=True)
        self.bar = ThinBar("How many notes are looked at", theme)
        self.stop_button = TextButton("Stop", "outlined")
        words = QVBoxLayout()
        words.setSpacing(Space.HALF)
        words.addWidget(self._count)
        words.addWidget(self.bar)
        words.addWidget(self._held)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.GROUP)
        row.addLayout(words, 1)
        row.addWidget(self.stop_button)
        self.stop_button.clicked.connect(self._stop)
        self._held.hide()
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while nothing runs."""
        held = "" if self._held.isHidden() else self._held.text()
        return "" if self.isHidden() else " ".join(filter(None, (self._count.text(), held)))

    def show_progress(self, done: int, total: int) -> None:
        """Show how far it is; it runs."""
        if self.isHidden():
            self.stop_button.set_words("Stop")
            self.stop_button.setEnabled(True)
            self.show()
        self._count.setText(progress(done, total))
        self.bar.show_share(done, total)

    def show_held(self, sentence: str) -> None:
        """Say what holds it; an empty sentence: nothing does."""
        self._held.setText(sentence)
        self._held.setVisible(bool(sentence))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.bar.apply(theme)

    def _stop(self) -> None:
        self.stop_button.set_words("Stopping…")
        self.stop_button.setEnabled(False)
        self.stop_wanted.emit()
