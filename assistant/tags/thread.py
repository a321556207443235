"""The thread that owns the tag model: what is asked of it, and what it does by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

from assistant.clock import Clock
from assistant.courtesy import GiveWay, nobody_draws
from assistant.events import EventSink, TagsChanged
from assistant.power.plan import Plan
from assistant.search.records import IndexState
from assistant.store.vault import Vault
from assistant.tags.slices import Long, Slices

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.tags.learning import Learner
    from assistant.tags.note_texts import Embed

T = TypeVar("T")

_CLOSE_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 1.0
"""Without a question, before what can wait is done: tens of milliseconds each."""

_CALM_SECONDS: Final = 4.0
"""The same, before probabilities are fitted anew: for a second nobody gets an answer then."""


class ModelThread:
    """Nothing is read or imported before the first question; then the model is built.

    Args:
        vault: Open for writing.
        clock: Measures how long nobody asked.
        publish: Gets ``TagsChanged``, on the thread.
        embed: The texts' vectors; None where there is no embedding model now.
        index: How far the index is.
        plan: The governor's plan of the moment.
        give_way: Called between pieces of what takes long.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        publish: EventSink,
        embed: Embed,
        index: Callable[[], IndexState],
        plan: Callable[[], Plan],
        give_way: GiveWay = nobody_draws,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._publish = publish
        self._embed = embed
        self._index = index
        self._plan = plan
        self._give_way = give_way
        self._slices = Slices("tag model", self._chores)
        self._learner: Learner | None = None
        self._index_changed = threading.Event()
        self._asked_at = float("-inf")

    def ask(self, work: Callable[[Learner], T]) -> Future[T]:
        """Have something done with the model, before all else.

        Raises:
            VaultLocked: in the future; it is closed.
        """

        def answer() -> T:
            self._asked_at = self._clock.elapsed()
            try:
                return work(self._there())
            finally:
                self._slices.wake()

        return self._slices.ask(answer)

    def begin(self, long: Callable[[Learner], Long]) -> None:
        """Have long work done with the model, in slices.

        Raises:
            VaultLocked: it is closed.
        """

        def slices() -> Long:
            yield from long(self._there())

        self._slices.begin(slices())

    def wake(self) -> None:
        """Say that notes or tags may have changed, or the plan. On any thread; at once."""
        self._slices.wake()

    def index_changed(self) -> None:
        """Say that the index is further. On any thread; at once."""
        self._index_changed.set()
        self._slices.wake()

    def close(self) -> None:
        """End; what is under way is told. Takes a second at most."""
        self._slices.close(_CLOSE_SECONDS)

    def _there(self) -> Learner:
        from assistant.tags.learning import Learner  # numpy: not before this thread

        if self._learner is None:
            self._learner = Learner(
                self._vault,
                self._embed,
                self._index,
                lambda: self._slices.is_closing,
                self._give_way,
            )
        return self._learner

    def _chores(self) -> float | None:
        """See ``Slices``."""
        learner = self._learner
        if learner is None or not learner.is_built:
            return None
        if self._index_changed.is_set():
            self._index_changed.clear()
            learner.index_changed()
        learner.keep_up()
        if learner.teach_some():
            return 0.0
        if learner.has_news:
            learner.has_news = False
            self._publish(TagsChanged())
        return self._settle(learner)

    def _settle(self, learner: Learner) -> float | None:
        """What can wait until nobody asks for anything."""
        quiet = self._clock.elapsed() - self._asked_at
        plan = self._plan()
        may_name = learner.may_name(plan)
        if learner.is_unsettled or may_name:
            if quiet < _QUIET_SECONDS:
                return _QUIET_SECONDS - quiet
            if learner.settle_some() or (may_name and learner.name_some()):
                return 0.0
        if plan.background_allowed:
            if learner.rebuild_some():
                return 0.0
            calibrating = learner.calibrating
            if calibrating and calibrating.is_due:
                least = _QUIET_SECONDS if calibrating.is_quick else _CALM_SECONDS
                if quiet < least:
                    return least - quiet
                learner.calibrate()
                return 0.0
        return None
