"""The right half of a review: what is done with the rows that are ticked, and the rows."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.controls import Hairline, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.tags.percent import PercentField
from ui.tags.review_delegate import ReviewDelegate
from ui.tags.review_model import Line, ReviewModel
from ui.tags.review_view import ReviewView
from ui.theme.style import Theme
from ui.theme.tokens import Space

_FIELD: Final = 64  # pixels at 100 %


class LinesPane(QWidget):
    """Buttons act on the rows that are ticked, of those that are looked at.

    Args:
        model: The lines.
        theme: Colours and type.
    """

    accept_wanted = Signal(object)  # list[Pair]
    reject_wanted = Signal(object)  # list[Pair]
    take_off_wanted = Signal(object)  # list[Pair]; those were added already
    scope_wanted = Signal()  # another tag; shown where there is no room for their list

    def __init__(self, model: ReviewModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._delegate = ReviewDelegate(theme)
        self._is_log = False
        self.view = ReviewView(model, self._delegate)
        self.scope_button = TextButton("", "outlined")
        self.accept_button = TextButton("", "main")
        self.reject_button = TextButton("", "outlined")
        self.take_off_button = TextButton("", "outlined")
        self._from = PlainLabel("Tick from", "quiet")
        self.field = PercentField("Tick suggestions from")
        self.all_button = TextButton("Tick all", "link")
        self.none_button = TextButton("None", "link")
        self.none_button.setAccessibleName("Tick none")
        self._line = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()
        self.show_log(shown=False)
        self.apply(theme)

    def _lay_out(self) -> None:
        tools = FlowLayout()
        for part in (
            self.scope_button,
            self.accept_button,
            self.take_off_button,
            self.reject_button,
            self._from,
            self.field,
            self.all_button,
            self.none_button,
        ):
            tools.addWidget(part)
        above = QVBoxLayout()
        above.setContentsMargins(2 * Space.INSIDE, Space.INSIDE, Space.GROUP, Space.INSIDE)
        above.addLayout(tools)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self._line)
        column.addWidget(self.view, 1)

    def _connect(self) -> None:
        model, view = self._model, self.view
        model.ticks_changed.connect(self._settle)
        self.accept_button.clicked.connect(lambda: self.accept_wanted.emit(model.ticked))
        self.reject_button.clicked.connect(lambda: self.reject_wanted.emit(model.ticked))
        self.take_off_button.clicked.connect(lambda: self.take_off_wanted.emit(model.ticked))
        self.all_button.clicked.connect(lambda: model.tick_all(ticked=True))
        self.none_button.clicked.connect(lambda: model.tick_all(ticked=False))
        self.field.chosen.connect(model.tick_from)
        self.scope_button.clicked.connect(self.scope_wanted)
        view.accept_wanted.connect(self._accept_one)
        view.reject_wanted.connect(self._reject_one)

    def _accept_one(self, line: Line) -> None:
        self.accept_wanted.emit([line.pair])

    def _reject_one(self, line: Line) -> None:
        self.reject_wanted.emit([line.pair])

    # What is shown ------------------------------------------------------------------------

    def show_log(self, *, shown: bool) -> None:
        """Whether the rows were added already, and can be taken off."""
        self._is_log = shown
        for part in (self.accept_button, self.reject_button, self._from, self.field):
            part.setVisible(not shown)
        self.take_off_button.setVisible(shown)
        self.view.allow_decisions(allowed=not shown)
        self._settle()

    def show_scope(self, words: str, *, has_button: bool) -> None:
        """Say what is looked at, on a button, where the list beside has no room."""
        self.scope_button.set_words(words)
        self.scope_button.setAccessibleName(f"Shown: {words}")
        self.scope_button.setVisible(has_button)

    def _settle(self) -> None:
        count = self._model.ticks
        many = f" {count:,}" if count else ""
        self.accept_button.set_words(f"Accept{many}")
        self.reject_button.set_words(f"Turn down{many}")
        self.take_off_button.set_words(f"Take off{many}")
        for button in (self.accept_button, self.reject_button, self.take_off_button):
            button.setEnabled(count > 0)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._delegate.apply(theme)
        self._line.apply(theme.palette)
        self.field.setFixedWidth(theme.px(_FIELD))
        self.view.fit_rows()
        self.view.scheduleDelayedItemsLayout()
