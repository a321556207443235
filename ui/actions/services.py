"""What the window asks of the services for actions and titles, as far as it does."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from assistant.actions.records import Action, ActionRun, Description
from assistant.cancel import Cancel


class Acts(Protocol):
    """Has the model do something with a text, and tells of it by events."""

    @property
    def offered(self) -> tuple[Description, ...]:
        """Every action, in the order of a menu."""

    def start(self, action: Action, text: str, *, language: str = "") -> ActionRun:
        """Begin."""

    def cancel(self, run_id: int) -> None:
        """Stop; ``ActionEnded`` follows."""


class Titles(Protocol):
    """Thinks of titles."""

    def suggest(self, note_id: int, cancel: Cancel | None = None) -> Future[str]:
        """A title for a note; nothing is written."""
