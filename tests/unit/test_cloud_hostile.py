"""Servers that misbehave: how each failure is told, what came before it, and what it costs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

import pytest

from assistant.net.exchange import Exchange
from assistant.net.lines import MAX_EVENT, MAX_LINE
from assistant.net.records import Failure
from assistant.net.starting import Line
from assistant.net.telling import Telling
from assistant.net.wire import MAX_RESPONSE, MAX_WHOLE
from tests.certificates import Authority, Certificate
from tests.cloud_server import (
    ANSWER,
    DONE,
    TRUTH,
    CloudServer,
    Manner,
    at_once,
    delta,
    environment,
    event,
    for_ever,
    just,
    packed,
    page,
    refusing,
    saying,
)
from tests.unit.asking import asking, hear
from tests.unit.netting import DEADLINE, Near

MB: Final = 1024 * 1024
DEEP: Final = b"data: " + b"[" * 60_000 + b"\n\n"
EVENTS: Final = {"Content-Type": "text/event-stream"}
JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs the server's certificate."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    """A good one."""
    return authority.sign()


@pytest.fixture
def near(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Near:
    """Children on threads; no proxy."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return Near(authority.path)


@pytest.fixture
def box() -> Iterator[CloudServer]:
    """Without TLS."""
    with CloudServer() as server:
        yield server


def begun(*pieces: bytes, **more: object) -> Manner:
    """An answer that begins well, and goes on so."""
    return Manner(pieces=just(delta("Lis"), *pieces), **more)  # type: ignore[arg-type] # its own fields


