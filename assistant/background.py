"""One thread for work that may block for long, and that nobody waits for at the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """Runs calls one after the other, on a daemon thread.

    Unlike ``ThreadPoolExecutor`` its thread does not keep the process alive: a keyring that hangs
    for twenty seconds must not keep a closed window's process. It begins with the first call.
    """

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a call; its outcome comes in the future."""
        future: Future[T] = Future()
        self._queue.put((future, work))
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()
        return future

    def _work(self) -> None:
        while True:
            future, work = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)
