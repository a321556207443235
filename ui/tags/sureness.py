"""How sure Hush is: the plot, what it says in words, and forgetting what was learned."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.tags.records import Reliability
from ui.controls import PlainLabel, TextButton
from ui.metrics.chart import Chart
from ui.tags.reliability import ReliabilityPlot
from ui.tags.words import at_sure, calibration, plot_words
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line

_FORGETTING: Final = (
    "Hush forgets every suggestion you accepted or turned down, and begins anew from the tags "
    "that your notes have. The tags on your notes stay as they are."
)


class ForgetForm(Form):
    """Asks once more before what was learned is forgotten."""

    given = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.addWidget(PlainLabel(_FORGETTING, wrap=True))
        self.forget_button = TextButton("Forget", "destroy")
        self.keep_button = TextButton("Keep", "outlined")
        self.add_buttons(self.keep_button, self.forget_button)
        self.forget_button.clicked.connect(self.given)
        self.keep_button.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self.keep_button.setFocus(Qt.FocusReason.OtherFocusReason)


class Sureness(QWidget):
    """Shows how far the probabilities were right.

    Args:
        theme: Colours and type.
    """

    forget_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = ReliabilityPlot(theme)
        self.chart = Chart("How sure Hush is", self.plot)
        self._words = PlainLabel("", wrap=True)
        self._sure = PlainLabel("", wrap=True)
        self._what = PlainLabel("", "caption", wrap=True)
        self._forget = Line(theme, "Forget what it learned", "Your tags stay.")
        self.forget_button = self._forget.add_button("Forget…", "Forget what it learned…")
        self.forget_button.clicked.connect(self._ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        for part in (self._words, self._sure, self.chart, self._what, self._forget):
            column.addWidget(part)
        column.addStretch()
        for part in (self._sure, self.chart, self._what, self._forget):
            part.hide()

    @property
    def text(self) -> str:
        """What it says above the plot."""
        labels = (self._words, self._sure)
        return "\n".join(label.text() for label in labels if not label.isHidden())

    def show_reliability(self, found: Reliability) -> None:
        """Show this."""
        has_some = bool(found.decisions and found.bins)
        self._words.setText(calibration(found))
        sure = at_sure(found)
        self._sure.setText(sure)
        self._sure.setVisible(bool(sure))
        for part in (self.chart, self._what):
            part.setVisible(has_some)
        self._forget.setVisible(found.decisions > 0 or bool(self._forget.said))
        self._what.setText(plot_words(is_decided=found.is_decided))
        self.plot.show_bins(found.bins, is_decided=found.is_decided)
        self.chart.summarise("Each point is the suggestions that were about equally probable.")

    def say_problem(self, sentence: str) -> None:
        """Say why it cannot be known."""
        self._words.setText(sentence)

    def say_forgotten(self, sentence: str, *, danger: bool = False) -> None:
        """Say how the forgetting went, where it was asked for."""
        self._forget.say(sentence, danger=danger)

    @property
    def form(self) -> Form | None:
        """What asks once more."""
        return self._forget.form

    def _ask(self) -> None:
        form = ForgetForm()
        form.given.connect(self._give)
        self._forget.open_form(form, self.forget_button)

    def _give(self) -> None:
        self._forget.close_form()
        self.forget_wanted.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """A question that was not answered is asked anew the next time."""
        if not event.spontaneous():
            self._forget.close_form()
            self._forget.say("")
        super().hideEvent(event)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.chart.apply(theme)
        self._forget.apply(theme)
