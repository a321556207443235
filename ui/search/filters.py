"""Where to search: in notes or chats, anywhere or in one tag or chat, at any time or lately."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QMenu, QWidget

from assistant.search.records import Filters, Kind
from ui.controls import ChoiceButton
from ui.flow import FlowLayout
from ui.markdown.safe_text import harmless
from ui.search.entries import Entry, EntryKind
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme

_KINDS: Final[tuple[tuple[str, Kind | None], ...]] = (
    ("Everything", None),
    ("Notes", Kind.NOTE),
    ("Chats", Kind.MESSAGE),
)
_ANYWHERE: Final = "Anywhere"
_TIMES: Final[tuple[tuple[str, int | None], ...]] = (  # days before today
    ("Any time", None),
    ("Today", 0),
    ("Past 7 days", 6),
    ("Past 30 days", 29),
    ("Past year", 364),
)
_PLACE_CHARACTERS: Final = 28
_ARROW: Final = 12  # pixels at 100 %


class FilterBar(QWidget):
    """Three questions in one row, which wraps where it must. It begins with everything.

    Args:
        theme: Colours and type.
    """

    changed = Signal()
    where_wanted = Signal()  # choose a tag or a chat to search in

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds = QButtonGroup(self)
        self._where: Entry | None = None
        self._time = 0  # position in _TIMES
        self.where_button = _MenuButton("Where")
        self.time_button = _MenuButton("When")
        row = FlowLayout(self)
        for position, (name, _) in enumerate(_KINDS):
            row.addWidget(self._kind_button(position, name))
        for button in (self.where_button, self.time_button):
            row.addWidget(button)
        self._kinds.idClicked.connect(self._choose_kind)
        self.where_button.clicked.connect(self.where_wanted)
        self.time_button.clicked.connect(self._offer_times)
        self.apply(theme)
        self._show()

    def _kind_button(self, position: int, name: str) -> ChoiceButton:
        button = ChoiceButton(name)
        button.setChecked(position == 0)
        self._kinds.addButton(button, position)
        return button

    @property
    def where(self) -> Entry | None:
        """The tag or chat that is searched in; None for anywhere."""
        return self._where

    def filters(self, now: datetime) -> Filters:
        """What was chosen, as search takes it.

        Args:
            now: Local time: "today" began at its midnight.
        """
        where, days = self._where, _TIMES[self._time][1]
        return Filters(
            kind=_KINDS[self._kinds.checkedId()][1],
            tag=str(where.key) if where and where.kind is EntryKind.TAG else "",
            since=None if days is None else _midnight(now, days),
            conversation_id=_chat(where),
        )

    def choose_where(self, where: Entry | None) -> None:
        """Search in this tag or chat only; None for anywhere. A tag's notes are no chats."""
        is_place = where is not None and where.kind in (EntryKind.TAG, EntryKind.CHAT)
        self._where = where if is_place else None
        if is_place:
            self._check_kind(0)
        self._show()
        self.changed.emit()

    def clear(self) -> None:
        """Leave nothing out."""
        self._check_kind(0)
        self._where, self._time = None, 0
        self._show()
        self.changed.emit()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        for button in (self.where_button, self.time_button):
            button.apply(theme)

    def _choose_kind(self, position: int) -> None:
        del position
        self._where = None  # a chat's messages are no notes, and a tag's notes no chats
        self._show()
        self.changed.emit()

    def _check_kind(self, position: int) -> None:
        self._kinds.button(position).setChecked(True)

    def _offer_times(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for position, (name, _) in enumerate(_TIMES):
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(position == self._time)
            action.triggered.connect(lambda _=False, at=position: self.choose_time(at))
        button = self.time_button
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def choose_time(self, position: int) -> None:
        """Search in one of the times that are offered, by its position."""
        self._time = position
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        where = _shortened(self._where.title) if self._where else _ANYWHERE
        self.where_button.show_choice(where, is_set=self._where is not None)
        self.time_button.show_choice(_TIMES[self._time][0], is_set=self._time > 0)
        self.updateGeometry()


class _MenuButton(ChoiceButton):
    """Says what is chosen, opens what there is to choose from.

    Args:
        name: The question, for screen readers.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._name = name

    def show_choice(self, words: str, *, is_set: bool) -> None:
        """Say it; ``is_set`` where that leaves something out."""
        self.set_words(words)
        self.setChecked(is_set)
        self.setAccessibleName(f"{self._name}: {words}")

    def nextCheckState(self) -> None:
        """A press opens the choice, and chooses nothing yet."""

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        size = theme.px(_ARROW)
        palette = theme.palette
        self.setIconSize(QSize(size, size))
        self.setIcon(icon(Icon.DOWN, palette.quiet, checked=palette.accent, size=size))
        # The arrow stands behind the words: Qt puts icons before them.
        parent = self.parentWidget()
        reads_left = parent is not None and parent.isRightToLeft()
        directions = Qt.LayoutDirection
        self.setLayoutDirection(directions.LeftToRight if reads_left else directions.RightToLeft)


def _midnight(now: datetime, days: int) -> int:
    """The beginning of a day, so many days before today, in milliseconds since 1970."""
    day = now.date() - timedelta(days=days)
    return round(datetime.combine(day, time(), now.tzinfo).timestamp() * 1000)


def _chat(where: Entry | None) -> int | None:
    return int(where.key) if where and where.kind is EntryKind.CHAT else None


def _shortened(title: str) -> str:
    line = " ".join(harmless(title).split())
    few = line[:_PLACE_CHARACTERS].rstrip()
    return f"{few}…" if len(line) > _PLACE_CHARACTERS else line
