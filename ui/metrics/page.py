"""The place for figures: a time to choose, the figures that matter, four plots, and an end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QVBoxLayout,
    QWidget,
)

from ui.column_page import ColumnPage
from ui.controls import ChoiceButton, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.follow_focus import FollowFocus
from ui.metrics import words
from ui.metrics.band import ModePlot
from ui.metrics.chart import Chart
from ui.metrics.figures import KeyFigures
from ui.metrics.points import PointPlot
from ui.metrics.series import Overview
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line

_FIRST: Final = 7  # days
_WHAT: Final = (
    "What each answer cost on this laptop. Numbers only, never what was said: they lie encrypted "
    "in your vault for 90 days and are sent nowhere. Private chats are not measured."
)
_EMPTY: Final = "Nothing measured yet."
_EMPTY_WHAT: Final = (
    "Ask something: how long the first word took, how fast the answer came and how much memory "
    "it needed are drawn here."
)
_NOT_NOW: Final = "Nothing was measured in the last {}."
_NOT_NOW_WHAT: Final = "There are earlier figures: choose a longer time."
_DASHES: Final = "The dashed line is the median."
_HOLLOW: Final = "Hollow points were measured while running slower."
_BEYOND: Final = "Arrows: further up than the scale reaches."
_THINNED: Final = (
    "Where answers are many, a point is the median of a while, and its line reaches from the "
    "lowest to the highest."
)
_CLEARING: Final = (
    "All figures of all times are deleted, and nobody can bring them back. Your chats stay as "
    "they are."
)


class ClearForm(Form):
    """Asks once more before the figures are deleted."""

    given = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.addWidget(PlainLabel(_CLEARING, wrap=True))
        clear, self._keep = TextButton("Clear metrics", "destroy"), TextButton("Keep", "outlined")
        self.add_buttons(self._keep, clear)
        clear.clicked.connect(self.given)
        self._keep.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)


class MetricsPage(ColumnPage):
    """Shows an overview of the time that was chosen.

    Args:
        theme: Colours and type.
    """

    range_chosen = Signal(int)  # days
    clear_wanted = Signal()
    chat_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Metrics", parent)
        self._ranges = QButtonGroup(self)
        self._figures = KeyFigures(theme)
        self._waits = PointPlot("Time to the first word", words.SECONDS, theme)
        self._speeds = PointPlot("Speed", words.SPEED, theme)
        self._memory = PointPlot("Memory", words.MEMORY, theme)
        self._modes = ModePlot("Power modes", theme)
        self._charts = tuple(
            Chart(plot.accessibleName(), plot)
            for plot in (self._waits, self._speeds, self._memory, self._modes)
        )
        self._to_draw: deque[tuple[Chart, tuple[Callable[[], None], str]]] = deque()
        self._count = PlainLabel("", "quiet", wrap=True)
        self._legend = PlainLabel("", "caption", wrap=True)
        self._problem = PlainLabel("", "danger", wrap=True)
        self._empty = _Empty()
        self._clear = Line(theme, "Clear metrics", "Deletes these numbers. Your chats stay.")
        self._lay_out()
        self._furnish()
        FollowFocus(self)
        self.apply(theme)

    def _lay_out(self) -> None:
        column = self.begin_column()
        column.addWidget(PlainLabel(_WHAT, "quiet", wrap=True))
        row = FlowLayout()
        for days, name in words.RANGES.items():
            row.addWidget(self._range(days, name))
        column.addLayout(row)
        for part in (self._problem, self._count, self._empty):
            column.addWidget(part)
        column.addWidget(self._figures)
        column.addWidget(self._legend)
        for chart in self._charts:
            column.addSpacing(Space.RELATED)
            column.addWidget(chart)
        column.addSpacing(Space.RELATED)
        column.addWidget(self._clear)
        self.end_column(column)

    def _range(self, days: int, name: str) -> TextButton:
        button = ChoiceButton(name)
        button.setAccessibleName(f"The last {name}")
        button.setChecked(days == _FIRST)
        self._ranges.addButton(button, days)
        return button

    def _furnish(self) -> None:
        self._ranges.idClicked.connect(self.range_chosen)
        self._empty.button.clicked.connect(self.chat_wanted)
        self._clear_button = self._clear.add_button("Clear…", "Clear metrics…")
        self._clear_button.clicked.connect(self._ask_clear)
        for chart in self._charts:
            chart.plot.marked.connect(self._follow)
        for part in (*self._shown, self._problem, self._empty, self._clear):
            part.hide()  # until something is known

    @property
    def _shown(self) -> tuple[QWidget, ...]:
        """What there is to see where something was measured."""
        return (self._count, self._figures, self._legend, *self._charts)

    # What is shown ------------------------------------------------------------------------

    @property
    def days(self) -> int:
        """The time that is chosen."""
        return self._ranges.checkedId()

    def show_overview(self, found: Overview) -> None:
        """Show what was measured."""
        self._problem.hide()
        has_some = found.replies > 0
        for part in self._shown:
            part.setVisible(has_some)
        self._empty.setVisible(not has_some)
        self._charts[-1].setVisible(bool(found.spans))
        self._clear.setVisible(bool(found.replies_kept or found.spans or self._clear.said))
        if found.replies_kept:
            self._empty.say(_NOT_NOW.format(words.RANGES[found.days]), _NOT_NOW_WHAT)
        else:
            self._empty.say(_EMPTY, _EMPTY_WHAT)
        self._count.setText(words.replies(found.replies, found.days))
        signs = {
            _DASHES: found.replies > 1,
            _HOLLOW: found.has_slow,
            _THINNED: found.is_thinned,
            _BEYOND: found.has_beyond,
        }
        self._legend.setText(" ".join(sentence for sentence, holds in signs.items() if holds))
        self._figures.show_figures(found)
        self._draw(found)

    @property
    def is_drawing(self) -> bool:
        """Whether some plots still show what was measured before."""
        return bool(self._to_draw)

    def _draw(self, found: Overview) -> None:
        """Fill the plots, one in each turn of the event loop: a full one takes 10 ms to paint."""
        since, until = found.since, found.until
        waits, speeds = found.first_token_ms, found.tokens_per_second
        fill: tuple[tuple[Callable[[], None], str], ...] = (
            (
                lambda: self._waits.show_series(found.waits, since, until),
                words.first_word(waits, found.waits.count),
            ),
            (
                lambda: self._speeds.show_series(found.speeds, since, until),
                words.pace(speeds, found.speeds.count),
            ),
            (
                lambda: self._memory.show_series(found.memory, since, until),
                words.peak(found.peak_memory_bytes),
            ),
            (
                lambda: self._modes.show_modes(found.spans, found.bars, since, until),
                words.time_in(found.seconds_in),
            ),
        )
        is_drawing = self.is_drawing
        self._to_draw = deque(zip(self._charts, fill, strict=True))
        if not is_drawing:
            self._draw_next()

    def _draw_next(self) -> None:
        chart, (show, sentence) = self._to_draw.popleft()
        show()
        chart.summarise(sentence)
        if self._to_draw:
            QTimer.singleShot(0, self, self._draw_next)

    def show_problem(self, sentence: str) -> None:
        """Say that it cannot be known what was measured, or could not be cleared."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def say_cleared(self, sentence: str, *, danger: bool = False) -> None:
        """Say how the clearing went, where it was asked for."""
        self._clear.say(sentence, danger=danger)

    def _follow(self, _: str, moment: int | None) -> None:
        """Show in every plot the moment that is marked in one."""
        for chart in self._charts:
            chart.plot.follow(moment)

    def _ask_clear(self) -> None:
        form = ClearForm()
        form.given.connect(self._give_clear)
        self._clear.open_form(form, self._clear_button)

    def _give_clear(self) -> None:
        self._clear.close_form()
        self.clear_wanted.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """A question that was not answered is asked anew the next time."""
        if not event.spontaneous():
            self._clear.close_form()
            self._clear.say("")
        super().hideEvent(event)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.fit_column(theme)
        for chart in self._charts:
            chart.apply(theme)
        self._figures.apply(theme)
        self._clear.apply(theme)


class _Empty(QWidget):
    """What this place is for, and how to begin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = PlainLabel("", "strong", wrap=True)
        self._words = PlainLabel("", "quiet", wrap=True)
        self.button = TextButton("Ask something", "main")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.GROUP, 0, Space.GROUP)
        column.setSpacing(Space.INSIDE)
        column.addWidget(self._title)
        column.addWidget(self._words)
        column.addSpacing(Space.HALF)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)

    def say(self, title: str, sentence: str) -> None:
        """Say why nothing is here."""
        self._title.setText(title)
        self._words.setText(sentence)
