"""Framing: what goes in comes out, and what is no frame is refused."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.frames import MAX_FRAME_BYTES, BrokenFrame, read_frame, write_frame

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
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
