"""A deterministic engine with no model: it counts words and answers from a script."""

from __future__ import annotations

import itertools
import threading
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
    Turn,
)
from assistant.engine.snapshots import common_prefix
from assistant.errors import EngineDied, HushError, PromptTooLong
from assistant.records import FinishReason
from models.file import ModelFile

FIXED_TOKENS = 3
TURN_TOKENS = FIXED_TOKENS + 1

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

    ``gate`` holds every reply before its first token until it is set; it starts set. ``prefills``
    and ``forgotten`` tell what was asked for, ``paced`` the pace that holds, ``memory`` is what the
    model's process is said to take, ``logprob`` what each token is told to have had.
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
        self.prefills: list[GenerationRequest] = []
        self.forgotten: list[int] = []
        self.paced = Pace()
        self.memory = 100_000_000
        self.logprob: float | None = None
        self.loads = 0
        self._cache = FakeCache()
        self._looks = threading.Event()  # never set
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
        self._cache = FakeCache()
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
            layers=1,
            kv_type=options.kv_type,
            flash_attention=bool(options.flash_attention),
        )

    def count(self, texts: Sequence[str], cancel: Cancel | None = None) -> list[int]:
        self._loaded()
        return [len(words(text)) for text in texts]

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        self._loaded()
        cancel = cancel or Cancel()
        self.requests.append(request)
        prompt = self._fitting(tokens_of(request.turns, request.continue_from))
        while not self.gate.wait(0.005):
            if cancel.asked:
                break
        if self._held(cancel):
            yield Finished(FinishReason.CANCELLED, 0, 0.0)
            return
        reused = self._cache.read(request.cache_key, prompt, spare=1)
        yield Prefilled(len(prompt), reused, 0.0)
        room = self._loaded().context_tokens - len(prompt)
        yield from self._write(request, min(request.max_tokens, room), cancel)

    def prefill(self, request: GenerationRequest, cancel: Cancel | None = None) -> Prefilled | None:
        self._loaded()
        self.prefills.append(request)
        prompt = self._fitting(tokens_of(request.turns, request.continue_from, ahead=True))
        if self._held(cancel or Cancel()):
            return None
        return Prefilled(len(prompt), self._cache.read(request.cache_key, prompt), 0.0)

    def pace(self, pace: Pace) -> None:
        self.paced = pace

    def forget(self, cache_keys: Sequence[int]) -> None:
        self.forgotten += cache_keys
        self._cache.forget(cache_keys)

    @property
    def memory_bytes(self) -> int:
        return self.memory if self.alive else 0

    def _write(
        self, request: GenerationRequest, limit: int, cancel: Cancel
    ) -> Iterator[GenerationEvent]:
        answer = self.script(request)
        for stop in request.stop:
            answer = answer.split(stop, 1)[0]
        answer = answer.removeprefix(request.continue_from)
        tokens = words(answer)
        for number, token in enumerate(itertools.islice(tokens, limit)):
            if self._held(cancel):
                yield Finished(FinishReason.CANCELLED, number, number * 0.01)
                return
            if number == self.die_after:
                self._options = None
                raise EngineDied("The model stopped unexpectedly.", "It starts again.")
            self._cache.live.append(token)
            yield Piece(token, 1, self.logprob if request.logprobs else None)
        reason = FinishReason.STOP if len(tokens) <= limit else FinishReason.LENGTH
        yield Finished(reason, min(len(tokens), limit), len(tokens) * 0.01)

    def close(self) -> None:
        self._options = None

    def _held(self, cancel: Cancel) -> bool:
        """Wait while paused; whether it was cancelled."""
        while self.paced.paused and not cancel.asked:
            self._loaded()
            self._looks.wait(0.005)
        self._loaded()
        return cancel.asked

    def _fitting(self, prompt: list[str]) -> list[str]:
        if len(prompt) >= self._loaded().context_tokens:
            raise PromptTooLong("The prompt is longer than the model's context.")
        return prompt

    def _loaded(self) -> EngineOptions:
        if self._options is None:
            raise EngineDied("No model is loaded.")
        return self._options


class FakeCache:
    """Whose tokens a context holds, and everybody else's."""

    def __init__(self) -> None:
        self.live: list[str] = []
        self._key = 0
        self._kept: dict[int, list[str]] = {}

    def read(self, key: int, prompt: list[str], spare: int = 0) -> int:
        """Hold ``prompt``; return how much of it, but the last ``spare``, need not be read."""
        if key != self._key:
            if self._key:
                self._kept[self._key] = self.live
            kept = self._kept.get(key, [])
            if common_prefix(kept, prompt) > common_prefix(self.live, prompt):
                self.live = kept
            self._key = key
        reused = common_prefix(self.live, prompt)
        if spare or reused < len(prompt):
            self.live = list(prompt)
        return min(reused, len(prompt) - spare)

    def forget(self, keys: Sequence[int]) -> None:
        for key in keys:
            self._kept.pop(key, None)
            if key == self._key:
                self.live, self._key = [], 0


def tokens_of(turns: Sequence[Turn], continue_from: str = "", *, ahead: bool = False) -> list[str]:
    """A prompt's tokens: each turn is opened by ``FIXED_TOKENS`` and closed by one."""
    tokens: list[str] = []
    for turn in turns:
        tokens += [f"<{turn.role}>"] * FIXED_TOKENS + words(turn.text) + ["<end>"]
    if ahead and not continue_from:
        return tokens[:-1]
    return tokens + ["<assistant>"] * FIXED_TOKENS + words(continue_from)


def words(text: str) -> list[str]:
    """Split so that joining gives the text back."""
    parts = text.split(" ")
    return [*(part + " " for part in parts[:-1]), parts[-1]] if text else []
