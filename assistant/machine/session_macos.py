"""What macOS says of screen lock and sleep. Written from its manuals; not yet run on a Mac.

Notifications need a run loop, which belongs to Qt and the main thread; so the window server's
dictionary of the session is read every two seconds. Sleep is seen after waking, by the clock that
went on: the person finds Hush locked, but its key was in memory while the machine slept.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Final

from assistant.log import log_event
from assistant.machine.session_reasons import SCREEN_LOCKED, SLEEP

_SECONDS: Final = 2.0
_SLEPT_SECONDS: Final = 10.0
_FRAMEWORKS: Final = "/System/Library/Frameworks"
_UTF8: Final = 0x08000100  # kCFStringEncodingUTF8
_LOCKED_KEY: Final = b"CGSSessionScreenIsLocked"  # there while locked; used by KeePassXC, too


def screen_reader() -> Callable[[], bool]:
    """Load the frameworks; what is returned says whether the screen is locked.

    Raises:
        OSError, AttributeError: this is no macOS as we know it.
    """
    graphics = ctypes.CDLL(f"{_FRAMEWORKS}/CoreGraphics.framework/CoreGraphics")
    core = ctypes.CDLL(f"{_FRAMEWORKS}/CoreFoundation.framework/CoreFoundation")
    pointer = ctypes.c_void_p
    graphics.CGSessionCopyCurrentDictionary.restype = pointer
    core.CFStringCreateWithCString.restype = pointer
    core.CFStringCreateWithCString.argtypes = [pointer, ctypes.c_char_p, ctypes.c_uint32]
    core.CFDictionaryContainsKey.restype = ctypes.c_ubyte
    core.CFDictionaryContainsKey.argtypes = [pointer, pointer]
    core.CFRelease.argtypes = [pointer]
    key = core.CFStringCreateWithCString(None, _LOCKED_KEY, _UTF8)

    def is_locked() -> bool:
        session = graphics.CGSessionCopyCurrentDictionary()
        if not session:
            return False  # no window server
        try:
            return bool(core.CFDictionaryContainsKey(session, key))
        finally:
            core.CFRelease(session)

    return is_locked


def seconds_asleep() -> float:
    """Seconds asleep since boot: of two clocks, one stops in sleep (clock_gettime(3) of macOS)."""
    awake = getattr(time, "CLOCK_UPTIME_RAW", time.CLOCK_MONOTONIC)
    return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(awake)


class ScreenPoll:
    """A ``Source`` that looks every two seconds.

    Args:
        report: Gets the reasons.
        reader: Makes what tells whether the screen is locked.
        asleep: Seconds asleep so far.
        seconds: Between two looks.
    """

    def __init__(
        self,
        report: Callable[[str], None],
        reader: Callable[[], Callable[[], bool]] = screen_reader,
        asleep: Callable[[], float] = seconds_asleep,
        seconds: float = _SECONDS,
    ) -> None:
        self._report = report
        self._reader = reader
        self._asleep = asleep
        self._seconds = seconds
        self._stop = threading.Event()

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "screen"

    def run(self) -> None:
        """See ``Source.run``."""
        try:
            self._watch(self._reader())
        except Exception as error:  # noqa: BLE001 - a missing framework must not reach the person
            log_event("session.screen", gone=type(error).__name__)

    def stop(self) -> None:
        """See ``Source.stop``."""
        self._stop.set()

    def locked(self) -> None:
        """See ``Source.locked``: nothing waits for us."""

    def _watch(self, is_locked: Callable[[], bool]) -> None:
        was_locked, slept = is_locked(), self._asleep()
        while not self._stop.wait(self._seconds):
            now_locked, now_slept = is_locked(), self._asleep()
            if now_locked and not was_locked:
                self._report(SCREEN_LOCKED)
            if now_slept - slept > _SLEPT_SECONDS:
                self._report(SLEEP)
            was_locked, slept = now_locked, now_slept
