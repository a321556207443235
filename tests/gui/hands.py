"""A window to work at, and a person's hands: keys pressed where the keyboard is, and clicks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ui.theme.style import Theme, style_sheet
from ui.window import Window


def dressed(theme: Theme) -> Window:
    """A window in a theme. To dress is dear, and what the test before wore mostly fits."""
    window = Window(theme)
    application = QApplication.instance()
    if isinstance(application, QApplication) and application.styleSheet() != style_sheet(theme):
        window.apply(theme)
    return window


class Hands:
    """For a bench, which has ``qtbot`` and ``window`` and knows when all is settled."""

    qtbot: QtBot
    window: Window

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        raise NotImplementedError

    @property
    def focus(self) -> QWidget:
        """Where the keyboard is."""
        return self.window.focusWidget() or self.window

    def press(self, keys: str, widget: QWidget | None = None) -> None:
        """Press keys where the keyboard is, or in a widget."""
        combination = QKeySequence(keys)[0]
        self.qtbot.keyClick(
            widget or self.focus, combination.key(), combination.keyboardModifiers()
        )
        self.settle()

    def click(self, widget: QWidget) -> None:
        """Click a widget."""
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.settle()
