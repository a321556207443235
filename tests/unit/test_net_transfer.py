"""The parent's side of a transfer, against children that lie, flood, fall silent and die."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from assistant.net.framing import MAX_DATA
from assistant.net.records import (
    Answered,
    Data,
    Done,
    Failure,
    Purpose,
    TransferEvent,
    TransferFailed,
)
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.net.transfer import Transfer

REQUEST = NetRequest(
    Purpose.MODEL,
    "https://models.test/a",
    hosts=("*.files.test", "[::1]:8443"),
    max_bytes=1000,
    connect_seconds=0.1,
    read_seconds=0.1,
    stall=(1, 0.1),
)
COUNTS = {"bytes_out": 10, "bytes_in": 2000, "exact": True}


def said(**frame: object) -> bytes:
    """An object as the child frames it."""
    body = json.dumps(frame).encode()
    return struct.pack(">cI", b"J", len(body)) + body


def data(body: bytes) -> bytes:
    """Bytes as the child frames them."""
    return struct.pack(">cI", b"D", len(body)) + body


CONNECTING = said(op="connecting", host="models.test")
ANSWERED = said(op="answered", status=200, url="https://models.test/a", headers={})
ENDED = said(op="ended", **COUNTS)


class Child:
    """A child that says what it was told to, whatever it is asked.

    Args:
        words: What it says.
        stays: Whether it keeps the line open after that.
    """

    def __init__(self, words: bytes, *, stays: bool = False) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._words = words
        self._stays = stays
        self.closed = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def line(self) -> Line:
        """The line to it."""
        self._thread.start()
        requests, replies = self._ours.makefile("wb"), self._ours.makefile("rb")

        def close() -> None:
            with suppress(OSError):
                self._ours.shutdown(socket.SHUT_RDWR)
            for one in (requests, replies, self._ours):
                with suppress(OSError):
                    one.close()
            self._thread.join(10)
            self.closed.set()

        return Line(requests, replies, close)

    def _talk(self) -> None:
        with self._theirs, suppress(OSError):
            self._theirs.sendall(self._words)
            if self._stays:
                while self._theirs.recv(65_536):
                    pass


def hear(child: Child, slack_seconds: float = 30.0) -> tuple[list[TransferEvent], TransferFailed]:
    """All that a transfer brings, and how it failed."""
    events: list[TransferEvent] = []
    transfer = Transfer(child.line(), REQUEST, slack_seconds)
    try:
        events.extend(transfer.events())
    except TransferFailed as error:
        assert child.closed.is_set(), "the line is closed, however it failed"
        return events, error
    raise AssertionError("it did not fail")


def test_a_child_that_tells_the_truth() -> None:
    """Its events in order, and the line closed after them."""
    child = Child(CONNECTING + ANSWERED + data(b"a" * 1000) + ENDED)
    events = list(Transfer(child.line(), REQUEST).events())
    assert events == [
        Answered(200, {}, "https://models.test/a"),
        Data(b"a" * 1000),
        Done(10, 2000, exact=True),
    ]
    assert child.closed.is_set()


LIES = {
    "nothing": b"",
    "no frame": b"HTTP/1.1 200 OK\r\n\r\n",
    "too long a frame": struct.pack(">cI", b"J", 2**31),
    "too much in a frame": ANSWERED + struct.pack(">cI", b"D", MAX_DATA + 1) + b"a" * MAX_DATA,
    "a body before an answer": CONNECTING + data(b"a"),
    "an end before an answer": CONNECTING + ENDED,
    "answered twice": CONNECTING + ANSWERED + ANSWERED,
    "connecting after the answer": ANSWERED + CONNECTING,
    "connecting for ever": CONNECTING * 100,
    "more than was asked for": ANSWERED + data(b"a" * 1001) + ENDED,
    "more in small pieces": ANSWERED + data(b"a") * 1001 + ENDED,
    "no end": ANSWERED + data(b"a" * 1000),
    "half a frame": ANSWERED + data(b"a" * 1000)[:-1],
    "an odd word": said(op="exec", command="/bin/sh"),
    "the parent's word": said(op="cancel"),
    "a status that is none": said(op="answered", status=302, url="", headers={}),
    "a status that is a list": said(op="answered", status=[200], url="", headers={}),
    "headers that are a list": said(op="answered", status=200, url="", headers=[]),
    "a header that is long": said(op="answered", status=200, url="", headers={"etag": "a" * 5000}),
    "a header that is a number": said(op="answered", status=200, url="", headers={"etag": 5}),
    "an address that is long": said(op="answered", status=200, url="a" * 9000, headers={}),
    "an address with a newline": said(op="answered", status=200, url="a\nb", headers={}),
    "a host that is long": said(op="connecting", host="a" * 300),
    "a host with colours": said(op="connecting", host="\x1b[31mred"),
    "counts below nothing": ANSWERED + said(op="ended", bytes_out=-1, bytes_in=1),
    "counts without end": ANSWERED + said(op="ended", bytes_out=2**63, bytes_in=1),
    "counts that are words": ANSWERED + said(op="ended", bytes_out="1", bytes_in=1),
    "counts that are true": ANSWERED + said(op="ended", bytes_out=True, bytes_in=1),
    "no counts": ANSWERED + said(op="ended"),
    "counts without measure": ANSWERED + said(op="ended", bytes_out=1 << 48, bytes_in=1),
    "less came than it handed on": ANSWERED
    + data(b"a" * 1000)
    + said(op="ended", bytes_out=1, bytes_in=999),
    "less came than it handed on, and it failed": ANSWERED
    + data(b"a" * 1000)
    + said(op="failed", failure="cut", bytes_out=1, bytes_in=999),
    "a time beyond all numbers": said(op="failed", failure="status", retry_after=10**400, **COUNTS),
    "a body of nothing": ANSWERED + data(b"") + ENDED,
    "a host that nobody approved": said(op="connecting", host="elsewhere.test")
    + said(op="failed", failure="cut", **COUNTS),
    "a host that only looks so": said(op="connecting", host="notfiles.test")
    + said(op="failed", failure="cut", **COUNTS),
    "no host": said(op="connecting") + said(op="failed", failure="cut", **COUNTS),
    "that the person stopped it": said(op="failed", failure="cancelled", **COUNTS),
    "that a setting stopped it": said(op="failed", failure="local-only", **COUNTS),
    "a failure that is none": said(op="failed", failure="canary", **COUNTS),
    "a failure that is a list": said(op="failed", failure=["cut"], **COUNTS),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
@pytest.mark.parametrize("stays", [False, True], ids=["goes", "stays"])
def test_a_child_that_lies(lie: bytes, stays: bool) -> None:
    """It is ended, and that is all that comes of it; no more than 1,000 bytes get through."""
    events, error = hear(Child(lie, stays=stays), slack_seconds=0.2)
    assert error.failure is Failure.CHILD
    assert sum(len(event.data) for event in events if isinstance(event, Data)) <= 1000
    assert not any(isinstance(event, Done) for event in events)
    assert (error.bytes_out, error.bytes_in) == (None, None), "nobody knows"
    assert "canary" not in error.sentence


def test_what_failed_is_told() -> None:
    """How, with what status, when to come again, and the bytes."""
    words = said(
        op="failed", failure="status", status=429, retry_after=7.5, detail="", host="x", **COUNTS
    )
    _, error = hear(Child(CONNECTING + words))
    assert (error.failure, error.status, error.retry_after) == (Failure.STATUS, 429, 7.5)
    assert (error.bytes_out, error.bytes_in) == (10, 2000)
    assert error.message == "models.test has had too many requests for now."


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -5, "7", None, [7]])
def test_a_time_that_makes_no_sense(odd: object) -> None:
    """Is none."""
    words = said(op="failed", failure="status", status=-7, retry_after=odd, **COUNTS)
    _, error = hear(Child(words))
    assert (error.failure, error.status, error.retry_after) == (Failure.STATUS, 0, 0.0)


@pytest.mark.logs_problems
def test_a_child_that_crashed(caplog: pytest.LogCaptureFixture) -> None:
    """Its rows are in the log as ours would be: types and lines, nothing else."""
    rows = ["ValueError at child:10", "canary says hello"]
    with caplog.at_level("ERROR", logger="hush"):
        _, error = hear(Child(said(op="crashed", rows=rows)))
    assert error.failure is Failure.CHILD
    assert "net.crashed" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.logs_problems
def test_a_crash_is_no_way_to_write_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """Twenty rows of 200 characters at most, and only such as ours."""
    row = "  ValueError at " + "child:10 " * 100
    with caplog.at_level("ERROR", logger="hush"):
        hear(Child(said(op="crashed", rows=[row] * 60)))
    name, *rows = [record.getMessage() for record in caplog.records]
    assert name == "net.crashed"
    assert rows == [row[:200]] * 20


def test_hosts_that_were_approved() -> None:
    """The request's own, and those that a redirect may lead to; the last is in the ledger."""
    for host in ("models.test", "one.files.test", "::1"):
        words = said(op="connecting", host=host) + said(op="failed", failure="cut", **COUNTS)
        transfer = Transfer(Child(words).line(), REQUEST)
        with pytest.raises(TransferFailed) as raised:
            list(transfer.events())
        assert (transfer.reached, raised.value.failure) == (host, Failure.CUT)


