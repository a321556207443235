"""The lines of a stream of events, none longer than it may be, and none that Hush has no use for.

What reads the events after this keeps a line and an event until they end, however long that takes.
So what comes is counted here before it is kept, and only what is data goes on: a line's name of
anything else, a comment and a number to go on from are dropped.

The format is that of the HTML standard, "Server-sent events": lines end with CR, LF or both, an
event ends with an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from assistant.net.records import Failure
from assistant.net.telling import Broken

MAX_LINE: Final = 64 * 1024
MAX_EVENT: Final = 256 * 1024

_DATA: Final = re.compile(rb"data:[ \t]*[^ \t]")
"""A line with data in it; an empty one is sent by some to keep the connection open."""

_END: Final = re.compile(rb"data: ?\[DONE\]")
_BREAK: Final = re.compile(rb"[\r\n]")


class EventLines:
    """Passes on the lines of one stream.

    Attributes:
        is_done: The server said that nothing more follows.
    """

    def __init__(self) -> None:
        self.is_done = False
        self._line = bytearray()
        self._event = 0
        self._after_return = False
        self._has_data = False

    def passed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The data of whole events as it comes, each of their lines whole, ending with LF.

        Raises:
            Broken: a line or an event is too long.
        """
        for piece in pieces:
            if kept := b"".join(self._taken(piece)):
                yield kept
        # An event that no empty line ends is none: the standard's "discard an incomplete event".
        self.is_done = self.is_done or bool(_END.match(self._line))

    def _taken(self, piece: bytes) -> Iterator[bytes]:
        start = 0
        for found in _BREAK.finditer(piece):
            end = found.start()
            if self._after_return and end == start and piece[end] == 0x0A:
                start, self._after_return = end + 1, False  # the second half of one line's end
                continue
            self._grow(piece[start:end])
            self._after_return = piece[end] == 0x0D
            start = end + 1
            yield from self._ended()
        if start < len(piece):
            self._grow(piece[start:])
            self._after_return = False

    def _grow(self, more: bytes) -> None:
        self._event += len(more)
        if len(self._line) + len(more) > MAX_LINE or self._event > MAX_EVENT:
            raise Broken(Failure.TOO_LARGE)
        self._line += more

    def _ended(self) -> Iterator[bytes]:
        line = bytes(self._line)
        self._line.clear()
        if not line:
            self._event = 0
            if self._has_data:
                self._has_data = False
                yield b"\n"
        elif _DATA.match(line):
            self._has_data = True
            self.is_done = self.is_done or bool(_END.match(line))
            yield line + b"\n"
        else:
            self._event -= len(line)  # nobody keeps it
