"""What the net child tells its parent: that it connects, what was answered, how it ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Final

from assistant.net.counting import ByteCount
from assistant.net.framing import write_data, write_json
from assistant.net.records import Failure

_LAST_WORD_SECONDS: Final = 0.5
"""How long a last word waits for a frame that the parent does not take."""


class Broken(Exception):
    """The transfer cannot go on. Holds nothing of what was sent or answered.

    Attributes:
        failure: How it failed.
        detail: One of a few words that say more; see ``words``.
        status: Of HTTP.
        retry_after: Seconds that the server asks to wait.
    """

    def __init__(
        self, failure: Failure, detail: str = "", status: int = 0, retry_after: float = 0.0
    ) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class Telling:
    """One transfer's words to the parent, and the bytes it counts.

    Args:
        stream: To the parent.
        leave: Ends the process.
    """

    def __init__(self, stream: BinaryIO, leave: Callable[[int], object] = os._exit) -> None:
        self.count = ByteCount()
        self._stream = stream
        self._leave = leave
        self._turn = threading.Lock()
        self._host = ""
        self._stopped: Failure | None = None
        self._over = False

    def ready(self) -> None:
        """All is read that the request will need; it may come."""
        self._say({"op": "ready"})

    def connecting(self, host: str) -> None:
        """A host is asked next."""
        self._host = host
        self._say({"op": "connecting", "host": host})

    def answered(self, status: int, url: str, headers: Mapping[str, str]) -> None:
        """The server answered, and its body follows."""
        self._say({"op": "answered", "status": status, "url": url, "headers": dict(headers)})

    def data(self, data: bytes) -> None:
        """More of the body. Waits until the parent takes it."""
        with self._turn:
            if not self._over:
                write_data(self._stream, data)

    def ended(self) -> None:
        """The body came to its end; unless that is what a cut of ours looks like."""
        if self._stopped:
            self.failed(Broken(self._stopped))
        else:
            self._last_word({"op": "ended"})

    def failed(self, broken: Broken) -> None:
        """It cannot go on; or it was stopped, and broke for that."""
        if self._stopped:
            broken = Broken(self._stopped)
        self._last_word(
            {
                "op": "failed",
                "failure": broken.failure.value,
                "detail": broken.detail,
                "status": broken.status,
                "retry_after": broken.retry_after,
                "host": self._host,
            }
        )

    def crashed(self, rows: list[str]) -> None:
        """It failed in a way that nobody thought of: types and lines, no content."""
        self._last_word({"op": "crashed", "rows": rows})

    def stop(self, failure: Failure) -> None:
        """Cut every connection at once, say so, and end the process. From any thread."""
        self._stopped = self._stopped or failure  # first: what breaks now breaks for this
        self.count.cut()
        if self._turn.acquire(timeout=_LAST_WORD_SECONDS):
            self._turn.release()
            with suppress(OSError):
                self.failed(Broken(failure))
        self.leave()

    def leave(self) -> None:
        """Cut every connection, and end the process without a word."""
        self.count.cut()
        self._leave(0)

    def _say(self, frame: dict[str, Any]) -> None:
        with self._turn:
            if not self._over:
                write_json(self._stream, frame)

    def _last_word(self, frame: dict[str, Any]) -> None:
        with self._turn:
            if self._over:
                return
            self._over = True
            total = self.count.close()
            counted = {
                "bytes_out": total.out,
                "bytes_in": total.received,
                "exact": total.exact,
            }
            write_json(self._stream, frame | counted)
