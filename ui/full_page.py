"""A page that takes the whole window: one calm column in its middle."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.theme.icons import Icon, app_mark, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space

_COLUMN: Final = 440  # pixels at 100 %: about 60 characters of interface text
_MARK: Final = 56
_PICTURE: Final = 24


class FullPage(QScrollArea):
    """The program's mark, a title, and below it what a page adds. Scrolls where it must.

    Args:
        theme: Colours and type.
        title: What this is about.
    """

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(title)
        self.theme = theme
        self.title = PlainLabel(title, "title", wrap=True)
        self._content = QWidget()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(Space.RELATED)
        self._pictures: list[tuple[QLabel, Icon]] = []
        mark = QLabel()
        mark.setPixmap(app_mark(_MARK, self.devicePixelRatio()))
        self.column.addWidget(mark)
        self.column.addWidget(self.title)
        self._lay_out()
        self.apply(theme)

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(Space.MARGIN, Space.MARGIN, Space.MARGIN, Space.MARGIN)
        middle = QHBoxLayout()  # passes the width on, so that wrapped lines get their height
        middle.addWidget(self._content)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(page)

    def add_text(self, text: str, kind: str = "") -> PlainLabel:
        """Add a paragraph; an empty one is hidden until it has a text."""
        label = PlainLabel(text, kind, wrap=True)
        self.column.addWidget(label)
        label.setVisible(bool(text))
        return label

    def add_promise(self, drawing: Icon, title: str, text: str) -> None:
        """Add a few words and, in quieter ones, why they hold."""
        picture = QLabel()
        self._pictures.append((picture, drawing))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(PlainLabel(title, "strong", wrap=True))
        words.addWidget(PlainLabel(text, "quiet", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(Space.RELATED)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.column.addLayout(row)
        self._paint(picture, drawing)

    def first_focus(self) -> None:
        """Put the keyboard where the person goes on."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.theme = theme
        self._content.setMaximumWidth(theme.px(_COLUMN))
        for picture, drawing in self._pictures:
            self._paint(picture, drawing)

    def _paint(self, picture: QLabel, drawing: Icon) -> None:
        colour, ratio = self.theme.palette.accent, self.devicePixelRatio()
        picture.setPixmap(pixmap(drawing, colour, _PICTURE, ratio))
