"""Having a file read by a limited process: the parent's side of ``child``."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import IO, BinaryIO, Final

from assistant.cancel import Cancel
from assistant.children.frames import BrokenFrame, Frame, read_frame
from assistant.errors import FileRefused
from assistant.importing import limits
from assistant.importing.chats import Chat, ChatReader
from assistant.importing.documents import MAX_CHARACTERS
from assistant.importing.records import Kind, Named
from assistant.text import clean, storable

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.importing.child")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
_MOST_WORDS: Final = 300  # of a sentence; what comes from there is not to be believed


class Parser:
    """Starts a process for each file.

    Args:
        command: What to start; the kind is added. The tests start processes that misbehave.
        seconds: By the clock, for one file; default: what ``limits`` has for its kind.
    """

    def __init__(self, command: Sequence[str] = COMMAND, seconds: float | None = None) -> None:
        self._command = tuple(command)
        self._seconds = seconds

    def text(self, kind: Kind, file: BinaryIO, stop: Cancel) -> str:
        """The text of a document.

        Args:
            kind: ``PDF`` or ``DOCX``.
            file: Open; its process gets it as it is.
            stop: Asked, it kills the process.

        Raises:
            FileRefused: why it cannot be read.
            CancelledError: ``stop`` was asked.
        """
        return collected(self.frames(kind, file, stop))

    def chats(self, kind: Kind, file: BinaryIO, stop: Cancel) -> Iterator[Chat | Named]:
        """The conversations in a file, and those that cannot be had. Raises as ``text`` does."""
        reader = ChatReader()
        for frame in self.frames(kind, file, stop):
            if frame["op"] == "skip":
                yield Named(shortened(frame.get("name")), shortened(frame.get("why")))
                continue
            try:
                chat = reader.take(frame)
            except BrokenFrame:
                raise stopped() from None
            if chat:
                yield chat

    def frames(
        self, kind: Kind, file: BinaryIO, stop: Cancel, *what: str
    ) -> Generator[Frame, None, None]:
        """What the process tells, up to its end. Closed before that, it kills the process.

        Args:
            kind: Of the file.
            file: Open until the first frame was asked for.
            stop: As ``text``; heard for one process at a time.
            what: Which part of the file, for kinds that have such; never a name.

        Raises:
            FileRefused, CancelledError: as ``text``.
        """
        with self._process((kind.value, *what), limits.of(kind, *what[:1]), file, stop) as process:
            replies = process.stdout
            assert replies is not None  # noqa: S101 - it is started with a pipe
            while (frame := _next(replies)) is not None:
                if stop.asked:
                    raise CancelledError
                if frame["op"] == "end":
                    return
                if frame["op"] == "refused":
                    raise FileRefused(
                        shortened(frame.get("message")), shortened(frame.get("advice"))
                    )
                yield frame
        if stop.asked:
            raise CancelledError
        raise stopped()

    @contextmanager
    def _process(
        self, what: Sequence[str], usual: limits.Limits, file: BinaryIO, stop: Cancel
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The process, which ``stop`` or the deadline kills, and which is gone afterwards."""
        os.lseek(file.fileno(), 0, os.SEEK_SET)  # what was read before moved the file itself
        try:
            process = subprocess.Popen(
                [*self._command, *what],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                cwd=sys.prefix,
                start_new_session=True,  # Ctrl+C in a terminal is the parent's to handle
            )
        except OSError:
            raise FileRefused("It cannot be read now: no process could be started.") from None
        deadline = threading.Timer(self._seconds or usual.seconds, process.kill)
        deadline.daemon = True
        deadline.start()
        stop.listen(process.kill)
        try:
            yield process
        finally:
            stop.listen(None)
            deadline.cancel()
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def collected(frames: Iterable[Frame]) -> str:
    """The text in these frames, clean.

    Raises:
        FileRefused: they hold something else, or too much.
    """
    parts: list[str] = []
    characters = 0
    for frame in frames:
        if frame["op"] != "text" or not isinstance(frame.get("text"), str):
            raise stopped()
        characters += len(frame["text"])
        if characters > 2 * MAX_CHARACTERS:
            raise stopped()
        parts.append(frame["text"])
    return clean("".join(parts))


def _next(replies: IO[bytes]) -> Frame | None:
    try:
        return read_frame(replies)
    except BrokenFrame:
        return None


def shortened(value: object) -> str:
    """Words of that process, which are not to be believed: one line, and not long."""
    return " ".join(storable(str(value or "")).split())[:_MOST_WORDS]


def stopped() -> FileRefused:
    """That the process ended before its time, or told what it never tells."""
    return FileRefused(
        "It could not be read: reading it took too long, or more than Hush gives to such a file."
    )
