"""The ten-second run: how fast this machine reads and writes with small models of each form.

The models are noise (``synthetic``), run by the same engine's child as a person's own. Each form's
file is larger than the caches of laptops, so that memory is what is measured; two tiny ones show
what a layer and a token take besides, and what looking back on a longer text takes. What other
programs took of the processor meanwhile is taken off again, where the system tells.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import Clock, SystemClock
from assistant.disk import disk_problem
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Engine,
    EngineOptions,
    Finished,
    GenerationRequest,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineError, StorageFull
from assistant.log import log_event
from assistant.shelf.leftovers import sweep
from assistant.shelf.synthetic import Build, write_synthetic
from assistant.shelf.waiting import Waits, waited, waits
from assistant.shelf.words import stopped
from models.speed import Timing, Yardstick, calibrate

BUDGET_SECONDS: Final = 9.5
"""After so long whatever still runs is stopped; with the child's end it stays below ten."""

FORM_BUILDS: Final = (
    Build("Q4_K_M", 8, 1024, 16, 4, 2816, 8192),
    Build("Q8_0", 5, 1024, 16, 4, 2816, 8192),
    Build("Q4_0", 8, 1024, 16, 4, 2816, 8192),
)
"""What most models come as first. Files of 58 to 69 MB, nearly twice the largest cache of the
machine that this was tried on; with 88 MB the same weights came out 5 % slower. Where a processor's
cache holds all of it the forecast is too high, until a model is run."""

TINY_BUILDS: Final = (
    Build("Q8_0", 4, 256, 4, 4, 256, 512),
    Build("Q8_0", 24, 256, 4, 4, 256, 512),
)
"""Alike but for their layers. Heads of 64 numbers, as real models have them, each with keys of its
own: after 640 tokens those fill more than a core's own cache, as beside a real model's weights."""

_NEEDED_BYTES: Final = 400_000_000  # of disk: one file at a time, and room for the rest of the day
_PROMPT: Final = 128  # tokens: a batch
_LATER: Final = 640
_CONTEXT: Final = 768
_WARMING: Final = 16
_WRITTEN: Final = 16  # tokens
_LONG_SECONDS: Final = 1.0
"""A run that took longer is not run again: there are more forms to come."""

_LEAST_OWN: Final = 0.1
_PREFIX: Final = "yardstick-"
_GREEDY: Final = Sampling(temperature=0.0, repeat_penalty=1.0)


