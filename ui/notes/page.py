"""The page of one note: title, tags, text; or an earlier version, or how to begin."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent, QTextCursor
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from assistant.notes.records import Note
from ui.chat.find_bar import FindBar
from ui.controls import TextButton, centred_label
from ui.notes.editor import NoteEditor, highlight, text_column
from ui.notes.header import NoteHeader
from ui.notes.seeking import Seeking
from ui.notes.tags_row import TagsRow
from ui.notes.version_view import VersionView
from ui.notice import Notice
from ui.tags.suggestions import SuggestionsRow
from ui.theme.style import Theme
from ui.theme.tokens import Space

if TYPE_CHECKING:
    from ui.actions.panel import ResultPanel

_GREETING: Final = "Your notes"
_PROMISE: Final = "Kept encrypted, on this machine only. Search and chats can use them."
_NEW: Final = "Write a note"
_IMPORT: Final = "Import notes…"


class EmptyNotes(QWidget):
    """No note is open: what this place is for, and two ways to begin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(1, 1)
        self._greeting = centred_label("title")
        self._promise = centred_label("quiet")
        self.new_button = TextButton(_NEW, "main")
        self.import_button = TextButton(_IMPORT, "outlined")
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.MARGIN, 0, Space.MARGIN, 0)
        column.setSpacing(Space.HALF)
        column.addStretch(2)
        column.addWidget(self._greeting)
        column.addWidget(self._promise)
        column.addSpacing(Space.GROUP)
        for button in (self.new_button, self.import_button):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addSpacing(Space.HALF)
        column.addStretch(3)
        self.say()

    @property
    def words(self) -> str:
        """What it says above the ways to begin."""
        return f"{self._greeting.text()}\n{self._promise.text()}"

    def say(self, greeting: str = _GREETING, promise: str = _PROMISE) -> None:
        """Say something else."""
        self._greeting.setText(greeting)
        self._promise.setText(promise)

    def rest(self, sentence: str) -> None:
        """There are no notes in this session, and why."""
        self.say(_GREETING, sentence)
        for button in (self.new_button, self.import_button):
            button.hide()


