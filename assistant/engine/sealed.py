"""Asks an engine's child how it is sealed: what is handed down is worth what comes of it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import IO, Final

from assistant.children.frames import BrokenFrame, Frame, read_frame, write_frame
from assistant.children.pipes import start_child
from assistant.sealing.protocol import Layer, Level, SealReport

_CHILD: Final = (sys.executable, "-I", "-m", "assistant.engine.child")
_SECONDS: Final = 20.0  # it takes half of one; the machine may be busy


def child_seal(command: Sequence[str] = _CHILD, seconds: float = _SECONDS) -> SealReport | None:
    """Start a child, as the engine is started, and have it try; None where it does not answer.

    Takes as long as llama.cpp takes to load, without a model. Blocks.
    """
    try:
        process = start_child(command)
    except OSError:
        return None
    deadline = threading.Timer(seconds, process.kill)
    deadline.start()
    try:
        with process:
            try:
                return _asked(_pipe(process.stdin), _pipe(process.stdout))
            finally:
                process.kill()
    finally:
        deadline.cancel()


def _asked(requests: IO[bytes], replies: IO[bytes]) -> SealReport | None:
    try:
        write_frame(requests, {"op": "seal"})
        frame = read_frame(replies)
        return _read(frame) if frame and frame["op"] == "sealed" else None
    except (BrokenPipeError, BrokenFrame, KeyError, TypeError, ValueError):
        return None


def _read(frame: Frame) -> SealReport:
    fields = dict(frame["report"])
    fields["level"] = Level(fields["level"])
    fields["layers"] = tuple(Layer(**layer) for layer in fields["layers"])
    return SealReport(**fields)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - every child is started with pipes
    return stream
