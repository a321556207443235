"""A request to the net child: what an approval of it is bound to, and what is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.shelf.part import PartRecord
from tests.unit.fetching import entry_of

REQUEST = NetRequest(
    Purpose.CLOUD,
    "https://models.test/v1/chat",
    kind="chat",
    method="POST",
    headers=(("Authorization", "Bearer canary"), ("Content-Type", "application/json")),
    body=b'{"said":"canary"}',
    options='{"stream":true}',
    hosts=("*.models.test",),
    max_bytes=1000,
)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": Purpose.MODEL},
        {"url": "https://models.test/v1/chats"},
        {"url": "https://models.test:8443/v1/chat"},
        {"kind": "fetch"},
        {"method": "GET"},
        {"body": b'{"said":"canarz"}'},
        {"body": b""},
        {"options": ""},
        {"hosts": ()},
        {"headers": (("Content-Type", "text/plain"),)},
        {"headers": (*REQUEST.headers, ("X-More", "canary"))},
        {"headers": REQUEST.headers[1:]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_an_approval_is_bound_to(change: dict[str, Any]) -> None:
    """Whatever leaves, and where it may go: any change is another request."""
    assert replace(REQUEST, **change).payload_sha256 != REQUEST.payload_sha256


@pytest.mark.parametrize(
    "change",
    [
        {"headers": (("content-type", "application/json"), ("authorization", "Bearer other"))},
        {
            "headers": (
                *REQUEST.headers,
                ("Range", "bytes=10-"),
                ("If-Range", '"a"'),
                ("If-None-Match", '"a"'),
            )
        },
        {"max_bytes": 5},
        {"read_seconds": 1.0, "connect_seconds": 1.0, "total_seconds": 5.0, "stall": (1, 1.0)},
    ],
    ids=["key", "range", "size", "times"],
)
def test_what_it_is_not_bound_to(change: dict[str, Any]) -> None:
    """Where to go on, how long to wait, and the key that lets us in."""
    assert replace(REQUEST, **change).payload_sha256 == REQUEST.payload_sha256


def test_no_two_requests_have_the_same_bytes() -> None:
    """A body that looks like the line before it changes nothing."""
    head, _, body = REQUEST.payload().rpartition(b"\n")
    assert json.loads(head.split(b"\n", 1)[1])["body_bytes"] == len(body)
    moved = replace(REQUEST, body=b"\n" + REQUEST.body)
    assert moved.payload() != REQUEST.payload()


def test_it_does_not_show_what_it_holds() -> None:
    """Neither the key nor the body nor the address stands in its repr, nor a key in its bytes."""
    assert "canary" not in repr(REQUEST)
    assert "models.test/v1" not in repr(REQUEST)
    assert b"Bearer" not in REQUEST.payload()


def test_it_goes_to_the_child_and_arrives() -> None:
    """As JSON, and the body beside it."""
    frame = json.loads(json.dumps(REQUEST.to_frame()))
    assert frame["body_bytes"] == len(REQUEST.body)
    assert NetRequest.from_frame(frame, REQUEST.body) == REQUEST


DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
"""RFC 9110's own example."""

ODD = [
    (("Range", "bytes=0-9"),),
    (("Range", "bytes=0-,20-"),),
    (("Range", "bytes=-5"),),
    (("Range", "canary=0-"),),
    (("Range", "bytes=" + "9" * 19 + "-"),),
    (("Range", "bytes=1-"), ("range", "bytes=2-")),
    (("If-Range", "canary"),),
    (("If-Range", '"a" "b"'),),
    (("If-Range", '"a b"'),),
    (("If-Range", f"{DATE} canary"),),
    (("If-Range", "Sunday, 06-Nov-94 08:49:37 GMT"),),
    (("If-None-Match", "*"),),
    (("If-None-Match", '"a", "b"'),),
    (("If-None-Match", '"a"'), ("if-none-match", '"b"')),
    (("If-Range", '"' + "a" * 600 + '"'), ("If-None-Match", '"' + "b" * 600 + '"')),
    (("If-Range", '"' + "a" * 1100 + '"'),),
    (("Authorization", "Bearer a"), ("authorization", "Bearer b")),
]


@pytest.mark.parametrize("headers", ODD, ids=lambda headers: str(headers)[:40])
def test_what_no_approval_is_bound_to_says_nothing_else(
    headers: tuple[tuple[str, str], ...],
) -> None:
    """Each once, a range to the end, a state's name or a date: no place to put a text."""
    assert not replace(REQUEST, headers=headers).is_sound


