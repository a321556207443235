"""The real window over the real app, for a trial: shows chats and presses Enter in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from assistant.app import App
from assistant.events import Event
from assistant.session import Session
from ui.bridge import Bridge
from ui.chat.page import ChatPage
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT
from ui.window import Window
from ui.workplace import Workplace

_SECONDS: Final = 60.0


class Shown:
    """A window that a trial looks at.

    Args:
        told: Gets every event as well.
    """

    def __init__(self, told: Callable[[Event], object]) -> None:
        self._application = QApplication.instance() or QApplication([])
        self._told = told
        self._bridge = Bridge()
        self._window = Window(Theme(LIGHT))
        self._workplace: Workplace | None = None

    def sink(self, event: Event) -> None:
        """What the app publishes to. Any thread."""
        self._bridge.sink(event)
        self._told(event)

    def furnish(self, app: App, session: Session, pool: Executor) -> None:
        """Show it, over an open session."""
        self._workplace = Workplace(
            app, session, self._bridge, self._window, pool, lambda: int(time.time() * 1000)
        )
        self._bridge.received.connect(self._workplace.handle)
        self._window.show()
        self._settle()

    def open(self, conversation_id: int) -> list[str]:
        """Show a chat to its end and press Enter; the sheets that stand open, by their names."""
        assert self._workplace
        self._workplace.chat.open(conversation_id)
        self._settle()
        aim = self._window.focusWidget() or self._window
        QTest.keyClick(aim, Qt.Key.Key_Return)
        self._settle()
        sheets = [one for one in self._window.findChildren(Overlay) if one.isVisible()]
        return [type(sheet).__name__ for sheet in sheets]

    def leave(self) -> None:
        """End the window before the app."""
        assert self._workplace
        self._bridge.received.disconnect(self._workplace.handle)
        self._bridge.close()
        self._window.close()
        self._window.deleteLater()
        QApplication.processEvents()

    def _settle(self) -> None:
        """Until all that arrived is delivered and drawn."""
        page = self._window.findChild(ChatPage)
        assert page
        until = time.monotonic() + _SECONDS
        for _ in range(3):
            QApplication.processEvents()
            while self._bridge.is_busy or not page.timeline.is_settled:
                assert time.monotonic() < until, "the window does not settle"
                QApplication.processEvents()
                time.sleep(0.002)
