"""What the window asks of the tags' services, as far as it does."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from assistant.cancel import Cancel
from assistant.notes.records import Note
from assistant.tags.records import (
    AppliedLine,
    BulkReport,
    Explanation,
    Reliability,
    Suggestions,
    UnfinishedRun,
    Waiting,
)

Pair = tuple[int, str]
"""A note's id and a tag's name."""


class Suggests(Protocol):
    """Suggests tags for one note, and learns from what the person says of them."""

    def suggestions(self, note_id: int) -> Future[Suggestions]:
        """What is suggested for a note."""

    def decide(self, note_id: int, tag: str, *, accepted: bool) -> Future[Note]:
        """The person gives the tag, or does not want it there."""

    def take_back(self, note_id: int, tag: str) -> Future[Note]:
        """Undo a decision."""

    def explain(self, note_id: int, tag: str) -> Future[Explanation]:
        """Why a tag is suggested."""

    def reliability(self) -> Future[Reliability]:
        """How far the probabilities were right."""

    def reset(self) -> Future[None]:
        """Forget what was learned; tags on notes stay."""

    def propose(self, note_id: int, cancel: Cancel) -> Future[Suggestions]:
        """Ask the language model as well."""


class BulkRun(Protocol):
    """A run that was begun."""

    @property
    def id(self) -> int:
        """Its own."""

    @property
    def done(self) -> Future[BulkReport]:
        """What it comes to."""


class TagsInBulk(Protocol):
    """Suggests tags for many notes, and keeps what waits to be reviewed."""

    def start(
        self, ids: Sequence[int] | None = None, *, apply_above: float | None = None
    ) -> BulkRun:
        """Begin with these notes; None: all."""

    def resume(self, run_id: int) -> BulkRun:
        """Go on with one that was cut off."""

    def cancel(self, run_id: int) -> None:
        """End it before its last note."""

    def unfinished(self) -> Future[list[UnfinishedRun]]:
        """Those that can be gone on with."""

    def forget(self, run_id: int) -> Future[None]:
        """Do not go on with one that was cut off; what it suggested stays."""

    def waiting(self, tag: str = "") -> Future[list[Waiting]]:
        """What is to be reviewed, the most probable first."""

    def accept(self, pairs: Sequence[Pair]) -> Future[int]:
        """Give these tags."""

    def reject(self, pairs: Sequence[Pair]) -> Future[int]:
        """Do not want these tags there."""

    def log(self, limit: int = 200) -> Future[list[AppliedLine]]:
        """What was added without asking, the newest first."""

    def undo(self, what: Sequence[Pair] | int) -> Future[int]:
        """Take tags off that were added without asking: these, or a whole run's."""