@pytest.mark.parametrize(
    ("etag", "modified", "asked"),
    [
        ('"a"', DATE, '"a"'),
        ('W/"a"', DATE, DATE),
        ('"a b"', DATE, DATE),
        ('"a', "yesterday", ""),
        ("", "Sunday, 06-Nov-94 08:49:37 GMT", ""),
        ("", "", ""),
    ],
)
def test_a_part_goes_on_with_what_may_be_sent(etag: str, modified: str, asked: str) -> None:
    """However a server names its file's state, a download of it is not refused for that."""
    validator = PartRecord(entry_of(b"a"), etag, modified).validator
    assert validator == asked
    headers = (("If-Range", validator),) if validator else ()
    assert replace(REQUEST, headers=headers).is_sound


@pytest.mark.parametrize(
    "headers",
    [
        (("Range", "bytes=0-"), ("If-Range", '"abc-1:gz"')),
        (("Range", "bytes=1120000000-"), ("If-Range", DATE)),
        (("If-None-Match", 'W/"abc"'),),
        (("Authorization", "Bearer a"), ("Range", "bytes=9-")),
    ],
    ids=str,
)
def test_how_to_go_on(headers: tuple[tuple[str, str], ...]) -> None:
    """As RFC 9110 has it."""
    assert replace(REQUEST, headers=headers).is_sound


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://models.test/"},
        {"url": "https://user@models.test/"},
        {"url": "models.test"},
        {"method": "DELETE"},
        {"method": "GET\r\nX: y"},
        {"headers": (("Host", "elsewhere.test"),)},
        {"headers": (("Cookie", "a=b"),)},
        {"headers": (("Transfer-Encoding", "chunked"),)},
        {"headers": (("X-One", "a\r\nX-Two: b"),)},
        {"headers": (("X-One\r\nX-Two", "a"),)},
        {"headers": (("X One", "a"),)},
        {"headers": (("X-One", "ä"),)},
        {"headers": (("X-One", "a" * 10_000),)},
        {"headers": (("X-One", "a"),) * 50},
        {"hosts": ("*",)},
        {"hosts": ("https://models.test",)},
        {"hosts": ("models.test",) * 50},
        {"max_bytes": -1},
        {"total_seconds": float("nan")},
        {"read_seconds": 0.0},
        {"connect_seconds": float("inf")},
        {"stall": (1, 0.0)},
    ],
    ids=lambda change: f"{next(iter(change))}-{str(next(iter(change.values())))[:20]!r}",
)
def test_what_may_not_be_asked(change: dict[str, Any]) -> None:
    """Another scheme, headers that are not ours to set, odd characters, no sensible limit."""
    assert REQUEST.is_sound
    assert not replace(REQUEST, **change).is_sound


# --- A question to a cloud ------------------------------------------------------------------------

QUESTION = replace(
    REQUEST,
    kind="cloud",
    url="https://models.test/v1/chat/completions",
    options="",
    hosts=(),
)


def test_what_was_approved_before_stands() -> None:
    """Requests have a hash in ledgers that are there: one's own network changes none of them."""
    head = b'{"body_bytes":0,"headers":[],"hosts":[],"kind":"fetch","method":"GET","options":"",'
    rest = b'"purpose":"model","url":"https://models.test/a"}\n'
    known = NetRequest(Purpose.MODEL, "https://models.test/a")
    assert known.payload() == b"hush request 1\n" + head + rest
    own = replace(known, url="https://nas.local/a", own_network=True)
    assert b'"own_network":true' in own.payload()
    assert replace(own, own_network=False).payload_sha256 != own.payload_sha256


def test_ones_own_network_gets_to_the_child() -> None:
    """As it was approved."""
    own = replace(QUESTION, url="http://nas.local:8080/v1/chat/completions", own_network=True)
    frame = json.loads(json.dumps(own.to_frame()))
    assert NetRequest.from_frame(frame, own.body) == own


def test_a_question_that_may_be_asked() -> None:
    """Over TLS, or on one's own network."""
    assert QUESTION.is_sound
    own = replace(QUESTION, url="http://192.168.1.20:8080/v1/chat/completions")
    assert not own.is_sound
    assert replace(own, own_network=True).is_sound


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": Purpose.MODEL},
        {"purpose": Purpose.CATALOGUE},
        {"method": "GET"},
        {"hosts": ("models.test",)},
        {"options": "{}"},
        {"own_network": True},
        {"url": "http://models.test/v1", "own_network": True},
        {"url": "http://models.test/v1", "plain_allowed": True},
        {"headers": (*QUESTION.headers, ("User-Agent", "canary"))},
        {"headers": (*QUESTION.headers, ("Authorization", "two"))},
        {"total_seconds": float("inf")},
    ],
    ids=str,
)
def test_a_question_that_may_not(change: dict[str, Any]) -> None:
    """It says that it is for a cloud, leads to one host, and to nobody else's in one's own name."""
    assert not replace(QUESTION, **change).is_sound
