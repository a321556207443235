"""What stands for what in a request, and what is sent as it is."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from assistant.redaction.records import Table
from ui.cloud import sheet_words as words
from ui.cloud.parts_view import leading
from ui.controls import ElidedLabel, PlainLabel, TextButton
from ui.markdown.safe_text import revealed
from ui.theme.tokens import Space

_FEW: Final = 12  # shown at once; of many more the rest is asked for


class SwappedList(QWidget):
    """A line for each; with a link to send it as it is, or to swap it again.

    Args:
        editable: Whether there are such links: what was sent is not changed any more.
    """

    kept = Signal(str, bool)  # the value, and whether it is sent as it is

    def __init__(self, parent: QWidget | None = None, *, editable: bool = True) -> None:
        super().__init__(parent)
        self._editable = editable
        self._shown: tuple[tuple[str, str, bool], ...] = ()
        self._is_long = False
        self._rows: list[QWidget] = []
        self.buttons: list[TextButton] = []
        self.more_button = TextButton("", "link")
        self.more_button.clicked.connect(self._show_all)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(*leading())
        self._column.setSpacing(Space.HALF)
        self._column.addWidget(PlainLabel(words.SWAPPED, "quiet", wrap=True))
        self._column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_table(self, table: Table, keep: frozenset[str]) -> None:
        """Show what is swapped now, and what the person lets go as it is."""
        swapped = [(swap.placeholder, swap.value, False) for swap in table.swaps]
        shown = (*swapped, *(("", value, True) for value in sorted(keep)))
        if shown != self._shown:
            self._shown = shown
            self._fill()
        self.setVisible(bool(shown))

    def _show_all(self) -> None:
        self._is_long = True
        self._fill()

    def _fill(self) -> None:
        had_focus = next((at for at, one in enumerate(self.buttons) if one.hasFocus()), -1)
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self.buttons = [], []
        shown = self._shown if self._is_long else self._shown[:_FEW]
        for placeholder, value, is_kept in shown:
            row = self._row(placeholder, value, is_kept=is_kept)
            self._rows.append(row)
            self._column.insertWidget(self._column.count() - 1, row)
        self.more_button.set_words(f"Show all {len(self._shown):,}")
        self.more_button.setVisible(len(shown) < len(self._shown))
        if had_focus >= 0 and self.buttons:  # where it was, or the next one
            self.buttons[min(had_focus, len(self.buttons) - 1)].setFocus()

    def _row(self, placeholder: str, value: str, *, is_kept: bool) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.RELATED)
        if placeholder:
            line.addWidget(PlainLabel(placeholder, "strong"))
        said = revealed(value).replace("\n", " ")
        line.addWidget(ElidedLabel(said if placeholder else f"{said}: sent as it is"), 1)
        if not self._editable:
            return row
        button = TextButton(words.SWAP_IT if is_kept else words.AS_IT_IS, "link")
        button.setAccessibleName(f"{button.text()}: {said}")
        button.clicked.connect(partial(self.kept.emit, value, not is_kept))
        line.addWidget(button)
        self.buttons.append(button)
        return row
