"""One thread for long work that can be called off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from assistant.errors import InputRefused, VaultLocked

T = TypeVar("T")

Cancelled: TypeAlias = Callable[[], bool]
"""Whether to stop. Asked often, on the thread that works."""


@dataclass(slots=True)
class _Job:
    work: Callable[[Cancelled], Any]
    lasting: bool
    future: Future[Any] = field(default_factory=Future)
    stop: threading.Event = field(default_factory=threading.Event)


class CancellableWork:
    """Runs jobs one after the other, on a daemon thread.

    Work that is called off while it runs ends with ``InputRefused``; its future is cancelled
    where it had not begun.

    Args:
        name: The thread's.
    """

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._jobs: list[_Job] = []  # waiting or running
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Cancelled], T], *, lasting: bool = False) -> Future[T]:
        """Queue a job.

        Args:
            work: Gets a function that says whether to stop, and raises ``CancelledError`` then.
            lasting: Not called off: short, or somebody waits for it in any case.
        """
        job = _Job(work, lasting)
        with self._lock:
            if self._closed:
                job.future.set_exception(VaultLocked("Hush is closing."))
                return job.future
            self._jobs.append(job)
            self._queue.put(job)
        return job.future

    def cancel(self) -> None:
        """Call off what runs and what waits. Returns at once."""
        with self._lock:
            jobs = [job for job in self._jobs if not job.lasting]
        for job in jobs:
            job.stop.set()
            job.future.cancel()

    def close(self, seconds: float) -> None:
        """Call everything off but what lasts, and wait for that at most so long.

        Not from inside a job: its thread cannot wait for itself.
        """
        with self._lock:
            already, self._closed = self._closed, True
        self.cancel()
        if not already:
            self._queue.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                self._run(job)
            with self._lock:
                self._jobs.remove(job)

    def _run(self, job: _Job) -> None:
        try:
            result = job.work(job.stop.is_set)
        except CancelledError:
            job.future.set_exception(InputRefused("Cancelled. Nothing was changed."))
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            job.future.set_exception(error)
        else:
            job.future.set_result(result)
