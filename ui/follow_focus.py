"""Keeping in sight what has the keyboard, however it came there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget


class FollowFocus(QObject):
    """Scrolls an area to the part of it that the keyboard comes to.

    Qt does so for Tab within the area, and not where it comes in from beside it.

    Args:
        area: Lives as long as this does.
    """

    def __init__(self, area: QScrollArea) -> None:
        super().__init__(area)
        self._area = area
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        del before
        # What a press of the mouse focuses is in sight, and must not move from under it.
        is_pressed = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        inside = self._area.widget()
        if now and inside and not is_pressed and inside.isAncestorOf(now):
            self._area.ensureWidgetVisible(now)
