"""The window as a process: signals that end it, and problems that nobody caught."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QSocketNotifier,
    QtMsgType,
    qInstallMessageHandler,
)

from assistant.log import log_error, log_event

_PASSED_OVER: Final = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
_BUG: Final = "Something went wrong inside Hush. Its log says where; your chats are safe."


@contextmanager
def problems_logged(tell: Callable[[str], None]) -> Iterator[None]:
    """Log Qt's warnings by category and our bugs by place, never by what they say.

    Args:
        tell: Says a sentence to the person.
    """

    def on_message(kind: QtMsgType, context: QMessageLogContext, _: str) -> None:
        if kind not in _PASSED_OVER:
            log_event("qt.message", kind=kind.name, category=str(context.category or "default"))

    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        log_error("window.bug", error.with_traceback(trace))
        tell(_BUG)

    before = sys.excepthook
    sys.excepthook = on_exception
    qInstallMessageHandler(on_message)
    try:
        yield
    finally:
        qInstallMessageHandler(None)  # Qt's own again
        sys.excepthook = before


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
