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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import BinaryIO, Final

from assistant.children.confined import limit_memory
from assistant.children.frames import BrokenFrame, Frame, read_frame, write_frame
from assistant.children.limits import limited
from assistant.children.pipes import seize_stdio
from assistant.engine import wire
from assistant.engine.kv_cache import AbortFlag
from assistant.engine.llama import LlamaModel, silence
from assistant.engine.pacing import Pacer
from assistant.engine.protocol import Finished
from assistant.errors import EngineError
from assistant.machine.hardening import harden_process
from assistant.machine.trace import trace_of
from assistant.records import FinishReason
from assistant.sealing.choose import report

_EXIT_BUG: Final = 1
_EXIT_BROKEN_FRAME: Final = 3
_NOTHING: Final = Finished(FinishReason.CANCELLED, 0, 0.0)

_PAUSE_SECONDS: Final = 0.25
"""So long after a reply its state is kept: after a next question that follows at once, before one
that a person types."""


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
        self._pacer = Pacer(lambda: self._flag.is_set)
        self._model: LlamaModel | None = None

    def run(self) -> None:
        """Serve until the parent closes the pipe; then the process ends from the reader."""
        threading.Thread(target=self._read, name="frames", daemon=True).start()
        while True:
            frame = self._next()
            try:
                self._answer(frame)
            except EngineError as error:
                write_frame(self._replies, wire.refusal_frame(error))

    def _next(self) -> Frame:
        """Wait for a frame; where none comes for a while, keep the state of who was served."""
        if self._model and self._model.due:
            with suppress(queue.Empty):
                return self._queue.get(timeout=_PAUSE_SECONDS)
            self._model.keep()
        return self._queue.get()

    def _read(self) -> None:
        try:
            while (frame := read_frame(self._requests)) is not None:
                if frame["op"] == "cancel":
                    self._cancellation.cancel(int(frame["id"]))
                    self._pacer.wake()
                elif frame["op"] == "pace":
                    self._pacer.obey(wire.read_pace(frame))
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
        elif frame["op"] == "prefill":
            self._prefill(frame)
        elif frame["op"] == "forget" and self._model:
            self._model.forget(frame["keys"])
        elif frame["op"] == "seal":
            write_frame(self._replies, {"op": "sealed", "report": asdict(report())})

    def _load(self, frame: Frame) -> None:
        if self._model:
            self._model.close()  # first: two models may not fit
            self._model = None
        model, options = wire.read_load(frame)
        self._flag.clear()
        self._model = LlamaModel(model, options, self._flag, self._pacer, self._rendering)
        self._model.warm()
        write_frame(self._replies, {"op": "loaded", "info": asdict(self._model.info)})

    def _generate(self, frame: Frame) -> None:
        number = int(frame["id"])
        if not self._cancellation.begin(number):
            write_frame(self._replies, wire.event_frame(number, _NOTHING))
            return
        for event in self._loaded().generate(wire.read_request(frame)):
            write_frame(self._replies, wire.event_frame(number, event))

    def _prefill(self, frame: Frame) -> None:
        number = int(frame["id"])
        event = None
        if self._cancellation.begin(number):
            event = self._loaded().prefill(wire.read_request(frame))
        write_frame(self._replies, wire.event_frame(number, event or _NOTHING))

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """The model's template runs: where it is stopped for good, the parent knows why."""
        write_frame(self._replies, {"op": "rendering"})
        with limited():
            yield

    def _loaded(self) -> LlamaModel:
        if not self._model:
            raise EngineError("No model is loaded.")
        return self._model


def main() -> None:
    """Run the child on this process's stdin and stdout.

    ``--memory BYTES`` holds it to so much address space: for a model that is being tried out.
    """
    harden_process()
    if sys.argv[1:2] == ["--memory"]:
        limit_memory(int(sys.argv[2]))
    requests, replies = seize_stdio()
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