BROKEN: Final = {
    "hangs up in the middle of a chunked answer": (begun(DONE, cut_at=1), Failure.CUT, "Lis"),
    "hangs up where only that ends it": (
        begun(DONE, cut_at=1, chunked=False),
        Failure.CUT,
        "Lis",
    ),
    "ends as it should but for the answer's end": (
        Manner(pieces=saying("Lis", finish=None, usage=None, done=False)),
        Failure.CUT,
        "Lis",
    ),
    "resets": (begun(DONE, cut_at=1, reset=True), Failure.CUT, None),
    "says nothing": (Manner(raw=b""), Failure.CUT, ""),
    "half a head": (Manner(raw=b"HTTP/1.1 200 So\r\nContent-Ty"), Failure.CUT, ""),
    "no answer at all": (Manner(pieces=just()), Failure.CUT, ""),
    "another protocol": (Manner(raw=b"220 mail.test ESMTP\r\n\r\n"), Failure.NOT_HTTP, ""),
    "a head without end": (
        Manner(raw=b"HTTP/1.1 200 So\r\nA: " + b"a" * 300_000),
        Failure.NOT_HTTP,
        "",
    ),
    "a web page": (page(), Failure.NOT_HTTP, ""),
    "no kind of content": (Manner(headers={"Content-Type": ""}), Failure.NOT_HTTP, ""),
    "a web page that calls itself a stream": (
        Manner(pieces=just(b"<html>\n<body>\n\nSign in\n\n")),
        Failure.CUT,
        "",
    ),
    "packed": (packed(), Failure.NOT_HTTP, ""),
    "no UTF-8": (begun(b'data: {"choices": "\xff\xfe"}\n\n', DONE), Failure.NOT_HTTP, "Lis"),
    "half a character": (begun(b'data: {"choices": "\xc3"}\n\n', DONE), Failure.NOT_HTTP, "Lis"),
    "no JSON": (begun(b"data: {lisbon}\n\n", DONE), Failure.NOT_HTTP, "Lis"),
    "JSON that is too deep": (begun(DEEP, DONE), Failure.NOT_HTTP, "Lis"),
    "a number without end": (
        begun(b"data: " + b"9" * 60_000 + b"\n\n", DONE),
        Failure.NOT_HTTP,
        "Lis",
    ),
    "a line of 10 MB": (
        begun(b"data: ", *[b"a" * 10_000] * 1_000, b"\n\n", DONE),
        Failure.TOO_LARGE,
        "Lis",
    ),
    "a line without end": (begun(*[b"a" * 10_000] * 1_000), Failure.TOO_LARGE, "Lis"),
    "an event of 10 MB in small lines": (
        begun(*[b"data: 1\n" * 1_000] * 1_250, b"\n", DONE),
        Failure.TOO_LARGE,
        "Lis",
    ),
    "floods": (Manner(pieces=for_ever(delta("Lis" * 10_000))), Failure.TOO_LARGE, None),
    "floods with comments": (
        Manner(pieces=for_ever((b": " + b"a" * 60_000 + b"\n") * 4)),
        Failure.TOO_LARGE,
        "",
    ),
    "floods with what nobody wants": (
        Manner(pieces=for_ever(event({"choices": [{"delta": {"tool_calls": [{}] * 15_000}}]}))),
        Failure.TOO_LARGE,
        "",
    ),
    "a whole answer that is too large": (
        Manner(headers=JSON, pieces=just(b"[", *[b"0," * 5_000] * 200, b"0]")),
        Failure.TOO_LARGE,
        "",
    ),
    "a whole answer that is none": (at_once(content=None), Failure.NOT_HTTP, ""),
    "a whole answer that is too deep": (
        Manner(headers=JSON, pieces=just(b"[" * 60_000)),
        Failure.NOT_HTTP,
        "",
    ),
    "a whole answer that is cut": (
        Manner(headers=JSON, pieces=just(b'{"choices"', b": []}"), cut_at=1),
        Failure.CUT,
        "",
    ),
    "an error in the middle": (
        begun(event({"error": {"message": "canary", "code": "rate_limit_exceeded"}})),
        Failure.STATUS,
        "Lis",
    ),
    "an error in the middle that says nothing": (
        begun(event({"error": "canary"})),
        Failure.STATUS,
        "Lis",
    ),
    "an error by its event's name": (
        begun(b'event: error\ndata: {"error": {"message": "canary"}}\n\n'),
        Failure.STATUS,
        "Lis",
    ),
    "nothing, well": (Manner(status=204, pieces=just(), chunked=False), Failure.STATUS, ""),
    "a status that is none": (Manner(status=999), Failure.STATUS, ""),
    "an error without end": (
        Manner(status=500, pieces=for_ever(b"canary " * 1_000)),
        Failure.STATUS,
        "",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_misbehaves(near: Near, box: CloudServer, name: str) -> None:
    """Each is told apart; what came before that is handed on, and the server is asked once."""
    manner, failure, text = BROKEN[name]
    box.manners = [manner]
    heard = hear(near.line(), asking(box.own, max_bytes=200_000))
    assert heard.failure is failure
    assert text is None or heard.text == text
    assert len(heard.text) <= 200_000
    assert heard.failed
    assert "canary" not in f"{heard.failed!r} {heard.failed.sentence}"
    assert heard.failed.bytes_out, "what was sent is counted, though it failed"
    assert box.reached == 1


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("a line of 10 MB", MAX_LINE),
        ("an event of 10 MB in small lines", MAX_EVENT),
        ("a whole answer that is too large", MAX_WHOLE),
        ("floods with comments", MAX_RESPONSE),
        ("an error without end", 64 * 1024),
    ],
)
def test_no_more_is_taken_than_may_be(near: Near, box: CloudServer, name: str, most: int) -> None:
    """It is noticed as it comes: behind it lies only what the system keeps of a connection."""
    box.manners = [BROKEN[name][0]]
    heard = hear(near.line(), asking(box.own, max_bytes=200_000))
    assert heard.failed
    assert heard.failed.bytes_in is not None
    assert heard.failed.bytes_in < most + 8 * MB


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        (begun(DONE, stall_at=1), "Lis"),
        (Manner(wait=30.0), ""),
        (Manner(headers=JSON, pieces=just(b"[", b"]"), stall_at=1), ""),
    ],
    ids=["in the middle", "before it answers", "a whole answer"],
)
def test_a_server_that_falls_silent(
    near: Near, box: CloudServer, manner: Manner, text: str
) -> None:
    """Is given up; what came is kept."""
    box.manners = [manner]
    heard = hear(near.line(), asking(box.own, read_seconds=0.3))
    assert (heard.failure, heard.text) == (Failure.TIMEOUT, text)


