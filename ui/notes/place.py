"""The place for notes: the list, the note that is open, and beside it what belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.controls import Hairline
from ui.notes.list import NoteList
from ui.notes.page import NotePage
from ui.notes.panel import SidePanel
from ui.theme.style import Theme

_LIST_WIDTH: Final = 260  # pixels at 100 %
_PANEL_WIDTH: Final = 240
_LEAST_PAGE: Final = 360  # pixels at 100 % that the page keeps, or the panel waits for more room


class NotesPlace(QWidget):
    """Three panes; the outer two can be hidden.

    Args:
        theme: Colours and type.
        now: Milliseconds since 1970, UTC.
    """

    panel_came = Signal()  # it is shown, and wants to be filled

    def __init__(self, theme: Theme, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notes")
        self._theme = theme
        self._wants_panel = False
        self.list = NoteList(theme, now)
        self.page = NotePage(theme)
        self.panel = SidePanel(theme)
        self._lines = tuple(Hairline(theme.palette, Qt.Orientation.Vertical) for _ in range(2))
        self.setFocusProxy(self.page.editor)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list)
        row.addWidget(self._lines[0])
        row.addWidget(self.page, 1)
        row.addWidget(self._lines[1])
        row.addWidget(self.panel)
        self.apply(theme)

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    def rest(self, sentence: str) -> None:
        """There are no notes in this session, and why."""
        self.page.empty.rest(sentence)
        self.show_list(shown=False)

    def take_focus(self) -> None:
        """Let the person go on: in the open note, else along the list, else with a first note."""
        if not (self.page.is_empty and self.list_is_shown and self.list.take_focus()):
            self.page.take_focus()

    # List and panel -----------------------------------------------------------------------

    @property
    def list_is_shown(self) -> bool:
        """Whether the list stands beside the page."""
        return not self.list.isHidden()

    def show_list(self, *, shown: bool) -> None:
        """Show the list or hide it; the keyboard does not stay in what is hidden."""
        if not shown and self.list.isAncestorOf(self.focusWidget() or self):
            self.page.take_focus()
        self.list.setVisible(shown)
        self._lines[0].setVisible(shown)
        self._fit()

    @property
    def panel_is_shown(self) -> bool:
        """Whether what belongs to the note stands beside it."""
        return not self.panel.isHidden()

    def show_panel(self, *, shown: bool) -> None:
        """Show what belongs to the note, where there is room, or hide it."""
        self._wants_panel = shown
        self._fit()

    def _fit(self) -> None:
        """The page comes first: the panel is there where both have room."""
        beside = self.list.width() if self.list_is_shown else 0
        room = self.width() - beside - self.panel.width()
        shown = self._wants_panel and room >= self._theme.px(_LEAST_PAGE)
        was_shown = self.panel_is_shown
        if not shown and self.panel.isAncestorOf(self.focusWidget() or self):
            self.page.take_focus()
        self.panel.setVisible(shown)
        self._lines[1].setVisible(shown)
        self.page.header.panel_button.setChecked(shown)
        if shown and not was_shown:
            self.panel_came.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The panel comes and goes with the room there is."""
        super().resizeEvent(event)
        self._fit()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        # With large text the list grows too, but never over a third of a small window.
        self.list.setFixedWidth(min(theme.px(_LIST_WIDTH), _LIST_WIDTH * 3 // 2))
        self.panel.setFixedWidth(min(theme.px(_PANEL_WIDTH), _PANEL_WIDTH * 3 // 2))
        for line in self._lines:
            line.apply(theme.palette)
        self.list.apply(theme)
        self.page.apply(theme)
        self.panel.apply(theme)
        self._fit()
