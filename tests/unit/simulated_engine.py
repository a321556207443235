"""An engine that is no engine: it tells the times that a machine of given speeds would take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assistant.cancel import Cancel
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Pace,
    Piece,
    Prefilled,
)
from assistant.errors import EngineDied
from assistant.records import FinishReason
from models.file import ModelFile
from models.gguf import ModelShape, read_shape
from models.speed import Weights, Yardstick, beside_reading, beside_writing


class SimulatedEngine:
    """An ``Engine`` that takes as long as a yardstick says, without taking any time.

    Args:
        truth: How fast the machine is.
        before: Called before each load and each answer; may ask for a stop.
    """

    def __init__(self, truth: Yardstick, before: Callable[[], None] = lambda: None) -> None:
        self._truth = truth
        self._before = before
        self._shape: ModelShape | None = None
        self._form = ""
        self.loaded: list[str] = []
        self.closed = False
        self.alive = True

    def load(
        self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
    ) -> ModelInfo:
        self._before()
        if cancel and cancel.asked:
            raise EngineDied("Killed.")
        self._shape, self._form = read_shape(model.path), model.name.split()[-1]
        self.loaded.append(model.name)
        return ModelInfo(
            model.name, options.context_tokens, 4096, 1, 1, self._truth.threads, 0, 0, 0.0
        )

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        self._before()
        assert self._shape is not None
        tokens, written = len(request.turns[0].text), request.max_tokens
        if cancel and cancel.asked:
            yield Finished(FinishReason.CANCELLED, 0, 0.0)
            return
        weights = Weights.of(self._shape, self._shape.file_bytes, self._form)
        reading = beside_reading(self._shape, self._truth, tokens)
        writing = beside_writing(self._shape, self._truth, tokens + written / 2)
        if self._shape.embedding > 512:  # the tiny ones' weights stay in the caches
            reading += weights.prompt_flops / self._truth.flops_per_second[self._form]
            writing += weights.decode_bytes / self._truth.bytes_per_second[self._form]
        yield Prefilled(tokens, 0, reading * tokens)
        yield Piece("", written)
        yield Finished(FinishReason.LENGTH, written, writing * (written - 1))

    def count(self, texts: Sequence[str], cancel: Cancel | None = None) -> list[int]:
        return [len(text) for text in texts]

    def prefill(self, request: GenerationRequest, cancel: Cancel | None = None) -> None:
        return None

    def pace(self, pace: Pace) -> None:
        pass

    def forget(self, cache_keys: Sequence[int]) -> None:
        pass

    @property
    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True
