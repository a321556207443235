"""Above a note: its title where the text does not say it, when it was saved, what can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QToolButton, QWidget

from assistant.notes.records import Note, TitleBy
from ui.chat.header import TitleField
from ui.controls import ElidedLabel, IconButton, PlainLabel
from ui.markdown.safe_text import harmless
from ui.notes.model import title_of
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

PANEL_KEYS: Final = "Ctrl+Shift+B"

_LEAST_TITLE: Final = 120  # pixels


class NoteHeader(QWidget):
    """Title, pin, the panel beside the note, and behind "⋯" the rest.

    Args:
        theme: Colours and type.
    """

    renamed = Signal(str)
    pin_wanted = Signal(bool)
    panel_wanted = Signal()
    find_wanted = Signal()
    ask_wanted = Signal()  # a chat about this note
    actions_wanted = Signal()  # their menu, where the person writes
    delete_wanted = Signal()
    restore_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note: Note | None = None
        self._suggested = ""
        self._title = ElidedLabel("", "title")
        self._field = TitleField()
        self._stack = QStackedWidget()
        self.when = PlainLabel("", "caption")
        self.pin_button = IconButton(Icon.PIN, "Pin to the top", theme.palette)
        self.panel_button = IconButton(
            Icon.PANEL, "What belongs to this note", theme.palette, shortcut=PANEL_KEYS
        )
        self._more = IconButton(Icon.MORE, "This note", theme.palette)
        self._set_up()
        self._lay_out()
        self._connect()

    def _set_up(self) -> None:
        self._field.setMaxLength(200)
        for button in (self.pin_button, self.panel_button):
            button.setCheckable(True)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self._rename = menu.addAction("Rename\tF2", self.begin_rename)  # named only
        self._untitle = menu.addAction("Take the title from the text", self._follow_text)
        menu.addAction("Find in this note\tCtrl+F", self.find_wanted.emit)
        self.ask = menu.addAction("Ask about this note…", self.ask_wanted.emit)
        self.actions_menu = menu.addMenu("Actions")
        self.actions_menu.menuAction().setVisible(False)  # until there is who carries them out
        menu.addSeparator()
        self._restore = menu.addAction("Put back", self.restore_wanted.emit)
        self._delete = menu.addAction("", self.delete_wanted.emit)
        self._more.setMenu(menu)
        self._title.installEventFilter(self)

    def _lay_out(self) -> None:
        self._stack.addWidget(self._title)
        self._stack.addWidget(self._field)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(Space.HALF)
        self._row.addWidget(self._stack, 1)
        self._row.addWidget(self.when)
        self._row.addSpacing(Space.HALF)
        for button in (self.pin_button, self.panel_button, self._more):
            self._row.addWidget(button)

    def _connect(self) -> None:
        self._field.kept.connect(self.renamed)
        self._field.left.connect(lambda: self._stack.setCurrentWidget(self._title))
        self.pin_button.clicked.connect(self.pin_wanted)
        self.panel_button.clicked.connect(lambda: self.panel_wanted.emit())

    @property
    def title(self) -> str:
        """The title it shows; empty where the text says it."""
        return self._title.text()

    def indent(self, left: int) -> None:
        """Let the title begin so many pixels from the edge: above the text."""
        self._row.setContentsMargins(left, Space.RELATED, Space.RELATED, Space.HALF)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """When it was saved is said where there is room for it beside a title."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        buttons = (self.pin_button, self.panel_button, self._more)
        taken = sum(button.width() + Space.HALF for button in buttons)
        left = self._row.contentsMargins().left()
        room = self.width() - left - taken - self.when.sizeHint().width()
        self.when.setVisible(room >= _LEAST_TITLE)

    def say_when(self, words: str) -> None:
        """Say when it was saved, or that it was not."""
        self.when.setText(words)
        self._fit()

    def show_note(self, note: Note | None) -> None:
        """Show a note's title and state; None: a note that has not begun."""
        self._note = note
        is_said = note is None or note.title_by is TitleBy.TEXT
        self._show_title()
        is_gone = bool(note and note.deleted_at is not None)
        self.show_pin(pinned=bool(note and note.pinned))
        self.pin_button.setVisible(not is_gone)
        self._rename.setVisible(not is_gone)
        self._untitle.setVisible(not is_said and not is_gone)
        self._restore.setVisible(is_gone)
        self._delete.setText("Delete for good…" if is_gone else "Move to the trash")
        self._more.setEnabled(note is not None)

    def offer_actions(self, fill: Callable[[QMenu], object], *, offered: bool) -> None:
        """Have the menu of actions, filled each time it opens: what it is of may be another."""
        self.actions_menu.menuAction().setVisible(offered)
        self.actions_menu.aboutToShow.connect(lambda: fill(self.actions_menu))

    def show_suggestion(self, title: str) -> None:
        """Show a title that is only suggested, in the title's place; empty: the note's own."""
        self._suggested = title
        self._title.set_kind("suggested" if title else "title")
        self._title.setAccessibleName(f"Suggested title: {title}" if title else "")
        self._show_title()

    def _show_title(self) -> None:
        note = self._note
        is_said = note is None or note.title_by is TitleBy.TEXT
        own = "" if is_said or note is None else title_of(note)
        self._title.setText(harmless(self._suggested) or own)

    def show_pin(self, *, pinned: bool) -> None:
        """Show whether the note is pinned."""
        self.pin_button.setChecked(pinned)
        self.pin_button.set_name("Unpin" if pinned else "Pin to the top")

    def begin_rename(self) -> None:
        """Change the title in place, where there is a note that can be changed."""
        if self._note and self._note.deleted_at is None:
            self._stack.setCurrentWidget(self._field)
            self._field.begin(self._note.title)

    def _follow_text(self) -> None:
        self.renamed.emit("")

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        for button in (self.pin_button, self.panel_button, self._more):
            button.apply(theme.palette)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on the title changes it."""
        if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonDblClick:
            self.begin_rename()
            return True
        return super().eventFilter(watched, event)

    def leave_rename(self) -> bool:
        """Leave the title as it was; False where it is not being changed."""
        if self._stack.currentWidget() is self._title:
            return False
        self._field.setModified(False)
        self._stack.setCurrentWidget(self._title)
        return True
