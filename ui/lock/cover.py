"""What stands over everything from the moment of locking until the new process has its window."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from ui.full_page import FullPage
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.window import Window

_LOCKED: Final = ("Your chats are locked", "Hush clears its memory, then asks how to open them.")
_RESTARTING: Final = ("Hush starts anew", "What changed takes effect with a new start.")


class CoverPage(FullPage):
    """Says that Hush is locked, or starts anew, and nothing of what was written in it.

    Args:
        theme: Colours and type.
        locked: Whether it was locked; else it only starts anew.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, locked: bool) -> None:
        title, words = _LOCKED if locked else _RESTARTING
        super().__init__(theme, title, parent)
        self.add_text(words, "quiet")

    def first_focus(self) -> None:
        """Here: no key may go to what is behind."""
        self.setFocus()


def cover(window: Window, page: CoverPage) -> None:
    """Put ``page`` over everything, on the screen when this returns.

    Menus, dialogs, panels and tooltips are closed first: they may show a title or a message.
    """
    QToolTip.hideText()
    _close_popups()
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible():
            widget.close()
    for panel in window.findChildren(Overlay):
        panel.close_panel()
    window.show_full_page(page)
    window.repaint()


def _close_popups() -> None:
    popup = QApplication.activePopupWidget()
    while popup:
        popup.close()
        following = QApplication.activePopupWidget()
        if following is popup:  # it will not: the page covers the window all the same
            return
        popup = following
