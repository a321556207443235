"""Tags that may be one, and a button that makes them one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.tags.records import NearDuplicate
from ui.controls import PlainLabel, TextButton
from ui.tags.words import alike, short_tag
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line

_SHOWN: Final = 20  # at once; each is a handful of widgets
_WHAT: Final = "Tags that may mean one thing. Merging can be taken back."
_LOOKING: Final = "Looking…"
_NONE: Final = "No two of your tags look alike."


class LookAlike(QWidget):
    """Shows pairs.

    Args:
        theme: Colours and type.
    """

    merge_wanted = Signal(str, str)  # this one, into that one

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pairs: Sequence[NearDuplicate] = ()
        self.lines: list[Line] = []
        self._said = PlainLabel(_LOOKING, "quiet", wrap=True)
        self.more_button = TextButton("Show more", "link")
        self._column = QVBoxLayout()
        self._column.setSpacing(Space.RELATED)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(Space.RELATED)
        whole.addWidget(self._said)
        whole.addLayout(self._column)
        whole.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addStretch()
        self.more_button.clicked.connect(lambda: self._add(_SHOWN))
        self.more_button.hide()

    @property
    def text(self) -> str:
        """What stands above the pairs."""
        return self._said.text()

    def show_pairs(self, pairs: Sequence[NearDuplicate]) -> None:
        """Show these in place of those before."""
        count = max(_SHOWN, len(self.lines))
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines.clear()
        self._pairs = pairs
        self._said.setText(_WHAT if pairs else _NONE)
        self._add(count)

    def look(self) -> None:
        """It is being found out; what is shown meanwhile stays."""
        if not self._pairs:
            self._said.setText(_LOOKING)

    def say_problem(self, sentence: str) -> None:
        """Say why it cannot be known."""
        self._said.setText(sentence)

    def _add(self, count: int) -> None:
        begin = len(self.lines)
        for pair in self._pairs[begin : begin + count]:
            title = f"{short_tag(pair.b)} and {short_tag(pair.a)}"
            line = Line(self._theme, title, alike(pair))
            words = f"Merge into {short_tag(pair.a)}"
            button = line.add_button(words, f"Merge {short_tag(pair.b)} into {short_tag(pair.a)}")
            button.clicked.connect(partial(self.merge_wanted.emit, pair.b, pair.a))
            self.lines.append(line)
            self._column.addWidget(line)
            line.show()
        self.more_button.setVisible(len(self.lines) < len(self._pairs))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for line in self.lines:
            line.apply(theme)
