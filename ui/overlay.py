"""A panel in front of the window, until Esc or a click beside it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from ui.theme.tokens import Space

_MOVES_OR_PRESSES: Final = (
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Space,
)


class Overlay(QWidget):
    """Covers its window, unseen, and carries one panel. Made anew each time; ends by itself.

    A child of the window and no window of its own, so it stands where it should on every system.

    Args:
        window: What it covers.
        name: For screen readers.
    """

    def __init__(self, window: QWidget, name: str) -> None:
        super().__init__(window)
        self._window = window
        self._before = window.focusWidget()
        self.panel = QFrame(self)
        self.panel.setObjectName("popover")
        self.panel.setAccessibleName(name)
        self.panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column = QVBoxLayout(self.panel)
        self.column.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.GROUP)
        self.column.setSpacing(Space.RELATED)
        self.hide()
        window.installEventFilter(self)

    def open_centred(self) -> None:
        """Show the panel in the middle of the window."""
        area = QRect(QPoint(), self._size())
        area.moveCenter(self._window.rect().center())
        self._open(area)

    def open_above(self, widget: QWidget) -> None:
        """Show the panel above a widget of the window."""
        size = self._size()
        corner = widget.mapTo(self._window, QPoint(0, -size.height() - Space.INSIDE))
        self._open(QRect(corner, size))

    def close_panel(self) -> None:
        """End, and give the keyboard back."""
        self.hide()
        self.deleteLater()
        if self._before:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def _open(self, area: QRect) -> None:
        self.setGeometry(self._window.rect())
        self.panel.setGeometry(area)
        self.show()
        self.raise_()
        first = self.panel.findChild(QAbstractButton) or self.panel
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _size(self) -> QSize:
        width = self.panel.minimumWidth() or self.panel.sizeHint().width()
        height = self.panel.heightForWidth(width)
        return QSize(width, height if height > 0 else self.panel.sizeHint().height())

    # Keys and clicks ----------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """While this is open every key is its own: no shortcut acts on what is behind."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes, but those that move between buttons and press them."""
        if event.key() not in _MOVES_OR_PRESSES:
            self.close_panel()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, FBT001 # Qt's own names
        """Keep the keyboard inside, among the panel's buttons."""
        stops = self.panel.findChildren(QAbstractButton)
        focus = self._window.focusWidget()
        if stops:
            at = stops.index(focus) if focus in stops else -1
            stops[(at + (1 if next else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
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
