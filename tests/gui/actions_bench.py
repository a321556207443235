"""The place for notes, and actions: the real service over an engine in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from pytestqt.qtbot import QtBot

from assistant.actions.records import Action
from assistant.actions.service import ActionService
from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions, GenerationRequest
from assistant.engine.worker import LlmWorker
from assistant.errors import HushError
from assistant.events import ActionEnded, ActionProgress, ActionText, Event
from models.starter import starter_model
from tests.fakes.engine import FakeEngine
from tests.gui.notes_bench import NotesBench
from ui.actions.acting import Acting
from ui.actions.panel import ResultPanel
from ui.actions.titling import Titling

TEXT = (
    "# Trains\n\nThe night train leaves at nine, it is often late.\n\n"
    "- [ ] book it\n\nBring something to eat."
)


class FakeTitles:
    """Says what it is told to, once the test answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Cancel | None]] = []
        self.waiting: Future[str] = Future()
        self.problem: HushError | None = None  # what the next call is refused with

    def suggest(self, note_id: int, cancel: Cancel | None = None) -> Future[str]:
        problem, self.problem = self.problem, None
        if problem:
            raise problem
        self.asked.append((note_id, cancel))
        self.waiting = Future()
        return self.waiting


class ActionsBench(NotesBench):
    """What a person does with actions. The engine says what ``script`` makes of a request."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.script: Callable[[GenerationRequest], str] = lambda _: "All is well."
        self.engine = FakeEngine(lambda request: self.script(request))
        self.worker = LlmWorker(
            self.engine, self.bridge.sink, lambda: (starter_model(), EngineOptions(2048))
        )
        self.acts = ActionService(self.worker, self.bridge.sink)
        self.titles = FakeTitles()
        args = (self.service, self.bridge, self.controller, self.page)
        self.acting = Acting(self.acts, *args)
        self.titling = Titling(self.titles, *args)
        self.seen: list[Event] = []
        self.bridge.received.connect(self._hand_on)
        self.offered = {one.action: one for one in self.acts.offered}

    def _hand_on(self, event: Event) -> None:
        self.seen.append(event)
        if isinstance(event, ActionProgress | ActionText | ActionEnded):
            self.acting.handle(event)

    def close(self) -> None:
        """Let the threads go."""
        self.engine.gate.set()
        self.acts.stop_all()
        self.worker.close(5)
        super().close()

    # What the person does -----------------------------------------------------------------

    def begin(self, text: str = TEXT) -> int:
        """Open a note; returns its id."""
        note = self.service.add(text)
        self.refresh()
        self.open(note.id)
        return note.id

    def act(self, action: Action) -> None:
        """Ask for an action, and wait until it is over where the engine may write."""
        self.acting.act(self.offered[action])
        self.settle()
        self.finish()

    def act_without_waiting(self, action: Action) -> None:
        """Ask for an action."""
        self.acting.act(self.offered[action])

    def finish(self) -> None:
        """Wait until what is asked for is over, where the engine may write."""
        if self.engine.gate.is_set():
            self.qtbot.waitUntil(lambda: not self.acting.is_working)
        self.settle()

    def select(self, words: str) -> None:
        """Select words of the note."""
        cursor = self.editor.textCursor()
        at = self.text.index(words)
        cursor.setPosition(at)
        cursor.setPosition(at + len(words), cursor.MoveMode.KeepAnchor)
        self.editor.setTextCursor(cursor)

    # What the person sees -----------------------------------------------------------------

    @property
    def panel(self) -> ResultPanel:
        """What the model writes."""
        return self.page.result

    @property
    def shown(self) -> str:
        """The text in the panel."""
        return self.panel.text.toPlainText()
