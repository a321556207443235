"""Framed messages over a pipe: a length, then JSON.

One frame is four bytes, the body's length as a big-endian unsigned integer, and the body: one
UTF-8 JSON object with the field ``op``. JSON and not pickle: the child reads untrusted model
files, so nothing it sends may be more than data.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any, Final

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Largest body in bytes; the longest real one, a prompt of 200,000 characters, is under 2 MiB."""

_LENGTH: Final = struct.Struct(">I")

Frame = dict[str, Any]


class BrokenFrame(Exception):
    """The other side sent something that is no frame. The pipe cannot be trusted any more."""


def write_frame(stream: IO[bytes], frame: Frame) -> None:
    """Write one frame and flush.

    Raises:
        BrokenPipeError: the other side is gone.
        ValueError: the frame is larger than ``MAX_FRAME_BYTES``.
    """
    body = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError("frame too large")
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Read one frame; None at the end of the stream, also in the middle of a frame.

    Raises:
        BrokenFrame: too long, no JSON, or no object with an ``op``.
    """
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise BrokenFrame("frame too large")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        frame = json.loads(body)
    except ValueError as error:
        raise BrokenFrame("frame is not JSON") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("op"), str):
        raise BrokenFrame("frame has no op")
    return frame
