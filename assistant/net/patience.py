"""How long the net child waits for a server, and how long a server asks it to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final

from assistant.net.records import Failure
from assistant.net.telling import Broken, Telling

_MAX_HEADER: Final = 1024
_MAX_RETRY_SECONDS: Final = 86_400.0


def at_pace(
    pieces: Iterator[bytes],
    stall: tuple[int, float],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """The pieces, as long as enough of them come.

    Only the time is counted in which the server is waited for: a parent that writes to a slow disk
    is no reason to give a server up.
    """
    least, seconds = stall
    waited, came = 0.0, 0
    while True:
        before = clock()
        piece = next(pieces, None)
        waited += clock() - before
        if piece is None:
            return
        came += len(piece)
        if waited >= seconds:
            if came < least:
                raise Broken(Failure.STALLED)
            waited, came = 0.0, 0
        yield piece


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, of a number of them or a date; 0 where nothing sensible is said."""
    said = headers.get("retry-after", "")[:_MAX_HEADER].strip()
    if said.isascii() and said.isdecimal():
        return min(float(said), _MAX_RETRY_SECONDS)
    try:
        seconds = parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(0.0, seconds), _MAX_RETRY_SECONDS)


@contextmanager
def ended_after(seconds: float, telling: Telling) -> Iterator[Callable[[], None]]:
    """Stop the transfer, and this process, after so long; 0: never. Gives what calls that off."""
    if not seconds:
        yield lambda: None
        return
    timer = threading.Timer(seconds, telling.stop, (Failure.TIMEOUT,))
    timer.daemon = True
    timer.start()
    try:
        yield timer.cancel
    finally:
        timer.cancel()


@contextmanager
def cut_after(seconds: float, telling: Telling) -> Iterator[None]:
    """Cut the connection after so long: what was wanted of it has come, and the rest may."""
    timer = threading.Timer(seconds, telling.count.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
