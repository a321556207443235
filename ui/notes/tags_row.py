"""Below a note's title: its tags, each with a way to take it off, and a field for another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QListView, QWidget

from ui.controls import IconButton, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.markdown.safe_text import harmless
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_SHOWN: Final = 24  # tags; a note with 10,000 shows how many more there are
_NAME_CHARACTERS: Final = 40
_FIELD: Final = 112  # pixels at 100 %
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TagsRow(QWidget):
    """Shows a note's tags. A tag that stands in the text goes when it goes there.

    Args:
        theme: Colours and type.
    """

    added = Signal(str)
    removed = Signal(str)
    opened = Signal(str)  # show all notes with this tag

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tags: tuple[str, ...] = ()
        self._chips: list[_Chip] = []
        self._names = QStringListModel(self)
        self.field = _TagField(self._names)
        self._more = PlainLabel("", "caption")
        self._row = FlowLayout(self)
        self._row.setSpacing(Space.HALF)
        self._row.addWidget(self._more)
        self._row.addWidget(self.field)
        self.field.entered.connect(self._enter)
        self.field.back.connect(self._remove_last)
        self._more.hide()
        self.apply(theme)

    @property
    def tags(self) -> tuple[str, ...]:
        """Those that are shown."""
        return self._tags

    def show_tags(self, tags: Sequence[str], *, read_only: bool = False) -> None:
        """Show these in place of those before."""
        if tuple(tags) == self._tags and self.field.isHidden() is read_only:
            return
        self._tags = tuple(tags)
        self.field.setVisible(not read_only)
        self._clear()
        for tag in self._tags[:_SHOWN]:
            chip = _Chip(tag, self._theme, removable=not read_only)
            chip.name.clicked.connect(partial(self.opened.emit, tag))
            chip.cross.clicked.connect(partial(self.removed.emit, tag))
            self._chips.append(chip)
            self._row.addWidget(chip)
        left = len(self._tags) - _SHOWN
        self._more.setText(f"and {left:,} more")
        for last in (self._more, self.field):  # behind the chips
            self._row.removeWidget(last)
            self._row.addWidget(last)
        self._more.setVisible(left > 0)
        self._row.invalidate()
        self.updateGeometry()

    def offer(self, names: Sequence[str]) -> None:
        """Complete what is typed to one of these."""
        self._names.setStringList(list(names))

    def begin(self) -> None:
        """Let the person type a tag."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.field.setFixedWidth(theme.px(_FIELD))
        for chip in self._chips:
            chip.apply(theme)

    def _clear(self) -> None:
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips.clear()

    def _enter(self, text: str) -> None:
        name = text.strip().lstrip("#").strip()
        if name:
            self.added.emit(name)

    def _remove_last(self) -> None:
        if self._tags:
            self.removed.emit(self._tags[-1])


class _Chip(QWidget):
    """One tag: a click shows its notes, the cross takes it off."""

    def __init__(self, tag: str, theme: Theme, *, removable: bool) -> None:
        super().__init__()
        shown = harmless(tag)
        if len(shown) > _NAME_CHARACTERS:
            shown = shown[: _NAME_CHARACTERS - 1] + "…"
        self.setObjectName("chip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name = TextButton(f"#{shown}", "chip")
        self.name.setToolTip("Show all notes with this tag")
        self.cross = IconButton(Icon.CLOSE, f"Take #{shown} off", theme.palette)
        self.cross.setProperty("kind", "chip")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.name)
        row.addWidget(self.cross)
        self.cross.setHidden(not removable)  # it has a parent by now: else it would be a window
        self.apply(theme)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        edge = theme.px(_CROSS)
        self.cross.setFixedSize(edge, edge)
        self.cross.setIconSize(self.cross.size() / 2)
        self.cross.apply(theme.palette)


_CROSS: Final = 24  # pixels at 100 %; WCAG 2.2, 2.5.8


class _TagField(QLineEdit):
    """Enter or a comma adds what is typed; Backspace in an empty field takes the last one off."""

    entered = Signal(str)
    back = Signal()

    def __init__(self, names: QStringListModel) -> None:
        super().__init__()
        self.setProperty("kind", "tag")
        self.setPlaceholderText("Add a tag")
        self.setAccessibleName("Add a tag")
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        popup = QListView()
        popup.setUniformItemSizes(True)  # of 5,000 tags none is measured by itself
        popup.setAccessibleName("Tags there are")
        completer.setPopup(popup)
        self.setCompleter(completer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, comma, Backspace."""
        if event.key() in _ENTER or event.text() == ",":
            self._enter()
        elif event.key() == Qt.Key.Key_Backspace and not self.text():
            self.back.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed whole is added; it is not lost by clicking elsewhere."""
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._enter()

    def _enter(self) -> None:
        text = self.text()
        if text:
            self.clear()
            self.entered.emit(text)
