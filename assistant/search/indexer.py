"""The indexer: a thread that keeps passages, words and vectors in step with notes and chats.

All that it has to know is in rows: what waits in a queue, what has no vector yet, which edition
serves. So it may be killed at any instant, and goes on where it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from assistant.courtesy import GiveWay, nobody_draws
from assistant.embed.panics import is_survivable
from assistant.embed.protocol import EncoderSource
from assistant.errors import Bug, HushError, VaultLocked
from assistant.events import EventSink, IndexChanged
from assistant.log import log_error, log_event
from assistant.power.plan import Plan
from assistant.search.preparing import Preparing
from assistant.search.records import IndexState, IndexStatus
from assistant.vaults import Vaults

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.search.lanes import Lane
    from assistant.search.vocabulary import Vocabulary
    from assistant.search.work import Work

_LOOK_SECONDS: Final = 1.0
"""Between two looks at an export that is under way, or has to wait for a calmer moment."""

_IDLE_SECONDS: Final = 20.0
"""Between two looks whether anything changed of which nobody told."""

_TROUBLE_SECONDS: Final = 30.0  # after what failed, until it is tried again
_TOLD_SECONDS: Final = 0.25  # between two events while it works
_CLOSE_SECONDS: Final = 1.0

_STUCK: Final = "Something went wrong inside Hush while it kept the index."
_AGAIN: Final = "It tries again in half a minute; its log says where it was."


class Indexer:
    """Splits what changed, at once, and encodes it when the governor allows.

    Args:
        vaults: Open; only the kept one is indexed.
        source: The embedding model that is chosen. One chosen before serves until the new one's
            index is built.
        plan: The governor's plan of the moment.
        publish: Gets ``IndexChanged``.
        writes: Whether the vault may be written to; else what is indexed already is served.
        elapsed: Seconds since some fixed moment.
        give_way: Called between pieces of work.
    """

    def __init__(
        self,
        vaults: Vaults,
        source: EncoderSource,
        plan: Callable[[], Plan],
        publish: EventSink,
        *,
        writes: bool = True,
        elapsed: Callable[[], float] = time.monotonic,
        give_way: GiveWay = nobody_draws,
    ) -> None:
        self._vault = vaults.kept
        self._source = source
        self._plan = plan
        self._publish = publish
        self._writes = writes
        self._elapsed = elapsed
        self._give_way = give_way
        self._status = IndexStatus(IndexState.WORKING)
        self._told_at = -_TOLD_SECONDS
        self._calm_until = 0.0
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._loaded = threading.Event()
        self._closing = False
        self._chosen: EncoderSource | None = None  # to be used from now on
        self._rebuild = False
        self._trouble: HushError | None = None
        self._work: Work | None = None
        self._preparing = Preparing(self.wake, elapsed)
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    @property
    def status(self) -> IndexStatus:
        """How far the index is."""
        return self._status

    @property
    def is_closing(self) -> bool:
        """Whether it was told to end."""
        return self._closing

    @property
    def serving(self) -> Lane | None:
        """What is searched; None until it is loaded."""
        return self._work.serving if self._work else None

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words there are; None until the index is loaded."""
        return self._work.vocabulary if self._work else None

    @property
    def trouble(self) -> HushError | None:
        """What is wrong now; it is tried again by itself. None: nothing."""
        return self._trouble

    def start(self, *, calm_seconds: float = 0.0) -> None:
        """Load the index and begin to work, on a thread of its own. Safe to call again.

        Args:
            calm_seconds: For so long no embedding model is exported, which keeps two cores busy
                for half a minute: the person has only just opened the window.
        """
        with self._starting:
            if not self._closing and self._thread.ident is None:
                self._calm_until = self._elapsed() + calm_seconds
                self._thread.start()

    def wake(self) -> None:
        """Say that notes or messages may have changed, or the plan. On any thread; at once."""
        self._idle.clear()
        self._wake.set()

    def rebuild(self) -> None:
        """Build the index anew, beside the one that serves until then."""
        self._rebuild = True
        self.wake()

    def choose(self, source: EncoderSource) -> None:
        """Use another embedding model from now on: built beside the one that serves until then."""
        self._chosen = source
        self.wake()

    def loaded(self, seconds: float) -> bool:
        """Wait until there is something to search in; False where it takes longer."""
        return self._loaded.wait(seconds)

    def settled(self, seconds: float) -> bool:
        """Wait until nothing is left to do that the plan allows; False where it takes longer."""
        return self._idle.wait(seconds)

    def stop(self) -> None:
        """End. Waits a second at most for what is being done; nothing is lost by it."""
        with self._starting:
            self._closing = True
        self._preparing.cancel()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)
        self._idle.set()
        self._loaded.set()

    def _run(self) -> None:
        try:
            self._open()
            while not self._closing:
                self._wake.clear()
                pause = self._turn()
                if pause:
                    self._wake.wait(pause)
        except VaultLocked:
            pass  # closed, and with it this
        finally:
            self._idle.set()
            self._loaded.set()
            if self._work:
                self._work.close()

    def _open(self) -> None:
        from assistant.search.work import Work  # numpy: not before this thread

        while not self._closing and self._work is None:
            try:
                self._work = Work(
                    self._vault, self._source, writes=self._writes, give_way=self._give_way
                )
            except BaseException as error:  # noqa: BLE001 - raised again, if it is to end the thread
                self._survive(error)
                self._wake.wait(_TROUBLE_SECONDS)
                self._wake.clear()
        if self._work:
            self._trouble = None
            self._tell(self._work, at_once=True)  # before anybody asks how far it is
        self._loaded.set()

    def _turn(self) -> float:
        """Do a part of what there is to do; seconds to wait then, 0 where there is more."""
        work = self._work
        if work is None:
            return _TROUBLE_SECONDS
        try:
            asked = self._obey(work)
            more = self._writes and self._do_some(work)
            self._trouble = None
            waits = not more and self._prepare(work)
            self._tell(work, at_once=asked or not more)
        except BaseException as error:  # noqa: BLE001 - raised again, if it is to end the thread
            self._survive(error)
            return _TROUBLE_SECONDS
        if more:
            return 0.0
        if not waits and not self._wake.is_set():
            self._idle.set()
        held = self._status.state is IndexState.PAUSED  # until somebody tells of another plan
        return _LOOK_SECONDS if waits and not held else _IDLE_SECONDS

    def _obey(self, work: Work) -> bool:
        """Do what was asked for since the last turn; whether anything was."""
        chosen, self._chosen = self._chosen, None
        rebuild, self._rebuild = self._rebuild and self._writes, False
        if chosen is not None:
            self._preparing.cancel()
            self._source = chosen
            work.choose(chosen)
        if rebuild:
            work.rebuild()
        return rebuild or chosen is not None

    def _do_some(self, work: Work) -> bool:
        """Whether there may be more to do. Words first: nobody waits for a plan to find them.

        What the plan allows is computed meanwhile, by threads that let this one go first.
        """
        is_allowed = self._plan().background_allowed
        if is_allowed:
            work.encode_ahead()
        if work.forget_gone() or work.split_some() or work.sample_some():
            return True
        if work.encode_rest():  # also what was begun when it was allowed
            return True
        return is_allowed and (work.promote() or work.drop_some() or work.merging.go_on())

    def _prepare(self, work: Work) -> bool:
        """Have the model exported where it has to be; whether that is going on, or may not yet."""
        self._preparing.reconsider()
        encoder = work.unprepared
        if encoder is None or not self._writes:
            return False
        if not self._preparing.is_running and not work.wants_meaning:
            return False
        is_calm = self._elapsed() < self._calm_until
        self._preparing.follow(encoder, allowed=self._plan().background_allowed and not is_calm)
        return encoder.is_unprepared

    def _survive(self, found: BaseException) -> None:
        """Tell what went wrong; the thread goes on, unless it is to end."""
        if isinstance(found, VaultLocked) or not is_survivable(found):
            raise found
        log_error("index.trouble", found)
        error = found if isinstance(found, HushError) else Bug(_STUCK, _AGAIN)
        self._trouble = error
        self._set(replace(self._status, state=IndexState.PAUSED, reason=error.sentence))

    def _tell(self, work: Work, *, at_once: bool) -> None:
        now = self._elapsed()
        if at_once or now - self._told_at >= _TOLD_SECONDS:
            self._told_at = now
            share = self._preparing.share if self._preparing.is_running else None
            self._set(work.status(self._plan(), share))

    def _set(self, status: IndexStatus) -> None:
        if status != self._status:
            if status.state is not self._status.state:
                log_event("index.state", state=status.state.name, passages=status.passages)
            self._status = status
            self._publish(IndexChanged(status))
