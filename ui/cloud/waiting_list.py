"""What waits for a network. Each question is looked at and sent by hand, or taken off the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.cloud.records import Waiting
from assistant.text import title_from
from ui.cloud import words
from ui.controls import IconButton
from ui.markdown.safe_text import harmless
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Line, order_stops
from ui.vault.section import Section

_CHARACTERS: Final = 120  # of a question; all of it stands in its chat


class WaitingLine(Line):
    """A question, and what can be done with it.

    Args:
        theme: Colours and type.
        title: Its beginning.
    """

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, title, "", parent)
        self.ask = self.add_button("Look at it…", f"Look at what would be sent: {title}")
        self.drop = IconButton(Icon.CLOSE, f"Ask this nowhere: {title}", theme.palette)
        self._row.addWidget(self.drop)

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        return [self.ask, self.drop]

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.drop.apply(theme.palette)


class WaitingSection(Section):
    """A line for each question, the oldest first.

    Args:
        theme: Colours and type.
    """

    asked = Signal(object)  # Waiting: look at it, and send it perhaps
    dropped = Signal(int)  # its id

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("What waits", theme, parent)
        self.lines: list[WaitingLine] = []
        self._shown: Sequence[Waiting] = ()
        self.empty = self.add_text(words.NOTHING_WAITS)
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.RELATED)
        self.column.addLayout(self._list)

    def show_waiting(
        self, waiting: Sequence[Waiting], names: dict[str, str], now: datetime, *, can_ask: bool
    ) -> None:
        """Show these.

        Args:
            waiting: The oldest first.
            names: Of providers, by id.
            now: Local time.
            can_ask: Whether anybody could be asked at the moment.
        """
        if waiting != self._shown:
            self._fill(waiting)
        for line, one in zip(self.lines, waiting, strict=True):  # whoever has the keyboard keeps it
            line.set_words(words.waiting_words(one, names.get(one.provider_id, ""), now))
            line.ask.setEnabled(can_ask)

    def _fill(self, waiting: Sequence[Waiting]) -> None:
        self._shown = waiting
        for line in self.lines:
            self._list.removeWidget(line)
            self.drop_line(line)
        self.lines = [self._make(one) for one in waiting]
        self.empty.setVisible(not waiting)
        order_stops(self.stops)

    def _make(self, waiting: Waiting) -> WaitingLine:
        title = harmless(title_from(waiting.text, _CHARACTERS)) or "A question"
        line = WaitingLine(self.theme, title)
        self.add_line(line, self._list)
        line.ask.clicked.connect(partial(self.asked.emit, waiting))
        line.drop.clicked.connect(partial(self.dropped.emit, waiting.id))
        return line
