"""A net child that waits, so that nobody waits for it: it has read what its request will need.

Reading the client of a cloud's interface takes longer than all the rest of a request. So a child is
started while a person still looks at what would be sent. It is told the kind of its request and
nothing else, and makes no connection: it does not know whom it will ask.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from assistant.children.frames import BrokenFrame
from assistant.errors import HushError
from assistant.log import log_event
from assistant.net.framing import read_frame, write_json
from assistant.net.starting import Line, NetStarter

_TAKE_SECONDS: Final = 10.0
"""For a child that is still reading when it is needed; a new one would take longer."""

_END_SECONDS: Final = 5.0  # longer than a starter is asked for a child
_NO_FRAME: Final = (BrokenFrame, OSError, ValueError)
"""What a child that is gone, or a line that was closed, may come to."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """One that is started, reads, or waits.

    Attributes:
        kind: Of the request that it is for.
        line: To it, once it is started.
        is_ready: It has said so.
        is_over: Nobody wants it any more.
        settled: It is ready, or will never be.
    """

    kind: str
    line: Line | None = None
    is_ready: bool = False
    is_over: bool = False
    settled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class ReadyChildren:
    """Starts net children, and has at most one wait. For any thread.

    Args:
        starter: Starts them.
    """

    def __init__(self, starter: NetStarter) -> None:
        self._starter = starter
        self._lock = threading.Lock()
        self._waiting: _Waiting | None = None

    def prepare(self, kind: str) -> None:
        """Have one wait for a request of this kind. Returns at once; another kind's one ends."""
        with self._lock:
            before = self._waiting
            if before and before.kind == kind and not before.is_over:
                return
            waiting = self._waiting = _Waiting(kind)
            waiting.thread = threading.Thread(
                target=self._begin, args=(waiting,), name="net-ready", daemon=True
            )
            waiting.thread.start()
        if before:
            self._let_go(before)

    def discard(self) -> None:
        """End the one that waits. Returns at once."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting:
            self._let_go(waiting)

    def close(self) -> None:
        """End the one that waits, and wait until it is gone."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting:
            self._let_go(waiting)
            if waiting.thread:
                waiting.thread.join(_END_SECONDS)

    def take(self, kind: str) -> Line:
        """A child for a request of this kind: the one that waits, else a new one. Blocks.

        Raises:
            NetworkRefused: none can be started.
        """
        with self._lock:
            waiting = self._waiting
            if waiting and waiting.kind == kind:
                self._waiting = None
            else:
                waiting = None
        return (waiting and self._settled(waiting)) or self._starter.start()

    def _settled(self, waiting: _Waiting) -> Line | None:
        """Its line, once it is ready; None where it is not, or went meanwhile."""
        waiting.settled.wait(_TAKE_SECONDS)
        with self._lock:
            line = waiting.line
            is_good = waiting.is_ready and not waiting.is_over
            waiting.is_over = True  # it is nobody's but the caller's now
        if is_good and line and not _has_spoken(line):
            return line
        if line:
            line.close()
        return None

    def _begin(self, waiting: _Waiting) -> None:
        """Start it, tell it the kind, and hear that it is ready; on a thread of its own."""
        try:
            line = self._starter.start()
            with self._lock:
                waiting.line = line
                is_over = waiting.is_over
            is_ready = not is_over and _is_ready(line, waiting.kind)
            with self._lock:
                waiting.is_ready = is_ready
                waiting.is_over |= not is_ready
            if not is_ready:
                line.close()
        except HushError:
            log_event("net.unready")  # who needs one hears why there is none
            with self._lock:
                waiting.is_over = True
        finally:
            waiting.settled.set()

    def _let_go(self, waiting: _Waiting) -> None:
        with self._lock:
            line = None if waiting.is_over else waiting.line
            waiting.is_over = True
        if line:  # a child takes a moment to end, and nobody is to wait for that
            threading.Thread(target=line.close, name="net-unready", daemon=True).start()


def _is_ready(line: Line, kind: str) -> bool:
    """Tell a child what for, and hear whether it has read all that it needs."""
    try:
        write_json(line.requests, {"op": "ready", "kind": kind})
        frame = read_frame(line.replies)
    except _NO_FRAME:
        return False
    return isinstance(frame, dict) and frame["op"] == "ready"


def _has_spoken(line: Line) -> bool:
    """Whether a child that was to wait has said something, or has ended."""
    if os.name == "nt":
        return False  # a pipe cannot be asked there; the transfer finds it out
    with suppress(OSError, ValueError):
        return bool(select.select([line.replies], [], [], 0)[0])
    return True
