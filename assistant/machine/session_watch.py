"""Tells when the system locks its screen or goes to sleep, so that Hush can lock too.

Best effort by its nature: a desktop that says nothing is not heard. What is heard comes from the
system alone; what anybody else says, or a system that hangs or goes away, changes nothing, raises
nothing and holds up nobody. To import this takes some 50 ms, to begin 1 ms.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Protocol, Self

from assistant.log import log_error, log_event
from assistant.machine.session_reasons import SCREEN_LOCKED, SLEEP

if sys.platform == "linux":
    from assistant.machine.session_linux import bus_sources
elif sys.platform == "darwin":
    from assistant.machine.session_macos import ScreenPoll
elif sys.platform == "win32":
    from assistant.machine.session_windows import SessionWindow

__all__ = ["SCREEN_LOCKED", "SLEEP", "Reporter", "Source", "Watch", "watch_session"]

_CLOSE_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 1.0


class Source(Protocol):
    """One place that tells of locks, on a thread of its own."""

    @property
    def name(self) -> str:
        """A short code, for the log and the thread."""

    def run(self) -> None:
        """Listen until ``stop`` is called. Handles its own troubles."""

    def stop(self) -> None:
        """Make ``run`` return soon, from any thread."""

    def locked(self) -> None:
        """Hear that Hush is locked, from any thread."""


class Watch:
    """Listens until it is closed. Use as a context manager, or call ``close``.

    Args:
        sources: Where to listen.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._threads = [
            threading.Thread(target=one.run, name=f"session-{one.name}", daemon=True)
            for one in self._sources
        ]
        for thread in self._threads:
            thread.start()

    def locked(self) -> None:
        """Say that there is nothing left to lock, from any thread: sleep need not wait for us.

        A process that ends, or is replaced, needs not say so.
        """
        for source in self._sources:
            source.locked()

    def close(self) -> None:
        """Stop listening. Waits a second at most; a callback that is running is not cut short."""
        for source in self._sources:
            source.stop()
        end = time.monotonic() + _CLOSE_SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Reporter:
    """Passes reasons on: each at most once a second, and whatever the callback does.

    Args:
        on_lock: Gets the reason.
        elapsed: A clock in seconds.
    """

    def __init__(
        self, on_lock: Callable[[str], None], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_lock = on_lock
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def __call__(self, reason: str) -> None:
        """Report ``reason``, on any thread."""
        with self._lock:
            now = self._elapsed()
            if now - self._last.get(reason, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
                return  # the same lock by another name, or a flood
            self._last[reason] = now
        log_event("session.lock", reason=reason)
        try:
            self._on_lock(reason)
        except Exception as error:  # noqa: BLE001 - the next lock must still be heard
            log_error("session.callback", error)


def watch_session(on_lock: Callable[[str], None], sources: Sequence[Source] | None = None) -> Watch:
    """Call ``on_lock`` when the system locks its screen or goes to sleep.

    Returns at once; nothing is connected to before the threads run.

    Args:
        on_lock: Gets ``SCREEN_LOCKED`` or ``SLEEP``, on a thread of its own, perhaps several
            times for one lock. Before sleep the system waits until ``Watch.locked`` is called or
            the process is gone: on Linux five seconds by default.
        sources: Where to listen; default: what this system has.
    """
    return Watch(system_sources(Reporter(on_lock)) if sources is None else sources)


def system_sources(report: Callable[[str], None]) -> tuple[Source, ...]:
    """What tells of locks on this system.

    Args:
        report: Gets the reasons.
    """
    if sys.platform == "linux":
        return bus_sources(report, os.environ)
    if sys.platform == "darwin":
        return (ScreenPoll(report),)
    if sys.platform == "win32":
        return (SessionWindow(report),)
    return ()
