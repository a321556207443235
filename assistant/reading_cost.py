"""What reading the last conversation anew would take: part of what the next turn costs."""

from __future__ import annotations

from typing import Final

from assistant.events import Event, PromptRead

_FEWEST_TOKENS: Final = 64
"""Fewer tell more of the moment than of the machine."""


class ReadingCost:
    """Learns from each prompt that is read how fast this machine reads."""

    def __init__(self) -> None:
        self._tokens = 0
        self._seconds_per_token = 0.0

    def note(self, event: Event) -> None:
        """Take an event; those that tell nothing of reading are passed over."""
        if not isinstance(event, PromptRead):
            return
        self._tokens = event.prompt_tokens
        read = event.prompt_tokens - event.reused_tokens
        if read >= _FEWEST_TOKENS:
            self._seconds_per_token = event.seconds / read

    def seconds(self) -> float:
        """Seconds to read the last prompt anew; 0 where nothing is known."""
        return self._tokens * self._seconds_per_token
