"""A page that takes the whole window: one calm column in its middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.controls import PlainLabel
from ui.flow import FlowLayout
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

    back_wanted = Signal()  # Esc, and the button where there is a way back

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab stops at what can be used
        self.theme = theme
        self.title = PlainLabel(title, "title", wrap=True)
        self._content = QWidget()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(Space.RELATED)
        self._pictures: list[tuple[QLabel, Icon]] = []
        self._themed: list[Callable[[Theme], None]] = []
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

    def add_buttons(self, *buttons: QWidget) -> None:
        """Add a row of buttons, the main one first. It wraps where it must."""
        row = FlowLayout()
        for button in buttons:
            row.addWidget(button)
        self.column.addSpacing(Space.HALF)
        self.column.addLayout(row)

    def add_themed(self, part: QWidget, apply: Callable[[Theme], None]) -> None:
        """Add a part that draws itself; it hears of another theme."""
        self.column.addWidget(part)
        self._themed.append(apply)

    def set_usable(self, *, usable: bool) -> None:
        """Let everything on the page be used, or rest while something is done."""
        self._content.setEnabled(usable)

    def show_part(self, part: QWidget) -> None:
        """Scroll to a part, once everything has found its place."""
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(part))

    @property
    def is_working(self) -> bool:
        """Whether something is under way that the person waits for."""
        return False

    def first_focus(self) -> None:
        """Put the keyboard where the person goes on."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.theme = theme
        self._content.setMaximumWidth(theme.px(_COLUMN))
        for picture, drawing in self._pictures:
            self._paint(picture, drawing)
        for hear in self._themed:
            hear(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the field in sight that is being typed into: large text may push it out."""
        super().resizeEvent(event)
        field = self.focusWidget()
        if isinstance(field, QLineEdit) and self.isAncestorOf(field):
            self.show_part(field)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _paint(self, picture: QLabel, drawing: Icon) -> None:
        colour, ratio = self.theme.palette.accent, self.devicePixelRatio()
        picture.setPixmap(pixmap(drawing, colour, _PICTURE, ratio))
