"""A passage of a message that somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from assistant.notes.markdown_facts import plain

_LINES: Final = 12  # of a passage that are looked for, one after the other
_CHARACTERS: Final = 80  # of a line: as it was written, and not only as it begins
_LEAST: Final = 3  # characters; less is found anywhere


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for in a conversation.

    Attributes:
        conversation_id: Where.
        message_id: In which message.
        text: The passage, as it was written: Markdown.
    """

    conversation_id: int
    message_id: int
    text: str = field(repr=False)

    @property
    def lines(self) -> list[str]:
        """Its lines as they are shown, in their order: one of them will be found."""
        shown = (plain(line)[:_CHARACTERS].strip() for line in self.text.split("\n"))
        return list(islice((line for line in shown if len(line) >= _LEAST), _LINES))
