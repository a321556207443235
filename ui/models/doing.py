"""One piece of work that takes a while: its progress on the GUI thread, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.shelf.protocols import Progress
from ui.bridge import Bridge

T = TypeVar("T")

Ask = Callable[[Progress, Cancel], Future[T]]
"""Asks a service, which tells how far it is and hears a stop."""


class Doing:
    """Begun at once. What is told after its end is not shown.

    Args:
        bridge: Brings progress and outcome to the GUI thread.
        ask: What is done.
        show: Hears what is done and how far it is.
        done: Hears what came of it.
        failed: Hears why nothing did.
    """

    def __init__(
        self,
        bridge: Bridge,
        ask: Ask[T],
        show: Callable[[str, float], None],
        done: Callable[[T], None],
        failed: Callable[[HushError], None],
    ) -> None:
        self._bridge = bridge
        self._show = show
        self._cancel = Cancel()
        self.is_over = False
        try:
            future = ask(self._heard, self._cancel)
        except HushError as error:
            self.is_over = True
            failed(error)
        else:
            bridge.then(future, partial(self._end, done), partial(self._end, failed))

    def stop(self) -> None:
        """Ask for an end; ``failed`` hears of it."""
        self._cancel.ask()

    def _heard(self, words: str, share: float) -> None:
        """On the service's thread."""
        told: Future[tuple[str, float]] = Future()
        told.set_result((words, share))
        self._bridge.then(told, self._tell, lambda _: None)

    def _tell(self, told: tuple[str, float]) -> None:
        if not self.is_over:
            self._show(*told)

    def _end(self, then: Callable[[T], None], outcome: T) -> None:
        self.is_over = True
        then(outcome)
