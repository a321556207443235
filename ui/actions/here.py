"""What there is to act on, where the person is."""

from __future__ import annotations

from ui.actions import words
from ui.notes.page import NotePage
from ui.notes.writing import Writing


def refusal(page: NotePage, writing: Writing) -> str:
    """Why nothing can be asked for here, as a sentence; empty where it can."""
    note = writing.current.note
    if page.is_empty or page.shows_version:
        return words.NO_NOTE
    return words.IN_TRASH if note and note.deleted_at is not None else ""


def is_selected(page: NotePage) -> bool:
    """Whether a piece of the note is selected."""
    return page.editor.textCursor().hasSelection()
