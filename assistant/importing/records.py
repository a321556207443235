"""What import and export take and hand out, as frozen values. Names of files are content."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

MOST_NAMED: Final = 1_000
"""Of each kind, in one report: more nobody reads, and a hostile folder would fill the memory."""


class Kind(StrEnum):
    """What a file becomes."""

    MARKDOWN = "markdown"  # a note, taken apart: front matter, tags, links
    TEXT = "text"  # a note, as it is
    PDF = "pdf"  # a note of its text
    DOCX = "docx"  # likewise
    CHATS = "chats"  # ChatGPT's conversations.json
    CHATS_ARCHIVE = "chats archive"  # the .zip that it comes in
    NOTES_ARCHIVE = "notes archive"  # a .zip of a folder of notes


class Named(NamedTuple):
    """A file, or a conversation, and a sentence about it."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would look at. Nothing was opened yet.

    Attributes:
        notes: How many Markdown and text files.
        documents: How many PDF and DOCX files.
        chats: How many files of conversations.
        bytes: Of all of these together.
        attachments: Other files, which stay where they are.
        skipped: What will not be imported, and why.
        folders: The tags that these files would get of their folders; empty where all lie on top.
        by_folder: Whether notes that were imported from here before have such tags.
    """

    notes: int
    documents: int
    chats: int
    bytes: int
    attachments: tuple[str, ...] = field(default=(), repr=False)
    skipped: tuple[Named, ...] = field(default=(), repr=False)
    folders: tuple[str, ...] = field(default=(), repr=False)
    by_folder: bool = False

    @property
    def files(self) -> int:
        """How many files will be read."""
        return self.notes + self.documents + self.chats


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to. Notes and conversations are counted together.

    Attributes:
        new: Added.
        changed: Brought up to date: they changed in the folder.
        same: Known already, and unchanged.
        kept_both: Changed in the folder and in Hush: both stand, each a note.
        in_trash: In Hush's trash, where they stay.
        conversations: How many of all these are conversations.
        tags: How many tags the notes that were added or changed brought along.
        skipped: What was not imported, and why.
        remarks: What was imported, but not all of it as it stood.
        attachments: Files of other kinds, which stay where they are: the first of them.
        more_attachments: How many there are beside these.
        cancelled: Whether it was called off; what was imported until then stays.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    kept_both: int = 0
    in_trash: int = 0
    conversations: int = 0
    tags: int = 0
    skipped: tuple[Named, ...] = field(default=(), repr=False)
    remarks: tuple[Named, ...] = field(default=(), repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)
    more_attachments: int = 0
    cancelled: bool = False

    @property
    def others(self) -> int:
        """How many files of other kinds there are."""
        return len(self.attachments) + self.more_attachments


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import that was begun. ``done`` holds its report, or why it stopped half-way."""

    id: int
    done: Future[ImportReport]


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """An import that was cut off, by a full disk or the end of the program.

    Attributes:
        path: The folder or file that is imported.
        started_at: Milliseconds since 1970, UTC.
        done: How many notes and conversations are in already.
    """

    id: int
    path: Path = field(repr=False)
    started_at: int
    done: int


@dataclass(frozen=True, slots=True)
class PastImport:
    """An import that ended, and what was told then.

    Attributes:
        path: The folder or file that was imported.
        ended_at: Milliseconds since 1970, UTC.
    """

    id: int
    path: Path = field(repr=False)
    ended_at: int
    report: ImportReport


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export came to.

    Attributes:
        written: How many notes (and conversations) are in the files now.
        unchanged: How many of the files stood there already, just so.
        skipped: What was not written, and why.
        remarks: What was written, but not under its name or not with all that Hush knows.
        cancelled: Whether it was called off: of a folder, what was written stays, beside a file
            that says so; of one file, nothing does.
    """

    written: int = 0
    unchanged: int = 0
    skipped: tuple[Named, ...] = field(default=(), repr=False)
    remarks: tuple[Named, ...] = field(default=(), repr=False)
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ExportRun:
    """An export that was begun. ``done`` holds its report, or why it stopped half-way."""

    id: int
    done: Future[ExportReport]


Tell = Callable[[int, int], None]
"""Hears how many of how many are written."""


def at_most(found: list[Named]) -> tuple[Named, ...]:
    """The first of these, and a last one that says how many more there are."""
    if len(found) <= MOST_NAMED:
        return tuple(found)
    more = f"{len(found) - MOST_NAMED:,} more are not named here."
    return (*found[:MOST_NAMED], Named("…", more))
