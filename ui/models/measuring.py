"""Measuring this laptop: by itself at most once, and whenever somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.shelf.records import Yardstick
from ui.bridge import Bridge
from ui.models.faces import Board
from ui.models.page import ModelsPage

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.protocols import FittingRoom


class MachineMeasuring:
    """Says on the page that it goes on, and why it did not work.

    Args:
        fitting: Measures.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        board: What is known at the moment.
        changed: Hears that speeds are known.
    """

    def __init__(
        self,
        fitting: FittingRoom,
        bridge: Bridge,
        page: ModelsPage,
        board: Callable[[], Board],
        changed: Callable[[], object],
    ) -> None:
        self._fitting = fitting
        self._bridge = bridge
        self._page = page
        self._board = board
        self._changed = changed
        self._was_begun = False  # by itself, at most once

    def begin_once(self) -> None:
        """Nobody has to know that this comes first."""
        board = self._board()
        if board.may_measure and not board.is_measured and not self._was_begun:
            self.begin()

    def begin(self) -> None:
        """Measure: ten seconds."""
        self._was_begun = True
        self._page.show_measuring(self._board(), measuring=True)
        self._bridge.then(self._fitting.measure(Cancel()), self._done, self._failed)

    def _done(self, _: Yardstick) -> None:
        self._page.show_measuring(self._board(), measuring=False)
        self._changed()

    def _failed(self, error: HushError) -> None:
        self._page.show_measuring(self._board(), measuring=False)
        self._page.notice.say(error.sentence)  # a reply runs, mostly, and comes first
