"""Taking in models that are on this computer already."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused
from assistant.shelf.records import Found
from ui.bridge import Bridge
from ui.models.bar_line import BarLine
from ui.models.doing import Doing
from ui.models.from_here import FromHere

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.protocols import AdoptingRoom, TakingInRoom
    from models.library import Installed

_BEGUN: Final = "Reading it…"
_LOOKING: Final = "Looking…"


class Taking:
    """One file at a time; others wait.

    Args:
        service: Copies files here.
        adopting: Knows what other programs hold.
        bridge: Brings outcomes to the GUI thread.
        section: Where it is shown.
        came: Hears what is here now.
    """

    def __init__(
        self,
        service: TakingInRoom,
        adopting: AdoptingRoom,
        bridge: Bridge,
        section: FromHere,
        came: Callable[[Installed], None],
    ) -> None:
        self._service = service
        self._adopting = adopting
        self._bridge = bridge
        self._section = section
        self._came = came
        self._doing: Doing | None = None
        self._waiting: deque[Path] = deque()
        self._looking: Cancel | None = None
        section.look_wanted.connect(self._look)
        section.adopted.connect(self._adopt)
        section.cancelled.connect(self._stop)

    @property
    def is_working(self) -> bool:
        """Whether a file is being taken in."""
        return self._doing is not None

    def take(self, paths: list[Path]) -> None:
        """Take these in, one after another."""
        self._waiting.extend(paths)
        self._next()

    def _next(self) -> None:
        if self._waiting and not self._section.is_working:
            path = self._waiting.popleft()
            line = self._section.file_line
            self._work(line, partial(self._service.take, path), path.name)

    def _adopt(self, found: Found, how: Literal["link", "copy"]) -> None:
        line = self._section.found.get(found.path)
        if line and not self._section.is_working:
            self._work(line, partial(self._adopting.adopt, found, how), found.name)

    def _work(
        self,
        line: BarLine,
        ask: Callable[..., object],
        name: str,
    ) -> None:
        section = self._section

        def end(sentence: str, *, danger: bool = False) -> None:
            self._doing = None
            line.show_share(None)
            section.end(sentence, danger=danger)
            self._next()

        def done(model: Installed) -> None:
            end(f"{model.name} is on this laptop now.")
            self._came(model)

        def failed(error: HushError) -> None:
            end(f"{name}: {error.sentence}", danger=not isinstance(error, InputRefused))

        section.begin(line, _BEGUN, can_cancel=True)
        line.show_share(0.0)
        doing = Doing(self._bridge, ask, line.show_progress, done, failed)  # type: ignore[arg-type] # a service's method with its first arguments given
        if not doing.is_over:
            self._doing = doing

    def _stop(self) -> None:
        self._waiting.clear()
        if self._doing:
            self._doing.stop()
        if self._looking:
            self._looking.ask()

    def _look(self) -> None:
        section = self._section
        if section.is_working:
            return
        self._looking = cancel = Cancel()
        section.begin(section.others_line, _LOOKING, can_cancel=True)

        def done(found: list[Found]) -> None:
            self._looking = None
            section.end()
            section.show_found(found)
            self._next()

        def failed(error: HushError) -> None:
            self._looking = None
            section.end(error.sentence, danger=not isinstance(error, InputRefused))
            self._next()

        self._bridge.then(self._adopting.look(cancel), done, failed)
