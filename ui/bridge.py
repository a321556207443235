"""The one crossing from the core's threads to the GUI thread: events and futures' outcomes.

Whatever arrives is delivered in the order in which it came. The first of a burst is delivered at
once, what follows in batches about 30 times a second; each batch ends when its share of a frame
is used up. Nothing runs while nothing arrives.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from assistant.errors import Bug, HushError
from assistant.events import Event, ReplyText
from assistant.log import log_error

DRAIN_MILLISECONDS: Final = 33
"""Between two batches: text that grows 30 times a second looks steady."""

BUDGET_SECONDS: Final = 0.008
"""What one batch may take: half a frame at 60 Hz, the other half is for painting."""

T = TypeVar("T")


class Bridge(QObject):
    """Hands over what the core's threads produce. Lives on the GUI thread.

    Args:
        clock: Seconds; measures a batch.
    """

    received = Signal(object)  # an Event
    _wake = Signal()

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._arrived: deque[Event | Callable[[], None]] = deque()  # its ends are thread-safe
        self._awake = False
        self._closed = False
        self._timer = QTimer(self, interval=DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._start, Qt.ConnectionType.QueuedConnection)

    def sink(self, event: Event) -> None:
        """Take an event, on any thread, and return at once."""
        self._put(event)

    def then(
        self,
        future: Future[T],
        on_result: Callable[[T], None],
        on_error: Callable[[HushError], None],
    ) -> None:
        """Call one of the two on the GUI thread when the future is done; neither if cancelled.

        An exception that is no ``HushError`` is logged and becomes a ``Bug``.
        """
        future.add_done_callback(
            lambda done: self._put(partial(_settle, done, on_result, on_error))
        )

    def close(self) -> None:
        """Deliver nothing more: who would be told is going. The core may go on telling."""
        self._closed = True
        self._arrived.clear()

    @property
    def is_busy(self) -> bool:
        """Whether something has arrived that is not delivered, or a batch may still follow."""
        return self._awake

    def _put(self, item: Event | Callable[[], None]) -> None:
        if self._closed:
            return
        self._arrived.append(item)
        if not self._awake:
            self._awake = True
            self._wake.emit()

    def _start(self) -> None:
        self._timer.start()
        self._drain()

    def _drain(self) -> None:
        if not self._arrived:
            self._rest()
            return
        deadline = self._clock() + BUDGET_SECONDS
        while self._arrived and self._clock() < deadline:
            item = self._arrived.popleft()
            if callable(item):
                item()
            else:
                self.received.emit(self._joined(item))

    def _rest(self) -> None:
        self._timer.stop()
        self._awake = False
        if self._arrived:  # it came between the last look and the line above
            self._awake = True
            self._wake.emit()

    def _joined(self, event: Event) -> Event:
        """An event with the text that follows it, drawn in one go instead of many."""
        if not isinstance(event, ReplyText):
            return event
        texts, tokens = [event.text], event.tokens
        while self._arrived:
            follower = self._arrived[0]
            if not isinstance(follower, ReplyText) or follower.run_id != event.run_id:
                break
            self._arrived.popleft()
            texts.append(follower.text)
            tokens += follower.tokens
        return replace(event, text="".join(texts), tokens=tokens)


def _settle(
    future: Future[T], on_result: Callable[[T], None], on_error: Callable[[HushError], None]
) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is None:
        on_result(future.result())
    elif isinstance(error, HushError):
        on_error(error)
    else:
        log_error("bridge.bug", error)
        on_error(Bug("Something went wrong inside Hush.", "What you wrote so far is kept."))
