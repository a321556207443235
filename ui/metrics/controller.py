"""Wires the metrics page to the core: what it shows, when it looks again, and clearing."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Final

from assistant.errors import HushError
from assistant.events import Event, PowerChanged, ReplyEnded
from assistant.metrics import MetricsService
from assistant.power.plan import Mode
from assistant.vaults import followed
from ui.bridge import Bridge
from ui.metrics.page import MetricsPage
from ui.metrics.series import Overview, overview

_CLEARED: Final = "Cleared."


class MetricsController:
    """What a person does in the place for figures.

    Args:
        metrics: The figures.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        pool: Makes ready what is drawn.
    """

    def __init__(
        self, metrics: MetricsService, bridge: Bridge, page: MetricsPage, pool: Executor
    ) -> None:
        self._metrics = metrics
        self._bridge = bridge
        self._page = page
        self._pool = pool
        self._asked = 0  # of several answers only the last one asked for is shown
        self._mode: Mode | None = None
        page.range_chosen.connect(lambda _: self.refresh())
        page.clear_wanted.connect(self._clear)

    def refresh(self) -> None:
        """Look again: the person comes here, or chose another time."""
        self._asked += 1
        asked = self._asked

        def show(found: Overview) -> None:
            if asked == self._asked:
                self._page.show_overview(found)

        try:
            read = self._metrics.read(self._page.days)
        except HushError as error:  # the vault is closed: the window is about to go
            self._page.show_problem(error.sentence)
            return
        ready = followed(read, lambda found: self._pool.submit(overview, found))
        self._bridge.then(ready, show, lambda error: self._page.show_problem(error.sentence))

    def handle(self, event: Event) -> None:
        """Look again where an event says that there is more, while the person looks."""
        is_other_mode = isinstance(event, PowerChanged) and event.plan.mode is not self._mode
        if isinstance(event, PowerChanged):
            self._mode = event.plan.mode
        if (is_other_mode or isinstance(event, ReplyEnded)) and self._page.isVisible():
            self.refresh()

    def _clear(self) -> None:
        try:
            cleared = self._metrics.forget()
        except HushError as error:
            self._not_cleared(error)
        else:
            self._bridge.then(cleared, lambda _: self._has_cleared(), self._not_cleared)

    def _has_cleared(self) -> None:
        self._page.say_cleared(_CLEARED)
        self.refresh()

    def _not_cleared(self, error: HushError) -> None:
        self._page.say_cleared(error.sentence, danger=True)
