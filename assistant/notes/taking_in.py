"""Taking into the vault what an edit outside of Hush left that was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.errors import FileRefused, NotFound
from assistant.notes.private_file import left
from assistant.notes.records import Note
from assistant.notes.service import NoteService

_NO_REVISION: Final = -1  # whatever stands there is another version


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of one private file.

    Attributes:
        path: Where it was; where it still is, if it was refused.
        note: The note that has its text now; None where there was nothing new in it.
        refused: Why it could not be taken in.
    """

    path: Path
    note: Note | None = field(default=None, repr=False)
    refused: FileRefused | None = None

    @property
    def sentence(self) -> str:
        """What to tell the person; empty where there is nothing to tell."""
        if self.refused:
            return f"{self.path} is from an earlier edit. {self.refused.sentence}"
        return f"What an earlier edit left is kept as note {self.note.id}." if self.note else ""


def take_in(root: Path, notes: NoteService) -> Iterator[TakenIn]:
    """Keep each text beside what stands in the vault, and take its file away then. Blocks.

    A file that holds no text stays where it is.

    Args:
        root: The profile's folder. The profile is held: no editor is at these files.
        notes: Where to.

    Raises:
        VaultError: it could not be kept; this file and those after it stay.
    """
    for file in left(root):
        try:
            text = file.read()
        except FileRefused as error:
            yield TakenIn(file.path, refused=error)
            continue
        note = _kept(notes, file.note_id, text) if text.strip() else None
        file.forget()
        yield TakenIn(file.path, note)


def _kept(notes: NoteService, note_id: int | None, text: str) -> Note | None:
    """Keep a text as a note of its own, unless its note has that text; None then."""
    try:
        note = notes.get(note_id).result() if note_id else None
    except NotFound:
        note = None
    if note is None:
        return notes.create(text).result()
    if note.text.rstrip("\n") == text.rstrip("\n"):
        return None
    return notes.save(note.id, text, _NO_REVISION).result().other
