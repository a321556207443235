"""Replacing this process with a new one: the only thing that clears memory for certain.

What a process once held stays readable in it after every ``del``: copies lie in freed blocks, in
Qt's text layouts, in the store's pages. ``exec`` gives all of that back to the system at once.

The new image is started as this one was (interpreter options, script, module or frozen program),
with other arguments. It takes the profile's lock anew; see ``ui/holding.py`` for the wait.

The seal survives ``exec``, so the new image could start no broker. It goes on with this one's: one
process, which knows nothing of what was read here, and one descriptor.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import psutil

from assistant.log import log_error, log_event
from assistant.net.starting import PassedOn

CLOSING_SECONDS: Final = 3.0
"""What closing may take before the process is replaced all the same."""

_LONGEST_ROUNDS: Final = 10
"""So many times that, while what the person wrote is on its way to the disk: half a minute. Behind
a large file that is being written anew it waits for 15 s (measured, 300 MB)."""

_REAPING_SECONDS: Final = 0.5
_FIRST_OWN_DESCRIPTOR: Final = 3  # after stdin, stdout and stderr


@dataclass(frozen=True, slots=True)
class Launch:
    """How this process was started, up to Hush's own arguments.

    Attributes:
        command: The interpreter by its path and what it runs, or the frozen program.
    """

    command: tuple[str, ...]

    @staticmethod
    def of_this_process(
        executable: str = sys.executable,
        whole: Sequence[str] = tuple(sys.orig_argv),
        own: Sequence[str] = tuple(sys.argv),
        *,
        frozen: bool = bool(getattr(sys, "frozen", False)),
    ) -> Launch:
        """Read it from what the interpreter was given.

        Args:
            executable: The interpreter's path.
            whole: The command line as the system saw it, interpreter options included.
            own: The part after those options: script, ``-c`` or module, then the arguments.
            frozen: Whether the executable is Hush itself and runs no script.
        """
        if frozen:
            return Launch((executable,))
        options_and_script = whole[1 : len(whole) - len(own) + 1]
        return Launch((executable, *options_and_script))

    def with_arguments(self, arguments: Sequence[str]) -> tuple[str, ...]:
        """The whole command of a new start."""
        return (*self.command, *arguments)


def replace_process(
    command: Sequence[str], broker: Callable[[], PassedOn | None] = lambda: None
) -> NoReturn:
    """Become a new process. Nothing of this one is left: no memory, thread, child or open file.

    Where the system cannot start the new one, this one ends all the same: what it holds must go.

    Args:
        command: The new start.
        broker: Tells what of the broker is left all the same.
    """
    try:
        kept = broker()
        end_children(kept.pid if kept else None)
        if sys.platform == "win32":  # exec would start a process beside this one and confuse shells
            subprocess.Popen(command, close_fds=True)
            os._exit(0)
        keep_no_descriptor()
        os.execv(command[0], [*command, *_going_on(kept)])  # noqa: S606 # our own start, no shell
    except Exception as error:  # noqa: BLE001 # whatever it is, staying is worse
        log_error("relaunch.failed", error)
    finally:
        os._exit(1)


def _going_on(kept: PassedOn | None) -> tuple[str, ...]:
    """Leave the broker's descriptor open, and say its number."""
    if not kept:
        return ()
    os.set_inheritable(kept.descriptor, True)
    return ("--broker-fd", str(kept.descriptor))


def end_children(but: int | None = None) -> None:
    """Kill what this process started and still has: the engine, above all.

    Its pipes close with this process and it ends by itself then; killed, it is gone at once, and
    reaped, it leaves no zombie to a new image that does not know it.

    Args:
        but: The number of the one that goes on.
    """
    with suppress(psutil.Error):
        children = [child for child in psutil.Process().children() if child.pid != but]
        for child in children:
            with suppress(psutil.Error):  # it ended a moment ago
                child.kill()
        psutil.wait_procs(children, timeout=_REAPING_SECONDS)


def keep_no_descriptor(folder: Path = Path("/dev/fd")) -> None:
    """Close every file but the standard ones when the new image begins.

    Python's own are closed then anyway; this is for those that libraries opened without saying so.
    """
    try:
        open_now = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    except OSError:  # no such folder in this system, or this sandbox
        return
    for number in open_now:
        if number >= _FIRST_OWN_DESCRIPTOR:
            with suppress(OSError):  # the folder's own, closed already
                os.set_inheritable(number, False)


class Relaunch:
    """Closes what is open, then replaces the process; on a thread, for the window never waits.

    Args:
        close: Closes everything; blocks.
        command: The new start.
        is_keeping: Whether something that was written is still on its way to the disk; asked on
            any thread.
        patience: Seconds after which the process is replaced though closing has not ended; while
            ``is_keeping``, up to ten times as long.
        replace: Becomes the new process; the tests only note it.
    """

    def __init__(
        self,
        close: Callable[[], object],
        command: Sequence[str],
        *,
        is_keeping: Callable[[], bool] = lambda: False,
        patience: float = CLOSING_SECONDS,
        replace: Callable[[Sequence[str]], object] = replace_process,
    ) -> None:
        self._closes = [close]
        self._guard = threading.Lock()  # of the two above and below
        self._command = tuple(command)
        self._is_keeping = is_keeping
        self._patience = patience
        self._replace = replace
        self._closing: Future[None] = Future()
        self._abandoned = threading.Event()

    def begin(self) -> None:
        """Start. Nothing comes back but a new process."""
        # Daemons: neither a close that hangs nor the wait for it may keep an ended window alive.
        threading.Thread(target=self._run_close, name="lock-close", daemon=True).start()
        threading.Thread(target=self._run, name="lock", daemon=True).start()

    def abandon(self) -> None:
        """Let the process end instead of being replaced: the person closed the window meanwhile.

        Waits until closing has ended, at most as long as the replacing would have.
        """
        self._abandoned.set()
        self._wait()

    def become_instead(self, close: Callable[[], object], command: Sequence[str]) -> None:
        """Close in this way as well, and become another process than was wanted at first."""
        with self._guard:
            self._command = tuple(command)
            self._closes.append(close)
            is_over = self._closing.done()
        if is_over:  # a moment before the process goes: what can be done still is
            threading.Thread(target=close, name="lock-close", daemon=True).start()

    def _run_close(self) -> None:
        while close := self._next_close():
            try:
                close()
            except Exception as error:  # noqa: BLE001 - the process must be replaced all the same
                log_error("relaunch.close", error)

    def _next_close(self) -> Callable[[], object] | None:
        with self._guard:
            if self._closes:
                return self._closes.pop(0)
            self._closing.set_result(None)
            return None

    def _run(self) -> None:
        in_time = self._wait()
        if not self._abandoned.is_set():
            log_event("window.replaced", closed=in_time)
            with self._guard:
                command = self._command
            self._replace(command)

    def _wait(self) -> bool:
        """Whether closing ended. What only waits for the disk must not be lost."""
        for _ in range(_LONGEST_ROUNDS):
            with suppress(FutureTimeout):
                self._closing.result(self._patience)
                return True
            if not self._is_keeping():
                return False
        return False
