"""The list of notes: find, choose by tag, open, and begin another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from assistant.notes.records import NoteFilter, NoteLine
from ui.controls import Hairline, IconButton, PlainLabel, TextButton
from ui.markdown.safe_text import harmless
from ui.notes.delegate import NoteDelegate
from ui.notes.model import NoteModel
from ui.notice import Notice
from ui.rows.view import EvenView, TimedList
from ui.theme.icons import Icon, icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_EMPTY: Final = "Your notes appear here. They are kept encrypted, on this machine only."
_NO_MATCH: Final = "No note contains that."
_NO_TAGGED: Final = "No note has this tag."
_EMPTY_TRASH: Final = "The trash is empty."
_ARROW: Final = 12  # pixels at 100 %


class NoteView(EvenView):
    """The notes. Enter opens one to be written in."""

    restore_wanted = Signal(object)  # id
    pin_wanted = Signal(object, bool)  # id, pinned

    def __init__(self, model: NoteModel, delegate: NoteDelegate) -> None:
        super().__init__(model, delegate, "Notes", model.note)
        self._note = model.note
        self._delegate = delegate

    def _offer(self, menu: QMenu, index: QModelIndex) -> None:
        note = self._note(index)
        if note is None:
            return
        if note.deleted_at is None:
            words = "Unpin" if note.pinned else "Pin to the top"
            menu.addAction(words, lambda: self.pin_wanted.emit(note.id, not note.pinned))
            menu.addAction("Move to the trash\tDel", lambda: self.delete_wanted.emit(note.id))
        else:
            menu.addAction("Put back", lambda: self.restore_wanted.emit(note.id))
            menu.addAction("Delete for good…\tDel", lambda: self.delete_wanted.emit(note.id))


class NoteList(TimedList):
    """A field for words, which notes there are to be, the notes, and how to begin another.

    Args:
        theme: Colours and type.
        now: Milliseconds since 1970, UTC.
    """

    opened = Signal(object)  # id
    entered = Signal(object)  # id; opened, to be written in
    new_wanted = Signal()
    import_wanted = Signal()
    tag_notes_wanted = Signal()  # suggest tags for many notes
    tags_wanted = Signal()  # look after the tags
    scope_wanted = Signal()  # choose a tag, or the trash
    delete_wanted = Signal(object)  # id
    restore_wanted = Signal(object)  # id
    empty_trash_wanted = Signal()
    pin_wanted = Signal(object, bool)  # id, pinned
    changed = Signal()  # what is to be listed

    def __init__(self, theme: Theme, now: Callable[[], int], parent: QWidget | None = None) -> None:
        self._model = NoteModel()
        super().__init__(self._model, now, parent)
        self._open_id: int | None = None
        self._tag = ""
        self._is_trash = False
        self._delegate = NoteDelegate(theme)
        self.view = NoteView(self._model, self._delegate)
        self.field = QLineEdit()
        self.scope_button = TextButton("", "row")
        self.count = PlainLabel("", "caption")
        self.empty = PlainLabel(_EMPTY, "quiet", wrap=True)
        self._stack = QStackedWidget()
        self.notice = Notice(theme.palette)
        self.new_button = TextButton("New note", "row")
        self.import_button = IconButton(Icon.IMPORT, "Import notes…", theme.palette)
        self.more_button = IconButton(Icon.MORE, "More for your notes", theme.palette)
        self.empty_button = TextButton("Empty the trash…", "row")
        self._line = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._set_up()
        self._lay_out()
        self._connect()
        self.apply(theme)
        self.show_notes([])

    def _set_up(self) -> None:
        self.field.setPlaceholderText("Filter notes")
        self.field.setAccessibleName("Filter notes")
        self.field.setClearButtonEnabled(True)
        self.scope_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # its arrow is last
        menu = QMenu(self)
        menu.addAction("Tag notes…", self.tag_notes_wanted.emit)
        menu.addAction("Tags…", self.tags_wanted.emit)
        self.more_button.setMenu(menu)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_button.hide()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.empty.setMargin(Space.INSIDE * 2)

    def _lay_out(self) -> None:
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        top = QVBoxLayout()
        top.setContentsMargins(Space.INSIDE, Space.INSIDE, Space.INSIDE, Space.HALF)
        top.setSpacing(Space.HALF)
        top.addWidget(self.field)
        scope = QHBoxLayout()
        scope.setContentsMargins(0, 0, Space.INSIDE, 0)
        scope.addWidget(self.scope_button)
        scope.addStretch()
        scope.addWidget(self.count)
        top.addLayout(scope)
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.INSIDE, Space.HALF, Space.INSIDE, Space.INSIDE)
        foot.addWidget(self.notice)
        begin = QHBoxLayout()
        begin.setSpacing(Space.HALF)
        for button in (self.new_button, self.empty_button):
            begin.addWidget(button, 1)
        begin.addWidget(self.import_button)
        begin.addWidget(self.more_button)
        foot.addLayout(begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._line)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.field.textChanged.connect(self.changed)
        self.field.returnPressed.connect(self._open_first)
        self.scope_button.clicked.connect(self.scope_wanted)
        self.new_button.clicked.connect(self.new_wanted)
        self.import_button.clicked.connect(self.import_wanted)
        self.empty_button.clicked.connect(self.empty_trash_wanted)
        view = self.view
        view.opened.connect(self.opened)
        view.entered.connect(self.entered)
        view.delete_wanted.connect(self.delete_wanted)
        view.restore_wanted.connect(self.restore_wanted)
        view.pin_wanted.connect(self.pin_wanted)
        self._model.rowsInserted.connect(self._mark)

    # Which notes --------------------------------------------------------------------------

    @property
    def wanted(self) -> NoteFilter:
        """Which notes are to be listed."""
        return NoteFilter(self.field.text().strip(), self._tag, self._is_trash)

    def choose(self, tag: str = "", *, trash: bool = False) -> None:
        """List the notes with this tag, or those in the trash, or all."""
        self._tag, self._is_trash = tag, trash
        self.changed.emit()

    def clear_words(self) -> bool:
        """Empty the field; False where there was nothing in it."""
        if not self.field.text():
            return False
        self.field.clear()
        return True

    # What is shown ------------------------------------------------------------------------

    @property
    def notes(self) -> Sequence[NoteLine]:
        """All that are listed."""
        return self._model.notes

    def show_notes(self, notes: Sequence[NoteLine]) -> None:
        """Show these, in their order."""
        self._model.show(notes, self._now())
        self._settle()

    def place_of(self, note_id: int) -> int | None:
        """Where a note stands among those that are listed; None where it does not."""
        return self._model.place_of(note_id)

    def put(self, note: NoteLine) -> None:
        """Show a note that is listed as it is now, where it stands."""
        self._model.replace(note)

    def remove(self, note_id: int) -> None:
        """Show a note no longer; the keyboard's ring goes to the next."""
        ringed = self._model.note(self.view.currentIndex())
        shown = [note.id for note in self._model.notes]
        self.show_notes([note for note in self._model.notes if note.id != note_id])
        if ringed and ringed.id == note_id and len(shown) > 1:
            place = min(shown.index(note_id), len(shown) - 2)
            self.view.move_ring(self._model.index_of(self._model.notes[place].id))

    def offer_tags(self) -> None:
        """Tags can be suggested and looked after in this session: offer both."""
        self.more_button.show()

    def take_focus(self) -> bool:
        """Let the keyboard walk along the notes; False where there is none."""
        if not self._model.notes:
            return False
        if not self.view.currentIndex().isValid():
            self.view.move_ring(self._model.index(0))
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def select(self, note_id: int | None) -> None:
        """Mark the note that is open, and bring it into sight."""
        self._open_id = note_id
        index = self._mark()
        if index.isValid():
            self.view.move_ring(index)
            self.view.scrollTo(index)

    def _mark(self) -> QModelIndex:
        """Mark the note that is open, however far down it stands; answers its row."""
        self._model.reach(self._open_id)
        index = self._model.index_of(self._open_id)
        self.view.mark(index)
        return index

    def _settle(self) -> None:
        notes = self._model.notes
        self._stack.setCurrentIndex(0 if notes else 1)
        self.empty.setText(self._why_empty())
        self.count.setText(f"{len(notes):,}" if notes else "")
        self.count.setAccessibleName(f"{len(notes):,} notes")
        scope = "Trash" if self._is_trash else f"#{harmless(self._tag)}"
        name = scope if self._tag or self._is_trash else "All notes"
        metrics = self.scope_button.fontMetrics()
        room = self.width() * 2 // 3
        self.scope_button.set_words(metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
        self.scope_button.setAccessibleName(f"Shown: {name}")
        self.new_button.setVisible(not self._is_trash)
        self.import_button.setVisible(not self._is_trash)
        self.empty_button.setVisible(self._is_trash)
        self.empty_button.setEnabled(bool(notes))
        self._mark()

    def _why_empty(self) -> str:
        if self.wanted.words:
            return _NO_MATCH
        if self._is_trash:
            return _EMPTY_TRASH
        return _NO_TAGGED if self._tag else _EMPTY

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        palette = theme.palette
        self._delegate.apply(theme)
        self._line.apply(palette)
        self.notice.apply(palette)
        self.import_button.apply(palette)
        self.more_button.apply(palette)
        self.new_button.setIcon(icon(Icon.PLUS, palette.accent, size=16))
        self.scope_button.setIcon(icon(Icon.DOWN, palette.quiet, size=theme.px(_ARROW)))
        self.view.fit_rows()
        self.view.scheduleDelayedItemsLayout()

    # The person's hands -------------------------------------------------------------------

    def begin_filter(self) -> None:
        """Put the keyboard into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _open_first(self) -> None:
        if self._model.notes:
            self.entered.emit(self._model.notes[0].id)
