"""Frames between a process of Hush and its net child."""

from __future__ import annotations

import io
import struct

import pytest

from assistant.children.frames import BrokenFrame
from assistant.net.framing import MAX_DATA, MAX_JSON, read_frame, write_data, write_json


def test_what_is_written_is_read() -> None:
    """Objects and bytes, in their order."""
    stream = io.BytesIO()
    write_json(stream, {"op": "answered", "url": "https://a.test/ä"})
    write_data(stream, b"\x00\xff" * 10)
    write_json(stream, {"op": "ended"})
    stream.seek(0)
    assert read_frame(stream) == {"op": "answered", "url": "https://a.test/ä"}
    assert read_frame(stream) == b"\x00\xff" * 10
    assert read_frame(stream) == {"op": "ended"}
    assert read_frame(stream) is None


def test_much_is_cut_into_frames() -> None:
    """None is larger than the other side takes."""
    stream = io.BytesIO()
    whole = bytes(range(256)) * (MAX_DATA * 5 // 512)
    write_data(stream, whole)
    stream.seek(0)
    parts = []
    while (part := read_frame(stream)) is not None:
        assert isinstance(part, bytes)
        parts.append(part)
    assert [len(part) for part in parts] == [MAX_DATA, MAX_DATA, MAX_DATA // 2]
    assert b"".join(parts) == whole


def test_no_bytes_are_no_frame() -> None:
    """An empty body is not a frame that says so."""
    stream = io.BytesIO()
    write_data(stream, b"")
    assert stream.getvalue() == b""


@pytest.mark.parametrize("kept", range(12))
def test_a_frame_that_is_cut_is_the_end(kept: int) -> None:
    """Wherever the other side died."""
    stream = io.BytesIO()
    write_json(stream, {"op": "x"})
    assert read_frame(io.BytesIO(stream.getvalue()[:kept])) is None


@pytest.mark.parametrize(
    "raw",
    [
        struct.pack(">cI", b"J", MAX_JSON + 1),
        struct.pack(">cI", b"D", MAX_DATA + 1),
        struct.pack(">cI", b"J", 2**32 - 1),
        struct.pack(">cI", b"X", 1) + b"a",
        struct.pack(">cI", b"\x00", 0),
        struct.pack(">cI", b"J", 2) + b"[]",
        struct.pack(">cI", b"J", 2) + b"{}",
        struct.pack(">cI", b"J", 8) + b'{"op":1}',
        struct.pack(">cI", b"J", 3) + b"abc",
        struct.pack(">cI", b"J", 2) + b"\xff\xfe",
        struct.pack(">cI", b"J", 0),
        struct.pack(">cI", b"J", 200_000) + b"[" * 200_000,
    ],
    ids=range(12),
)
def test_what_is_no_frame(raw: bytes) -> None:
    """Too long, of no kind, no JSON, no object, no op, nested without end."""
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(raw))


def test_a_frame_that_is_too_large_is_not_begun() -> None:
    """Nothing of it is written."""
    stream = io.BytesIO()
    with pytest.raises(ValueError, match="too large"):
        write_json(stream, {"op": "x", "text": "a" * MAX_JSON})
    assert stream.getvalue() == b""
