"""What goes along with a question: the text of a file, or a note."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

from assistant.asking.records import MAX_ATTACHMENT_CHARACTERS, Attachment
from assistant.errors import HushError, InputRefused
from assistant.importing.reading import Document, read_document
from assistant.notes.records import Note
from assistant.text import clean, title_from

Read = Callable[[Path, Callable[[], bool]], Document]


def attach_file(
    path: Path, cancelled: Callable[[], bool] = lambda: False, read: Read = read_document
) -> Attachment:
    """Read a text, PDF or DOCX file to go along with a question. Blocks: seconds for a long PDF.

    Of a long one the beginning is kept. The file itself stays where it is and is not looked at
    again.

    Args:
        path: Of a plain file.
        cancelled: Asked often, on this thread.
        read: Reads it.

    Raises:
        InputRefused: it cannot be read, or holds no text. Nothing was changed.
        CancelledError: ``cancelled`` said so.
    """
    try:
        document = read(path, cancelled)
    except CancelledError:
        raise
    except HushError as error:
        raise InputRefused(f"This file was not attached. {error.message}", error.advice) from None
    if not document.text.strip():
        raise InputRefused(
            "This file was not attached. It holds no text.",
            "A scan is a picture of a text; Hush cannot read those.",
        )
    return _attachment(document.name, document.text)


def attach_note(note: Note) -> Attachment:
    """A note to go along with a question, as it reads now.

    Raises:
        InputRefused: there is nothing in it.
    """
    if not note.text.strip():
        raise InputRefused("This note is empty.", "Choose another one.")
    return _attachment(note.title, note.text, note.id)


def _attachment(name: str, text: str, note_id: int | None = None) -> Attachment:
    whole = clean(text)
    kept = whole[:MAX_ATTACHMENT_CHARACTERS]
    return Attachment(title_from(name), kept, note_id, len(whole) - len(kept))
