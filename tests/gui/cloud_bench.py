"""A window, what would be sent from it, and a gate: all in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Composed, Offer
from assistant.errors import HushError
from assistant.net.approvals import Approval
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import UNSURE, FakeCloud
from tests.fakes.net import FakeGate
from tests.gui.hands import Hands, dressed
from ui.bridge import Bridge
from ui.cloud.consenting import Consenting
from ui.cloud.part_text import PartText
from ui.cloud.parts_view import PartView
from ui.cloud.sheet import ConsentSheet
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT

ASK = AskFor(question_id=11, conversation_id=1)


class CloudBench(Hands):
    """Asks as the window does, and keeps what was granted.

    Args:
        qtbot: Of the test.
        theme: Colours and type.
        size: Of the window.
        prepare: Changes what would be sent before it is asked.
    """

    def __init__(
        self,
        qtbot: QtBot,
        theme: Theme = Theme(LIGHT),  # noqa: B008 # a frozen value
        size: QSize = QSize(1000, 760),  # noqa: B008 # never changed
        prepare: Callable[[FakeCloud], object] = lambda _: None,
    ) -> None:
        self.qtbot = qtbot
        self.clock = FakeClock()
        self.bridge = Bridge()
        self.gate: Any = FakeGate(clock=self.clock)
        self.cloud = FakeCloud(self.bridge.sink, clock=self.clock)
        prepare(self.cloud)
        self.window = dressed(theme)
        qtbot.addWidget(self.window)
        self.window.resize(size)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.consenting = Consenting(
            self.window, lambda: theme, self.gate, self.cloud, self.bridge, self.window
        )
        self.granted: list[tuple[Composed, Approval]] = []
        self.failed: list[HushError] = []
        self.kept_for_later = 0

    def settle(self) -> None:
        """Wait until what the bridge has is delivered and drawn."""
        for _ in range(3):
            QApplication.processEvents()
            self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    # What the person does -----------------------------------------------------------------

    def ask(
        self, ask: AskFor = ASK, offer: Offer | None = UNSURE, *, may_skip: bool = False
    ) -> None:
        """Press what offers to ask elsewhere."""
        self.consenting.ask(
            ask,
            offer,
            lambda composed, approval: self.granted.append((composed, approval)),
            self.failed.append,
            self._keep,
            may_skip=may_skip,
        )
        self.settle()

    def _keep(self, _: str) -> None:
        self.kept_for_later += 1

    def wait_for_send(self) -> None:
        """Look at it until it can be sent."""
        sheet = self.sheet
        self.qtbot.waitUntil(lambda: sheet.send_button.isEnabled())
        self.settle()

    def wait_for_version(self) -> None:
        """Wait until all of the newest version is seen."""
        self.qtbot.waitUntil(lambda: self.sheet.version > 0)
        self.settle()

    def send(self) -> None:
        """Read it, and press the button."""
        self.wait_for_send()
        self.click(self.sheet.send_button)

    def turn(self, part_id: str) -> None:
        """Leave a part out, or put it back."""
        self.click(self.view(part_id).button)

    def type_into(self, part_id: str, text: str) -> None:
        """Write at the end of a part, and pause."""
        field = self.field(part_id)
        field.setFocus()
        cursor = field.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        field.setTextCursor(cursor)
        self.qtbot.keyClicks(field, text)
        self.pause(field)
        self.settle()

    def pause(self, field: PartText) -> None:
        """Let what was typed be meant, without waiting for it."""
        if field.is_waiting:
            field._pause.stop()
            field.edited.emit()

    # What is seen -------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a sheet is there."""
        return self.consenting.sheet is not None

    @property
    def sheet(self) -> ConsentSheet:
        """The one that is open."""
        assert self.consenting.sheet
        return self.consenting.sheet

    def view(self, part_id: str) -> PartView:
        """A part."""
        return self.sheet.parts.views[part_id]

    def field(self, part_id: str) -> PartText:
        """Its text."""
        text = self.view(part_id).text
        assert text
        return text
