"""How a run is begun: what it will do, whether tags may be added at once, and how it goes on."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from assistant.tags.records import UnfinishedRun
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.switch import SwitchLine
from ui.tags import words
from ui.tags.percent import PercentField
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.words import number

_WIDTH: Final = 560  # pixels at 100 %
_FIELD: Final = 64
_WHAT: Final = (
    "Hush looks at your notes and suggests tags that you already use, or have described. It "
    "learns from each one you accept or turn down. Nothing changes before you accept it, and "
    "nothing leaves this machine."
)
_NO_NOTES: Final = "There are no notes yet. Write some, or import a folder."
_AT_ONCE: Final = "Add tags without asking"
_OFF: Final = "Off: every suggestion waits for your review."
_ON: Final = (
    "On: suggestions Hush is this sure of are added at once. Each is listed under “Added by "
    "Hush”, and you can take it off again. The others wait for your review."
)


class RunForm(QScrollArea):
    """What stands there before the first suggestion, and when more are wanted.

    Args:
        theme: Colours and type.
    """

    start_wanted = Signal(object)  # float | None: add those from this probability on at once
    resume_wanted = Signal(int)  # a run's id
    review_wanted = Signal()  # what waits already

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._run: UnfinishedRun | None = None
        self._what = PlainLabel(_WHAT, wrap=True)
        self.start_button = TextButton(words.start_label(None), "main")
        self.review_button = TextButton("", "outlined")
        self._stopped = PlainLabel("", "quiet", wrap=True)
        self.resume_button = TextButton("Go on", "outlined")
        self.at_once = SwitchLine(_AT_ONCE, _OFF, theme)
        self.field = PercentField("Add without asking from")
        self._from = PlainLabel("From", "quiet")
        self._content = QWidget()
        self._lay_out()
        self.at_once.turned.connect(lambda on: self._show_at_once(on=on))
        self.start_button.clicked.connect(lambda: self.start_wanted.emit(self.apply_above))
        self.resume_button.clicked.connect(self._resume)
        self.review_button.clicked.connect(self.review_wanted)
        self._show_at_once(on=False)
        self.show_unfinished(None)
        self.show_waiting(0)
        self.apply(theme)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(self._what)
        column.addSpacing(Space.HALF)
        column.addWidget(self.at_once)
        share = QHBoxLayout()
        share.setSpacing(Space.INSIDE)
        share.addWidget(self._from)
        share.addWidget(self.field)
        share.addStretch()
        column.addLayout(share)
        column.addSpacing(Space.HALF)
        buttons = FlowLayout()
        for button in (self.start_button, self.review_button):
            buttons.addWidget(button)
        column.addLayout(buttons)
        column.addSpacing(Space.HALF)
        stopped = QHBoxLayout()
        stopped.addWidget(self._stopped, 1)
        stopped.addWidget(self.resume_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(stopped)
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QVBoxLayout(page)
        outer.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.MARGIN)
        middle = QHBoxLayout()
        middle.addWidget(self._content, 100)  # as wide as it may be, and at the beginning
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch()
        self.setWidget(page)

    # What is shown ------------------------------------------------------------------------

    @property
    def apply_above(self) -> float | None:
        """From which probability on tags are added at once; None: none is."""
        return self.field.share if self.at_once.switch.isChecked() else None

    @property
    def text(self) -> str:
        """What it says."""
        labels = (self._what, self._stopped)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    def show_notes(self, count: int | None) -> None:
        """Say how many notes there are; None: that is not known."""
        self.start_button.set_words(words.start_label(count))
        for part in (self.start_button, self.at_once):
            part.setVisible(count != 0)
        self._what.setText(_NO_NOTES if count == 0 else _WHAT)

    def show_unfinished(self, run: UnfinishedRun | None) -> None:
        """Offer to go on with a run that was cut off."""
        self._run = run
        self._stopped.setText(words.unfinished(run) if run else "")
        self._stopped.setVisible(run is not None)
        self.resume_button.setVisible(run is not None)

    def show_waiting(self, count: int) -> None:
        """Offer what is to be reviewed already."""
        self.review_button.set_words(f"Review {number(count, 'suggestion')}")
        self.review_button.setVisible(count > 0)

    def _show_at_once(self, *, on: bool) -> None:
        self.at_once.set_words(_ON if on else _OFF)
        for part in (self._from, self.field):
            part.setVisible(on)

    def _resume(self) -> None:
        if self._run:
            self.resume_wanted.emit(self._run.run_id)

    def take_focus(self) -> None:
        """Put the keyboard where the person begins."""
        button = self.review_button if not self.review_button.isHidden() else self.start_button
        button.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._content.setMaximumWidth(theme.px(_WIDTH))
        self.field.setFixedWidth(theme.px(_FIELD))
        self.at_once.apply(theme)