@pytest.mark.parametrize("seconds", [1e9, 10**200])
def test_nobody_waits_longer_than_a_day(seconds: float) -> None:
    """Whatever a server is said to ask for."""
    words = said(op="failed", failure="status", status=429, retry_after=seconds, **COUNTS)
    _, error = hear(Child(words))
    assert error.retry_after == 86_400.0


def test_a_child_that_goes_on_for_ever() -> None:
    """It is not silent, and past the time that all of it may take: its line is closed."""
    request = replace(REQUEST, max_bytes=1 << 40, total_seconds=0.1, read_seconds=1000.0)
    child = Child(CONNECTING + ANSWERED, stays=True)
    transfer = Transfer(child.line(), request, 0.1)
    with pytest.raises(TransferFailed) as raised:
        list(transfer.events())
    assert raised.value.failure is Failure.CHILD
    assert child.closed.is_set()


def test_a_child_that_keeps_silent() -> None:
    """It is given up after its own time-outs and a little more."""
    _, error = hear(Child(CONNECTING, stays=True), slack_seconds=0.1)
    assert error.failure is Failure.CHILD


def test_who_works_on_what_came_is_not_taken_for_silence() -> None:
    """Between two events the other side may take as long as it likes."""
    child = Child(CONNECTING + ANSWERED + ENDED, stays=True)
    transfer = Transfer(child.line(), REQUEST, slack_seconds=0.0)
    events = transfer.events()
    next(events)
    (watching,) = [one for one in threading.enumerate() if one.name == "net-watch"]
    watching.join(1.0)  # more than twice the time in which it looks
    assert watching.is_alive()
    assert next(events) == Done(10, 2000, exact=True)
    events.close()


