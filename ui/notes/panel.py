"""Beside a note: what links to it, what means something like it, and what it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from assistant.search.records import Hit
from ui.controls import PlainLabel
from ui.follow_focus import FollowFocus
from ui.markdown.safe_text import harmless
from ui.notes.panel_row import PanelRow
from ui.theme.style import Theme
from ui.theme.tokens import Space

_LINKED: Final = "Linked from"
_NOT_LINKED: Final = "No note links here yet. Write [[ and this note's title to link to it."
_RELATED: Final = "Related"
_NOT_RELATED: Final = "Nothing else is about the same, as far as Hush can tell."
_EARLIER: Final = "Earlier versions"
_NOT_EARLIER: Final = "What you change is kept here."
_SHOWN: Final = 12  # rows of a section; more are asked for
_MOST: Final = 200  # of those


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what it says, in smaller letters below what else, and what it stands for."""

    title: str = field(repr=False)
    caption: str = field(repr=False)
    value: object = field(repr=False)


class SidePanel(QScrollArea):
    """Three sections, each with a sentence where it is empty.

    Args:
        theme: Colours and type.
    """

    note_wanted = Signal(object)  # id
    hit_wanted = Signal(object)  # Hit
    version_wanted = Signal(object)  # RevisionLine

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What belongs to this note")
        self.linked = _Section(_LINKED, _NOT_LINKED, theme)
        self.related = _Section(_RELATED, _NOT_RELATED, theme)
        self.earlier = _Section(_EARLIER, _NOT_EARLIER, theme)
        page = QWidget()
        page.setObjectName("fullPage")
        column = QVBoxLayout(page)
        column.setContentsMargins(Space.HALF, Space.RELATED, Space.HALF, Space.GROUP)
        column.setSpacing(Space.GROUP)
        for section in self._sections:
            column.addWidget(section)
        column.addStretch()
        self.setWidget(page)
        FollowFocus(self)
        self.linked.chosen.connect(self.note_wanted)
        self.related.chosen.connect(self._go_to)
        self.earlier.chosen.connect(self.version_wanted)

    @property
    def _sections(self) -> tuple[_Section, ...]:
        return self.linked, self.related, self.earlier

    def clear(self) -> None:
        """Nothing is open."""
        for section in self._sections:
            section.show_entries([])

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        for section in self._sections:
            section.apply(theme)

    def sizeHint(self) -> QSize:
        """As wide as it is told to be."""
        return QSize(0, 0)

    def _go_to(self, hit: Hit) -> None:
        self.hit_wanted.emit(hit)


class _Section(QWidget):
    """A heading and its rows, or why there are none."""

    chosen = Signal(object)  # an entry's value

    def __init__(self, title: str, nothing: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._nothing = nothing
        self._entries: Sequence[Entry] = ()
        self._rows: list[PanelRow] = []
        self._title = PlainLabel(title, "strong")
        self._words = PlainLabel(nothing, "caption", wrap=True)
        self._more = PanelRow("", "", theme)
        for label in (self._title, self._words):  # in line with the rows' words
            label.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
        self._more.clicked.connect(lambda: self._fill(_MOST))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._title)
        self._column.addSpacing(2)
        self._column.addWidget(self._words)
        self._column.addWidget(self._more)
        self.show_entries([])

    @property
    def texts(self) -> list[str]:
        """What its rows say."""
        return [row.title for row in self._rows]

    @property
    def rows(self) -> Sequence[PanelRow]:
        """Its rows, from the top."""
        return self._rows

    @property
    def words(self) -> str:
        """What it says where it is empty; empty where it is not."""
        return "" if self._words.isHidden() else self._words.text()

    def show_entries(self, entries: Sequence[Entry], *, trouble: str = "") -> None:
        """Show these; ``trouble`` says why they cannot be shown."""
        if entries == self._entries and not trouble and self._words.text() == self._nothing:
            return
        self._entries = entries
        self._words.setText(trouble or self._nothing)
        self._words.setVisible(not entries)
        self._fill(_SHOWN)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for row in (*self._rows, self._more):
            row.apply(theme)

    def _fill(self, count: int) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for entry in self._entries[:count]:
            row = PanelRow(harmless(entry.title), harmless(entry.caption), self._theme)
            row.clicked.connect(partial(self.chosen.emit, entry.value))
            self._column.insertWidget(self._column.count() - 1, row)
            self._rows.append(row)
        left = len(self._entries) - count
        self._more.say(f"Show {min(left, _MOST - count):,} more" if left > 0 else "", "")
        self._more.setVisible(left > 0 and count < _MOST)
