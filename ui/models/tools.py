"""Work on models: comparing two, making one smaller, measuring one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ui.models.bar_line import BarLine
from ui.models.blind import Blind
from ui.models.forms import CompareForm, MeasureForm, Named, SmallerForm
from ui.theme.style import Theme
from ui.vault.section import Section

_COMPARE: Final = (
    "Both answer your questions; you say which answer is better before you know whose it is. The "
    "tally stays here."
)
_SMALLER: Final = (
    "A copy in fewer bits: less memory, often faster, a little less exact. You see both beside "
    "one another; the model itself stays."
)
_MEASURE: Final = "How fast it reads and writes on this laptop, and how much memory it takes."
_NEEDS_TWO: Final = "For this there have to be two models on this laptop."


class Tools(Section):
    """Three lines; one form at a time.

    Args:
        theme: Colours and type.
    """

    compare_given = Signal(object)  # CompareForm
    smaller_given = Signal(object)  # SmallerForm
    measure_given = Signal(object)  # MeasureForm
    own_wanted = Signal(object)  # Questions
    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Tools", theme, parent)
        self._models: Sequence[Named] = ()
        self.compare_line = BarLine(theme, "Compare two models", _COMPARE)
        self.smaller_line = BarLine(theme, "Make a model smaller", _SMALLER)
        self.measure_line = BarLine(theme, "Measure a model", _MEASURE)
        self.lines = (self.compare_line, self.smaller_line, self.measure_line)
        for line in self.lines:
            self.add_line(line)
            line.cancelled.connect(self.cancelled)
        self.compare_button = self.compare_line.add_button("Compare…", "Compare two models…")
        self.smaller_button = self.smaller_line.add_button("Make smaller…", "Make a model smaller…")
        self.measure_button = self.measure_line.add_button("Measure…", "Measure a model…")
        self.compare_button.clicked.connect(lambda: self.open_compare())
        self.smaller_button.clicked.connect(lambda: self.open_smaller())
        self.measure_button.clicked.connect(lambda: self.open_measure())

    def show_models(self, models: Sequence[Named]) -> None:
        """Say which models there are to work on."""
        self._models = models
        has_two = len(models) > 1
        self.compare_button.setEnabled(has_two)
        self.compare_line.set_words(_COMPARE if has_two else f"{_COMPARE} {_NEEDS_TWO}")

    def open_compare(self) -> None:
        """Ask which two, and on what."""
        form = CompareForm(self._models)
        form.given.connect(lambda: self.compare_given.emit(form))
        form.own_wanted.connect(lambda: self.own_wanted.emit(form.questions))
        self._begin(self.compare_line)
        self.compare_line.open_form(form, self.compare_button)

    def open_smaller(self, sha256: str = "") -> None:
        """Ask which, how small, and what to compare on."""
        form = SmallerForm(self._models, sha256)
        form.given.connect(lambda: self.smaller_given.emit(form))
        form.own_wanted.connect(lambda: self.own_wanted.emit(form.questions))
        self._begin(self.smaller_line)
        self.smaller_line.open_form(form, self.smaller_button)

    def open_measure(self, sha256: str = "") -> None:
        """Ask which."""
        form = MeasureForm(self._models, sha256)
        form.given.connect(lambda: self.measure_given.emit(form))
        self._begin(self.measure_line)
        self.measure_line.open_form(form, self.measure_button)

    def show_blind(self, blind: Blind) -> None:
        """Let the person judge; other work rests meanwhile."""
        self.compare_line.open_form(blind, self.compare_button)
        blind.arrange(self.width())
        for line in (self.smaller_line, self.measure_line):
            line.allow(allowed=False)

    def end_blind(self) -> None:
        """The person has judged, or left."""
        self.compare_line.close_form()
        for line in self.lines:
            line.allow(allowed=True)

    def _begin(self, line: BarLine) -> None:
        """One form at a time, and no earlier result above it."""
        for other in self.lines:
            other.close_form()
        line.show_result(())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two answers stand beside one another where there is room."""
        super().resizeEvent(event)
        form = self.compare_line.form
        if isinstance(form, Blind):
            form.arrange(self.width())
