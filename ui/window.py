"""The window's frame: rail, places and status line, or one page over all of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from ui.controls import Hairline
from ui.full_page import FullPage
from ui.overlay import Overlay
from ui.rail import Place, Rail
from ui.status.line import StatusLine
from ui.theme.icons import Icon
from ui.theme.style import Theme, dress

CHATS: Final = 0
NOTES: Final = 1
SEARCH: Final = 2
MODELS: Final = 3
METRICS: Final = 4
VAULT: Final = 5
SETTINGS: Final = 6
TAGS: Final = 7  # reached from the notes, and no part of the rail
REVIEW: Final = 8
NETWORK: Final = 9  # reached from the status line and the settings
CLOUD: Final = 10  # reached from the settings

_PLACES: Final = (
    Place("Chats", Icon.CHATS),
    Place("Notes", Icon.NOTE),
    Place("Search", Icon.SEARCH),
    Place("Models", Icon.MODELS),
    Place("Metrics", Icon.METRICS, at_end=True),
    Place("Vault", Icon.KEY, at_end=True),
    Place("Settings", Icon.SETTINGS, at_end=True),
)
_BELONGS_TO: Final = {TAGS: NOTES, REVIEW: NOTES, NETWORK: SETTINGS, CLOUD: SETTINGS}
_OPENED: Final = (1180, 760)  # pixels; a comfortable part of the common 1280 x 800
_SMALLEST: Final = (640, 420)


class Window(QWidget):
    """Shows places side by side with the rail, and full pages in front of everything.

    It knows no service: who builds the places puts them in.

    Args:
        theme: Colours and type.
    """

    first_painted = Signal()  # once: the person sees the window
    went_to = Signal(int)  # a place's position
    theme_changed = Signal(object)  # Theme
    covered = Signal(bool)  # whether a full page stands in front of the places

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._was_painted = False
        self.setWindowTitle("Hush")
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(*_SMALLEST)
        self.resize(*_OPENED)
        palette = theme.palette
        self.rail = Rail(_PLACES, palette)
        self.status = StatusLine(theme)
        self._lines = (
            Hairline(palette, Qt.Orientation.Vertical),
            Hairline(palette, Qt.Orientation.Horizontal),
        )
        self._places = QStackedWidget()
        self._front = QStackedWidget()
        self.full_page: FullPage | None = None  # what stands in front of the places
        self._before: QWidget | None = None  # had the keyboard before it
        self._lay_out()
        self.rail.chosen.connect(self.go_to)
        self.rail.setEnabled(False)

    def _lay_out(self) -> None:
        beside, above = self._lines
        house = QWidget()
        row = QHBoxLayout(house)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(beside)
        row.addWidget(self._places, 1)
        self._front.addWidget(house)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._front, 1)
        column.addWidget(above)
        column.addWidget(self.status)

    @property
    def theme(self) -> Theme:
        """Colours and type in use."""
        return self._theme

    # Where the person is ------------------------------------------------------------------

    def furnish(self, places: list[QWidget]) -> None:
        """Put the places in, in the rail's order, and show the first."""
        for place in places:
            self._places.addWidget(place)
        self.end_with_status()
        self.rail.setEnabled(True)
        self.leave_full_page()
        self.go_to(CHATS)

    def end_with_status(self) -> None:
        """Let Tab come to the status line after the places, and those that were made since."""
        buttons, tab = self.status.buttons, Qt.FocusPolicy.TabFocus
        last = self.previousInFocusChain()
        while last and last is not self and (last in buttons or not last.focusPolicy() & tab):
            last = last.previousInFocusChain()
        if last:
            for before, after in pairwise([last, *buttons]):
                QWidget.setTabOrder(before, after)

    def go_to(self, position: int) -> None:
        """Show a place."""
        self._places.setCurrentIndex(position)
        self.rail.show_place(_BELONGS_TO.get(position, position))
        self.went_to.emit(position)

    @property
    def place(self) -> int:
        """Where the person is."""
        return self._places.currentIndex()

    def show_full_page(self, page: FullPage) -> None:
        """Show a page over everything, in place of the one before."""
        if not self.full_page:
            self._before = self.focusWidget()
        self._drop_full_page()
        self.full_page = page
        self._front.addWidget(page)
        self._front.setCurrentWidget(page)
        page.first_focus()
        self.covered.emit(True)

    def leave_full_page(self) -> None:
        """Show the places again, with the keyboard where it was."""
        before, self._before = self._before, None
        if self._drop_full_page():
            self.covered.emit(False)
        if before and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_full_page(self) -> bool:
        page, self.full_page = self.full_page, None
        if page:
            self._front.removeWidget(page)
            page.deleteLater()
        return page is not None

    def come_forward(self) -> None:
        """Be seen: Hush was started a second time."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    # The look -----------------------------------------------------------------------------

    def apply(self, theme: Theme) -> None:
        """Take another theme, and hand it on."""
        self._theme = theme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            dress(application, theme)
        self.rail.apply(theme.palette)
        self.status.apply(theme)
        for line in self._lines:
            line.apply(theme.palette)
        if self.full_page:
            self.full_page.apply(theme)
        for panel in self.findChildren(Overlay):
            panel.apply(theme)
        self.theme_changed.emit(theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell, once, that the person sees the window."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.first_painted.emit)
