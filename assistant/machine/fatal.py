"""What is left of a process that a signal ended: SIGSEGV, SIGABRT and the like.

There is no core dump (see ``hardening``), so without this a crash inside Qt would leave nothing.
Python's ``faulthandler`` can write at such a moment, and writes no values; but it names source
files in full, and those may lie in the person's home. So it writes into a hidden file of the
profile, private like everything there, which the next start turns into a report of modules and
lines, and deletes. A run that ends well deletes its own.
"""

from __future__ import annotations

import faulthandler
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from assistant.log import log_event
from assistant.machine.crash import Crash
from assistant.machine.trace import safe_place

_PREFIX: Final = ".fatal-"
_MAX_BYTES: Final = 256 * 1024
_SIGNALS: Final = {
    "Segmentation fault": "SIGSEGV",
    "Aborted": "SIGABRT",
    "Bus error": "SIGBUS",
    "Illegal instruction": "SIGILL",
    "Floating-point exception": "SIGFPE",
}
_FATAL: Final = re.compile(r"Fatal Python error: (.*)")
_THREAD: Final = re.compile(r"(Current thread|Thread) 0x")
_FRAME: Final = re.compile(r'  File "(.*)", line (\d{1,9}) in ')


@contextmanager
def fatal_signals_kept(folder: Path) -> Iterator[None]:
    """Have a signal that ends this process leave a trace in ``folder``.

    Does nothing where the folder's profile does not stand or cannot be written, and leaves a
    developer's own ``faulthandler`` alone.
    """
    if faulthandler.is_enabled():
        yield
        return
    with ExitStack() as stack:
        with suppress(OSError):
            file = _own_file(folder, stack)
            faulthandler.enable(file)
            stack.callback(faulthandler.disable)
        yield


def _own_file(folder: Path, stack: ExitStack) -> IO[bytes]:
    """Make this process's file, in use until ``stack`` ends and deleted then.

    Raises:
        OSError: it cannot be made.
    """
    if folder.parent.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
    stack.callback(Path(name).unlink, missing_ok=True)
    file = stack.enter_context(os.fdopen(descriptor, "wb"))
    _hold(file)
    return file


def leftovers(folder: Path) -> list[Crash]:
    """Read what earlier processes left, and delete it. Never raises.

    Args:
        folder: Where ``fatal_signals_kept`` wrote. Files of processes that still run stay.
    """
    crashes: list[Crash] = []
    try:
        for path in sorted(folder.glob(f"{_PREFIX}*")):
            with suppress(OSError), path.open("rb") as file:
                _hold(file)
                text = file.read(_MAX_BYTES).decode("utf-8", "replace")
                path.unlink()
                if text:
                    crashes.append(read_fatal(text))
    except Exception as error:  # noqa: BLE001 - an old crash must never keep Hush from starting
        log_event("fatal.unreadable", kind=type(error).__name__)
    return crashes


def read_fatal(text: str) -> Crash:
    """Reduce what ``faulthandler`` wrote to modules and lines.

    Args:
        text: Possibly cut off anywhere, or not of ``faulthandler`` at all.
    """
    kind, rows = "unknown", list[tuple[str, list[str]]]()
    for line in text.splitlines():
        if found := _FATAL.match(line):
            kind = _SIGNALS.get(found[1], "unknown")
        elif found := _THREAD.match(line):
            rows.append((kind if found[1] == "Current thread" else "thread", []))
        elif rows and (found := _FRAME.match(line)):
            rows[-1][1].insert(0, safe_place(found[1], int(found[2])))
    rows.sort(key=lambda row: row[0] == "thread")  # the thread that was hit comes first
    written = [f"  {who} at {' '.join(places) or 'unknown'}" for who, places in rows]
    return Crash("fatal.signal", "other", tuple(written or [f"  {kind} at unknown"]))


def _hold(file: IO[bytes]) -> None:
    """Mark the file as in use until it is closed, which the end of a process does.

    Raises:
        OSError: another process uses it. Windows says so where the file is to be deleted.
    """
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
