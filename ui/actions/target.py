"""What an action was asked of: a note or a piece of it, found again when the result is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from PySide6.QtGui import QTextCursor

from ui.notes.editor import NoteEditor
from ui.notes.pouring import whole_text
from ui.notes.writing import Sheet, Writing

_PARAGRAPH = "\u2029"  # what Qt has between the lines of a selection


class Standing(Enum):
    """What became of the text since."""

    AS_IT_WAS = auto()
    CHANGED = auto()
    ELSEWHERE = auto()  # its note is not on the page
    LOCKED = auto()  # the note can only be read


@dataclass(slots=True)
class Target:
    """The text an action reads, and where it stands.

    Attributes:
        sheet: The note, as it is being written.
        text: What was handed to the action.
        span: Start and end of the piece, in positions of the document; None: all of the note.
    """

    sheet: Sheet
    text: str = field(repr=False)
    span: tuple[int, int] | None = None

    @property
    def is_selection(self) -> bool:
        """Whether it is only a piece of the note."""
        return self.span is not None

    def is_on_page(self, writing: Writing) -> bool:
        """Whether its note is the one that is being written."""
        current = writing.current
        known = self.sheet.note_id is not None and self.sheet.note_id == current.note_id
        return current is self.sheet or known


class Place:
    """Keeps a target's place in the editor, while the person goes on writing around it.

    Args:
        target: What was asked about.
        writing: Knows which note is on the page.
        editor: Shows it.
        on_page: Whether a note is on the page at all.
    """

    def __init__(self, target: Target, writing: Writing, editor: NoteEditor) -> None:
        self._target = target
        self._writing = writing
        self._editor = editor
        self._cursor = self._find()

    def standing(self, *, shown: bool) -> Standing:
        """What became of the text.

        Args:
            shown: Whether the page shows a note, and no earlier version of it.
        """
        if not shown or not self._target.is_on_page(self._writing):
            self._cursor = None
            return Standing.ELSEWHERE
        if self._editor.isReadOnly():
            return Standing.LOCKED
        if self._cursor is None:  # the note came back
            self._cursor = self._find()
        return Standing.AS_IT_WAS if self._is_as_it_was() else Standing.CHANGED

    def replace(self, text: str) -> None:
        """Put a text in its place. One step for the editor's undo."""
        self._write(self._whole(), text)

    def follow(self, text: str) -> None:
        """Put a text right behind it."""
        cursor = self._whole()
        cursor.setPosition(cursor.selectionEnd())
        self._write(cursor, text)

    def put_below(self, text: str) -> None:
        """Put a text below the paragraph it ends in, with an empty line before and behind it."""
        cursor = self._whole()
        cursor.setPosition(cursor.selectionEnd())
        document = self._editor.document()
        block = cursor.block()
        while block.text().strip() and block.next().isValid() and block.next().text().strip():
            block = block.next()
        cursor.setPosition(block.position() + block.length() - 1)
        above = _missing(block.text(), block.previous().text())
        following = document.findBlock(cursor.position()).next()
        behind = "\n" if following.isValid() and following.text().strip() else ""
        self._write(cursor, f"{above}{text.strip()}{behind}")

    def _find(self) -> QTextCursor | None:
        span = self._target.span
        if span is None:
            return None
        last = self._editor.document().characterCount() - 1
        cursor = QTextCursor(self._editor.document())
        cursor.setPosition(min(span[0], last))
        cursor.setPosition(min(span[1], last), QTextCursor.MoveMode.KeepAnchor)
        cursor.setKeepPositionOnInsert(True)  # what is written right behind it is no part of it
        return cursor

    def _is_as_it_was(self) -> bool:
        text = self._target.text
        if self._cursor is not None:
            return self._cursor.selectedText().replace(_PARAGRAPH, "\n") == text
        document = self._editor.document()
        length = len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2
        return document.characterCount() - 1 == length and whole_text(document) == text

    def _whole(self) -> QTextCursor:
        """All of it, selected."""
        cursor = QTextCursor(self._editor.document())
        if self._cursor is None:
            cursor.select(QTextCursor.SelectionType.Document)
        else:
            cursor.setPosition(self._cursor.selectionStart())
            cursor.setPosition(self._cursor.selectionEnd(), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _write(self, cursor: QTextCursor, text: str) -> None:
        """Write in place of what a cursor has selected; the person goes on behind it."""
        cursor.beginEditBlock()
        cursor.insertText(text)
        cursor.endEditBlock()
        self._editor.setTextCursor(cursor)
        self._editor.ensureCursorVisible()


def _missing(line: str, before: str) -> str:
    """Line ends that are missing behind a line, for an empty one to stand there."""
    if line.strip():
        return "\n\n"
    return "\n" if before.strip() else ""
