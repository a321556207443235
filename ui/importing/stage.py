"""One step of an import or export: what is said, what can be chosen or done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.importing.bar import ThinBar
from ui.read_only_text import ReadOnlyText
from ui.switch import SwitchLine
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space

_PICTURE: Final = 20  # pixels at 100 %
_LINES: Final = 7  # of a list, shown at once

WIDTH: Final = 472
"""Of a step, in pixels at 100 %: what lists are laid out for."""


class Stage(QWidget):
    """A title, and below it what is added.

    Args:
        title: What this step is about.
        theme: Colours and type.
    """

    grew = Signal()  # something in it takes more or less room now

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._said = [title]
        self._first: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.RELATED)
        self._column.addWidget(PlainLabel(title, "title", wrap=True))

    @property
    def text(self) -> str:
        """What it says, for a screen reader; without lists."""
        return " ".join(self._said)

    def add_text(self, text: str, kind: str = "") -> PlainLabel:
        """Add a paragraph."""
        self._said.append(text)
        label = PlainLabel(text, kind, wrap=True)
        self._column.addWidget(label)
        return label

    def add_lines(self, lines: Sequence[str]) -> None:
        """Add sentences that belong together, each on a line."""
        self._said += lines
        block = QVBoxLayout()
        block.setSpacing(Space.HALF)
        for line in lines:
            block.addWidget(PlainLabel(line, wrap=True))
        self._column.addLayout(block)

    def add_option(
        self,
        drawing: Icon,
        title: str,
        words: str,
        *buttons: tuple[str, Callable[[], object]],
    ) -> None:
        """Add something to choose: what it is, what it is for, and the buttons for it.

        Args:
            drawing: Stands before it.
            title: What it is.
            words: What it is for.
            buttons: The words of each, and what it does.
        """
        picture = QLabel()
        size = self._theme.px(_PICTURE)
        ratio = self.devicePixelRatioF()
        picture.setPixmap(pixmap(drawing, self._theme.palette.accent, size, ratio))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(PlainLabel(title, "strong", wrap=True))
        texts.addWidget(PlainLabel(words, "quiet", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(Space.RELATED)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(picture, 0, top)
        row.addLayout(texts, 1)
        for button, act in buttons:
            choose = TextButton(button, "outlined")
            choose.setAccessibleName(f"{title}: {button}")
            choose.setAccessibleDescription(words)
            choose.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(choose, 0, top)
            self._first = self._first or choose
        self._column.addSpacing(Space.HALF)
        self._column.addLayout(row)

    def add_switch(self, title: str, words: str, *, on: bool) -> SwitchLine:
        """Add something that is on or off."""
        line = SwitchLine(title, words, self._theme, on=on)
        self._said += [title, words]
        self._column.addSpacing(Space.HALF)
        self._column.addWidget(line)
        return line

    def add_bar(self, name: str) -> ThinBar:
        """Add a bar."""
        bar = ThinBar(name, self._theme)
        self._column.addWidget(bar)
        return bar

    def add_list(self, words: str, lines: str, *, unfolded: bool = False) -> None:
        """Add a list that is folded until it is wanted; an empty one is left out."""
        if not lines:
            return
        details = Details(words, lines, self._theme.px(WIDTH), unfolded=unfolded)
        details.toggled.connect(self.grew)
        self._said.append(words)
        self._column.addWidget(details)

    def add_buttons(self, *buttons: tuple[str, str, Callable[[], object]]) -> list[TextButton]:
        """Add a row of buttons: words, style and what each does. The first gets the keyboard."""
        row = FlowLayout()
        made = []
        for words, kind, act in buttons:
            button = TextButton(words, kind)
            button.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(button)
            made.append(button)
        self._column.addSpacing(Space.HALF)
        self._column.addLayout(row)
        self._first = made[0]
        return made

    def first_focus(self) -> None:
        """Put the keyboard where the person goes on."""
        if self._first:
            self._first.setFocus(Qt.FocusReason.OtherFocusReason)


class Details(QWidget):
    """One line that unfolds to a list, which can be read, selected, and copied whole.

    Args:
        words: What the list is of.
        lines: The list.
        width: What it has, in pixels.
        unfolded: Whether it is at first.
    """

    toggled = Signal()

    def __init__(
        self,
        words: str,
        lines: str,
        width: int,
        parent: QWidget | None = None,
        *,
        unfolded: bool = False,
    ) -> None:
        super().__init__(parent)
        self._list = ReadOnlyText(lines, words)
        self._list.fit(width, _LINES)
        self._list.hide()
        self._button = TextButton("Show", "link")
        self._button.setAccessibleName(f"Show: {words}")
        row = QHBoxLayout()
        row.setSpacing(Space.INSIDE)
        row.addWidget(PlainLabel(words, wrap=True), 1)
        self._copy = TextButton("Copy", "link")
        self._copy.setAccessibleName(f"Copy: {words}")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(lines))
        self._copy.hide()
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        column.addLayout(row)
        column.addWidget(self._list)
        self._words = words
        self._button.clicked.connect(self._toggle)
        if unfolded:
            self._toggle()

    def _toggle(self) -> None:
        is_shown = self._list.isHidden()
        self._list.setVisible(is_shown)
        self._copy.setVisible(is_shown)
        word = "Hide" if is_shown else "Show"
        self._button.set_words(word)
        self._button.setAccessibleName(f"{word}: {self._words}")
        self.toggled.emit()
