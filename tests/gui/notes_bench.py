"""A window with nothing but the place for notes in it, over a service in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.backup.service import Holding
from assistant.notes.records import Note
from assistant.search.records import Hit
from tests.gui.hands import Hands, dressed
from tests.gui.notes_fakes import NOON, FakeNotes, FakeRelated
from ui.bridge import Bridge
from ui.notes.controller import NotesController, Ways
from ui.notes.listing import Backups
from ui.notes.place import NotesPlace
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT


class NotesBench(Hands):
    """Types, presses and reads. ``went`` lists where the person was brought.

    Args:
        qtbot: Of the test.
        service: Keeps the notes; the fake, or the real one.
        wait: Waits until that has done what it was asked for.
    """

    def __init__(
        self, qtbot: QtBot, service: Any = None, wait: Callable[[], object] = lambda: None
    ) -> None:
        self.qtbot = qtbot
        self._wait = wait
        self.service = service or FakeNotes()
        self.related = FakeRelated()
        self.bridge = Bridge()
        self.pool = ThreadPoolExecutor(1)
        self.opened: list[Hit] = []
        self.went: list[str] = []
        self.holding = Holding((), kept=False)
        self.asked_since: list[int] = []
        self.now = NOON
        theme = Theme(LIGHT)
        self.window = dressed(theme)
        self.place = NotesPlace(theme, lambda: self.now)
        self.window.theme_changed.connect(self.place.apply)
        self.controller = NotesController(
            self.service,
            cast("Any", self.related),
            self.bridge,
            self.place,
            self.pool,
            lambda: self.now,
            Ways(
                self.opened.append,
                lambda: self.went.append("import"),
                self._ask_about,
                lambda address: bool(self.went.append(address)) or True,
                Backups(self._holding, lambda: self.went.append("backups")),
            ),
        )
        self.list = self.place.list
        self.page = self.place.page
        self.editor = self.page.editor
        qtbot.addWidget(self.window)
        self.window.furnish([self.place])
        with qtbot.waitActive(self.window):
            self.window.show()
        self.settle()

    def _holding(self, since: int) -> Future[Holding]:
        self.asked_since.append(since)
        found: Future[Holding] = Future()
        found.set_result(self.holding)
        return found

    def _ask_about(self, note: Note) -> None:
        self.went.append(f"ask {note.id}")

    def close(self) -> None:
        """Let the thread go."""
        self.settle()
        self.bridge.close()
        self.pool.shutdown()

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        for _ in range(3):
            self._wait()
            self.pool.submit(lambda: None).result()
            QApplication.processEvents()
            self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    def refresh(self) -> None:
        """Have the list show what the service has."""
        self.controller.refresh()
        self.settle()

    # What the person does -----------------------------------------------------------------

    def open(self, note_id: int) -> None:
        """Click a note in the list, and wait until all of it is there."""
        view = self.list.view
        self.qtbot.mouseClick(
            view.viewport(),
            Qt.MouseButton.LeftButton,
            pos=view.visualRect(self.row(note_id)).center(),
        )
        self.settle()
        self.qtbot.waitUntil(lambda: not self.editor.is_filling)

    def write(self, text: str) -> None:
        """Type into the note."""
        self.qtbot.keyClicks(self.editor, text)

    def pause(self) -> None:
        """Let the moment pass after which what was typed is saved."""
        self.controller.writing.pause.timeout.emit()
        self.settle()

    # What the person sees -----------------------------------------------------------------

    @property
    def rows(self) -> list[str]:
        """The titles in the list."""
        model = self.list.view.model()
        return [model.index(number, 0).data() for number in range(model.rowCount())]

    def row(self, note_id: int) -> QModelIndex:
        """Where a note stands in the list."""
        return self.list.view.model().index_of(note_id)

    @property
    def text(self) -> str:
        """What the note says, on the page."""
        return self.editor.text_now()
