"""The furnished window over the core's fakes: what every bench of a whole window is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.fakes import NOON, FakeApp
from tests.gui.hands import Hands, dressed
from ui.bridge import Bridge
from ui.theme.style import Theme
from ui.workplace import Workplace


class Furnished(Hands):
    """A window with everything in it, shown; what is behind it is made before.

    Args:
        qtbot: Of the test.
        bridge: That ``app`` tells through.
        app: What is behind the window.
        theme: Colours and type.
    """

    def __init__(self, qtbot: QtBot, bridge: Bridge, app: FakeApp, theme: Theme) -> None:
        self.qtbot = qtbot
        self.bridge = bridge
        self.app = app
        self.pool = ThreadPoolExecutor(1)
        self.window = dressed(theme)
        qtbot.addWidget(self.window)
        self.workplace = Workplace(
            app.as_app, app.session, bridge, self.window, self.pool, lambda: NOON
        )
        bridge.received.connect(self.workplace.handle)
        with qtbot.waitActive(self.window):
            self.window.show()

    def close(self) -> None:
        """Let the thread go. The window may be gone already, for pytest-qt takes it down first."""
        self.bridge.close()
        self.pool.shutdown()

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        self.deliver()

    def deliver(self) -> None:
        """Wait until what the pool and the bridge have is delivered and drawn."""
        for _ in range(3):
            self.pool.submit(lambda: None).result()
            QApplication.processEvents()
            self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()
