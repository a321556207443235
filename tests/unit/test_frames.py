"""Framing and what travels in frames: what goes in comes out, what is no frame is refused."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.children.frames import MAX_FRAME_BYTES, BrokenFrame, Frame, read_frame, write_frame
from assistant.engine import wire
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    Pace,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineError, ModelRefused, PromptTooLong, SchemaRefused
from assistant.records import FinishReason
from models.file import ModelFile

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


REQUEST = GenerationRequest(
    (Turn("system", "s"), Turn("user", "u")),
    5,
    Sampling(0.5, seed=3),
    stop=("x", "y"),
    continue_from="begun",
    cache_key=7,
    sentence_from=4,
    schema="{}",
    logprobs=True,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), plain)))
def test_frames_come_back_in_order(bodies: list[dict[str, object]]) -> None:
    """Any number of frames, any text in them."""
    frames = [body | {"op": "test"} for body in bodies]
    stream = io.BytesIO()
    for frame in frames:
        write_frame(stream, frame)
    stream.seek(0)
    assert [read_frame(stream) for _ in frames] == frames
    assert read_frame(stream) is None


@given(st.binary(max_size=300))
def test_noise_is_never_a_crash(noise: bytes) -> None:
    """Whatever the other side sends: a frame, the end, or ``BrokenFrame``."""
    try:
        frame = read_frame(io.BytesIO(noise))
    except BrokenFrame:
        return
    assert frame is None or isinstance(frame["op"], str)


def test_end_in_the_middle_is_the_end() -> None:
    """A child that died while writing gives no half frame."""
    stream = io.BytesIO()
    write_frame(stream, {"op": "test", "text": "hello"})
    data = stream.getvalue()
    for cut in range(len(data)):
        assert read_frame(io.BytesIO(data[:cut])) is None


def test_a_length_beyond_the_limit_allocates_nothing() -> None:
    """A broken length must not become four gigabytes of memory."""
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(struct.pack(">I", MAX_FRAME_BYTES + 1)))


@pytest.mark.parametrize("body", [b"[]", b"1", b'{"text": 1}', b"{", b"\xff\xfe"])
def test_other_json_is_refused(body: bytes) -> None:
    """Only an object with an ``op`` is a frame."""
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(struct.pack(">I", len(body)) + body))


def test_too_large_to_write() -> None:
    """Refused before a byte is written."""
    stream = io.BytesIO()
    with pytest.raises(ValueError, match="too large"):
        write_frame(stream, {"op": "test", "text": "x" * MAX_FRAME_BYTES})
    assert stream.getvalue() == b""


@pytest.mark.parametrize("op", ["generate", "prefill"])
def test_requests_come_back_as_they_went(op: Literal["generate", "prefill"]) -> None:
    """Every field, through the bytes of a pipe."""
    frame = through_a_pipe(wire.request_frame(3, REQUEST, op))
    assert (frame["op"], frame["id"]) == (op, 3)
    assert wire.read_request(frame) == REQUEST


def test_loads_and_paces_come_back_as_they_went() -> None:
    """So does how to load, and how hard to work."""
    model = ModelFile(Path("model.gguf"), "a model")
    options = EngineOptions(64, 2, 3, "q8_0", False, 5)
    assert wire.read_load(through_a_pipe(wire.load_frame(model, options))) == (model, options)
    pace = Pace(2, 15, True)
    assert wire.read_pace(through_a_pipe(wire.pace_frame(pace))) == pace


@pytest.mark.parametrize(
    "event",
    [
        Prefilled(3, 2, 0.5),
        Piece("text", 2, -1.5),
        Piece("text", 2),
        Finished(FinishReason.STOP, 2, 0.1),
    ],
)
def test_events_come_back_as_they_went(event: GenerationEvent) -> None:
    """Log-probabilities too, where there are any."""
    assert wire.read_event(through_a_pipe(wire.event_frame(1, event))) == event


@pytest.mark.parametrize("kind", [ModelRefused, PromptTooLong, SchemaRefused])
def test_refusals_keep_their_kind_and_words(kind: type[EngineError]) -> None:
    """What the child refuses, the parent raises."""
    error = wire.read_refusal(through_a_pipe(wire.refusal_frame(kind("why", "what to do"))))
    assert type(error) is kind
    assert (error.message, error.advice) == ("why", "what to do")


def through_a_pipe(frame: Frame) -> Frame:
    """Write and read one frame."""
    pipe = io.BytesIO()
    write_frame(pipe, frame)
    pipe.seek(0)
    read = read_frame(pipe)
    assert read is not None
    return read
