"""What waits for the engine: work that somebody waits for, in order, and work that nobody does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from typing import Protocol, runtime_checkable

from assistant.cancel import Cancel
from assistant.engine.protocol import Engine, ModelInfo
from assistant.errors import EngineDied, HushError
from assistant.events import Activity
from assistant.log import log_error


class Job(Protocol):
    """A piece of work for the engine."""

    @property
    def cancel(self) -> Cancel:
        """Asked when the person stops the job; it ends a load that the job waits for, too."""

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """Do the work on the worker's thread. A ``HushError`` that gets out goes to ``fail``."""

    def fail(self, error: HushError) -> None:
        """Keep what there is and tell the person."""


@runtime_checkable
class BackgroundJob(Job, Protocol):
    """A piece of work that nobody waits for.

    Its ``cancel`` is asked as soon as somebody waits for something else, or the machine should
    rest; ``run`` then returns soon. Whoever submitted it submits it again if it still matters.
    """

    @property
    def activity(self) -> Activity:
        """What the status line calls it."""

    @property
    def key(self) -> Hashable:
        """A job that waits is replaced by a newer one with the same key."""

    @property
    def gives_way(self) -> bool:
        """Whether it makes way for other background work, too: it takes minutes."""


class JobQueue:
    """Hands out jobs, one at a time: first those that somebody waits for, in order.

    Safe on any thread; ``take`` is called on one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._background: dict[Hashable, BackgroundJob] = {}
        self._running: BackgroundJob | None = None
        self._held = False
        self._background_allowed = True
        self._chore = False
        self._closing = False
        self._ending: list[threading.Thread] = []

    def put(self, job: Job) -> None:
        """Queue a job; what runs in the background makes way."""
        with self._changed:
            self._waiting.append(job)
            # One that waits must still end when it is stopped. Before anybody can take it: from
            # then on the listener is the engine's.
            job.cancel.listen(lambda: self._stopped(job))
            self._make_way()
            self._changed.notify()

    def put_background(self, job: BackgroundJob) -> None:
        """Queue a job that nobody waits for, in place of the one there is with its key."""
        with self._changed:
            self._background.pop(job.key, None)
            self._background[job.key] = job
            if self._running and self._running.gives_way:
                self._make_way()
            self._changed.notify()

    def allow(self, *, jobs: bool, background: bool) -> None:
        """Hold jobs back, or not. Of those that are held, the stopped ones are handed out."""
        with self._changed:
            self._held = not jobs
            self._background_allowed = background
            if not background:
                self._make_way()
            self._changed.notify()

    def ask_for_chore(self) -> None:
        """Have ``take`` return None once nothing else is to be done that somebody waits for."""
        with self._changed:
            self._chore = True
            self._make_way()
            self._changed.notify()

    def close(self) -> None:
        """Hand out what somebody waits for, held or not, and then nothing more."""
        with self._changed:
            self._closing = True
            self._background.clear()
            self._make_way()
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait, so long at most for each, until what was stopped while it waited has ended."""
        with self._changed:
            ending = list(self._ending)
        for one in ending:
            one.join(seconds)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed and everything was handed out."""
        with self._changed:
            return self._closing and not self._waiting

    def take(self) -> Job | BackgroundJob | None:
        """Wait for the next thing to do.

        Returns:
            A job; None for a chore, or where the queue ``is_closed``.
        """
        with self._changed:
            self._running = None
            while True:
                if job := self._next_waited_for():
                    job.cancel.listen(None)
                    return job
                if self._closing:
                    return None
                if self._chore and not self._waiting:
                    self._chore = False
                    return None
                if self._background and self._background_allowed and not self._waiting:
                    self._running = self._background.pop(next(iter(self._background)))
                    return self._running
                self._changed.wait()

    def _next_waited_for(self) -> Job | None:
        for job in self._waiting:
            if self._closing or not self._held:
                self._waiting.remove(job)
                return job
        return None

    def _make_way(self) -> None:
        if self._running:
            self._running.cancel.ask()

    def _stopped(self, job: Job) -> None:
        """End a job that waits, on a thread of its own: whoever works may be busy for long."""
        with self._changed:
            if job not in self._waiting:
                return
            self._waiting.remove(job)
            ending = threading.Thread(target=_end, args=(job,), name="stopped-job", daemon=True)
            self._ending = [one for one in self._ending if one.is_alive()]
            ending.start()
            self._ending.append(ending)
            self._changed.notify()


def _end(job: Job) -> None:
    try:
        job.fail(EngineDied("Stopped before its turn came."))
    except Exception as error:  # noqa: BLE001 - as on the worker's thread: a bug ends only this
        log_error("worker.bug", error)
