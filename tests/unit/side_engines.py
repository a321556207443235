"""Second engines for tests: a worker that owns the warm one, and engines that tell exact times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assistant.cancel import Cancel
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
)
from assistant.errors import HushError
from assistant.power.plan import Plan
from assistant.shelf.side import SideRoom
from models.file import ModelFile
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine, Script, echo
from tests.gguf_files import SMALL, write_model
from tests.gguf_files import Plan as ModelPlan

PLENTY = 10**12


@dataclass
class Worker:
    """What a second engine asks of the LLM worker."""

    is_warm: bool = False
    idle: float | None = 1e9
    evicted: list[str] = field(default_factory=list)
    freed: Callable[[], None] = lambda: None

    def idle_seconds(self) -> float | None:
        return self.idle

    def evict(self, reason: str) -> None:
        self.evicted.append(reason)
        self.freed()


class TimedEngine(FakeEngine):
    """Reads 100 tokens a second and writes 20, by a clock that only it moves.

    ``seeds`` are those that it was asked with; ``reads`` what each prompt began with.
    """

    def __init__(
        self, clock: FakeClock, script: Script = echo, *, load_error: HushError | None = None
    ) -> None:
        super().__init__(script, load_error=load_error)
        self._clock = clock
        self.seeds: list[int | None] = []
        self.on_finish: Callable[[], None] = lambda: None
        self.loaded: list[str] = []

    def load(
        self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
    ) -> ModelInfo:
        info = super().load(model, options, cancel)
        self.loaded.append(model.name)
        return info

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        self.seeds.append(request.sampling.seed)
        for event in super().generate(request, cancel):
            if isinstance(event, Prefilled):
                seconds = (event.prompt_tokens - event.reused_tokens) / 100
                self._clock.advance(seconds)
                yield Prefilled(event.prompt_tokens, event.reused_tokens, seconds)
            elif isinstance(event, Piece):
                self._clock.advance(0.05)
                yield event
            elif isinstance(event, Finished):
                self.on_finish()
                yield Finished(event.reason, event.reply_tokens, (event.reply_tokens - 1) * 0.05)


def side_room(
    engine: Callable[[], FakeEngine],
    worker: Worker | None = None,
    clock: FakeClock | None = None,
    available: Callable[[], int] = lambda: PLENTY,
    plan: Callable[[], Plan] = Plan,
) -> SideRoom:
    """A room over fakes; waiting moves the clock."""
    clock = clock or FakeClock()
    return SideRoom(worker or Worker(), plan, engine, available, clock.elapsed, clock.advance)


def small_model(folder: Path, name: str = "Small", plan: ModelPlan = SMALL) -> ModelFile:
    """A real model of random weights, whose digest is known."""
    path = folder / f"{name}.gguf"
    sha256 = write_model(path, plan)
    return ModelFile(path, name, path.stat().st_size, sha256)
