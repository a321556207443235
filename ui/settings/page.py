"""The settings: one row for each choice. What is typed holds at once, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from assistant.errors import SettingRefused
from assistant.search.records import IndexStatus
from assistant.settings import Settings
from ui.column_page import ColumnPage
from ui.controls import PlainLabel, TextButton
from ui.follow_focus import FollowFocus
from ui.settings.choices import CLOUD, GROUPS, NETWORK, Choice, Toggle, Value
from ui.settings.encoder import EncoderRow
from ui.settings.rows import ChoiceRow, PromptRow, ToggleRow
from ui.theme.style import Theme
from ui.theme.tokens import Space


class SettingsPage(ColumnPage):
    """Every choice there is, in one column.

    Args:
        settings: As they are.
        theme: Colours and type.
        rebuild: Builds the search index anew; None where there is none to build.
    """

    changed = Signal(object)  # Settings
    shown = Signal()
    network_wanted = Signal()  # see what was sent
    cloud_wanted = Signal()  # whom one may ask, and what waits

    def __init__(
        self,
        settings: Settings,
        theme: Theme,
        rebuild: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Settings", parent)
        self._settings = settings
        self._rows: dict[str, ChoiceRow | ToggleRow | EncoderRow] = {}
        self._encoder = EncoderRow(settings.encoder_path, rebuild)
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self._prompt = PromptRow(settings.system_prompt)
        self._network = TextButton("What was sent, and what keeps the rest here…", "link")
        self._network.clicked.connect(self.network_wanted)
        self._cloud = TextButton("Providers, and what waits…", "link")
        self._cloud.clicked.connect(self.cloud_wanted)
        self._lay_out(theme)
        FollowFocus(self)
        self._prompt.given.connect(lambda value: self._take("system_prompt", value))
        self.apply(theme)

    def _lay_out(self, theme: Theme) -> None:
        column = self.begin_column()
        column.addWidget(self._problem)
        for title, entries in GROUPS:
            column.addSpacing(Space.RELATED)
            column.addWidget(PlainLabel(title, "strong"))
            for entry in entries:
                column.addWidget(self._row(entry, theme))
            if title == NETWORK:
                column.addWidget(self._network, 0, Qt.AlignmentFlag.AlignLeft)
            elif title == CLOUD:
                column.addWidget(self._cloud, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(Space.RELATED)
        column.addWidget(PlainLabel("Search", "strong"))
        column.addWidget(self._adopted("encoder_path", self._encoder))
        column.addSpacing(Space.RELATED)
        column.addWidget(self._prompt)
        self.end_column(column)

    def _row(self, entry: Choice | Toggle, theme: Theme) -> QWidget:
        value = getattr(self._settings, entry.name)
        if isinstance(entry, Choice):
            return self._adopted(entry.name, ChoiceRow(entry, value))
        return self._adopted(entry.name, ToggleRow(entry, theme, on=value))

    def _adopted(self, name: str, row: ChoiceRow | ToggleRow | EncoderRow) -> QWidget:
        """Take what is given in a row as the setting of that name."""
        row.given.connect(lambda value: self._take(name, value))
        self._rows[name] = row
        return row

    @property
    def settings(self) -> Settings:
        """As they stand here."""
        return self._settings

    def adopt(self, settings: Settings) -> None:
        """Go on from settings that were changed elsewhere; its switches show them."""
        self._settings = settings
        for name, row in self._rows.items():
            if not isinstance(row, ChoiceRow):
                row.show_value(getattr(settings, name))

    def keep(self) -> None:
        """Take what was typed a moment ago: Hush closes or locks."""
        for row in (*self._rows.values(), self._prompt):
            if isinstance(row, ChoiceRow | PromptRow):
                row.keep()

    def show_index(self, status: IndexStatus) -> None:
        """Say how far the search index is."""
        self._encoder.show_index(status)

    def show_tuned(self, sentence: str) -> None:
        """Say what is known of the model's tuned copy; empty where there is none."""
        row = self._rows["use_tuned"]
        if isinstance(row, ToggleRow):
            row.say_more(sentence)

    def show_problem(self, sentence: str) -> None:
        """They could not be written down."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def focus_on(self, name: str) -> None:
        """Put the keyboard on one choice."""
        self._rows[name].take_focus()
        self.ensureWidgetVisible(self._rows[name])

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.fit_column(theme)
        for row in self._rows.values():
            row.apply(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that somebody reads them."""
        super().showEvent(event)
        self.shown.emit()

    def _take(self, name: str, value: Value) -> None:
        row = self._rows.get(name, self._prompt)
        try:
            settings = replace(self._settings, **{name: value})  # type: ignore[arg-type] # checked there
        except SettingRefused as error:
            row.show_problem(error.sentence)
            return
        row.show_problem("")
        if settings != self._settings:
            self._settings = settings
            self._encoder.show_value(settings.encoder_path)
            self.changed.emit(settings)
