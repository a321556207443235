"""One request to a child process of its own, which answers once and ends: the parent's side."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from assistant.cancel import Cancel
from assistant.children.frames import BrokenFrame, Frame, read_frame, write_frame
from assistant.children.pipes import start_child
from assistant.errors import HushError
from assistant.log import log_rows
from assistant.machine.crash import rows_of


@dataclass(frozen=True, slots=True)
class ChildTask:
    """What to ask, and whom. Blocks; on any thread.

    Attributes:
        command: Starts the child; see ``serving.serve_once``.
        seconds: After this it is killed.
        cancel: Kills it at once.
        progress: Gets the share that is done, 0 to 1, on the caller's thread.
        crash: The log's name for an error inside the child.
        refusal: Reads what the child refuses.
        died: Words for a child that ended by itself.
    """

    command: Sequence[str]
    seconds: float
    cancel: Cancel
    progress: Callable[[float], None]
    crash: str
    refusal: Callable[[Frame], HushError]
    died: Callable[[], HushError]

    def ask(self, request: Frame, done: str) -> Frame | None:
        """Have it done.

        Args:
            request: For the child.
            done: What its answer is called.

        Returns:
            The answer; None where it was cancelled.

        Raises:
            HushError: the child refused, or ended by itself.
            OSError: it could not be started.
        """
        with self._child() as process:
            try:
                write_frame(_pipe(process.stdin), request)
                return self._outcome(_pipe(process.stdout), done)
            except (BrokenPipeError, BrokenFrame) as error:
                if self.cancel.asked:
                    return None
                raise self.died() from error

    def _outcome(self, replies: IO[bytes], done: str) -> Frame | None:
        while (frame := read_frame(replies)) is not None:
            if frame["op"] == done:
                return None if self.cancel.asked else frame
            if frame["op"] == "refused":
                raise self.refusal(frame)
            if frame["op"] == "crashed":
                log_rows(self.crash, rows_of(frame.get("rows")))
                break
            if frame["op"] == "progress":
                self.progress(_share(frame))
        if self.cancel.asked:
            return None
        raise self.died()

    @contextmanager
    def _child(self) -> Iterator[subprocess.Popen[bytes]]:
        """The process, which a cancel or the deadline kills, and which is gone afterwards."""
        process = start_child(self.command)
        deadline = threading.Timer(self.seconds, process.kill)
        deadline.daemon = True
        deadline.start()
        self.cancel.listen(process.kill)
        try:
            yield process
        finally:
            self.cancel.listen(None)
            deadline.cancel()
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    _pipe(stream).close()


def _share(frame: Frame) -> float:
    try:
        return min(1.0, max(0.0, float(frame.get("share", 0))))
    except (TypeError, ValueError):
        return 0.0


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - every child is started with pipes
    return stream
