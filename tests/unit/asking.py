"""What tests of asking a cloud share: requests, and what came of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from assistant.net.deltas import Delta, unpack
from assistant.net.records import Answered, Data, Done, Failure, Purpose, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.net.transfer import Transfer

KEY: Final = "Bearer key-canary"
BODY: Final = (
    '{"max_tokens":64,"messages":[{"content":"Wie heißt Portugals Hauptstadt? 🏙","role":"user"}],'
    '"model":"small-1","stream":true}'
).encode()


@dataclass
class Heard:
    """What came of a question.

    Attributes:
        text: Of the answer, as far as it came.
        deltas: All of it, in order.
    """

    answered: Answered | None = None
    deltas: list[Delta] = field(default_factory=list)
    done: Done | None = None
    failed: TransferFailed | None = None

    @property
    def text(self) -> str:
        """The answer, as far as it came."""
        return "".join(delta.text for delta in self.deltas)

    @property
    def finish(self) -> str:
        """How it ended; empty: it was not said, or it did not."""
        return "".join(delta.finish for delta in self.deltas)

    @property
    def model(self) -> str:
        """Who answered."""
        return "".join(delta.model for delta in self.deltas)

    @property
    def tokens(self) -> tuple[int | None, int | None]:
        """In and out, as last told."""
        told = [(it.tokens_in, it.tokens_out) for it in self.deltas]
        return next((it for it in reversed(told) if it != (None, None)), (None, None))

    @property
    def failure(self) -> Failure | None:
        """How it failed, if it did."""
        return self.failed.failure if self.failed else None


def asking(address: str, *, body: bytes = BODY, **changes: object) -> NetRequest:
    """A question to a provider at this base address, which is one's own box where it says so."""
    request = NetRequest(
        Purpose.CLOUD,
        f"{address}/chat/completions",
        kind="cloud",
        method="POST",
        headers=(("Content-Type", "application/json"), ("Authorization", KEY)),
        body=body,
        max_bytes=8 * 1024 * 1024,
        read_seconds=120.0,
        total_seconds=900.0,
        stall=(1, 120.0),
        own_network="127.0.0.1" in address,
    )
    return replace(request, **changes)  # type: ignore[arg-type] # its own fields


def hear(line: Line, request: NetRequest) -> Heard:
    """Ask over a line to a child, and hear it out."""
    heard = Heard()
    try:
        for event in Transfer(line, request).events():
            if isinstance(event, Data):
                heard.deltas.append(unpack(event.data))
            elif isinstance(event, Answered):
                heard.answered = event
            else:
                heard.done = event
    except TransferFailed as error:
        heard.failed = error
    return heard
