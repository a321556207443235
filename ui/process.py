"""The window as a process: signals that end it, and problems that nobody caught."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import (
    QAbstractEventDispatcher,
    QCoreApplication,
    QMessageLogContext,
    QSocketNotifier,
    QtMsgType,
    qInstallMessageHandler,
)

from assistant.background import Background
from assistant.courtesy import Courtesy
from assistant.log import log_event
from assistant.machine.crash import Crash, CrashReports, crashes_reported
from assistant.machine.fatal import fatal_signals_kept, leftovers

_PASSED_OVER: Final = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
_BUG: Final = "Something went wrong inside Hush. Its log says where; your chats are safe."
_REPORTED: Final = (
    "Something went wrong inside Hush; your chats are safe. A report that holds only types and "
    "line numbers is on this computer, at {path}. Nothing was sent."
)
_ENDED: Final = (
    "Hush ended unexpectedly the last time; what was saved is safe. A report that holds only types "
    "and line numbers is on this computer, at {path}. Nothing was sent."
)
_SWITCH_SECONDS: Final = 0.0001
_LAST_SECONDS: Final = 1.0
"""How long the end waits for a report that is being written."""


def put_window_first() -> None:
    """Let no other thread keep the interpreter from the GUI's for over a tenth of a millisecond.

    Qt gives it up with almost every call, and gets it back only after this time where another
    thread computes. In turns on a busy machine, a list that took 4 to 14 ms to be painted took 21
    beside one thread that computes with Python's own 5 ms, 17 with 0.5 ms, and 14 with this; the
    other thread got as much done.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)


def be_let_first(courtesy: Courtesy) -> Callable[[], None]:
    """Have threads that nobody waits for rest while this one, the GUI's, has something to do.

    Returns:
        To be called with each of its events. When there are no more Qt itself tells.
    """
    loop = QAbstractEventDispatcher.instance()
    loop.aboutToBlock.connect(courtesy.end)
    return courtesy.begin


@contextmanager
def problems_logged(tell: Callable[[str], None], crashes: Path | None = None) -> Iterator[None]:
    """Log Qt's warnings by category and our bugs by place, never by what they say.

    Args:
        tell: Says a sentence to the person, from any thread.
        crashes: The folder for crash reports; none are written where it is None.
    """

    def on_message(kind: QtMsgType, context: QMessageLogContext, _: str) -> None:
        if kind not in _PASSED_OVER:
            log_event("qt.message", kind=kind.name, category=str(context.category or "default"))

    with ExitStack() as stack:
        qInstallMessageHandler(on_message)
        stack.callback(qInstallMessageHandler, None)  # Qt's own again
        stack.enter_context(_quit_on_interrupt())
        reporting = _reporting(crashes, tell) if crashes else nullcontext(lambda _: tell(_BUG))
        stack.enter_context(crashes_reported("window.bug", stack.enter_context(reporting)))
        yield


@contextmanager
def _quit_on_interrupt() -> Iterator[None]:
    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
        else:
            before(kind, error, trace)

    before = sys.excepthook
    sys.excepthook = on_exception
    try:
        yield
    finally:
        sys.excepthook = before


@contextmanager
def _reporting(folder: Path, tell: Callable[[str], None]) -> Iterator[Callable[[Crash], object]]:
    """Write reports on a thread, for the disk may take longer than a frame; hands out how.

    What an earlier process left when a signal ended it becomes a report first.
    """
    reports = CrashReports(folder)
    writer = Background("crash-report")

    def write(crash: Crash) -> None:
        path = reports.write(crash)
        tell(_REPORTED.format(path=path) if path else _BUG)

    def collect() -> None:
        for crash in leftovers(folder):
            if path := reports.write(crash):
                tell(_ENDED.format(path=path))

    writer.submit(collect)
    try:
        with fatal_signals_kept(folder):
            yield lambda crash: writer.submit(lambda: write(crash))
    finally:
        wait([writer.submit(lambda: None)], _LAST_SECONDS)


@contextmanager
def quit_on_signals(close: Callable[[], object]) -> Iterator[None]:
    """Close the window on Ctrl+C in its terminal and when the session ends.

    Args:
        close: Closes it.

    Qt's loop never returns to Python on its own, so a byte on a socket has to wake it.
    """
    if sys.platform == "win32":
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno())
    handlers = {
        number: signal.signal(number, lambda *_: close())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reader.recv(16))
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()
