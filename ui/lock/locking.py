"""When Hush locks: a key, a while without one, the system's screen lock, sleep."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QInputEvent, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication

from ui.lock.resumption import LockReason

_LOCK_KEY: Final = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_L)
_KINDS: Final = QEvent.Type
_SIGNS_OF_LIFE: Final = frozenset(
    {
        _KINDS.KeyPress,
        _KINDS.ShortcutOverride,  # a key that a shortcut takes comes as nothing else
        _KINDS.InputMethod,  # words composed by an input method come without their keys
        _KINDS.MouseMove,
        _KINDS.MouseButtonPress,
        _KINDS.MouseButtonRelease,
        _KINDS.Wheel,
        _KINDS.TouchBegin,
        _KINDS.TouchUpdate,
        _KINDS.TouchEnd,
        _KINDS.TabletPress,
        _KINDS.TabletMove,
        _KINDS.NativeGesture,
    }
)
_BY_HAND: Final = (QInputEvent, QInputMethodEvent)  # the classes of all of these

_LONGEST_LOOK: Final = 20.0
"""Seconds between two looks at the clock: timers stand still while the machine sleeps."""

_WAITING_LOOK: Final = 1.0
"""Seconds between two looks while something is under way."""

_LONGEST_WAIT: Final = 4 * 3_600.0
"""Seconds for which work puts the lock off: a model of 5 GB takes so long at 350 kB a second, and
what a lock ends has to be approved anew. What takes longer hangs. The system's own screen lock and
sleep lock Hush at once, whatever goes on."""


def clock_that_counts_sleep() -> float:
    """Seconds since some moment; a night asleep counts, and setting the clock does not."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":  # time.monotonic stands still there while the machine sleeps
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class IdleWatch(QObject):
    """Tells when nobody has touched Hush's windows for a while. Lives on the GUI thread.

    Args:
        minutes: How long, as it is set at the moment; 0 for never.
        busy: Whether something is under way that the person may be waiting for.
        clock: Seconds, counting the machine's sleep.
        takes: Hears each key first, wherever no shortcut took it; whether it was for it.
        stirred: Called before each event of the program, whatever it is.
    """

    idle = Signal()  # once

    def __init__(
        self,
        minutes: Callable[[], int],
        busy: Callable[[], bool],
        clock: Callable[[], float] = clock_that_counts_sleep,
        parent: QObject | None = None,
        takes: Callable[[QKeyEvent], bool] | None = None,
        stirred: Callable[[], object] = bool,
    ) -> None:
        super().__init__(parent)
        self._stirred = stirred
        self._takes = takes
        self._minutes = minutes
        self._busy = busy
        self._clock = clock
        self._touched = clock()
        self._has_told = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        self._look_again()
        application = QApplication.instance()
        if application:
            application.installEventFilter(self)

    def look(self) -> bool:
        """Look at the clock, and tell where the time is over; True where that was told."""
        left = self._seconds_left
        if left <= -_LONGEST_WAIT or (left <= 0 and not self._busy()):
            self._timer.stop()
            self._has_told = True  # from here on no touch is passed on, until it is closed
            self.idle.emit()
            return True
        self._look_again()
        return False

    def begin(self) -> None:
        """Count from now: the person has come in by another program's window, a keyring's."""
        self._touched = self._clock()
        self._look_again()

    def close(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        application = QApplication.instance()
        if application:
            application.removeEventFilter(self)

    @property
    def untouched(self) -> float:
        """Seconds since there was a sign of life."""
        return self._clock() - self._touched

    @property
    def _seconds_left(self) -> float:
        limit = self._minutes() * 60.0
        return limit - self.untouched if limit > 0 else _LONGEST_LOOK

    def _look_again(self) -> None:
        left = self._seconds_left
        seconds = min(left, _LONGEST_LOOK) if left > 0 else _WAITING_LOOK
        self._timer.start(max(1, round(seconds * 1000)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember when there was a sign of life.

        Every event of the program comes through here, hundreds for a page that is shown, and Qt
        waits for the interpreter each time. So there is one such filter, also for who only wants to
        hear that there is something to do, and what no hand did ends with a look at its class: to
        be told its type takes two to three times as long (measured).
        The first touch after a night asleep comes too late: it locks, and is not passed on.
        """
        del watched
        self._stirred()
        if not isinstance(event, _BY_HAND):
            return False
        kind = event.type()
        if kind is _KINDS.KeyPress and isinstance(event, QKeyEvent) and self._is_taken(event):
            return True
        if kind in _SIGNS_OF_LIFE:
            if self._has_told or (self._seconds_left <= 0 and self.look()):
                return True
            self._touched = self._clock()
        return False

    def _is_taken(self, event: QKeyEvent) -> bool:
        return self._takes is not None and self._takes(event)


class Watch(Protocol):
    """What listens to the system's session."""

    def locked(self) -> None:
        """Hear that there is nothing left to lock: sleep need not wait."""

    def close(self) -> None:
        """Stop listening."""


WatchSession = Callable[[Callable[[str], None]], Watch]
"""Starts a ``Watch``; it calls back with ``"screen-locked"`` or ``"sleep"``, on any thread."""


def watch_system(on_lock: Callable[[str], None]) -> Watch:
    """Listen to the system's session; imported late, for the first paint needs none of it."""
    from assistant.machine.session_watch import watch_session

    return watch_session(on_lock)


class LockTriggers(QObject):
    """What locks Hush beside its key and button in the window, from before a vault is opened.

    Dialogs and panels keep the window's keys out, but not this one: it is heard here there.

    Args:
        minutes: After how many idle ones, as it is set at the moment; 0 for never.
        busy: Whether something is under way for which the idle lock waits.
        watch: Listens to the system's session.
        clock: Seconds, counting the machine's sleep.
        stirred: Called before each event of the program, whatever it is.
    """

    wanted = Signal(object)  # LockReason
    _heard = Signal(str)

    def __init__(
        self,
        minutes: Callable[[], int],
        busy: Callable[[], bool],
        watch: WatchSession = watch_system,
        clock: Callable[[], float] = clock_that_counts_sleep,
        parent: QObject | None = None,
        stirred: Callable[[], object] = bool,
    ) -> None:
        super().__init__(parent)
        self._idle = IdleWatch(minutes, busy, clock, self, self._takes, stirred)
        self._idle.idle.connect(lambda: self.wanted.emit(LockReason.IDLE))
        self._heard.connect(self._lock)  # from another thread: Qt queues it
        self._watch = watch(self._heard.emit)

    def begin(self) -> None:
        """Count idle time from now."""
        self._idle.begin()

    @property
    def untouched(self) -> float:
        """Seconds since somebody touched Hush's windows."""
        return self._idle.untouched

    def let_sleep(self) -> None:
        """Nothing is open that could be locked: sleep need not wait for it."""
        self._watch.locked()

    def close(self) -> None:
        """Watch no longer. The system's session is heard to the end: sleep waits for it."""
        self._idle.close()

    def end(self) -> None:
        """Let everything go, the system's session too."""
        self.close()
        self._watch.close()

    def _takes(self, event: QKeyEvent) -> bool:
        """Hear the key wherever no shortcut took it."""
        is_key = event.keyCombination() == _LOCK_KEY
        if is_key:
            self.wanted.emit(LockReason.BY_HAND)
        return is_key

    def _lock(self, reason: str) -> None:
        if reason in {LockReason.SCREEN, LockReason.SLEEP}:
            self.wanted.emit(LockReason(reason))
