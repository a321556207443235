"""A second engine beside the warm one: for a model that is measured, compared or made smaller.

It runs in a child of its own, so the warm model keeps its KV cache where memory allows. Where it
does not, the warm model is unloaded first, with words, and comes back with the next question.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import psutil

from assistant.cancel import Cancel
from assistant.engine.fit import need
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import Engine, EngineOptions, ModelInfo
from assistant.errors import EngineDied, EngineError, ModelRefused
from assistant.power.plan import Mode, Plan
from assistant.shelf.words import stopped
from models.file import ModelFile
from models.gguf import GgufFault, read_shape

BATCH_TOKENS: Final = 128
"""As the engine's child reads prompts: ``kv_cache.BATCH_TOKENS``, which only a child imports."""

SPARE_BYTES: Final = 256 * 1024 * 1024
"""Left free beyond what a model takes: llama.cpp's libraries and Python, 130 MB when measured."""

_EVICTION_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05
_EVICTED_FOR: Final = "It made room for a model that is being tried."


class MainEngine(Protocol):
    """What is needed of the LLM worker."""

    @property
    def is_warm(self) -> bool:
        """Whether a model is loaded."""

    def idle_seconds(self) -> float | None:
        """Seconds since somebody waited for something; None while somebody does."""

    def evict(self, reason: str) -> None:
        """Unload the model once nothing runs."""


def free_memory() -> int:
    """Bytes that could be taken without swapping, as the system estimates it."""
    return int(psutil.virtual_memory().available)


@dataclass(frozen=True, slots=True)
class SideRoom:
    """What a second engine shares the machine with.

    Attributes:
        worker: Owns the warm one.
        plan: The governor's, of the moment.
        engine: Makes an engine that is not loaded.
        available: Bytes of memory that are free.
        elapsed: Seconds since some fixed moment.
        pause: Waits so many seconds.
    """

    worker: MainEngine
    plan: Callable[[], Plan] = Plan
    engine: Callable[[], Engine] = ChildEngine
    available: Callable[[], int] = free_memory
    elapsed: Callable[[], float] = time.perf_counter
    pause: Callable[[float], object] = time.sleep

    def check_quiet(self) -> None:
        """Refuse where somebody waits for an answer, or where the machine should rest.

        Raises:
            EngineError: not now; nothing was begun.
        """
        plan = self.plan()
        if plan.mode is Mode.PAUSED:
            raise EngineError(f"Not now. {plan.words}", "Nothing was begun. Try again later.")
        if self.worker.idle_seconds() is None:
            raise EngineError(
                "Your model is being loaded or writing an answer.",
                "Nothing was begun. Try again when it is done.",
            )

    def was_disturbed(self, seconds: float) -> bool:
        """Whether somebody waited for an answer within the last so many seconds."""
        idle = self.worker.idle_seconds()
        return idle is None or idle < seconds

    def make_room(self, needed: int, cancel: Cancel) -> bool:
        """Have so much memory free, and unload the warm model for it where it must be.

        Args:
            needed: In bytes.
            cancel: Ends the wait.

        Returns:
            Whether so much is free now.
        """
        if self.available() >= needed:
            return True
        if self.worker.is_warm:
            self.worker.evict(_EVICTED_FOR)
            until = self.elapsed() + _EVICTION_SECONDS
            while not cancel.asked and self.elapsed() < until:
                if not self.worker.is_warm and self.available() >= needed:
                    break
                self.pause(_LOOK_SECONDS)
        return self.available() >= needed


@contextmanager
def side_engine(
    model: ModelFile, options: EngineOptions, room: SideRoom, cancel: Cancel
) -> Iterator[tuple[Engine, ModelInfo]]:
    """Load a model into an engine of its own, which is gone afterwards.

    Args:
        model: One that passed its examination: its header is read here.
        options: How to load it.
        room: What it shares the machine with.
        cancel: Ends a load; what runs in the body listens to it by itself.

    Raises:
        EngineError: not now, or it does not fit, or does not load, or ended by itself.
        InputRefused: cancelled.
    """
    room.check_quiet()
    # Where it does not fit all the same, the engine says so itself: it knows of GPUs, too.
    room.make_room(memory_of(model.path, options) + SPARE_BYTES, cancel)
    if cancel.asked:
        raise stopped()
    engine = room.engine()
    try:
        yield engine, engine.load(model, options, cancel)
    except EngineDied as error:
        if cancel.asked:
            raise stopped() from error
        raise EngineError(
            f"“{model.name}” stopped unexpectedly while it was tried.",
            "The model that you use is not concerned. Look at this one again with “verify”.",
        ) from error
    finally:
        engine.close()


def memory_of(path: Path, options: EngineOptions) -> int:
    """Bytes that a model takes.

    Raises:
        ModelRefused: its header makes no sense.
    """
    try:
        return need(read_shape(path), options, BATCH_TOKENS).total
    except (GgufFault, OSError) as error:
        raise ModelRefused(
            "This model file's header cannot be read.", "It may be damaged. Choose another model."
        ) from error
