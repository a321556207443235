"""A panel in front of the window, until Esc or a click beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from ui.controls import Hairline, IconButton
from ui.theme.style import Theme
from ui.theme.tokens import Space

_MOVES_OR_PRESSES: Final = (
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Space,
)
_DIM: Final = QColor(0, 0, 0, 72)  # enough to part the panel from what is behind, light or dark
_EDGE: Final = 1  # pixels: the panel's hairline, which the style sheet draws


class Overlay(QWidget):
    """Covers its window and carries one panel. Made anew each time; ends by itself.

    What is behind is dimmed where the panel stands in the middle, and seen as it was where it
    belongs to a part of the window.

    A child of the window and no window of its own, so it stands where it should on every system.
    What is too high for the window scrolls; ``foot`` stands below it, and is visited first.

    Args:
        window: What it covers.
        name: For screen readers.
        width: Of what is in it, in pixels; 0 for as much as that needs.
        any_key_closes: Whether every key closes it that does nothing else; else only Esc does.
    """

    closed = Signal()

    def __init__(
        self, window: QWidget, name: str, *, width: int = 0, any_key_closes: bool = True
    ) -> None:
        super().__init__(window)
        self._window = window
        self._width = width
        self._any_key_closes = any_key_closes
        self._before = window.focusWidget()
        self._place: Callable[[QSize], QRect] = self._centred
        self._dims = True
        self.panel = QFrame(self)
        self.panel.setObjectName("popover")
        self.panel.setAccessibleName(name)
        self.panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._content = QWidget()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.GROUP)
        self.column.setSpacing(Space.RELATED)
        self._scroll = QScrollArea()
        self._foot = QWidget()
        self.foot = QVBoxLayout(self._foot)  # without margins: it begins at the panel's edge
        self.foot.setContentsMargins(0, 0, 0, 0)
        self._lay_out()
        self.hide()
        window.installEventFilter(self)

    def _lay_out(self) -> None:
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._content)
        for part in (self._scroll.viewport(), self._content):  # the panel's own ground is seen
            part.setAutoFillBackground(False)
        whole = QVBoxLayout(self.panel)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot)

    def describe(self, text: str) -> None:
        """Let screen readers read all of it when it opens."""
        self.panel.setAccessibleDescription(text)

    def open_centred(self) -> None:
        """Show the panel in the middle of the window."""
        self._dims = True
        self._open(self._centred)

    def open_above(self, widget: QWidget) -> None:
        """Show the panel above a widget of the window, as far as there is room."""
        self._dims = False
        corner = widget.mapTo(self._window, QPoint(0, -Space.INSIDE))
        self._open(lambda size: QRect(corner - QPoint(0, size.height()), size))

    def refit(self) -> None:
        """What is in it changed: take the size that it needs now."""
        size = self._size()
        area = self._place(size)
        edge = self._window.rect().adjusted(
            Space.INSIDE, Space.INSIDE, -Space.INSIDE, -Space.INSIDE
        )
        area.moveRight(min(area.right(), edge.right()))
        area.moveLeft(max(area.left(), edge.left()))
        area.moveTop(max(area.top(), edge.top()))
        self.panel.setGeometry(area)

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme, as far as no style sheet brings them."""
        for line in self.findChildren(Hairline):
            line.apply(theme.palette)
        for button in self.findChildren(IconButton):
            button.apply(theme.palette)

    def close_panel(self) -> None:
        """End, and give the keyboard back."""
        self.hide()
        self.closed.emit()
        self.deleteLater()
        if self._before and isValid(self._before):  # it may have gone meanwhile
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def _open(self, place: Callable[[QSize], QRect]) -> None:
        self._place = place
        self.setGeometry(self._window.rect())
        self.refit()
        self.show()
        self.raise_()
        first = next(iter(self._stops()), self.panel)
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _centred(self, size: QSize) -> QRect:
        area = QRect(QPoint(), size)
        area.moveCenter(self._window.rect().center())
        return area

    def _size(self) -> QSize:
        """What it needs, and no more than the window has."""
        room = self._window.size() - QSize(2 * Space.INSIDE, 2 * Space.INSIDE)
        wanted = self._width or self._content.sizeHint().width()
        width = min(wanted, room.width() - 2 * _EDGE)
        self.column.invalidate()
        height = self._content.heightForWidth(width)
        height = height if height > 0 else self._content.sizeHint().height()
        height += self._foot_height(width)
        if height + 2 * _EDGE > room.height():
            width = min(width + self._scroll.verticalScrollBar().sizeHint().width(), room.width())
        return QSize(width + 2 * _EDGE, min(height + 2 * _EDGE, room.height()))

    def _foot_height(self, width: int) -> int:
        if not self.foot.count():
            return 0
        self.foot.invalidate()
        height = self._foot.heightForWidth(width)
        return height if height > 0 else self._foot.sizeHint().height()

    def _stops(self) -> list[QWidget]:
        """What can have the keyboard, as the eye goes; first what stands below."""
        return [
            part
            for area in (self._foot, self._content)
            for part in area.findChildren(QWidget)
            if part.focusPolicy() & Qt.FocusPolicy.TabFocus
            and part.isEnabled()
            and part.isVisibleTo(area)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what is behind."""
        if self._dims:
            QPainter(self).fillRect(event.rect(), _DIM)

    # Keys and clicks ----------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """While this is open every key is its own: no shortcut acts on what is behind."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes, but those that move between buttons and press them."""
        closes = self._any_key_closes and event.key() not in _MOVES_OR_PRESSES
        if closes or event.key() == Qt.Key.Key_Escape:
            self.close_panel()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, FBT001 # Qt's own names
        """Keep the keyboard inside, among what can have it."""
        stops = self._stops()
        focus = self._window.focusWidget()
        if stops:
            at = stops.index(focus) if focus in stops else -1
            stop = stops[(at + (1 if next else -1)) % len(stops)]
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            self._scroll.ensureWidgetVisible(stop)
        return bool(stops)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window of another size has its middle elsewhere."""
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self.close_panel()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the panel closes it."""
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_panel()
