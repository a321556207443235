"""One file of a notebook, read and taken apart: what becomes a note."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from assistant.importing import front_matter
from assistant.importing.decoding import decode
from assistant.importing.folder import Entry
from assistant.importing.folder_tags import TOO_LONG, folder_tag
from assistant.importing.front_matter import Facts, FrontMatterRefused
from assistant.importing.notebook import Notebook
from assistant.importing.reading import DOCUMENTS
from assistant.importing.records import Kind
from assistant.notes.records import TitleBy
from assistant.store.note_rows import Imported

_HEADING: Final = re.compile(r"\s*#{1,6}[ \t]+\S")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that has the bytes it had before. It was not taken apart."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says. ``remark`` tells what did not come through as it stood."""

    note: Imported
    remark: str = field(default="", repr=False)

    @property
    def hash(self) -> bytes:
        """SHA-256 of its bytes."""
        return self.note.source_hash


def read_file(
    notebook: Notebook, entry: Entry, known: bytes | None, now: int, *, by_folder: bool = False
) -> ReadFile | Unchanged:
    """Read a file of any kind but conversations.

    Args:
        notebook: That is imported.
        entry: The file.
        known: SHA-256 of its bytes when it was last seen; None where it never was.
        now: No file is newer, whatever it says.
        by_folder: Give it the tag of its folder.

    Raises:
        FileRefused: why it cannot be read.
        CancelledError: a stop was asked for.
    """
    is_document = entry.kind in DOCUMENTS
    read = (_read_document if is_document else _read_text)(notebook, entry, known, now)
    return _tagged(read, entry.path) if by_folder and isinstance(read, ReadFile) else read


def _tagged(read: ReadFile, path: str) -> ReadFile:
    tag = folder_tag(path)
    if not tag:
        return replace(read, remark=f"{read.remark} {TOO_LONG}".strip()) if "/" in path else read
    return replace(read, note=replace(read.note, tags=(*read.note.tags, tag), folder_tag=tag))


def _read_text(
    notebook: Notebook, entry: Entry, known: bytes | None, now: int
) -> ReadFile | Unchanged:
    whole = notebook.whole(entry)
    found = hashlib.sha256(whole.data).digest()
    if found == known:
        return Unchanged(found)
    decoded = decode(whole.data)
    matter, text, facts, remark = "", decoded.text, Facts(), ""
    if entry.kind is Kind.MARKDOWN:
        matter, text, facts, remark = _taken_apart(decoded.text)
    title, by = _title(entry.path, text, facts)
    modified_at = max(0, min(whole.modified_at, now))
    note = Imported(
        source=entry.path,
        source_hash=found,
        title=title,
        title_by=by,
        text=text,
        tags=facts.tags,
        front_matter=matter,
        attachments=(),
        created_at=min(facts.created_at or modified_at, now),
        updated_at=min(facts.updated_at or modified_at, now),
        aliases=facts.aliases,
        form=decoded.form,
    )
    return ReadFile(note, " ".join(filter(None, (decoded.remark, remark))))


def _read_document(
    notebook: Notebook, entry: Entry, known: bytes | None, now: int
) -> ReadFile | Unchanged:
    parsed = notebook.document(entry, known)
    if parsed is None:
        return Unchanged(known or b"")
    modified_at = max(0, min(parsed.modified_at, now))
    note = Imported(
        source=entry.path,
        source_hash=parsed.hash,
        title=PurePosixPath(entry.path).stem,
        title_by=TitleBy.HUSH,
        text=parsed.text,
        tags=(),
        front_matter="",
        attachments=(),
        created_at=modified_at,
        updated_at=modified_at,
    )
    return ReadFile(note)


def _taken_apart(whole: str) -> tuple[str, str, Facts, str]:
    """Front matter, text, what the front matter says, and a remark where it cannot be read.

    What cannot be read stays in the text: nothing that somebody wrote is hidden from them.
    """
    matter, text = front_matter.split(whole)
    try:
        facts = front_matter.read(matter) if matter else Facts()
    except FrontMatterRefused as refusal:
        return "", whole, Facts(), str(refusal)
    if facts is None:  # text between two rules
        return "", whole, Facts(), ""
    return matter, text, facts, ""


def _title(path: str, text: str, facts: Facts) -> tuple[str, TitleBy]:
    """Its front matter's title, else its own first heading, else the file's name."""
    if facts.title:
        return facts.title, TitleBy.PERSON
    if _HEADING.match(text):
        return "", TitleBy.TEXT
    return PurePosixPath(path).stem, TitleBy.HUSH
