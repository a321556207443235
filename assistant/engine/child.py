"""The engine's child process: reads frames, runs llama.cpp, writes frames.

It has no vault, no key and no network, and a crash in llama.cpp ends only it. A reader thread
takes frames while the main thread computes, so that a cancel is seen in the middle of a decode,
and so that the process ends at once when its parent does.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import BinaryIO, Final

from assistant.engine import wire
from assistant.engine.frames import BrokenFrame, Frame, read_frame, write_frame
from assistant.engine.llama import AbortFlag, LlamaModel, silence
from assistant.engine.protocol import Finished
from assistant.errors import EngineError
from assistant.machine.hardening import harden_process
from assistant.machine.trace import trace_of
from assistant.records import FinishReason

_EXIT_BUG: Final = 1
_EXIT_BROKEN_FRAME: Final = 3


class Cancellation:
    """Which reply was cancelled, told by the reader thread to the main thread.

    A cancel may arrive before its reply has begun, or after it has ended; it counts for that
    reply only.
    """

    def __init__(self, flag: AbortFlag) -> None:
        self._flag = flag
        self._lock = threading.Lock()
        self._running = 0
        self._cancelled = 0

    def cancel(self, number: int) -> None:
        """Stop reply ``number``, running or still to come."""
        with self._lock:
            self._cancelled = max(self._cancelled, number)
            if self._running == number:
                self._flag.set()

    def begin(self, number: int) -> bool:
        """Begin reply ``number``; False where it was cancelled already."""
        with self._lock:
            self._running = number
            self._flag.clear()
            return number > self._cancelled


class Child:
    """Answers one frame after the other.

    Args:
        requests: Frames from the parent.
        replies: Frames to the parent.
    """

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._queue: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._flag = AbortFlag()
        self._cancellation = Cancellation(self._flag)
        self._model: LlamaModel | None = None

    def run(self) -> None:
        """Serve until the parent closes the pipe; then the process ends from the reader."""
        threading.Thread(target=self._read, name="frames", daemon=True).start()
        while True:
            frame = self._queue.get()
            try:
                self._answer(frame)
            except EngineError as error:
                write_frame(self._replies, wire.refusal_frame(error))

    def _read(self) -> None:
        try:
            while (frame := read_frame(self._requests)) is not None:
                if frame["op"] == "cancel":
                    self._cancellation.cancel(int(frame["id"]))
                else:
                    self._queue.put(frame)
        except BrokenFrame:
            os._exit(_EXIT_BROKEN_FRAME)
        # The parent is gone or done. No clean-up: the main thread may be inside llama.cpp.
        os._exit(0)

    def _answer(self, frame: Frame) -> None:
        if frame["op"] == "load":
            self._load(frame)
        elif frame["op"] == "count":
            counts = self._loaded().count(frame["texts"])
            write_frame(self._replies, {"op": "counted", "counts": counts})
        elif frame["op"] == "generate":
            self._generate(frame)

    def _load(self, frame: Frame) -> None:
        if self._model:
            self._model.close()  # first: two models may not fit
            self._model = None
        model, options = wire.read_load(frame)
        self._flag.clear()
        self._model = LlamaModel(model, options, self._flag)
        self._model.warm()
        write_frame(self._replies, {"op": "loaded", "info": asdict(self._model.info)})

    def _generate(self, frame: Frame) -> None:
        number = int(frame["id"])
        if not self._cancellation.begin(number):
            nothing = Finished(FinishReason.CANCELLED, 0, 0.0)
            write_frame(self._replies, wire.event_frame(number, nothing))
            return
        for event in self._loaded().generate(wire.read_request(frame)):
            write_frame(self._replies, wire.event_frame(number, event))

    def _loaded(self) -> LlamaModel:
        if not self._model:
            raise EngineError("No model is loaded.")
        return self._model


def _seize_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes to descriptors of our own, and point 0 and 1 at nothing.

    llama.cpp and its libraries may print to descriptor 1; one byte between frames would break
    them all.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    return requests, replies


def main() -> None:
    """Run the child on this process's stdin and stdout."""
    harden_process()
    requests, replies = _seize_stdio()
    silence()
    try:
        Child(requests, replies).run()
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - ours, so the parent logs where: it has the log
        with suppress(OSError):
            write_frame(replies, {"op": "crashed", "rows": trace_of(error)})
        os._exit(_EXIT_BUG)  # as above: the reader thread may be inside a read


if __name__ == "__main__":
    main()
