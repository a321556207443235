"""What there is to know of something, in rows: what it is, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from ui.cloud.sheet_words import breakable
from ui.controls import PlainLabel
from ui.theme.tokens import Space

_SHARE: Final = 3.5  # what it is may take so many parts less than the whole, else it stands above


class Facts(QWidget):
    """Captions and values; below one another where the text is large or the room small."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: tuple[tuple[str, str], ...] = ()
        self._lines: list[tuple[QBoxLayout, PlainLabel, PlainLabel]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.INSIDE)

    @property
    def text(self) -> str:
        """All of it, as sentences."""
        return " ".join(f"{what}: {how}" for what, how in self._said)

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Say this."""
        if tuple(rows) == self._said:
            return
        self._said = tuple(rows)
        while len(self._lines) < len(rows):
            self._add()
        for number, (_, caption, value) in enumerate(self._lines):
            is_used = number < len(rows)
            if is_used:
                caption.setText(rows[number][0])
                value.setText(breakable(rows[number][1]))
            caption.setVisible(is_used)
            value.setVisible(is_used)
        self._arrange()

    def _add(self) -> None:
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(Space.RELATED)
        caption, value = PlainLabel("", "quiet"), PlainLabel("", wrap=True)
        row.addWidget(caption, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(value, 1)
        self._column.addLayout(row)
        self._lines.append((row, caption, value))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out anew what stands beside what."""
        super().resizeEvent(event)
        self._arrange()

    def arrange(self, width: int) -> None:
        """Do so before it is shown at a width."""
        self._arrange(width)

    def _arrange(self, width: int = 0) -> None:
        captions = [caption for _, caption, _ in self._lines]
        for caption in captions:
            caption.setMinimumWidth(0)
            caption.ensurePolished()
        widest = max((one.sizeHint().width() for one in captions if not one.isHidden()), default=0)
        is_narrow = widest * _SHARE > (width or self.width())
        direction = QBoxLayout.Direction
        for row, caption, _ in self._lines:
            row.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)
            row.setSpacing(0 if is_narrow else Space.RELATED)
            caption.setMinimumWidth(0 if is_narrow else widest)
