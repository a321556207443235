"""Reports of unexpected exceptions: files on this machine, of types and line numbers only.

A report holds versions, a kind of thread, and where each exception of a chain was raised. It
holds no message, value, path or name of the person. Nothing here, and nothing else in Hush, sends
it anywhere; the person may read it and pass it on.

While the hooks are in place, Python prints no traceback of its own, for that quotes the message;
on a desktop it would end in the session's log.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from assistant import __version__
from assistant.disk import write_atomically
from assistant.log import log_error, log_event
from assistant.machine.trace import trace_of

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

KEEP: Final = 20
"""Reports in a folder, and at most so many of one process: one bug may strike 60 times a second."""

_NAME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z-\d+(-\d+)?\.txt")
_ROW: Final = re.compile(r" {2,12}[A-Za-z_][A-Za-z0-9_ ]{0,59} at [A-Za-z0-9_:. ]{1,2000}")
_ROWS: Final = 64
_HEADER: Final = "Hush crash report. It holds nothing that you wrote, and it was sent nowhere."
_CODE: Final = re.compile(r"[A-Za-z0-9_.+-]{1,40}")
_THREADS: Final = (
    *("MainThread", "backups", "blocking", "crash-report", "frames", "instance", "keyring"),
    *("llm-worker", "session", "store", "window"),
)


@dataclass(frozen=True, slots=True)
class Crash:
    """What is kept of an exception.

    Args:
        place: What caught it, like ``window.bug``.
        thread: The kind of thread it ended.
        rows: As ``trace_of`` makes them.
    """

    place: str
    thread: str
    rows: tuple[str, ...]

    @staticmethod
    def of(place: str, error: BaseException, thread: str = "") -> Crash:
        """Reduce an exception. Never raises, and keeps nothing of it.

        Args:
            place: What caught it.
            error: With its traceback.
            thread: The name of its thread; default: the current one's.
        """
        return Crash(
            place, thread_kind(thread or threading.current_thread().name), tuple(trace_of(error))
        )


class CrashReports:
    """Writes reports into a folder, and keeps the newest 20.

    Args:
        folder: Made when needed, inside a profile that stands; private.
        now: The time of a report.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()
        self._written: set[Crash] = set()

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._folder

    def write(self, crash: Crash) -> Path | None:
        """Write a report; None where that cannot be, or where it was written already.

        The same crash is written once by a process. Never raises; flushes to the disk, so it may
        take longer than a frame.
        """
        try:
            with self._lock:
                known = crash in self._written
                if known or len(self._written) >= KEEP or not self._folder.parent.is_dir():
                    return None
                path = self._folder / self._name()
                write_atomically(path, _text(crash, self._now()).encode("ascii", "replace"))
                self._written.add(crash)
                self._prune()
        except Exception as error:  # noqa: BLE001 - a full disk, no memory: there is no report
            log_event("crash.unwritten", kind=type(error).__name__)
            return None
        log_event("crash.report", place=crash.place)
        return path

    def _name(self) -> str:
        stem = f"{self._now():%Y-%m-%dT%H%M%SZ}-{os.getpid()}"
        number = len(self._written)
        return f"{stem}-{number + 1}.txt" if number else f"{stem}.txt"

    def _prune(self) -> None:
        reports = sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        for path in reports[:-KEEP]:
            with suppress(OSError):
                path.unlink()


@contextmanager
def crashes_reported(place: str, on_crash: Callable[[Crash], object]) -> Iterator[None]:
    """Hand every exception that nobody caught to ``on_crash``, and log where it came from.

    The main thread's and, with Qt, those of its slots; other threads'; and those of finalizers
    and callbacks from C, which Python would only print.

    Args:
        place: For the log and the report, like ``window.bug``.
        on_crash: Gets what is kept of it, on the thread it happened on. What it raises is lost.
    """

    def take(error: BaseException, thread: str = "") -> None:
        with suppress(Exception):  # a hook that raises makes Python print both exceptions
            log_error(place, error)
            on_crash(Crash.of(place, error, thread))

    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before(kind, error, trace)
        else:
            take(error.with_traceback(trace))

    def on_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            take(args.exc_value, args.thread.name if args.thread else "")

    def on_unraisable(args: UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            take(args.exc_value)

    before, before_threads, before_unraisable = (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
    )
    sys.excepthook, threading.excepthook, sys.unraisablehook = (
        on_exception,
        on_thread,
        on_unraisable,
    )
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = (
            before,
            before_threads,
            before_unraisable,
        )


def thread_kind(name: str) -> str:
    """Which of our threads this is, by the beginning of its name; ``other`` for foreign ones."""
    return next((kind for kind in _THREADS if name.startswith(kind)), "other")


def rows_of(said: object) -> tuple[str, ...]:
    """The rows that another process says its crash has; what is no such row is left out.

    Args:
        said: From a frame of the engine's child, which reads foreign files: believed in nothing.
    """
    rows = said if isinstance(said, list) else []
    return tuple(row for row in rows[:_ROWS] if isinstance(row, str) and _ROW.fullmatch(row))


def _text(crash: Crash, now: datetime) -> str:
    machine = (platform.system(), platform.release(), platform.machine())
    lines = [
        _HEADER,
        f"time {now:%Y-%m-%dT%H:%M:%SZ}",
        f"hush {__version__}",
        f"python {platform.python_implementation()} {platform.python_version()}",
        f"system {' '.join(map(_code, machine))}",
        f"place {_code(crash.place)}",
        f"thread {crash.thread}",
        *crash.rows,
    ]
    return "\n".join(lines) + "\n"


def _code(word: str) -> str:
    return word if _CODE.fullmatch(word) else "unknown"