@pytest.mark.parametrize(
    "piece",
    [b": still here\n\n", delta(""), b"d", b"data: "],
    ids=["kept", "empty", "drip", "open"],
)
def test_a_server_that_trickles(near: Near, box: CloudServer, piece: bytes) -> None:
    """Each byte comes in time; there is a time for all of it."""
    box.manners = [Manner(pieces=for_ever(piece), trickle=0.02)]
    heard = hear(near.line(), asking(box.own, total_seconds=0.7))
    assert (heard.failure, heard.text) == (Failure.TIMEOUT, "")


def test_a_refusal_that_does_not_end_is_one_all_the_same(near: Near, box: CloudServer) -> None:
    """Its status was there: that the rest never comes changes nothing."""
    body = (b'{"error": {', b'"code": "model_not_found"}}')
    box.manners = [Manner(status=401, headers=JSON, pieces=just(*body), stall_at=1)]
    heard = hear(near.line(), asking(box.own, read_seconds=0.3))
    assert heard.failed
    assert (heard.failure, heard.failed.status) == (Failure.STATUS, 401)
    assert "does not take your key" in heard.failed.message


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (refusing(401, code="invalid_api_key"), "does not take your key"),
        (refusing(403), "does not take your key"),
        (refusing(404, code="model_not_found"), "does not have this model"),
        (refusing(402), "too many requests"),
        (refusing(429, retry_after="20"), "It asks to wait 20 seconds."),
        (refusing(429, retry_after="5400"), "It asks to wait 2 hours."),
        (refusing(429, retry_after="nonsense"), "Try again later."),
        (refusing(400, code="context_length_exceeded"), "too long for"),
        (refusing(400, code="unsupported_parameter"), "a part of how Hush asks"),
        (refusing(400, code="odd"), "refused, with status 400"),
        (refusing(408), "did not answer in time"),
        (refusing(504), "did not answer in time"),
        (refusing(500), "is out of order now (500)"),
        (refusing(503, code="invalid_api_key"), "is out of order now (503)"),
        (refusing(418), "refused, with status 418"),
    ],
    ids=range(15),
)
def test_refusals_are_told_apart(near: Near, box: CloudServer, manner: Manner, words: str) -> None:
    """In words that say what to do; a server's own words stay with the child."""
    box.manners = [manner]
    heard = hear(near.line(), asking(box.own))
    assert heard.failed
    assert heard.failed.status == manner.status
    assert words in heard.failed.sentence
    assert "fetched" not in heard.failed.sentence


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400.0), ("soon", 0.0), ("-1", 0.0)],
)
def test_when_to_come_again(near: Near, box: CloudServer, said: str, seconds: float) -> None:
    """Seconds or a date, a day at most; anything else says nothing."""
    box.manners = [refusing(429, retry_after=said)]
    heard = hear(near.line(), asking(box.own))
    assert heard.failed
    assert heard.failed.retry_after == seconds


# --- What is no misbehaviour ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "text", "finish"),
    [
        (TRUTH, ANSWER, "stop"),
        (Manner(wait=0.2, trickle=0.02), ANSWER, "stop"),
        (Manner(chunked=False), ANSWER, "stop"),
        (at_once(), ANSWER, "stop"),
        (at_once(finish=None), ANSWER, "stop"),
        (Manner(pieces=saying("a", finish="length")), "a", "length"),
        (Manner(pieces=saying("a", finish="tool_calls", usage=None, done=False)), "a", "other"),
        (Manner(pieces=saying("a", finish=None, usage=None)), "a", ""),
        (Manner(pieces=saying(finish="stop", usage=None)), "", "stop"),
        (Manner(headers={"Content-Type": "Text/Event-Stream; charset=utf-8"}), ANSWER, "stop"),
        (begun(delta(finish="stop"), delta("more"), delta(finish="length"), DONE), "Lis", "stop"),
        (begun(delta(finish="stop"), b"data: {nonsense\n\n"), "Lis", "stop"),
        (begun(delta(finish="stop"), b"", cut_at=2), "Lis", "stop"),
        (begun(delta(finish="stop"), DONE, b"a" * 100_000), "Lis", "stop"),
        (begun(event(None), event([]), event({"choices": [{}]}), DONE), "Lis", ""),
        (begun(delta("\x1b[2J\u0000bon\ud83c", "stop")), "Lis[2Jbon\ufffd", "stop"),
        (
            begun(event({"choices": [{"delta": {"reasoning_content": "canary"}}]}), DONE),
            "Lis",
            "",
        ),
        (
            begun(event({"choices": [{"delta": {"tool_calls": [{}] * 10_000}}]}), DONE),
            "Lis",
            "",
        ),
        (begun(b": OPENROUTER PROCESSING\n\n" * 50, delta(finish="stop")), "Lis", "stop"),
        (begun(b"id: 7\nretry: 1\n\n" * 50, delta(finish="stop")), "Lis", "stop"),
    ],
    ids=range(20),
)
def test_an_answer_all_the_same(
    near: Near, box: CloudServer, manner: Manner, text: str, finish: str
) -> None:
    """What servers do that are no worse for it: the answer's text, and how it ended."""
    box.manners = [manner]
    heard = hear(near.line(), asking(box.own))
    assert (heard.failure, heard.text, heard.finish) == (None, text, finish)
    assert heard.done


