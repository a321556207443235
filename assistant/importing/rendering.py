"""A note as the bytes of a file. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from assistant.importing import front_matter
from assistant.importing.decoding import encode
from assistant.importing.folder import kind_of
from assistant.importing.front_matter import Facts, FrontMatterRefused
from assistant.importing.records import Kind
from assistant.notes.limits import note_title
from assistant.notes.names import folded, tags_read
from assistant.notes.records import TitleBy
from assistant.store.note_rows import NoteFile

_STAYS: Final = "Its tags and title stay in Hush: there is no place for them in its file."


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file. ``remark`` tells what Hush knows of the note that is not in it."""

    data: bytes = field(repr=False)
    front_matter: str = field(default="", repr=False)
    remark: str = ""


def rendered(note: NoteFile, path: str) -> Rendered:
    """Write a note.

    Its own front matter is kept to the letter; only where tags or title were changed in Hush are
    these lines written anew. A note without one gets one where there is something to say.

    Args:
        note: With what it was imported from, if it was.
        path: Where it goes, by its own source; empty where it was written in Hush.
    """
    if note.front_matter:
        matter = _changed(note)
    elif kind_of(PurePosixPath(path).name) is Kind.TEXT:  # whose front matter would be text
        matter = None if _tags(note) or _title(note, path) else ""
    elif path and not _tags(note) and not _title(note, path):
        matter = ""
    else:
        matter = front_matter.make(_title(note, path), _tags(note), note.created_at)
    kept = note.front_matter if matter is None else matter
    data = encode(kept + note.text, note.form)
    return Rendered(data, kept, _STAYS if matter is None else "")


def _changed(note: NoteFile) -> str | None:
    """The note's own front matter with its title and tags of now; None where that fails."""
    try:
        facts = front_matter.read(note.front_matter) or Facts()
    except FrontMatterRefused:
        return None
    tags = _tags(note, facts.tags)
    same_tags = _set(tags) == _set(tags_read(facts.tags))
    same_title = note.title_by is not TitleBy.PERSON or note.title == note_title(facts.title)
    if same_tags and same_title:
        return note.front_matter
    return front_matter.rewrite(
        note.front_matter,
        None if same_title else note.title,
        None if same_tags else tags,
    )


def _title(note: NoteFile, path: str) -> str:
    """The title where the file does not say it: neither in its text nor by its name."""
    if note.title_by is TitleBy.TEXT or (path and note.title_by is TitleBy.HUSH):
        return ""
    return "" if path and note.title == PurePosixPath(note.source).stem else note.title


def _tags(note: NoteFile, in_file: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The tags that its file is to have: its folder says the one that is there for that."""
    said = folded(note.folder_tag)
    if not said or said in _set(tags_read(in_file)):
        return note.tags
    return tuple(tag for tag in note.tags if folded(tag) != said)


def _set(tags: tuple[str, ...]) -> set[str]:
    return {folded(tag) for tag in tags}
