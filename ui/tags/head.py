"""The title of a page and the buttons beside it; below it, where there is no room."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.tokens import Space


class PageHead(QWidget):
    """A title at the beginning, buttons at the end.

    Args:
        title: What the page is called.
        buttons: From the first to the last.
    """

    def __init__(self, title: str, *buttons: TextButton) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._title = PlainLabel(title, "title")
        self._buttons = buttons
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(Space.HALF)
        self._row.addWidget(self._title)
        self._row.addStretch()
        self._flow = FlowLayout()
        for button in buttons:
            self._flow.addWidget(button)
        self._row.addLayout(self._flow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the title where both have no room side by side."""
        super().resizeEvent(event)
        wanted = self._title.sizeHint().width() + self._flow.sizeHint().width() + Space.GROUP
        direction = QBoxLayout.Direction
        is_narrow = wanted > self.width()
        self._row.setDirection(direction.TopToBottom if is_narrow else direction.LeftToRight)
