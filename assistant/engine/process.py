"""The real engine: llama.cpp in a child process, spoken to in frames over its stdin and stdout."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import IO, Final, Literal

import psutil

from assistant.cancel import Cancel
from assistant.children.frames import (
    MAX_FRAME_BYTES,
    BrokenFrame,
    Frame,
    read_frame,
    write_frame,
)
from assistant.children.limits import EXIT_TOO_LONG
from assistant.children.pipes import start_child
from assistant.engine import wire
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Pace,
    Prefilled,
)
from assistant.errors import EngineDied, EngineError, ModelDamaged, ModelMissing, ModelRefused
from assistant.log import log_rows
from assistant.machine.crash import rows_of
from models.file import Fault, ModelFile, ModelFileFault

_COMMAND: Final = (sys.executable, "-I", "-m", "assistant.engine.child")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_CANCEL_SECONDS: Final = 2.0
"""A cancel is seen within milliseconds; a child that took this long hangs and is killed."""

_CLOSE_SECONDS: Final = 1.0
_BATCH_CHARACTERS: Final = MAX_FRAME_BYTES // 16
"""JSON takes at most 12 bytes for a character (an escaped surrogate pair), 6 for a control."""


class ChildEngine:
    """An ``Engine`` whose model lives in a child process.

    Args:
        command: What to start; the tests start children that misbehave.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._sending = threading.Lock()
        self._number = 0
        self._running = 0
        self._rendering = False
        self._pacing = threading.Lock()  # so that a child started meanwhile gets the newest pace
        self._pace = Pace()

    @property
    def pid(self) -> int | None:
        """The child's process id, None where none runs."""
        process = self._process  # other threads ask, too
        return process.pid if process else None

    @property
    def alive(self) -> bool:
        """See ``Engine.alive``."""
        process = self._process  # other threads look, too
        return process is not None and process.poll() is None

    def load(
        self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
    ) -> ModelInfo:
        """Start the child where none runs, check the file, load it; see ``Engine.load``."""
        if not self.alive:
            self._start()
        with self._killed_by(cancel):
            # The file is hashed here while the child still imports its libraries.
            _verify(model)
            options = replace(options, threads=options.threads or computing_threads())
            try:
                self._send(wire.load_frame(model, options))
                return wire.read_info(self._receive("loaded"))
            except EngineDied as error:
                self._give_up()  # killed before it was asked, its pipes are still open
                raise EngineDied(
                    "The model stopped while it was being loaded.",
                    "It may be damaged, or need more memory than there is. Try again, or choose "
                    "another model.",
                ) from error

    def count(self, texts: Sequence[str], cancel: Cancel | None = None) -> list[int]:
        """See ``Engine.count``."""
        counts: list[int] = []
        with self._killed_by(cancel):
            for batch in _batches(texts):
                self._send({"op": "count", "texts": batch})
                counts += (int(count) for count in self._receive("counted")["counts"])
        return counts

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        """See ``Engine.generate``."""
        with self._asked("generate", request, cancel) as number:
            try:
                finished = False
                while not finished:
                    event = self._receive_event()
                    finished = isinstance(event, Finished)
                    if finished:
                        self._running = 0
                    yield event
            except GeneratorExit:
                # The caller closed the iterator: what the child still says must be read away.
                if self._running:
                    self._cancel(number)
                    self._drain()
                raise

    def prefill(self, request: GenerationRequest, cancel: Cancel | None = None) -> Prefilled | None:
        """See ``Engine.prefill``."""
        with self._asked("prefill", request, cancel):
            event = self._receive_event()
        return event if isinstance(event, Prefilled) else None

    @contextmanager
    def _asked(
        self,
        op: Literal["generate", "prefill"],
        request: GenerationRequest,
        cancel: Cancel | None,
    ) -> Iterator[int]:
        cancel = cancel or Cancel()
        self._number += 1
        number = self._number
        self._send(wire.request_frame(number, request, op))
        self._running = number
        cancel.listen(lambda: self._cancel(number))
        try:
            yield number
        finally:
            cancel.listen(None)
            self._running = 0

    def pace(self, pace: Pace) -> None:
        """See ``Engine.pace``."""
        with self._pacing:
            self._pace = pace
            self._tell(wire.pace_frame(pace))

    def forget(self, cache_keys: Sequence[int]) -> None:
        """See ``Engine.forget``."""
        self._tell({"op": "forget", "keys": list(cache_keys)})

    @property
    def memory_bytes(self) -> int:
        """See ``Engine.memory_bytes``."""
        pid = self.pid
        if pid is None:
            return 0
        try:
            return int(psutil.Process(pid).memory_info().rss)
        except psutil.Error:  # it ended just now
            return 0

    def _cancel(self, number: int) -> None:
        process = self._process
        if self._running != number or process is None:
            return
        with suppress(EngineDied):
            self._send({"op": "cancel", "id": number})
        guard = threading.Timer(_CANCEL_SECONDS, self._kill_if_running, (number, process))
        guard.daemon = True
        guard.start()

    def close(self) -> None:
        """See ``Engine.close``."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._sending.acquire(timeout=_CLOSE_SECONDS):
            with suppress(OSError):
                _pipe(process.stdin).close()
            self._sending.release()
        else:  # a thread is stuck writing to a child that does not read
            process.kill()
        try:
            process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(OSError):
            _pipe(process.stdin).close()
        _pipe(process.stdout).close()

    @contextmanager
    def _killed_by(self, cancel: Cancel | None) -> Iterator[None]:
        """While loading or counting there is nothing to interrupt but the child itself.

        A template or a header may loop for ever; asked to stop, the child is killed, and what
        waits for it gets ``EngineDied``.
        """
        process = self._process
        if cancel is None or process is None:
            yield
            return
        cancel.listen(process.kill)
        try:
            yield
        finally:
            cancel.listen(None)

    def _start(self) -> None:
        self.close()
        try:
            process = start_child(self._command)
        except OSError as error:
            raise EngineError(
                "The model's process could not be started.", "Close other programs, then try again."
            ) from error
        with self._pacing:
            self._process = process
            self._rendering = False
            if self._pace != Pace():
                self._tell(wire.pace_frame(self._pace))

    def _tell(self, frame: Frame) -> None:
        """Send what needs no answer, on any thread, to a child that runs and reads."""
        if self._sending.acquire(timeout=_CLOSE_SECONDS):
            self._sending.release()
            with suppress(EngineDied):
                self._send(frame)

    def _send(self, frame: Frame) -> None:
        process = self._process
        if process is None:
            raise _died()
        try:
            with self._sending:
                write_frame(_pipe(process.stdin), frame)
        except OSError as error:
            raise _died() from error
        except ValueError as error:
            if _pipe(process.stdin).closed:
                raise _died() from error
            raise  # a frame that is too large is our bug, not the child's death

    def _receive(self, expected: str) -> Frame:
        frame = self._read()
        if frame["op"] == "refused":
            raise wire.read_refusal(frame)
        if frame["op"] != expected:
            self._give_up()
            raise _died()
        return frame

    def _receive_event(self) -> GenerationEvent:
        frame = self._read()
        if frame["op"] == "refused":
            raise wire.read_refusal(frame)
        try:
            return wire.read_event(frame)
        except BrokenFrame as error:
            self._give_up()
            raise _died() from error

    def _read(self) -> Frame:
        while (frame := self._read_one())["op"] == "rendering":
            self._rendering = True
        self._rendering = False
        return frame

    def _read_one(self) -> Frame:
        process = self._process
        if process is None:
            raise _died()
        try:
            frame = read_frame(_pipe(process.stdout))
        except (OSError, ValueError, BrokenFrame) as error:
            self._give_up()
            raise _died() from error
        if frame is None:
            raise self._ended(process)
        if frame["op"] == "crashed":  # its last words: types and lines, checked like a stranger's
            log_rows("engine.crash", rows_of(frame.get("rows")))
            self._give_up()
            raise _died()
        return frame

    def _ended(self, process: subprocess.Popen[bytes]) -> EngineError:
        """Why the child has closed its pipe."""
        code = None
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(_CLOSE_SECONDS)
        self._give_up()
        if self._rendering and code == EXIT_TOO_LONG:
            return ModelRefused(
                "This model's chat template takes too long.", "Choose another model."
            )
        return _died()

    def _drain(self) -> None:
        with suppress(EngineError):
            while not isinstance(self._receive_event(), Finished):
                pass

    def _kill_if_running(self, number: int, process: subprocess.Popen[bytes]) -> None:
        if self._running == number:
            process.kill()

    def _give_up(self) -> None:
        """The child is dead or talks nonsense: make sure that it is gone."""
        if self._process is not None:
            self._process.kill()
        self.close()


def computing_threads() -> int:
    """Threads to compute with, where nobody chose: all cores but one, which the window needs.

    llama.cpp's threads wait for the slowest of them some 600 times a token, so one that shares
    its core with the window slows all: on two cores 12 instead of 90 tokens/s in a real window
    (docs/decisions/0004-short-spin.md).
    """
    return max(1, physical_cores() - 1)


def physical_cores() -> int:
    """Cores to compute on: hyper-threads share the units that matter here, so they do not count."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or usable or 1, usable or 1))


