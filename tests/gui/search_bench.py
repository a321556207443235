"""A window with nothing but the search place in it, over the fakes of search."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.search.records import Hit
from tests.gui.fakes import NOON, FakeConversations
from tests.gui.hands import Hands, dressed
from tests.gui.search_fakes import FakeNames, FakeSearch
from ui.bridge import Bridge
from ui.search.controller import SearchController
from ui.search.entries import Command
from ui.search.gathering import Gathering
from ui.search.going import Destinations, GoTo
from ui.search.picker import Picker
from ui.search.place import SearchPlace
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT


class SearchBench(Hands):
    """Types, presses and reads. ``went`` lists where the person was brought.

    Args:
        qtbot: Of the test.
        offered: Whether the session has a search at all.
    """

    def __init__(self, qtbot: QtBot, *, offered: bool = True) -> None:
        self.qtbot = qtbot
        self.service = FakeSearch()
        self.notes = FakeNames()
        self.conversations = FakeConversations()
        self.session: Any = SimpleNamespace(
            search=self.service if offered else None,
            notes=self.notes,
            conversations=self.conversations,
        )
        self.bridge = Bridge()
        self.pool = ThreadPoolExecutor(1)
        self.opened: list[Hit] = []
        self.went: list[tuple[str, object]] = []
        self.now = NOON
        theme = Theme(LIGHT)
        self.window = dressed(theme)
        self.place = SearchPlace(theme, lambda: self.now)
        self.window.theme_changed.connect(self.place.apply)
        self.controller = SearchController(
            self.session,
            self.bridge,
            self.place,
            self.opened.append,
            lambda: self.went.append(("import", "")),
            self.pool,
            lambda: self.now,
        )
        self.bridge.received.connect(self.controller.handle)
        self.commands = [
            Command("new", "New chat", lambda: self.went.append(("new", "")), "Ctrl+N", "ask"),
            Command("quit", "Quit", lambda: self.went.append(("quit", "")), "Ctrl+Q", "exit"),
        ]
        self.go_to = GoTo(
            self.window,
            lambda: self.window.theme,
            Gathering(self.session, self.bridge, self.pool),
            lambda: self.commands,
            Destinations(
                note=lambda key: self.went.append(("note", key)),
                chat=lambda key: self.went.append(("chat", key)),
                tag=lambda key: self.went.append(("tag", key)),
                search=lambda key: self.went.append(("search", key)),
            ),
            lambda: self.now,
        )
        qtbot.addWidget(self.window)
        self.window.furnish([self.place])
        with qtbot.waitActive(self.window):
            self.window.show()
        self.place.setFocus()
        self.settle()

    def close(self) -> None:
        """Let the thread go."""
        self.settle()
        self.pool.shutdown()

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        self.pool.submit(lambda: None).result()
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        self.pool.submit(lambda: None).result()
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    # What the person does -----------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type where the keyboard is."""
        self.qtbot.keyClicks(self.focus, text)
        self.settle()

    # What the person sees -----------------------------------------------------------------

    @property
    def titles(self) -> list[str]:
        """What was found, from the top."""
        return [entry.title for entry in self.place.hits]

    @property
    def message(self) -> str:
        """What stands where results would; empty where there are some."""
        return self.place.message.text if self.place.message.isVisible() else ""

    @property
    def picker(self) -> Picker | None:
        """The picker that is open."""
        found = [picker for picker in self.window.findChildren(Picker) if picker.isVisible()]
        return found[0] if found else None

    @property
    def rows(self) -> list[str]:
        """The picker's rows, headings included."""
        assert self.picker
        model = self.picker.view.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    @property
    def marked(self) -> str:
        """The picker's row that Enter would choose."""
        assert self.picker
        return self.picker.view.currentIndex().data() or ""