def test_what_it_took(near: Near, box: CloudServer) -> None:
    """Who answered, told once, and the tokens."""
    heard = hear(near.line(), asking(box.own))
    assert (heard.model, heard.tokens) == ("small-1", (12, 7))
    said = [it.text for it in heard.deltas if it.text]
    assert said == ["Lis", "bon", " is the capital", " of Portugal."]


def test_an_answer_that_ended_is_not_waited_on(box: CloudServer) -> None:
    """What may follow it has a moment; then it is cut, and the answer stands."""
    box.manners = [begun(delta(finish="stop"), DONE, stall_at=2)]
    said = io.BytesIO()
    Exchange(after_seconds=0.2).ask(asking(box.own), Telling(said))
    assert b'"op":"ended"' in said.getvalue()
    assert b"TLis" in said.getvalue()
    assert b"Fstop" in said.getvalue()


@pytest.mark.parametrize("farewell", [True, False])
@pytest.mark.parametrize(
    ("pieces", "failure"),
    [(saying("Lis"), None), (saying("Lis", finish=None, usage=None, done=False), Failure.CUT)],
)
def test_half_an_end_of_tls(
    near: Near,
    certificate: Certificate,
    farewell: bool,
    pieces: Callable[..., Iterator[bytes]],
    failure: Failure | None,
) -> None:
    """Whoever cuts a wire can send what ends a connection, but not an answer's own end."""
    with CloudServer(certificate) as box:
        box.manners = [Manner(pieces=pieces, chunked=False, farewell=farewell)]
        heard = hear(near.line(), asking(box.own))
    assert (heard.failure, heard.text) == (failure, "Lis")


# --- What it costs --------------------------------------------------------------------------------

_WATCHED: Final = """
import resource, subprocess, sys
subprocess.call([sys.executable, "-I", "-m", "assistant.net.child"])
with open(sys.argv[1], "w") as found:
    found.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""
MOST: Final = 200 * MB


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize(
    "manner",
    [
        BROKEN["floods"][0],
        BROKEN["floods with what nobody wants"][0],
        Manner(headers=JSON, pieces=just(json.dumps([[]] * 250_000).encode())),
        Manner(headers=JSON, pieces=just(json.dumps([{"a": 0.5}] * 80_000).encode())),
    ],
    ids=["flood", "unwanted", "lists", "objects"],
)
def test_its_memory_does_not_grow(box: CloudServer, tmp_path: Path, manner: Manner) -> None:
    """However much is sent, a child stays as small as one of these is."""
    box.manners = [manner]
    told = tmp_path / "most"
    process = subprocess.Popen(
        [sys.executable, "-c", _WATCHED, str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(None),
        cwd=sys.prefix,
    )
    requests, replies = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)

    def close() -> None:
        for one in (requests, replies):
            with suppress(OSError):
                one.close()
        process.wait(DEADLINE)

    hear(Line(requests, replies, close), asking(box.own))
    assert 10 * MB < int(told.read_text()) * 1024 < MOST
