"""What the place for notes says. All pure."""

from __future__ import annotations

from typing import Final

from assistant.errors import HushError, StorageFull
from assistant.notes.limits import TRASH_DAYS
from ui.notes.pouring import LONGEST_LINE

KEPT_BOTH: Final = "This note changed elsewhere; both versions are kept."
MOVED: Final = "This note was deleted elsewhere. What you wrote is kept as a new note."
NOT_SAVED: Final = "Not saved"

_TITLE_IN_SENTENCE: Final = 32  # characters; two lines of the list's width


def short(title: str) -> str:
    """A title in a sentence."""
    if len(title) <= _TITLE_IN_SENTENCE:
        return title
    return title[:_TITLE_IN_SENTENCE].rstrip() + "…"


def in_trash(since: str) -> str:
    """What stands below a note that is in the trash.

    Args:
        since: When it came there, in words.
    """
    return f"In the trash since {since}. After {TRASH_DAYS} days it is deleted for good."


def long_line(characters: int) -> str:
    """Why a note can only be read.

    Args:
        characters: Of its longest line.
    """
    return (
        f"A line of this note has {characters:,} characters. It is shown in pieces, and can be "
        f"read here but not changed: lines of up to {LONGEST_LINE:,} can."
    )


def not_saved(error: HushError) -> str:
    """What went wrong, and that nothing is lost by it."""
    if isinstance(error, StorageFull):
        return f"{error.sentence} What you wrote stands here until it can be saved."
    return error.sentence
