"""One transfer as its parent sees it: asks a net child, and believes no more than it must.

The child reads what strangers send, so it may come to say anything: frames out of turn, more than
was allowed, nothing at all. Each of that ends it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any, Final

from assistant.children.frames import BrokenFrame, Frame
from assistant.log import log_rows
from assistant.machine.crash import rows_of
from assistant.net.framing import read_frame, write_data, write_json
from assistant.net.policy import MAX_ADDRESS, may_reach, read_address
from assistant.net.records import Answered, Data, Done, Failure, TransferEvent, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.net.words import transfer_failed

_GRACE_SECONDS: Final = 1.0
"""In which a child that is told to stop says how many bytes it sent."""

_SLACK_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 5.0

_HEADERS: Final = frozenset(
    {"accept-ranges", "content-length", "content-range", "content-type"}
    | {"etag", "last-modified", "retry-after"}
)
_STATUSES: Final = frozenset({200, 206, 304})
_MAX_HEADER: Final = 1024
_MAX_HOST: Final = 253
_MAX_HOSTS: Final = 32
_MAX_BYTES: Final = 1 << 48
"""256 TiB: nobody sent that, and the ledger can add up thirty thousand such lies."""

_MAX_STATUS: Final = 999
_MAX_RETRY_SECONDS: Final = 86_400.0
_CRASH_ROWS: Final = 20
_CRASH_ROW: Final = 200
_OURS: Final = frozenset({Failure.CANCELLED, Failure.LOCAL_ONLY})
"""What only this side can know; the child says it after it was told to stop."""

_NONSENSE: Final = (BrokenFrame, OSError, ValueError, TypeError, LookupError, ArithmeticError)
"""What a frame that makes no sense may come to. A line that was closed is a ``ValueError``."""


class Transfer:
    """One request to one child.

    Args:
        line: To a child that waits for its request. It is closed at the end.
        request: What to ask.
        slack_seconds: How much longer than its own time-outs the child may keep silent.

    Attributes:
        reached: The host that was asked last.
    """

    def __init__(
        self, line: Line, request: NetRequest, slack_seconds: float = _SLACK_SECONDS
    ) -> None:
        self.reached = request.host
        self._line = line
        self._request = request
        self._slack = slack_seconds
        self._stopped: Failure | None = None
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._waits_since: float | None = None
        self._answered = False
        self._handed_on = 0
        self._hosts = 0

    def events(self) -> Generator[TransferEvent, None, None]:
        """Ask, and hand on what comes. Closing the iterator stops the transfer.

        Raises:
            TransferFailed: it did not come to its end.
        """
        watch = threading.Thread(target=self._watch, name="net-watch", daemon=True)
        watch.start()
        try:
            self._ask()
            yield from self._hear()
        except _NONSENSE:
            raise self._broken() from None
        finally:
            self._over.set()
            self._line.close()
            watch.join()

    def stop(self, failure: Failure) -> None:
        """End it, at once, from any thread; what it comes to says this failure. Never blocks."""
        self._stopped = self._stopped or failure
        threading.Thread(target=self._stop, name="net-stop", daemon=True).start()

    def last_word(self) -> TransferFailed | None:
        """Stop it and hear it out: what its bytes came to, for whoever wants no more of it."""
        self.stop(Failure.CANCELLED)
        try:
            for _ in self._hear():
                pass
        except TransferFailed as error:
            return error
        except _NONSENSE:
            return None
        return None

    def _ask(self) -> None:
        with self._writing:
            if self._stopped:
                raise self._broken()
            with suppress(ConnectionError):  # it went, and may have said why before that
                write_json(self._line.requests, self._request.to_frame())
                write_data(self._line.requests, self._request.body)

    def _hear(self) -> Iterator[TransferEvent]:
        while (frame := self._next()) is not None:
            if isinstance(frame, bytes):
                self._handed_on += len(frame)
                too_much = self._handed_on > self._request.max_bytes
                if not frame or not self._answered or too_much:
                    raise BrokenFrame("nothing, or more than was asked for")
                yield Data(frame)
                continue
            match frame["op"]:
                case "connecting" if not self._answered and self._hosts < _MAX_HOSTS:
                    self._hosts += 1
                    self.reached = self._approved_host(frame)
                case "answered" if not self._answered:
                    self._answered = True
                    yield _answered(frame)
                case "ended" if self._answered:
                    yield self._done(frame)
                    return
                case "failed":
                    raise self._failed(frame)
                case "crashed":
                    if not self._stopped:
                        rows = rows_of(frame.get("rows"))[:_CRASH_ROWS]
                        log_rows("net.crashed", (row[:_CRASH_ROW] for row in rows))
                    break
                case _:
                    raise BrokenFrame("out of turn")
        raise self._broken()

    def _next(self) -> Frame | bytes | None:
        self._waits_since = time.monotonic()
        try:
            return read_frame(self._line.replies)
        finally:
            self._waits_since = None

    def _approved_host(self, frame: Frame) -> str:
        """Whom the child says it asks next: one that it may ask, for it goes into the ledger."""
        host, request = _text(frame, "host", _MAX_HOST), self._request
        if not may_reach(read_address(request.url), host, request.hosts):
            raise BrokenFrame("not approved")
        return host

    def _counts(self, frame: Frame) -> tuple[int, int]:
        """Bytes out and in. What it handed on it must have received."""
        out, received = _count(frame, "bytes_out"), _count(frame, "bytes_in")
        if received < self._handed_on:
            raise BrokenFrame("no count")
        return out, received

    def _failed(self, frame: Frame) -> TransferFailed:
        failure = Failure(_text(frame, "failure", 40))
        if failure in _OURS and not self._stopped:
            raise BrokenFrame("nobody stopped it")
        out, received = self._counts(frame)
        return transfer_failed(
            self._stopped or failure,
            self.reached,
            _text(frame, "detail", 40),
            status=_status(frame.get("status")),
            retry_after=_wait(frame.get("retry_after")),
            bytes_out=out,
            bytes_in=received,
            purpose=self._request.purpose,
        )

    def _done(self, frame: Frame) -> Done:
        out, received = self._counts(frame)
        if self._stopped:  # the word crossed with its end: who stopped it need not wonder
            raise transfer_failed(
                self._stopped,
                self.reached,
                bytes_out=out,
                bytes_in=received,
                purpose=self._request.purpose,
            )
        return Done(out, received, frame.get("exact") is True)

    def _broken(self) -> TransferFailed:
        return transfer_failed(
            self._stopped or Failure.CHILD, self.reached, purpose=self._request.purpose
        )

    def _stop(self) -> None:
        """Say so; after a while, whatever the child does, close the line."""
        if self._writing.acquire(timeout=_GRACE_SECONDS):
            try:
                with suppress(OSError, ValueError):
                    write_json(self._line.requests, {"op": "cancel"})
            finally:
                self._writing.release()
            self._over.wait(_GRACE_SECONDS)
        self._line.close()

    def _watch(self) -> None:
        """Close the line to a child that keeps silent, or goes on, for longer than it may."""
        request, began = self._request, time.monotonic()
        longest = 2 * request.connect_seconds + request.read_seconds + request.stall[1]
        longest += self._slack
        in_all = request.total_seconds + self._slack if request.total_seconds else math.inf
        while not self._over.wait(min(longest, in_all, _LOOK_SECONDS)):
            since = self._waits_since  # None while the other side works on what came
            now = time.monotonic()
            if now - began > in_all or (since is not None and now - since > longest):
                self._line.close()
                return


def _answered(frame: Frame) -> Answered:
    status, headers = frame.get("status"), frame.get("headers")
    if not isinstance(status, int) or status not in _STATUSES or not isinstance(headers, dict):
        raise BrokenFrame("no answer")
    known = {name: value for name, value in headers.items() if name in _HEADERS}
    if not all(isinstance(value, str) and len(value) <= _MAX_HEADER for value in known.values()):
        raise BrokenFrame("no headers")
    return Answered(status, known, _text(frame, "url", MAX_ADDRESS))


def _status(value: object) -> int:
    """A status of HTTP; 0 for what is none. Python takes ``true`` for a number, too."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value <= _MAX_STATUS else 0


def _wait(value: object) -> float:
    """Seconds to wait; 0 for what are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0.0
    return min(float(value), _MAX_RETRY_SECONDS) if 0 < value < math.inf else 0.0


def _text(frame: Frame, name: str, longest: int) -> str:
    value: Any = frame.get(name, "")
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise BrokenFrame("no text")
    return value


def _count(frame: Frame, name: str) -> int:
    value: Any = frame.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_BYTES:
        raise BrokenFrame("no count")
    return value
