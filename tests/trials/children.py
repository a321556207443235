"""Processes that a trial starts, talks to by lines, and never leaves behind."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

DEADLINE_SECONDS: Final = 60.0


class Child:
    """A Python module run in a process of its own. Use as a context manager: it is killed at last.

    Args:
        module: Run as ``python -m``.
        arguments: What it is given.
    """

    def __init__(self, module: str, arguments: Sequence[str] = ()) -> None:
        self._heard = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Send a line; one that ended before hears nothing."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def hear(self, deadline_seconds: float = DEADLINE_SECONDS) -> str | None:
        """Its next line; None where it ended, or said nothing in time."""
        assert self._process.stdout
        end = time.monotonic() + deadline_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, end - time.monotonic())):
                    return None
                more = os.read(self._process.stdout.fileno(), 65536)
                if not more:
                    return None
                self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def finish(self, deadline_seconds: float = DEADLINE_SECONDS) -> int | None:
        """Close its input and wait for its end: the exit code, None where it goes on."""
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it went before it had heard all
            self._process.stdin.close()
        return self.code(deadline_seconds)

    def code(self, deadline_seconds: float = DEADLINE_SECONDS) -> int | None:
        """Wait for its end: the exit code, None where it goes on."""
        try:
            return self._process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            return None

    def ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill -9, and wait."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(BrokenPipeError):
                pipe.close()
