"""How much a note holds, in words where it is more."""

from __future__ import annotations

from typing import Final

from assistant.errors import InputRefused
from assistant.text import clean, title_from

MAX_NOTE_CHARACTERS: Final = 20_000_000
"""Longest text of a note: twice the largest that the tests open, and some thirty novels."""

MAX_NOTE_BYTES: Final = 4 * MAX_NOTE_CHARACTERS  # a character is at most four bytes of UTF-8
MAX_TITLE_CHARACTERS: Final = 200
MAX_TAG_CHARACTERS: Final = 100
MAX_TAGS: Final = 10_000
"""Most tags of one note. Of more in its text the first so many count."""

MAX_LINKS: Final = 10_000
"""Most links, and most attachments, of one note: of more the first so many count."""

EXCERPT_CHARACTERS: Final = 160
"""How much of a text a list shows: two lines of a wide one."""

TRASH_DAYS: Final = 30
"""After how long what lies in the trash is deleted for good."""

MAX_REVISION_BYTES: Final = 32 * 1024 * 1024
"""What the earlier texts of one note may take in the vault; the oldest give way."""


def note_text(text: str) -> str:
    """Clean a note's text.

    Raises:
        InputRefused: it is longer than a note can be.
    """
    if len(text) > MAX_NOTE_CHARACTERS:
        raise InputRefused(
            f"This note is too long: a note holds {MAX_NOTE_CHARACTERS:,} characters.",
            "Nothing was changed. Make several notes of it.",
        )
    return clean(text)


def note_title(title: str) -> str:
    """Clean a note's title: one line, cut to what a title holds; may be empty."""
    return title_from(clean(title), MAX_TITLE_CHARACTERS)
