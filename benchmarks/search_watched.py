"""A real window that is used and watched: ``python -m benchmarks.search_watched WHAT FOLDER``.

Everything is the product but the model that writes, which nobody asks. Prints JSON.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QEventLoop,
    QMimeData,
    QObject,
    QPoint,
    QPointF,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from assistant.access.entrance import Entrance
from assistant.app import App, Parts
from assistant.events import Event, EventSink, IndexChanged
from assistant.paths import Profile
from assistant.search.records import IndexState, IndexStatus
from benchmarks.desktop import open_window
from benchmarks.harness import CHEAP
from benchmarks.report import percentile
from benchmarks.search_data import data_folder, queries
from benchmarks.stall import Heart
from tests.fakes.engine import FakeEngine
from tests.fakes.power import FakeProbe
from ui.notes.place import NotesPlace
from ui.search.place import SearchPlace
from ui.window import NOTES, SEARCH, Window

Part = TypeVar("Part", bound=QObject)

_QUERIES: Final = 20
_GAP_SECONDS: Final = (0.06, 0.12)  # between two keys
_SETTLE_SECONDS: Final = 3.0  # start-up is another row's
_DEADLINE: Final = 600.0
_FRAME: Final = 16.0  # milliseconds
_WORDS: Final = "the keeper counts his lamps again and writes down what the night has brought "


class Index:
    """What the indexer told last."""

    def __init__(self) -> None:
        self.status: IndexStatus | None = None

    def take(self, event: Event) -> None:
        """Hear an event, on any thread."""
        if isinstance(event, IndexChanged):
            self.status = event.status

    @property
    def is_ready(self) -> bool:
        """Whether all there is can be found by meaning."""
        return self.status is not None and self.status.state is IndexState.READY


class Pulse(Heart):
    """A heart that knows how long its thread waited for a core, and how long it computed.

    What is left of a gap it waited for something else: the interpreter, the screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.own: list[float] = []  # the gaps, without what was spent waiting for a core
        self.work: list[float] = []  # what of them the thread computed
        self._worked = self._waited = 0.0
        path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._stat = path.open("rb", 0)

    def start(self) -> None:
        """See ``Heart``."""
        self.own.clear()
        self.work.clear()
        self._worked, self._waited = self._so_far()
        super().start()

    def _beat(self) -> None:
        worked, waited = self._worked, self._waited
        self._worked, self._waited = self._so_far()
        super()._beat()
        self.own.append(self.gaps[-1] - (self._waited - waited))
        self.work.append(self._worked - worked)

    def _so_far(self) -> tuple[float, float]:
        """Milliseconds on a core and on the run queue, as the kernel counts them."""
        self._stat.seek(0)
        worked, waited, _ = self._stat.read(64).split()
        return int(worked) / 1e6, int(waited) / 1e6

    def figures(self, name: str = "") -> dict[str, float]:
        """How long the longest gaps were, in milliseconds, and how many were over a frame."""
        return {
            f"{name}beats": len(self.gaps),
            f"{name}p99_ms": percentile(self.gaps, 0.99),
            f"{name}max_ms": max(self.gaps),
            f"{name}over": sum(gap > _FRAME for gap in self.gaps),
            f"{name}own_max_ms": max(self.own),
            f"{name}own_over": sum(gap > _FRAME for gap in self.own),
            f"{name}work_max_ms": max(self.work),
            f"{name}work_over": sum(gap > _FRAME for gap in self.work),
        }


class Paints(QObject):
    """Tells when what was found, or that nothing was, has been painted."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.place = _of(window, SearchPlace)
        self.asked: list[float] = []  # keys whose results are not seen yet
        self.overtaken: list[float] = []  # milliseconds, to results of a later key
        self.shown: list[float] = []  # and to their own
        self._answered: list[float] = []
        self.place.view.model().modelReset.connect(self._came)
        for painted in (self.place.view.viewport(), self.place.message):
            painted.installEventFilter(self)

    def press(self, letter: str) -> None:
        """Press a key, which asks for other results."""
        self.asked.append(time.perf_counter())
        QTest.keyClicks(self.place.field, letter)

    def _came(self) -> None:
        """The list is another: it answers what stands in the field now."""
        self._answered, self.asked = [*self._answered, *self.asked], []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take the time once a painting is over."""
        if event.type() is QEvent.Type.Paint and self._answered:
            QTimer.singleShot(0, self._painted)
        return super().eventFilter(watched, event)

    def _painted(self) -> None:
        now = time.perf_counter()
        waits = [(now - at) * 1000 for at in self._answered]
        self.overtaken += waits[:-1]
        self.shown += waits[-1:]
        self._answered = []


