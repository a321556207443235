"""Answers that may come late: only what was asked for last is delivered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from assistant.errors import HushError
from ui.bridge import Bridge

T = TypeVar("T")


class Latest:
    """Delivers a future's outcome on the GUI thread, unless another one is wanted by then.

    Args:
        bridge: Brings outcomes to the GUI thread.
        owner: Once it is gone, nothing is delivered: it was to be shown there.
    """

    def __init__(self, bridge: Bridge, owner: QObject | None = None) -> None:
        self._bridge = bridge
        self._owner = owner
        self._number = 0

    def expect(
        self,
        future: Future[T],
        on_result: Callable[[T], None],
        on_error: Callable[[HushError], None],
    ) -> None:
        """Want this one now; what was asked for before is not delivered any more."""
        self._number += 1
        number = self._number

        def came(result: T) -> None:
            if self._is_wanted(number):
                on_result(result)

        def failed(error: HushError) -> None:
            if self._is_wanted(number):
                on_error(error)

        self._bridge.then(future, came, failed)

    def _is_wanted(self, number: int) -> bool:
        return number == self._number and (self._owner is None or isValid(self._owner))

    def forget(self) -> None:
        """Want nothing that was asked for."""
        self._number += 1
