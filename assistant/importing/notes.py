"""One file of a notebook, read and taken apart: what becomes a note."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from assistant.cancel import Cancel
from assistant.importing import front_matter
from assistant.importing.decoding import decode
from assistant.importing.files import digest, open_beneath, read_whole
from assistant.importing.folder import Entry
from assistant.importing.front_matter import Facts, FrontMatterRefused
from assistant.importing.parsing import Parser
from assistant.importing.reading import DOCUMENTS, MAX_TEXT_BYTES, read_parsed
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
    folder: Path, entry: Entry, known: bytes | None, now: int, parser: Parser, stop: Cancel
) -> ReadFile | Unchanged:
    """Read a file of any kind but conversations.

    Args:
        folder: That is imported.
        entry: The file.
        known: SHA-256 of its bytes when it was last seen; None where it never was.
        now: No file is newer, whatever it says.
        parser: Reads PDF and DOCX.
        stop: Ends it.

    Raises:
        FileRefused: why it cannot be read.
        CancelledError: ``stop`` was asked.
    """
    if entry.kind in DOCUMENTS:
        return _read_document(folder, entry, known, now, parser, stop)
    whole = read_whole(lambda: open_beneath(folder, entry.path), MAX_TEXT_BYTES)
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
    folder: Path, entry: Entry, known: bytes | None, now: int, parser: Parser, stop: Cancel
) -> ReadFile | Unchanged:
    with open_beneath(folder, entry.path) as file:
        if known and digest(file) == known:
            return Unchanged(known)
        modified_at = max(0, min(os.fstat(file.fileno()).st_mtime_ns // 1_000_000, now))
        text, found = read_parsed(entry.kind, file, parser, stop)
    note = Imported(
        source=entry.path,
        source_hash=found,
        title=PurePosixPath(entry.path).stem,
        title_by=TitleBy.HUSH,
        text=text,
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
