"""Frames between a process of Hush and its net child: JSON that says, and bytes that are content.

One frame is a kind, ``J`` or ``D``, the body's length as four bytes, big-endian, and the body: for
``J`` one UTF-8 JSON object with the field ``op``, at most 1 MiB; for ``D`` at most 256 KiB, as they
came from the server. Neither side believes a length that is larger.
"""

from __future__ import annotations

import json
import struct
from typing import BinaryIO, Final

from assistant.children.frames import BrokenFrame, Frame

MAX_JSON: Final = 1024 * 1024
MAX_DATA: Final = 256 * 1024

_HEAD: Final = struct.Struct(">cI")
_LIMITS: Final = {b"J": MAX_JSON, b"D": MAX_DATA}


def write_json(stream: BinaryIO, frame: Frame) -> None:
    """Write one object, and flush.

    Raises:
        OSError: the other side is gone.
        ValueError: it is too large; nothing was written.
    """
    body = json.dumps(frame, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_JSON:
        raise ValueError("frame too large")
    stream.write(_HEAD.pack(b"J", len(body)) + body)
    stream.flush()


def write_data(stream: BinaryIO, data: bytes) -> None:
    """Write bytes, in as many frames as they take, and flush.

    Raises:
        OSError: the other side is gone.
    """
    for start in range(0, len(data), MAX_DATA):
        part = memoryview(data)[start : start + MAX_DATA]
        stream.write(_HEAD.pack(b"D", len(part)))
        stream.write(part)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | bytes | None:
    """Read one frame: an object or bytes. None at the end, also in the middle of a frame.

    Raises:
        BrokenFrame: what came is no frame.
        OSError: the stream is broken.
    """
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    if length > _LIMITS.get(kind, -1):
        raise BrokenFrame("no such frame, or too large")
    body = stream.read(length)
    if len(body) < length:
        return None
    return _object(body) if kind == b"J" else body


def _object(body: bytes) -> Frame:
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame("frame is not JSON") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("op"), str):
        raise BrokenFrame("frame has no op")
    return frame
