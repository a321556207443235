"""A deterministic engine with no model: it counts words and answers from a script."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence

from assistant.engine.protocol import (
    Cancel,
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
)
from assistant.errors import EngineDied, HushError, PromptTooLong
from assistant.records import FinishReason
from models.file import ModelFile

FIXED_TOKENS = 3
TURN_TOKENS = 4

Script = Callable[[GenerationRequest], str]


def echo(request: GenerationRequest) -> str:
    """The default script: say the last turn back."""
    return f"You said: {request.turns[-1].text}"


class FakeEngine:
    """An ``Engine`` for tests. A token is a word with the spaces after it.

    Args:
        script: Makes the answer from the request.
        die_after: Dies, as a killed child does, after so many tokens of each reply.
        load_error: What ``load`` raises.

    ``gate`` holds every reply before its first token until it is set; it starts set.
    """

    def __init__(
        self,
        script: Script = echo,
        *,
        die_after: int | None = None,
        load_error: HushError | None = None,
    ) -> None:
        self.script = script
        self.die_after = die_after
        self.load_error = load_error
        self.gate = threading.Event()
        self.gate.set()
        self.requests: list[GenerationRequest] = []
        self.loads = 0
        self._options: EngineOptions | None = None

    @property
    def alive(self) -> bool:
        return self._options is not None

    def die(self) -> None:
        """Die while nobody looks."""
        self._options = None

    def load(
        self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
    ) -> ModelInfo:
        if self.load_error:
            raise self.load_error
        self.loads += 1
        self._options = options
        return ModelInfo(
            name=model.name,
            context_tokens=options.context_tokens,
            train_context_tokens=8192,
            parameters=1,
            size_bytes=1,
            threads=1,
            template_fixed_tokens=FIXED_TOKENS,
            template_turn_tokens=TURN_TOKENS,
            load_seconds=0.0,
        )

    def count(self, texts: Sequence[str], cancel: Cancel | None = None) -> list[int]:
        self._loaded()
        return [len(words(text)) for text in texts]

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        options = self._loaded()
        cancel = cancel or Cancel()
        self.requests.append(request)
        texts = [turn.text for turn in request.turns] + [request.continue_from]
        prompt = FIXED_TOKENS + TURN_TOKENS * len(request.turns) + sum(self.count(texts))
        if prompt >= options.context_tokens:
            raise PromptTooLong("The prompt is longer than the model's context.")
        while not self.gate.wait(0.005):
            if cancel.asked:
                break
        if cancel.asked:
            yield Finished(FinishReason.CANCELLED, 0, 0.0)
            return
        yield Prefilled(prompt, 0, 0.0)
        yield from self._write(
            request, min(request.max_tokens, options.context_tokens - prompt), cancel
        )

    def _write(
        self, request: GenerationRequest, limit: int, cancel: Cancel
    ) -> Iterator[GenerationEvent]:
        answer = self.script(request)
        for stop in request.stop:
            answer = answer.split(stop, 1)[0]
        answer = answer.removeprefix(request.continue_from)
        tokens = words(answer)
        for number, token in enumerate(itertools.islice(tokens, limit)):
            if cancel.asked:
                yield Finished(FinishReason.CANCELLED, number, number * 0.01)
                return
            if number == self.die_after:
                self._options = None
                raise EngineDied("The model stopped unexpectedly.", "It starts again.")
            yield Piece(token, 1)
        reason = FinishReason.STOP if len(tokens) <= limit else FinishReason.LENGTH
        yield Finished(reason, min(len(tokens), limit), len(tokens) * 0.01)

    def close(self) -> None:
        self._options = None

    def _loaded(self) -> EngineOptions:
        if self._options is None:
            raise EngineDied("No model is loaded.")
        return self._options


def words(text: str) -> list[str]:
    """Split so that joining gives the text back."""
    parts = text.split(" ")
    return [*(part + " " for part in parts[:-1]), parts[-1]] if text else []