def _verify(model: ModelFile) -> None:
    try:
        model.verify()
    except ModelFileFault as error:
        kind, message, advice = _WORDS[error.fault]
        raise kind(message, advice) from error


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Split so that each batch fits a frame, whatever the texts are."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - every child is started with pipes
    return stream


def _died() -> EngineDied:
    return EngineDied(
        "The model stopped unexpectedly. What it wrote so far is kept.",
        "It starts again with your next message.",
    )


_AGAIN: Final = "Run “make setup” again, or choose another model."
_WORDS: Final[dict[Fault, tuple[type[EngineError], str, str]]] = {
    Fault.MISSING: (ModelMissing, "The model file is not there.", _AGAIN),
    Fault.UNREADABLE: (ModelMissing, "The model file cannot be read.", "Check its permissions."),
    Fault.EMPTY: (ModelDamaged, "The model file is empty.", _AGAIN),
    Fault.NOT_GGUF: (ModelDamaged, "This file is not a GGUF model.", "Choose another model."),
    Fault.WRONG_SIZE: (ModelDamaged, "The model file is incomplete or was changed.", _AGAIN),
    Fault.WRONG_DIGEST: (ModelDamaged, "The model file was changed or is damaged.", _AGAIN),
    Fault.CHANGED: (
        ModelDamaged,
        "The model's file belongs to another program, and is not the one that was checked.",
        "Check it on the Models page, or choose another model.",
    ),
}
