"""What is said of actions and of what comes of them. All pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assistant.actions.records import ActionResult, Description, Placement
from assistant.errors import HushError
from ui.actions.target import Standing
from ui.markdown.safe_text import harmless
from ui.notes.words import short

LANGUAGES: Final = (
    "English",
    "French",
    "German",
    "Spanish",
    "Italian",
    "Portuguese",
    "Dutch",
    "Polish",
)
"""Offered at once, by the names that the model is told; any other can be typed."""

THINKING: Final = "The model is thinking of a title…"
WAITING: Final = "Waiting for the model…"
STOPPED: Final = "Stopped. Your note is as it was."
FAILED: Final = "Your note is as it was."
DISCARDED: Final = "Discarded. Your note is as it was."
STILL_WRITING: Final = "Another text is being written. Wait for it, or stop it with Esc."
NO_NOTE: Final = "Open a note first."
NOTHING_WRITTEN: Final = "Write something first."
BEING_SAVED: Final = "This note is only being saved. Ask again in a moment."
ALREADY: Final = "It is called that already."
IN_TRASH: Final = "This note is in the trash. Put it back first."
LEGEND: Final = "+ is new, − goes"

_CHANGED: Final = {
    Placement.REPLACES: "The text changed since you asked. It stays; the result goes below it.",
    Placement.FOLLOWS: "The text changed since you asked. The result goes below it.",
    Placement.BESIDE: "The text changed since you asked; this is of how it was.",
}
_ELSEWHERE: Final = "The note that this is of is not open. What you accept becomes a new note."
_LOCKED: Final = "This note can only be read. What you accept becomes a new note."


@dataclass(frozen=True, slots=True)
class Way:
    """A way to accept a result.

    Attributes:
        name: On its button.
        is_note: Whether it becomes a note of its own.
        replaces: Whether it takes the text's place.
        follows: Whether it goes on right behind the text, as it is.
    """

    name: str
    is_note: bool = False
    replaces: bool = False
    follows: bool = False


REPLACE: Final = Way("Replace", replaces=True)
CONTINUE: Final = Way("Add it", follows=True)
BELOW: Final = Way("Insert below")
NOTE: Final = Way("New note", is_note=True)


def ways_of(result: ActionResult, standing: Standing) -> tuple[Way, ...]:
    """How a result can be accepted, the one that its action means first."""
    if standing in {Standing.ELSEWHERE, Standing.LOCKED}:
        return (NOTE,)
    if standing is Standing.CHANGED or result.placement is Placement.BESIDE:
        return BELOW, NOTE
    return (REPLACE, BELOW) if result.placement is Placement.REPLACES else (CONTINUE, NOTE)


def standing_words(placement: Placement, standing: Standing) -> str:
    """What became of the text that was asked about; empty where it is as it was."""
    match standing:
        case Standing.CHANGED:
            return _CHANGED[placement]
        case Standing.ELSEWHERE:
            return _ELSEWHERE
        case Standing.LOCKED:
            return _LOCKED
        case Standing.AS_IT_WAS:
            return ""


def accepted_words(way: Way) -> str:
    """What is said once a result stands in the note."""
    done = "Replaced" if way.replaces else "Added"
    return f"{done}. Ctrl+Z in the note takes it back."


def kept_words(title: str) -> str:
    """What is said once a result is a note of its own."""
    return f"Kept as a new note, “{short(harmless(title))}”."


def progress_words(part: int, parts: int) -> str:
    """How far an action is."""
    return f"Part {part:,} of {parts:,}" if parts > 1 else "Writing…"


def title_of_run(description: Description, language: str = "", *, selected: bool = False) -> str:
    """What stands above what an action writes."""
    what = f"{description.name} into {language}" if language else description.name
    return f"{what}: the selection" if selected else what


def failure_words(error: HushError) -> str:
    """What went wrong, and what is safe."""
    return f"{error.sentence} {FAILED}"


def suggested_words(title: str) -> str:
    """A title that is only suggested."""
    return f"Suggested title: “{harmless(title)}”"


def named_words(title: str) -> str:
    """A suggested title was taken."""
    return f"The note is called “{short(harmless(title))}” now."