def test_a_child_that_does_not_stop() -> None:
    """Told to, it has a second; then the line is closed over its head."""
    child = Child(CONNECTING + ANSWERED, stays=True)
    transfer = Transfer(child.line(), REQUEST)
    events = transfer.events()
    next(events)
    transfer.stop(Failure.LOCAL_ONLY)
    with pytest.raises(TransferFailed) as raised:
        next(events)
    assert raised.value.failure is Failure.LOCAL_ONLY
    assert raised.value.bytes_out is None


def test_a_stop_that_crosses_with_the_end() -> None:
    """Whoever stopped it is told that it is stopped, with the bytes that went."""
    transfer = Transfer(Child(CONNECTING + ANSWERED + ENDED, stays=True).line(), REQUEST)
    events = transfer.events()
    next(events)
    transfer._stopped = Failure.CANCELLED  # as ``stop`` does before the child can hear of it
    with pytest.raises(TransferFailed) as raised:
        next(events)
    assert raised.value.failure is Failure.CANCELLED
    assert (raised.value.bytes_out, raised.value.bytes_in) == (10, 2000)


def test_a_child_that_floods_whoever_went_away() -> None:
    """Its last word is waited for no longer than a second."""
    child = Child(CONNECTING + ANSWERED + data(b"a") * 100_000, stays=True)
    transfer = Transfer(child.line(), replace(REQUEST, max_bytes=1_000_000))
    events = transfer.events()
    next(events)
    heard = transfer.last_word()
    assert heard
    assert heard.bytes_out is None
    events.close()
    assert child.closed.is_set()


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """Whatever a child does, nobody watches it afterwards."""
    yield
    for thread in threading.enumerate():
        if thread.name in {"net-watch", "net-stop"}:
            thread.join(10)
            assert not thread.is_alive()