class Measuring:
    """Measures the yardstick. Blocks; on any one thread.

    Args:
        folder: Where the small models lie meanwhile; made where it is missing.
        machine: Names this machine and llama.cpp's build. Takes a moment.
        options: How models are loaded here by the settings of the moment.
        engine: Makes an engine that is not loaded.
        clock: Times it.
        free: Free bytes of disk.
        budget: Seconds for all of it.
        forms: Which models, the most important first.
    """

    def __init__(
        self,
        folder: Path,
        machine: Callable[[], str],
        options: Callable[[], EngineOptions] = EngineOptions,
        engine: Callable[[], Engine] = ChildEngine,
        clock: Clock | None = None,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        budget: float = BUDGET_SECONDS,
        forms: tuple[Build, ...] = FORM_BUILDS,
    ) -> None:
        self._folder = folder
        self._machine = machine
        self._options = options
        self._engine = engine
        self._clock = clock or SystemClock()
        self._free = free
        self._budget = budget
        self._forms = forms
        self._running = threading.Lock()

    def sweep(self) -> None:
        """Remove what a Hush that was killed left. On any thread; a run does so by itself."""
        if self._running.acquire(blocking=False):
            try:
                sweep(self._folder, [f"{_PREFIX}*"])
            finally:
                self._running.release()

    def run(self, cancel: Cancel) -> Yardstick:
        """Measure. What did not fit into ten seconds is left out, never guessed.

        Raises:
            InputRefused: cancelled.
            EngineError: not even one form could be measured.
            StorageFull: there is no room for the small models.
        """
        halt = Cancel()
        cancel.listen(halt.ask)
        timer = threading.Timer(self._budget, halt.ask)
        timer.daemon = True
        timer.start()
        try:
            with self._running, self._place() as folder:
                yardstick = self._measure(folder, halt)
        finally:
            timer.cancel()
            cancel.listen(None)
        if cancel.asked:
            raise stopped()
        if yardstick is None:
            raise EngineError(
                "This computer's speed could not be measured within ten seconds.",
                "Close other programs, then try again.",
            )
        log_event("yardstick.done", forms=len(yardstick.bytes_per_second))
        return yardstick

    def _measure(self, folder: Path, halt: Cancel) -> Yardstick | None:
        """Measure until time is up; None where that was before anything was known."""
        forms: list[tuple[str, Timing]] = []
        engine = self._engine()
        try:
            runs = _Runs(engine, folder, self._options(), halt)
            with suppress(_OutOfTime):
                low = runs.time(TINY_BUILDS[0], _PROMPT)
                high, later = (runs.time(TINY_BUILDS[1], tokens) for tokens in (_PROMPT, _LATER))
                for build in self._forms:
                    forms.append((build.form, runs.time(build, _PROMPT)))  # noqa: PERF401 - what is there when time is up counts
            if not forms:
                return None
            bare = Yardstick(self._machine(), runs.threads, {}, {}, 0.0, 0.0, self._clock.now())
            bare = replace(bare, gpu_layers=runs.gpu_layers)
            return calibrate(bare, low, high, later, forms)
        finally:
            engine.close()

    @contextmanager
    def _place(self) -> Iterator[Path]:
        """A folder for the small models, which is gone afterwards."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sweep(self._folder, [f"{_PREFIX}*"])  # left by a kill in the middle
            if self._free(self._folder) < _NEEDED_BYTES:
                raise StorageFull(
                    "There is too little room on the disk to measure this computer's speed.",
                    f"Free {_NEEDED_BYTES // 10**6} MB, then try again.",
                )
            with tempfile.TemporaryDirectory(
                prefix=_PREFIX, dir=self._folder, ignore_cleanup_errors=True
            ) as folder:
                yield Path(folder)
        except OSError as error:
            raise disk_problem(error) from None


class _OutOfTime(Exception):
    """Time is up, or a stop was asked for: what is known until here counts."""


class _Runs:
    """Runs one small model after the other in one engine."""

    def __init__(self, engine: Engine, folder: Path, options: EngineOptions, halt: Cancel) -> None:
        self._engine = engine
        self._path = folder / "model.gguf"
        # Nothing is kept of what they read, and the context is that of a short conversation.
        self._options = replace(options, context_tokens=_CONTEXT, snapshot_bytes=0)
        self._halt = halt
        self._loaded: Build | None = None
        self._number = 0
        self.threads = self.gpu_layers = 0

    def time(self, build: Build, prompt_tokens: int) -> Timing:
        """Load a model where it is not loaded, and run it, once or twice.

        Raises:
            _OutOfTime: it could not be run to its end.
        """
        try:
            self._load(build)
            times = [self._run(prompt_tokens)]
            _, prompt, decode = times[0]
            if prompt * prompt_tokens + decode * _WRITTEN < _LONG_SECONDS:
                times.append(self._run(prompt_tokens))
        except EngineError:
            if self._halt.asked:  # the child was killed while it loaded
                raise _OutOfTime from None
            raise
        count = times[0][0]
        return Timing(
            shape=build.shape(self._path.stat().st_size),
            prompt_tokens=count,
            prompt=fmean(prompt for _, prompt, _ in times),
            position=count + _WRITTEN / 2,
            decode=fmean(decode for _, _, decode in times),
        )

    def _load(self, build: Build) -> None:
        if build == self._loaded:
            return
        # Anew each time: the file before is mapped by the engine until it loads another.
        self._path = self._path.with_name(f"{build.form}-{build.layers}.gguf")
        model = write_synthetic(self._path, build, lambda: self._halt.asked)
        self._go_on()
        info = self._engine.load(model, self._options, self._halt)
        self.threads = info.threads
        self.gpu_layers = max(self.gpu_layers, info.gpu_layers)
        for other in self._path.parent.iterdir():
            if other != self._path:
                other.unlink()
        self._loaded = build
        self._run(_WARMING, written=2)  # touches every weight once

    def _run(self, tokens: int, written: int = _WRITTEN) -> tuple[int, float, float]:
        """Tokens that were read, and seconds for each one read and each one written."""
        self._go_on()
        self._number += 1
        # Each letter is a token; another one first, or what was read before would be used again.
        text = chr(ord("a") + self._number % 26) * tokens
        asked = GenerationRequest((Turn("user", text),), written, _GREEDY)
        read: Prefilled | None = None
        end: Finished | None = None
        reading, writing = 0.0, 0.0
        begin = between = self._waits()
        for event in self._engine.generate(asked, self._halt):
            if isinstance(event, Prefilled):
                read, between = event, self._waits()
                reading = _undisturbed(event.seconds, waited(begin, between))
            elif isinstance(event, Finished):
                end = event
                writing = _undisturbed(event.decode_seconds, waited(between, self._waits()))
        self._go_on()
        if read is None or end is None or end.reply_tokens < 2:
            raise EngineError("This computer's speed could not be measured.", "Try again.")
        count = read.prompt_tokens - read.reused_tokens
        return count, reading / count, writing / (end.reply_tokens - 1)

    def _waits(self) -> Waits:
        return waits(self._engine.pid if isinstance(self._engine, ChildEngine) else None)

    def _go_on(self) -> None:
        if self._halt.asked:
            raise _OutOfTime


def _undisturbed(seconds: float, waited_seconds: float) -> float:
    """What it would have taken alone on the machine; a little of it is always its own."""
    return max(seconds - waited_seconds, seconds * _LEAST_OWN)
