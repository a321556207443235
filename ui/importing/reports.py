"""Wires the reports of imports that ended: which there are, and reading one again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from assistant.importing.records import PastImport
from ui.bridge import Bridge
from ui.importing import stages
from ui.importing.desk import Desk
from ui.latest import Latest

if TYPE_CHECKING:
    from assistant.importing.service import ImportService

_NAME: Final = "Import"
_NOT_FORGOTTEN: Final = "The report is still there"


class Reports:
    """The last few, the latest first.

    Args:
        service: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        desk: Where they are shown.
        back: Goes to the choice of what to import.
    """

    def __init__(
        self, service: ImportService, bridge: Bridge, desk: Desk, back: Callable[[], object]
    ) -> None:
        self._service = service
        self._bridge = bridge
        self._desk = desk
        self._back = back
        self._looks = Latest(bridge)
        self._past: Sequence[PastImport] = ()

    @property
    def last(self) -> PastImport | None:
        """The latest, as far as that is known."""
        return self._past[0] if self._past else None

    def look(self, changed: Callable[[], object]) -> None:
        """Ask which there are; ``changed`` hears where they are others than those known."""

        def came(found: list[PastImport]) -> None:
            if found != list(self._past):
                self._past = found
                changed()

        # Where they cannot be read, there are none to offer.
        self._looks.expect(self._service.reports(), came, lambda _: None)

    def show(self, place: int = 0) -> None:
        """Show one of them."""
        if place >= len(self._past):
            return
        desk, run = self._desk, self._past[place]
        has_earlier = place + 1 < len(self._past)
        earlier = (lambda: self.show(place + 1)) if has_earlier else None
        stage = stages.past(desk.theme, run, desk.close, lambda: self._forget(run), earlier)
        desk.show(_NAME, stage)

    def _forget(self, run: PastImport) -> None:
        def done(_: None) -> None:
            self._past = [other for other in self._past if other.id != run.id]
            if self._desk.is_open:
                self._back()

        again = ("Choose something else", self._back)
        self._bridge.then(
            self._service.forget(run.id),
            done,
            lambda error: self._desk.fail(_NAME, _NOT_FORGOTTEN, error, again),
        )
