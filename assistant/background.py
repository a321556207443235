"""One thread for work that may block for long, and that nobody waits for at the end."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_Queue = queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


class Background:
    """Runs calls one after the other, on a daemon thread.

    Unlike ``ThreadPoolExecutor`` its thread does not keep the process alive: a keyring that hangs
    for twenty seconds must not keep a closed window's process. It begins with the first call, and
    ends after the last one where nobody can ask for another.
    """

    def __init__(self, name: str) -> None:
        self._queue: _Queue = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=_work, args=(self._queue,), name=name, daemon=True)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a call; its outcome comes in the future."""
        future: Future[T] = Future()
        self._queue.put((future, work))
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()
                # What was asked for is done first; the end of the process waits for none of it.
                weakref.finalize(self, self._queue.put, None).atexit = False
        return future


def _work(calls: _Queue) -> None:
    """It knows the queue alone: nothing else may keep its owner."""
    while (call := calls.get()) is not None:
        _answer(*call)
        del call  # or the last answer would stay until the next one


def _answer(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
        future.set_exception(error)
    else:
        future.set_result(result)
