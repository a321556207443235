"""What the notes hand out, as frozen values. Times are milliseconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class TitleBy(StrEnum):
    """Where a note's title is from."""

    TEXT = "text"  # its first heading or line; it follows the text
    PERSON = "person"
    HUSH = "hush"


@dataclass(frozen=True, slots=True)
class Note:
    """One note, whole.

    Attributes:
        revision: Grows by one with each change of title or text: what ``save`` expects.
        source: The path that it was imported from, in its folder; empty where it was not.
        deleted_at: Since when it is in the trash; None where it is not.
    """

    id: int
    title: str = field(repr=False)
    title_by: TitleBy
    text: str = field(repr=False)
    revision: int
    pinned: bool
    tags: tuple[str, ...] = field(repr=False)
    created_at: int
    updated_at: int
    source: str = field(default="", repr=False)
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One note as a list shows it. ``excerpt`` is the text's beginning, on one line."""

    id: int
    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    pinned: bool
    tags: tuple[str, ...] = field(repr=False)
    updated_at: int
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """Which notes to list: those with these words, this tag (or one nested in it), or the trash."""

    words: str = field(default="", repr=False)
    tag: str = field(default="", repr=False)
    trash: bool = False


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, as it was first written, and how many notes outside of the trash have it."""

    name: str = field(repr=False)
    notes: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving a note came to.

    ``other`` is set where the note had changed elsewhere since ``expected_revision``: then
    ``note`` is that other, newer text, untouched, and ``other`` is a new note with this one's.
    """

    note: Note
    other: Note | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted for good.

    Attributes:
        notes: How many.
        since: When the oldest of them was written, milliseconds since 1970, UTC: backups made
            after that may still hold one (``BackupService.holding``). None where there was none.
    """

    notes: int
    since: int | None


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """An earlier text of a note: when it was replaced, and how long it was."""

    revision: int
    at: int
    characters: int
