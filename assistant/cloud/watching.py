"""Looks whether there is a network again, while something waits for one. It sends nothing.

The system is asked over its own bus (``assistant.net.online``); no host, no child and no socket to
the internet has a part in it. What waits is approved by hand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from assistant.clock import Clock
from assistant.events import CloudChanged, EventSink
from assistant.log import log_event
from assistant.net.online import Online, OnlineProbe

EVERY_SECONDS: Final = 30.0
STALE_SECONDS: Final = 90.0
"""What was read longer ago says nothing any more."""

Wait: TypeAlias = Callable[[threading.Event, float | None], bool]
"""Waits so many seconds, or without end, or until the event is set."""


class Counted(Protocol):
    """What ``Watching`` needs of ``WaitingList``."""

    @property
    def count(self) -> int:
        """How many wait."""

    def watch(self, counted: Callable[[], object]) -> None:
        """Have somebody called whenever it was counted anew."""


class Watching:
    """A thread that reads whether there is a network, from now until it is closed.

    Args:
        probe: Reads it; closed with this.
        waiting: What waits: without it nothing is read, but for ``look``.
        publish: Gets ``CloudChanged`` when it turned, on this thread.
        clock: Tells how old a reading is.
        is_on: Whether anything may be offered at all.
        wait: Waits between two looks.
    """

    def __init__(
        self,
        probe: OnlineProbe,
        waiting: Counted,
        publish: EventSink,
        clock: Clock,
        is_on: Callable[[], bool],
        *,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._probe = probe
        self._waiting = waiting
        self._publish = publish
        self._clock = clock
        self._is_on = is_on
        self._wait = wait
        self._read = (Online.UNKNOWN, 0.0)
        self._asked = False
        self._closing = False
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()
        waiting.watch(self.wake)
        self.wake()  # it may have been counted before

    @property
    def known(self) -> Online:
        """What is known; ``UNKNOWN`` where nobody looked of late. At once."""
        online, at = self._read
        return online if self._clock.elapsed() - at <= STALE_SECONDS else Online.UNKNOWN

    def look(self) -> None:
        """Read it once, whatever waits: somebody is about to ask. At once."""
        self._asked = True
        self._news.set()

    def wake(self) -> None:
        """Say that something waits now, or that asking elsewhere is on. At once."""
        self._news.set()

    def close(self) -> None:
        """End. A reading that is under way is cut short. Safe to call twice."""
        self._closing = True
        self._news.set()
        self._probe.close()
        self._thread.join(EVERY_SECONDS)

    def turn(self) -> float | None:
        """Read it where that is wanted; seconds until the next time, None: until it is woken."""
        asked, self._asked = self._asked, False
        is_watching = self._waiting.count > 0
        if not self._is_on() or not (asked or is_watching):
            return None
        before = self.known
        online = self._probe.read()
        self._read = (online, self._clock.elapsed())
        if online is not before and not self._closing:
            log_event("cloud.online", is_=online.value)
            self._publish(CloudChanged())
        return EVERY_SECONDS if is_watching else None

    def _run(self) -> None:
        pause: float | None = None
        while not self._closing:
            self._wait(self._news, pause)
            self._news.clear()
            if not self._closing:
                pause = self.turn()
