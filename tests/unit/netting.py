"""What tests of the net child share: children in a process and on a thread, and a file to fetch."""

from __future__ import annotations

import os
import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.net.child import serve
from assistant.net.records import Answered, Data, Done, Failure, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import DirectStarter, Line
from assistant.net.telling import Telling
from assistant.net.transfer import Transfer

BODY: Final = random.Random(7).randbytes(600_000)  # noqa: S311 - seeded
DEADLINE: Final = 20.0


@dataclass
class Fetched:
    """What came of a transfer."""

    answered: Answered | None = None
    body: bytes = field(default=b"", repr=False)
    done: Done | None = None
    failed: TransferFailed | None = None
    reached: str = ""

    @property
    def failure(self) -> Failure | None:
        """How it failed, if it did."""
        return self.failed.failure if self.failed else None


class Net:
    """Starts net children that trust the tests' authority and nobody else.

    Args:
        authority: Its PEM file.
        more: Environment besides, like a proxy's.
    """

    def __init__(self, authority: Path, **more: str) -> None:
        self._environment = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(authority), **more}

    def line(self) -> Line:
        """A child that waits for its request."""
        return DirectStarter(environment=self._environment).start()

    def fetch(self, request: NetRequest) -> Fetched:
        """One transfer, to its end."""
        transfer = Transfer(self.line(), request)
        fetched = Fetched()
        try:
            for event in transfer.events():
                if isinstance(event, Data):
                    fetched.body += event.data
                elif isinstance(event, Answered):
                    fetched.answered = event
                else:
                    fetched.done = event
        except TransferFailed as error:
            fetched.failed = error
        fetched.reached = transfer.reached
        return fetched


class Near(Net):
    """The same code on a thread: for what a process of its own would not change, and is slow."""

    def line(self) -> Line:
        ours, theirs = socket.socketpair()
        requests, replies = ours.makefile("wb"), ours.makefile("rb")

        def leave(_: int) -> None:
            with suppress(OSError):
                theirs.shutdown(socket.SHUT_RDWR)

        def run() -> None:
            with suppress(OSError), theirs, theirs.makefile("rb") as heard:
                with suppress(OSError), theirs.makefile("wb") as said:  # flushed to nobody, perhaps
                    telling = Telling(said, leave)
                    serve(heard, telling)
                telling.count.close()  # a process would have ended with what it holds
                leave(0)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def close() -> None:
            with suppress(OSError):
                ours.shutdown(socket.SHUT_RDWR)
            for one in (requests, replies, ours):
                with suppress(OSError):
                    one.close()
            thread.join(DEADLINE)

        return Line(requests, replies, close)