class NotePage(QWidget):
    """Shows one note, or the beginning of one.

    Args:
        theme: Colours and type.
    """

    put_back_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.header = NoteHeader(theme)
        self.tags = TagsRow(theme)
        self.suggestions = SuggestionsRow(theme)
        self.editor = NoteEditor(theme)
        self.find_bar = FindBar(self.find, theme, name="Find in this note")
        self._seeking = Seeking(self.editor.document(), parent=self)
        self._found: bool | None = None  # None: it is still being looked for
        self.version = VersionView(theme)
        self._result: ResultPanel | None = None
        self.empty = EmptyNotes()
        self.notice = Notice(theme.palette)
        self._note = QWidget()
        self._stack = QStackedWidget()
        self._above = QVBoxLayout()
        self._below = QVBoxLayout()
        self._foot = QVBoxLayout()
        self._seeking.found.connect(self._show_found)
        self.find_bar.words_changed.connect(self._seeking.abandon)
        self.editor.edited.connect(self._seeking.abandon)
        self.editor.installEventFilter(self)
        self._lay_out()
        self.show_empty()

    def _lay_out(self) -> None:
        self._above.setSpacing(Space.HALF)
        for row in (self.tags, self.suggestions):
            self._above.addWidget(row)
        column = QVBoxLayout(self._note)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(self._above)
        column.addWidget(self.find_bar)
        column.addWidget(self.editor, 1)
        for part in (self.empty, self._note, self.version):
            self._stack.addWidget(part)
        self._foot.addWidget(self.notice)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._stack, 1)
        whole.addLayout(self._below)
        whole.addLayout(self._foot)
        self._centre()

    # What is shown ------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether no note is on the page."""
        return self._stack.currentWidget() is self.empty

    @property
    def shows_version(self) -> bool:
        """Whether an earlier version is on the page."""
        return self._stack.currentWidget() is self.version

    def show_empty(self) -> None:
        """No note is open."""
        self.find_bar.leave()
        self.editor.show_text("", read_only=True)
        self._stack.setCurrentWidget(self.empty)

    def show_note(self, note: Note, text: str, mark: tuple[int, int] | None = None) -> None:
        """Show a note from its beginning, or at a mark (start, length, in characters).

        Args:
            note: As it was saved.
            text: As it was written, whether that could be saved or not.
            mark: What to show highlighted.
        """
        is_gone = note.deleted_at is not None
        self.find_bar.leave()
        self.show_head(note)
        self._stack.setCurrentWidget(self._note)
        self.editor.show_text(text, mark, read_only=is_gone)

    def show_head(self, note: Note) -> None:
        """Show what stands above the text."""
        self.header.show_note(note)
        self.tags.show_tags(note.tags, read_only=note.deleted_at is not None)

    def show_new(self) -> None:
        """Show a note that has not begun."""
        self.find_bar.leave()
        self.header.show_note(None)
        self.header.say_when("")
        self.tags.show_tags(())
        self._stack.setCurrentWidget(self._note)
        self.editor.show_text("")

    def show_version(self, *, shown: bool) -> None:
        """Show an earlier version, or the note again."""
        self._stack.setCurrentWidget(self.version if shown else self._note)

    @property
    def result(self) -> ResultPanel:
        """What the model writes, below the note; built when it is first wanted."""
        if self._result is None:
            from ui.actions.panel import ResultPanel  # a start need not wait for it

            self._result = ResultPanel(self._theme)
            self._result.changed.connect(self._centre)
            self._below.addWidget(self._result)
            for before, stop in pairwise((self.editor, *self._result.stops)):
                QWidget.setTabOrder(before, stop)
        return self._result

    # Finding ------------------------------------------------------------------------------

    def begin_find(self) -> None:
        """Find words, where there is a note."""
        if self._stack.currentWidget() is self._note:
            self.find_bar.open()

    # QWidget has a static ``find`` of its own, by window id: nothing asks a page for that.
    def find(self, text: str, *, backwards: bool = False) -> bool | None:  # type: ignore[override]
        """Show the next match, going on from the other end; see ``Find``."""
        self.editor.setExtraSelections([])
        self._found = False if not text else None
        self._seeking.abandon()
        if text:
            self._seeking.seek(text, self.editor.textCursor(), backwards=backwards)
        return self._found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Select nothing under the hands of a person who went back to writing."""
        if event.type() == QEvent.Type.FocusIn:
            self._seeking.abandon()
        return super().eventFilter(watched, event)

    def _show_found(self, match: QTextCursor | None) -> None:
        self._found = match is not None
        if match:
            editor = self.editor
            editor.setTextCursor(match)
            editor.centerCursor()
            editor.setExtraSelections([highlight(match, self._theme)])
        self.find_bar.tell(found=self._found)

    # The look -----------------------------------------------------------------------------

    def take_focus(self) -> None:
        """Let the person write, or begin."""
        first: QWidget = self.editor
        if self.is_empty:
            first = self.empty.new_button
        elif self.shows_version:
            first = self.version.leave_button
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for part in (self.header, self.tags, self.editor, self.find_bar, self.version):
            part.apply(theme)
        self.suggestions.apply(theme)
        if self._result:
            self._result.apply(theme)
        self.notice.apply(theme.palette)
        self._centre()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep everything in line with the text."""
        super().resizeEvent(event)
        self._centre()

    def _centre(self) -> None:
        left, column = text_column(self._theme, self.width())
        right = max(self.width() - left - column, 0)
        self.header.indent(left)
        self.find_bar.indent(left)
        self._above.setContentsMargins(left, 0, right, Space.RELATED)
        self._below.setContentsMargins(left, 0, right, 0)
        self._foot.setContentsMargins(left, Space.INSIDE, right, Space.RELATED)
        result = self._result
        self._stack.setVisible(not (result and result.is_open and result.fit(self.height())))
