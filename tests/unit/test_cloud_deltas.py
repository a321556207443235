"""What a stream may hold, what of it is an answer, and how that is handed on: without a network."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.net.deltas import FINISHES, MAX_COUNT, Delta, pack, unpack, without_controls
from assistant.net.framing import MAX_DATA
from assistant.net.lines import MAX_EVENT, MAX_LINE, EventLines
from assistant.net.records import Failure
from assistant.net.refusals import why_refused
from assistant.net.said import deltas_of, whole_of
from assistant.net.telling import Broken

TEXTS = st.text(max_size=300).map(without_controls)
COUNTS = st.none() | st.integers(0, MAX_COUNT)
DELTAS = st.builds(
    Delta,
    text=TEXTS,
    finish=st.sampled_from(["", *sorted(FINISHES)]),
    model=st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=200),
    tokens_in=COUNTS,
    tokens_out=COUNTS,
)


# --- Frames ---------------------------------------------------------------------------------------


def joined(frames: list[bytes]) -> Delta:
    """What frames come to, all together."""
    told = [unpack(frame) for frame in frames]
    usage = next((it for it in told if (it.tokens_in, it.tokens_out) != (None, None)), Delta())
    return Delta(
        "".join(it.text for it in told),
        "".join(it.finish for it in told),
        "".join(it.model for it in told),
        usage.tokens_in,
        usage.tokens_out,
    )


@given(DELTAS)
def test_what_is_packed_comes_out(delta: Delta) -> None:
    """All of it, whatever it holds."""
    assert joined(list(pack(delta))) == delta


@pytest.mark.parametrize("character", ["a", "ß", "€", "🏙"])
@pytest.mark.parametrize("more", range(4))
def test_long_text_is_cut_between_characters(character: str, more: int) -> None:
    """Each frame is text by itself, and none is too large."""
    text = "a" * more + character * MAX_DATA
    frames = list(pack(Delta(text)))
    assert len(frames) > 1
    assert all(len(frame) <= MAX_DATA for frame in frames)
    assert "".join(unpack(frame).text for frame in frames) == text


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"T",
        b"T\xff",
        b"T\xc3",
        b"Ta\x00b",
        b"T\x1b[31m",
        b"T\r\n",
        b"T\xc2\x9b",
        b"Fdone",
        b"F",
        b"F\x00",
        b"M",
        b"M" + b"a" * 201,
        b"Ma\nb",
        b"U",
        b"U1",
        b"U1 2 3",
        b"U-1 2",
        b"U1 1000000001",
        "U١ 2".encode(),
        b"X1",
        b'{"op":"ended"}',
    ],
    ids=range(22),
)
def test_a_frame_that_is_none(frame: bytes) -> None:
    """Is refused: what is on the other side has read what strangers sent."""
    with pytest.raises(ValueError, match="no delta"):
        unpack(frame)


@given(st.binary(max_size=40))
def test_any_frame_is_read_or_refused(frame: bytes) -> None:
    """And what is read holds no control character."""
    try:
        delta = unpack(frame)
    except ValueError:
        return
    assert without_controls(delta.text) == delta.text


def test_what_is_left_of_text() -> None:
    """Line breaks and tabs; a character that came in two halves is whole, half of one is none."""
    assert without_controls("a\r\n\tb\x00\x1b\x7f\x85\u202e") == "a\n\tb\u202e"
    assert without_controls("\ud83c\udfd9 \ud83c") == "🏙 \ufffd"


def test_content_is_in_no_repr() -> None:
    """It might come to a log."""
    assert "canary" not in repr(Delta("canary"))


# --- Lines ----------------------------------------------------------------------------------------


def lines_of(*pieces: bytes) -> bytes:
    """What goes on of a stream."""
    return b"".join(EventLines().passed(pieces))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_only_data_goes_on(end: bytes) -> None:
    """However lines end; comments, names, numbers and empty data are dropped."""
    said = end.join(
        [
            b": keep",
            b"",
            b"id: 1",
            b"event: error",
            b"data: {",
            b"data:}",
            b"",
            b"retry: 5",
            b"",
            b"data",
            b"data: ",
            b"",
            b"dataset: a",
            b"",
            b"data: 2",
            b"",
            b"",
        ]
    )
    assert lines_of(said) == b"data: {\ndata:}\n\ndata: 2\n\n"


STREAM = b'data: {"a": 1}\r\n\r\ndata: {"b":\rdata: 2}\n\n: c\n\ndata: [DONE]\r\r'


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
@example(list(range(len(STREAM))))
def test_it_is_the_same_however_it_comes_apart(cuts: list[int]) -> None:
    """An end of a line may come in two halves, and is one end."""
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(places)]
    lines = EventLines()
    passed = b"".join(lines.passed(pieces))
    assert passed == b'data: {"a": 1}\n\ndata: {"b":\ndata: 2}\n\ndata: [DONE]\n\n'
    assert lines.is_done


def test_a_last_word_without_an_end() -> None:
    """Some servers hang up right behind it."""
    lines = EventLines()
    assert b"".join(lines.passed([b"data: [DO", b"NE]"])) == b""
    assert lines.is_done


@pytest.mark.parametrize(
    "pieces",
    [
        [b"data: " + b"a" * MAX_LINE],
        [b"data: ", *[b"a" * 1000] * 66],
        [b": " + b"a" * MAX_LINE],
        [b"data: " + b"a" * 60_000 + b"\n"] * 5,
        [b"data: a\r\n"] * (MAX_EVENT // 7 + 1),
        [b"data: a\r", b"\n"] * (MAX_EVENT // 7 + 1),
    ],
    ids=["line", "pieces", "comment", "event", "small lines", "halves of ends"],
)
def test_what_is_too_long(pieces: list[bytes]) -> None:
    """Is noticed before it is kept, also where it never ends."""
    with pytest.raises(Broken) as raised:
        lines_of(*pieces)
    assert raised.value.failure is Failure.TOO_LARGE


def test_what_nobody_keeps_may_be_long() -> None:
    """A server that thinks for an hour sends a comment every second."""
    assert lines_of(*[b": still here\n"] * 40_000, b"data: 1\n\n") == b"data: 1\n\n"


# --- What is said ---------------------------------------------------------------------------------


def chunk(**choice: object) -> dict[str, Any]:
    """An event with one choice."""
    return {"choices": [choice]}


def test_an_answer_in_pieces() -> None:
    """Its text, who says it, how it ends and what it took."""
    said = [
        {"model": "m", "choices": [{"delta": {"role": "assistant", "content": "Lis"}}]},
        chunk(delta={"content": "bon\r\n"}, finish_reason=None),
        chunk(delta={"content": "."}, finish_reason="length"),
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
    ]
    assert [delta for one in said for delta in deltas_of(one)] == [
        Delta(model="m"),
        Delta("Lis"),
        Delta("bon\n"),
        Delta("."),
        Delta(finish="length"),
        Delta(tokens_in=3, tokens_out=4),
    ]


@pytest.mark.parametrize(
    "event",
    [
        None,
        1,
        "text",
        [],
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None]},
        {"choices": [[]]},
        chunk(delta=None),
        chunk(delta=[]),
        chunk(delta={"content": 7}),
        chunk(delta={"content": ["a"]}),
        chunk(delta={"content": {"a": 1}}),
        chunk(delta={"content": ""}, finish_reason=""),
        chunk(delta={"content": None}, finish_reason=0),
        chunk(delta={"reasoning_content": "canary", "reasoning": "canary"}),
        chunk(delta={"tool_calls": [{"function": {"name": "canary"}}] * 5}),
        chunk(delta={"function_call": {"name": "canary"}}),
        chunk(message={"content": "canary"}),
        {"model": 1},
        {"model": "a" * 201},
        {"model": "a\nb"},
        {"usage": 5},
        {"usage": {"prompt_tokens": "5", "completion_tokens": 1.5}},
        {"usage": {"prompt_tokens": True, "completion_tokens": -1}},
        {"usage": {"prompt_tokens": 10**30}},
    ],
    ids=range(27),
)
def test_what_is_no_answer_is_passed_over(event: object) -> None:
    """Any field may be of any type; what is thought aloud and what tools would do is not said."""
    assert list(deltas_of(event)) == []


def test_an_end_for_a_reason_of_its_own() -> None:
    """Is an end all the same."""
    assert list(deltas_of(chunk(finish_reason="tool_calls"))) == [Delta(finish="other")]


def test_a_whole_answer() -> None:
    """Has an end by itself."""
    said = chunk(message={"content": "Lisbon."})
    assert list(whole_of(said)) == [Delta("Lisbon."), Delta(finish="stop")]
    said = chunk(message={"content": "Lis"}, finish_reason="length")
    assert list(whole_of(said)) == [Delta("Lis"), Delta(finish="length")]


@pytest.mark.parametrize("answer", [None, [], {}, {"error": "no"}, chunk(delta={"content": "a"})])
def test_a_whole_answer_that_is_none(answer: object) -> None:
    """Is not an empty one."""
    with pytest.raises(Broken) as raised:
        list(whole_of(answer))
    assert raised.value.failure is Failure.NOT_HTTP


# --- Why it refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (401, {"error": {"code": "invalid_api_key"}}, "key"),
        (400, {"error": {"type": "authentication_error"}}, "key"),
        (401, "<html>", "key"),
        (403, None, "key"),
        (429, {"error": {"code": "rate_limit_exceeded"}}, "quota"),
        (402, {}, "quota"),
        (400, {"error": {"type": "insufficient_quota", "code": None}}, "quota"),
        (404, {"error": {"code": "model_not_found"}}, "model"),
        (404, {"detail": "Not Found"}, "model"),
        (400, {"error": {"code": "context_length_exceeded"}}, "length"),
        (400, {"error": {"code": 400, "type": "exceed_context_size_error"}}, "length"),
        (413, "", "length"),
        (400, {"error": {"code": "unsupported_parameter"}}, "field"),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body"]}]}, "field"),
        (400, {"message": "max_tokens is not supported"}, "field"),
        (400, {"error": {"code": "something"}}, ""),
        (500, {"error": "no"}, ""),
        (400, [], ""),
        (400, {"error": {"code": ["invalid_api_key"]}}, ""),
        (400, {"detail": [7]}, ""),
        (400, "[" * 60_000, ""),
    ],
    ids=range(21),
)
def test_why_it_refused(status: int, said: object, why: str) -> None:
    """One of a few words, by what it calls its error, else by its status."""
    body = said if isinstance(said, str) else json.dumps(said)
    assert why_refused(status, body.encode()) == why


def test_a_refusal_that_is_cut_off_is_read_by_its_status() -> None:
    """Its beginning is no JSON; nor is what is no text."""
    assert why_refused(401, b'{"error": {"code": "rate_l') == "key"
    assert why_refused(429, b"\xff\xfe\x00") == "quota"
