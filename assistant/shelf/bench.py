"""Measuring a model: reading, writing, time to first token, memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.engine.protocol import EngineOptions
from assistant.errors import HushError
from assistant.events import EventSink
from assistant.log import log_event
from assistant.shelf.measuring import Figures, measure
from assistant.shelf.protocols import Progress
from assistant.shelf.records import BenchResult, Speed
from assistant.shelf.side import SideRoom, side_engine
from assistant.shelf.telling import Telling
from assistant.store import bench_rows
from assistant.store.bench_rows import BenchRow
from assistant.store.vault import Vault
from models.file import ModelFile

T = TypeVar("T")

Models = Callable[[str], ModelFile]
"""The file of a model by its SHA-256, as it is to be loaded. Raises ``NotFound``."""

TASK: Final = "bench"
"""What its ``ModelTask`` events are of."""

_LOADING: Final = "Loading the model."
_MEASURING: Final = "Measuring: reading and writing."
_LOADED: Final = 0.1  # the share that loading is counted as


class Work(Protocol):
    """A thread for work on models, one thing at a time."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a call; its outcome comes in the future."""


class Foretold(Protocol):
    """What is known of a model's speed before it is measured."""

    def decode(self, sha256: str) -> float | None:
        """Tokens a second; None: nothing is foretold."""

    def note_truth(self, sha256: str, speed: Speed) -> None:
        """Learn from what was measured."""


class Bench:
    """Measures models.

    Args:
        models: Finds the file.
        options: How models are loaded by the settings of the moment.
        room: What the engine that is measured shares the machine with.
        work: Runs it.
        vault: Keeps the figures.
        machine: Names this machine and llama.cpp's build. Asked on the threads of the others.
        clock: Times everything.
        publish: Gets ``ModelTask`` events.
        foretold: Compared with the truth; None: nobody foretells.
    """

    def __init__(
        self,
        models: Models,
        options: Callable[[], EngineOptions],
        room: SideRoom,
        work: Work,
        vault: Vault,
        machine: Callable[[], str],
        clock: Clock,
        publish: EventSink,
        foretold: Foretold | None = None,
    ) -> None:
        self._models = models
        self._options = options
        self._room = room
        self._work = work
        self._vault = vault
        self._machine = machine
        self._clock = clock
        self._publish = publish
        self._foretold = foretold

    def run(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[BenchResult]:
        """Measure a model, three rounds of it, and keep the figures.

        Raises:
            NotFound: it is not on the shelf.
            EngineError: not now, it does not fit, does not load, writes too little, or the warm
                model was asked something meanwhile.
            InputRefused: cancelled; nothing was kept.
        """
        tell = Telling(self._publish, TASK, progress, sha256)
        return self._work.submit(lambda: self._run(sha256, tell, cancel))

    def latest(self) -> Future[tuple[BenchRow, ...]]:
        """The newest figures of each model, as measured on this machine."""
        return self._vault.read(
            lambda connection: bench_rows.latest(connection, self._machine()), patient=True
        )

    def _run(self, sha256: str, tell: Progress, cancel: Cancel) -> BenchResult:
        model = self._models(sha256)
        expected = self._foretold.decode(sha256) if self._foretold else None
        tell(_LOADING, 0.0)
        options = replace(self._options(), snapshot_bytes=0)  # nothing is kept of what it reads
        with side_engine(model, options, self._room, cancel) as (engine, info):
            tell(_MEASURING, _LOADED)
            figures = measure(
                engine,
                info,
                lambda share: tell(_MEASURING, _LOADED + (1 - _LOADED) * share),
                cancel,
                elapsed=self._clock.elapsed,
                was_disturbed=self._room.was_disturbed,
            )
        self._keep(sha256, figures, expected)
        return BenchResult(
            sha256,
            figures.prompt_speed,
            figures.decode_speed,
            figures.first_token_ms,
            figures.peak_memory,
            info.threads,
            figures.runs,
            expected,
        )

    def _keep(self, sha256: str, figures: Figures, expected: float | None) -> None:
        row = BenchRow(
            self._clock.now(),
            sha256,
            self._machine(),
            figures.prompt_speed,
            figures.decode_speed,
            figures.first_token_ms,
            figures.peak_memory,
            expected,
        )
        self._vault.write(lambda connection: bench_rows.add(connection, row)).result()
        log_event("bench.done", runs=figures.runs)
        if self._foretold:
            speed = Speed(figures.prompt_speed, figures.decode_speed)
            try:
                self._foretold.note_truth(sha256, speed)
            except HushError as error:  # the figures stand; the next forecast is what it was
                log_event("bench.not_learnt", code=error.code)
