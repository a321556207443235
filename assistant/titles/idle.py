"""Titles for chats that nobody asked for, given when nobody needs the machine.

A note gets one only for a person who asks: nothing is written to it otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.context.ahead import Worker
from assistant.engine.protocol import Engine, ModelInfo
from assistant.errors import HushError, VaultLocked
from assistant.events import Activity, EventSink, TitlesChanged
from assistant.log import log_event
from assistant.power.plan import Plan
from assistant.store import title_rows
from assistant.store.sqlcipher import Connection
from assistant.store.title_rows import Untitled
from assistant.store.vault import Vault
from assistant.titles import wording
from assistant.titles.job import written
from assistant.vaults import Vaults, combined

LOOK_SECONDS: Final = 60.0
"""Between two looks for something to do. One takes milliseconds of the store's time."""

_AT_ONCE: Final = 100  # rows that one look goes through


class IdleTitles:
    """Gives chats titles where they have none. On any thread.

    Args:
        vaults: Open, and written to.
        worker: Runs the model.
        clock: Tells when it was last looked.
        publish: Gets ``TitlesChanged``.
        plan: What the governor allows at the moment.
        allowed: Whether titles may be given that nobody asked for.
    """

    def __init__(
        self,
        vaults: Vaults,
        worker: Worker,
        clock: Clock,
        publish: EventSink,
        plan: Callable[[], Plan],
        allowed: Callable[[], bool],
    ) -> None:
        self._vaults = vaults
        self._worker = worker
        self._clock = clock
        self._publish = publish
        self._plan = plan
        self._allowed = allowed
        self._lock = threading.Lock()
        self._looked: float | None = None

    def look(self) -> None:
        """Have titles given where any is wanted, if nobody needs the machine. At once.

        To be called now and then: after a reply, and when the governor looked.
        """
        if not (self._worker.is_warm and self._plan().background_allowed and self._allowed()):
            return
        now = self._clock.elapsed()
        with self._lock:
            if self._looked is not None and now - self._looked < LOOK_SECONDS:
                return
            self._looked = now
        try:
            looks = [vault.write(self.next_in, patient=True) for vault in self._there]
        except VaultLocked:
            return  # it is being closed
        combined(looks, list).add_done_callback(self._ask)

    def give(self, engine: Engine, cancel: Cancel) -> None:
        """Have the model write titles until none is wanted. On the worker's thread.

        Raises:
            HushError: the engine or the store failed; what was given stands.
        """
        for vault in self._there:
            while not cancel.asked and self._allowed():
                one = vault.write(self.next_in).result()
                if one is None:
                    break
                title = written(engine, one, cancel)
                if title is None:
                    return
                self._keep(vault, one, title)

    def next_in(self, connection: Connection) -> Untitled | None:
        """The next that the model has to be asked for. Inside of a write.

        Those whose first question will do are written down as tried on the way.
        """
        for one in title_rows.untitled_chats(connection, _AT_ONCE):
            if wording.is_wanting(one.title) and wording.first_words(one.text):
                return one
            title_rows.note_tried(connection, one)
        return None

    @property
    def _there(self) -> list[Vault]:
        private = self._vaults.private
        return [private, self._vaults.kept] if private else [self._vaults.kept]

    def _ask(self, looked: Future[list[Untitled | None]]) -> None:
        if looked.exception() is None and any(looked.result()):
            self._worker.submit_background(GiveTitles(self))

    def _keep(self, vault: Vault, one: Untitled, title: str) -> None:
        """Write a title down; where there is none, that it was tried."""

        def work(connection: Connection) -> bool:
            title_rows.note_tried(connection, one)
            return bool(title) and title_rows.give_chat(connection, one.id, one.title, title)

        is_given = vault.write(work).result()
        log_event("title.written", accepted=is_given)
        if is_given:
            self._publish(TitlesChanged((), (one.id,)))


class GiveTitles:
    """The job that nobody waits for: writes titles until none is wanted.

    Args:
        idle: Knows which.
    """

    activity = Activity.TITLING
    gives_way = True
    key: Hashable = "titles"

    def __init__(self, idle: IdleTitles) -> None:
        self._idle = idle
        self.cancel = Cancel()

    def run(self, engine: Engine, info: ModelInfo) -> None:  # noqa: ARG002 - a Job's
        """See ``Job.run``."""
        self._idle.give(engine, self.cancel)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``. Nothing was promised, so nothing is said."""
        log_event("title.failed", code=error.code)