def main() -> None:
    """Open the window, use it in one way, print what was seen."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    index = Index()

    def build(profile: Profile, sink: EventSink) -> App:
        def listen(event: Event) -> None:
            index.take(event)
            sink(event)

        parts = Parts(
            engine=FakeEngine,
            entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
            probe=lambda _: FakeProbe(),  # on mains and cool, whatever this machine is
        )
        return App(profile, listen, parts)

    ways = {"typing": _type, "importing": _import, "opening": _open}
    with open_window(Profile(folder / "profile"), build) as window:
        from ui.chat.composer import Composer

        live_until(lambda: window.findChild(Composer) is not None)
        live_for(_SETTLE_SECONDS)
        live_until(lambda: index.is_ready)
        print(json.dumps(ways[what](window, index)))


def _type(window: Window, _: Index) -> dict[str, float]:
    """Type queries letter by letter, as a person would."""
    paints, dice = Paints(window), random.Random(7)
    wanted = queries(_QUERIES, seed=11)
    window.go_to(SEARCH)
    live_for(1.0)
    heart, keys = Pulse(), 0
    heart.start()
    for query in wanted:
        paints.place.field.clear()
        live_for(0.5)
        for letter in query:
            paints.press(letter)
            keys += 1
            live_for(dice.uniform(*_GAP_SECONDS))
        live_until(lambda: not paints.asked)
        live_for(0.2)
    every = paints.shown + paints.overtaken
    return {
        "keys": keys,
        "overtaken": len(paints.overtaken),
        "p50_ms": percentile(every, 0.5),
        "p95_ms": percentile(every, 0.95),
        "shown_p95_ms": percentile(paints.shown, 0.95),
    } | heart.figures()


def _import(window: Window, index: Index) -> dict[str, float]:
    """Import the notes through the panel, and write in a note until they are indexed."""
    from ui.importing.panel import TransferPanel

    window.go_to(NOTES)
    notes = _of(window, NotesPlace)
    QTest.mouseClick(notes.list.import_button, Qt.MouseButton.LeftButton)
    panel = _of(window, TransferPanel)
    _let_fall(panel, data_folder() / "notes")
    begin = _button(panel, "Import ")
    heart = Pulse()
    heart.start()
    live_for(0.1)
    began = time.perf_counter()
    QTest.mouseClick(begin, Qt.MouseButton.LeftButton)
    live_for(0.3)
    QTest.mouseClick(_button(panel, "Leave it running"), Qt.MouseButton.LeftButton)
    live_for(0.3)
    _write_until(notes, lambda: not window.status.index_button.is_importing and index.is_ready)
    seconds = time.perf_counter() - began
    live_for(1.0)
    assert index.status
    return {
        "seconds": seconds,
        "notes": len(notes.list.notes) - 1,  # one was written here
        "passages": index.status.passages,
    } | heart.figures()


def _write_until(notes: NotesPlace, is_over: Callable[[], bool]) -> None:
    """Write in a new note, and go down and up the list now and then."""
    QTest.mouseClick(notes.list.new_button, Qt.MouseButton.LeftButton)
    dice, bar = random.Random(7), notes.list.view.verticalScrollBar()
    for number, letter in enumerate(cycle(_WORDS)):
        QTest.keyClicks(notes.page.editor, letter)
        live_for(dice.uniform(*_GAP_SECONDS))
        if number % len(_WORDS) == 0:
            for step in (1, 1, 1, -1, -1, -1):
                bar.setValue(bar.value() + step * bar.pageStep())
                live_for(0.03)
        if is_over():
            return


def _open(window: Window, _index: Index) -> dict[str, float]:
    """Go to the place for notes, down its list, and open notes."""
    notes, heart = _of(window, NotesPlace), Pulse()
    heart.start()
    window.go_to(NOTES)
    live_until(lambda: bool(notes.list.notes))
    live_for(1.0)
    found = heart.figures()
    view, bar = notes.list.view, notes.list.view.verticalScrollBar()
    heart.start()
    for _ in range(60):
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        live_for(0.03)
    QTest.keyClick(view, Qt.Key.Key_End)
    live_for(0.5)
    bar.setValue(0)
    live_for(0.3)
    found |= heart.figures("scroll_")
    heart.start()
    for _ in range(20):
        QTest.keyClick(view, Qt.Key.Key_Down)
        QTest.keyClick(view, Qt.Key.Key_Return)
        live_for(0.2)
        view.setFocus()
    return {"notes": len(notes.list.notes)} | found | heart.figures("note_")


# A person's hands ---------------------------------------------------------------------------


def _of(window: QWidget, kind: type[Part]) -> Part:
    found = window.findChild(kind)
    assert found is not None
    return found


def _button(panel: QWidget, words: str) -> QPushButton:
    """The button whose words begin so, as soon as it is there."""

    def found() -> list[QPushButton]:
        buttons = panel.findChildren(QPushButton)
        return [one for one in buttons if one.text().startswith(words) and one.isVisible()]

    live_until(lambda: bool(found()))
    return found()[0]


def _let_fall(panel: QWidget, path: Path) -> None:
    """Drop a file or folder."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for event in (
        QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys),
        QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys),
    ):
        QCoreApplication.sendEvent(panel, event)


# Time ---------------------------------------------------------------------------------------


def live_for(seconds: float) -> None:
    """Let the window live for so long."""
    loop = QEventLoop()
    timer = QTimer(loop, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(loop.quit)
    timer.start(round(seconds * 1000))
    loop.exec()


def live_until(condition: Callable[[], bool]) -> None:
    """Let the window live until a condition holds; ``QTest.qWait`` would sleep in between."""
    end = time.monotonic() + _DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("the window did not get there")
        live_for(0.02)


if __name__ == "__main__":
    main()
