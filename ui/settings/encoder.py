"""The setting that says which embedding model finds things by meaning, and how far its index is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from assistant.search.records import IndexStatus
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.markdown.safe_text import harmless
from ui.search.words import index_facts
from ui.settings.choices import Value
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.words import breakable

_WORDS: Final = (
    "Finds notes and chats by what they mean. Another one is a folder with a model that "
    "sentence-transformers saved. Its index is built beside the one there is, which serves "
    "until then."
)
_DEFAULT: Final = "In use: the one that comes with Hush."


class EncoderRow(QWidget):
    """What is chosen, how far the index is, and the buttons to change both.

    Args:
        path: The model's folder; empty for the one that comes with Hush.
        rebuild: Builds the index anew; None where there is none to build.
    """

    given = Signal(object)  # str

    def __init__(
        self,
        path: str,
        rebuild: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._chosen = PlainLabel("", "quiet", wrap=True)
        self._facts = PlainLabel("", "quiet", wrap=True)
        self._facts.hide()
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self.choose = TextButton("Choose a folder…", "outlined")
        self.choose.setAccessibleName("Choose an embedding model's folder")
        self.choose.setAccessibleDescription(_WORDS)
        self.default = TextButton("Use the one that comes with Hush", "outlined")
        self.rebuild = TextButton("Rebuild the index", "outlined")
        self._lay_out()
        self.choose.clicked.connect(self._ask)
        self.default.clicked.connect(lambda: self.given.emit(""))
        self.rebuild.setVisible(rebuild is not None)
        if rebuild:
            self.rebuild.clicked.connect(lambda: rebuild())
        self.show_value(path)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(PlainLabel("Embedding model"))
        column.addWidget(PlainLabel(_WORDS, "quiet", wrap=True))
        for label in (self._chosen, self._facts):
            column.addSpacing(Space.HALF)
            column.addWidget(label)
        column.addWidget(self._problem)
        column.addSpacing(Space.INSIDE)
        buttons = FlowLayout()
        for button in (self.choose, self.default, self.rebuild):
            buttons.addWidget(button)
        column.addLayout(buttons)

    @property
    def text(self) -> str:
        """What is chosen, and how far the index is."""
        return f"{self._chosen.text()} {self._facts.text()}".strip()

    def take_focus(self) -> None:
        """Put the keyboard on the first button."""
        self.choose.setFocus()

    def show_value(self, value: Value) -> None:
        """Show which one is chosen."""
        path = str(value or "")
        shown = f"In use: {harmless(breakable(Path(path)))}" if path else _DEFAULT
        self._chosen.setText(shown)
        goes = self.default.hasFocus() and not path
        self.default.setVisible(bool(path))
        if goes:
            self.take_focus()

    def show_index(self, status: IndexStatus) -> None:
        """Say how far the index is."""
        self._facts.setText(index_facts(status))
        self._facts.show()

    def show_problem(self, sentence: str) -> None:
        """Say why the folder does not hold; an empty sentence takes that back."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def apply(self, theme: Theme) -> None:
        """Take another theme. Everything in it does so by itself."""

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Choose an embedding model's folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self.given.emit(str(Path(chosen))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
