"""A part of the vault's place: a heading, lines below it, and one piece of work at a time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from ui.controls import PlainLabel
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line


class Section(QWidget):
    """While something goes on in it, its buttons rest and the line concerned says what.

    Args:
        title: What this part is about.
        theme: Colours and type.
    """

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._theme = theme
        self._lines: list[Line] = []
        self._at: Line | None = None
        self._before: QWidget | None = None  # had the keyboard before the work
        self._working = False
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(Space.RELATED)
        self.column.addWidget(PlainLabel(title, "strong"))

    @property
    def theme(self) -> Theme:
        """Colours and type."""
        return self._theme

    @property
    def is_working(self) -> bool:
        """Whether something goes on."""
        return self._working

    def add_text(self, text: str, kind: str = "quiet") -> PlainLabel:
        """Add a paragraph."""
        label = PlainLabel(text, kind, wrap=True)
        self.column.addWidget(label)
        return label

    def add_line(self, line: Line, into: QVBoxLayout | None = None, place: int = -1) -> Line:
        """Add a line: to this section, or to a column within it, at its end or at a place."""
        self._lines.append(line)
        (into or self.column).insertWidget(place, line)
        line.allow(allowed=not self._working)
        return line

    def drop_line(self, line: Line) -> None:
        """Take a line away."""
        self._lines.remove(line)
        if self._at is line:
            self._at = None
        line.hide()
        line.deleteLater()

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put in its lines, as the eye goes."""
        return [stop for line in self._lines for stop in line.stops]

    # One piece of work --------------------------------------------------------------------

    def begin(self, line: Line, sentence: str, *, can_cancel: bool = False) -> None:
        """Something goes on now, and takes a while."""
        self._hush(line)
        self._at, self._working = line, True
        focus = self.window().focusWidget()
        self._before = focus if focus and self.isAncestorOf(focus) else None
        self._allow(allowed=False)
        line.say(sentence, can_cancel=can_cancel)

    def end(self, sentence: str = "", *, danger: bool = False) -> None:
        """It is over: say how it went, where it was begun."""
        line, before = self._at, self._before
        self._working, self._before = False, None
        self._allow(allowed=True)
        if line:
            line.say(sentence, danger=danger)
        if not self.isVisible():
            self.close_forms()  # the person went elsewhere meanwhile
        elif before and isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        elif before and line:
            line.take_focus()

    def say(self, line: Line, sentence: str, *, danger: bool = False) -> None:
        """Say something about a line, and no longer what an earlier one said."""
        if not self._working:
            self._hush(line)
            self._at = line
            line.say(sentence, danger=danger)

    def close_forms(self) -> None:
        """Take away what waits to be filled in, and what was typed there."""
        if not self._working:
            for line in self._lines:
                line.close_form()

    def _hush(self, line: Line) -> None:
        if self._at and self._at is not line:
            self._at.say("")

    def _allow(self, *, allowed: bool) -> None:
        for line in self._lines:
            line.allow(allowed=allowed)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for line in self._lines:
            line.apply(theme)
