"""The one question before anything leaves: where to, how much, what for; "Not now" unless pressed.

``Approving`` is the only place of the window that approves, and a press of the sheet's button is
the only way there. Nothing that a model writes opens the sheet or answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from assistant.errors import HushError
from ui.controls import GESTURE, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import Space

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.net.approvals import Approval
    from assistant.net.request import NetRequest
    from assistant.shelf.protocols import GateRoom

_WIDTH: Final = 440  # pixels at 100 %
_NOT_NOW: Final = "Not now"


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked.

    Attributes:
        title: The question itself.
        rows: What there is to know: of what, and how it is.
        action: The words of the button that says yes.
        request: What exactly is approved.
        metered: The connection costs by the byte, and the button says that this is all right.
    """

    title: str
    rows: tuple[tuple[str, str], ...]
    action: str
    request: NetRequest
    metered: bool = False


class ApprovalSheet(Overlay):
    """Says what would leave and come. Esc, a click beside it and Enter all mean "Not now".

    Args:
        window: What it covers.
        theme: Colours and type.
        question: What is asked.
    """

    approved = Signal()  # the button was pressed

    def __init__(self, window: QWidget, theme: Theme, question: Question) -> None:
        super().__init__(window, question.title, width=theme.px(_WIDTH), any_key_closes=False)
        self._question = question
        self._window_of = window
        self.yes_button = TextButton(question.action, "outlined")
        self.no_button = TextButton(_NOT_NOW, "main")
        self.rest = QTimer(self, singleShot=True, interval=GESTURE)
        self._fill()
        self.yes_button.setEnabled(False)
        self.rest.timeout.connect(lambda: self.yes_button.setEnabled(True))
        self.rest.start()
        self.yes_button.clicked.connect(self._approve)
        self.no_button.clicked.connect(self.close_panel)

    def _fill(self) -> None:
        self.column.addWidget(PlainLabel(self._question.title, "title", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.GROUP)
        grid.setVerticalSpacing(Space.INSIDE)
        grid.setColumnStretch(1, 1)
        for line, (what, how) in enumerate(self._question.rows):
            grid.addWidget(PlainLabel(what, "quiet"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(PlainLabel(how, wrap=True), line, 1)
        self.column.addLayout(grid)
        self.column.addSpacing(Space.INSIDE)
        buttons = FlowLayout()
        for button in (self.no_button, self.yes_button):  # the first has the keyboard
            buttons.addWidget(button)
        self.column.addLayout(buttons)
        self.describe(self.text)

    @property
    def text(self) -> str:
        """All that it says, from the top."""
        rows = (f"{what}: {how}" for what, how in self._question.rows)
        return ". ".join((self._question.title, *rows))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay when the window's size changes: the person may be reading."""
        if watched is self._window_of and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._window_of.rect())
            self.refit()
            return False
        return super().eventFilter(watched, event)

    def _approve(self) -> None:
        """Only a press of the button comes here."""
        self.approved.emit()
        self.close_panel()


class Approving(QObject):
    """Asks, and turns a yes into an approval.

    Args:
        window: What the sheet covers.
        theme: Of the moment.
        gate: Writes the yes down.
    """

    def __init__(
        self, window: QWidget, theme: Callable[[], Theme], gate: GateRoom, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._theme = theme
        self._gate = gate
        self.sheet: ApprovalSheet | None = None  # the one that is open

    def ask(
        self,
        question: Question,
        granted: Callable[[Approval], object],
        failed: Callable[[HushError], object],
    ) -> None:
        """Ask; one question at a time: another one meanwhile is passed over.

        Args:
            question: What for.
            granted: Gets the approval where the person said yes.
            failed: Hears why it cannot be approved, where it cannot.
        """
        if self.sheet:
            return

        def approve() -> None:
            try:
                approval = self._gate.approve(question.request)
            except HushError as error:
                failed(error)
            else:
                granted(approval)

        sheet = self.sheet = ApprovalSheet(self._window, self._theme(), question)
        sheet.approved.connect(approve)
        sheet.closed.connect(self._forget)
        sheet.open_centred()

    def _forget(self) -> None:
        self.sheet = None
