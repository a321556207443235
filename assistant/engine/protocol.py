"""What a language model back end is: a generator of events (after simonw/llm's models).

``tests/contract/test_engine_contract.py`` is the contract in code: the real engine and the
deterministic fake both pass it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from assistant.cancel import Cancel
from assistant.records import FinishReason
from models.file import ModelFile

AUTOMATIC_LAYERS: Final = -1
"""As many of the model's layers on the GPU as its free memory holds."""

KvType = Literal["f16", "q8_0"]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How to load.

    Attributes:
        context_tokens: The context's cap.
        threads: 0 means all physical cores but one.
        gpu_layers: Layers computed on a GPU, where llama.cpp was built for one.
        kv_type: How the KV cache's numbers are kept.
        flash_attention: None lets llama.cpp decide.
        snapshot_bytes: What snapshots of other conversations' KV states may take.
    """

    context_tokens: int = 2048
    threads: int = 0
    gpu_layers: int = AUTOMATIC_LAYERS
    kv_type: KvType = "f16"
    flash_attention: bool | None = None
    snapshot_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard the model may work, from the next token on.

    ``threads`` 0 means as many as were loaded with. ``paused`` holds everything that is being
    read or written until another pace comes, or a cancel.
    """

    threads: int = 0
    token_delay_ms: int = 0
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What was loaded. Token overheads are the chat template's own, measured at load."""

    name: str
    context_tokens: int
    train_context_tokens: int
    parameters: int
    size_bytes: int
    threads: int
    template_fixed_tokens: int
    template_turn_tokens: int
    load_seconds: float
    layers: int = 0
    gpu_layers: int = 0
    device: str = "CPU"
    kv_type: KvType = "f16"
    flash_attention: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as the model sees it."""

    role: Literal["system", "user", "assistant"]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. ``temperature`` 0 is greedy; ``seed`` None is random.

    ``repeat_penalty`` divides the likelihood of the last 64 tokens; 1 is off. Small models fall
    into loops without it.
    """

    temperature: float = 0.2
    top_p: float = 0.9
    min_p: float = 0.05
    seed: int | None = None
    repeat_penalty: float = 1.05


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One reply to write.

    Attributes:
        turns: What the model sees.
        max_tokens: The reply ends there at the latest.
        sampling: How tokens are chosen.
        stop: Strings that end the reply; none of them is part of it.
        continue_from: The beginning of the assistant's answer that stands already; only what
            comes after it is returned.
        cache_key: Whose KV state this is, a conversation's id; 0 is nobody's, and nothing is kept
            of it beyond the next request.
        sentence_from: From so many tokens on the reply ends with the next complete sentence; 0
            goes on to ``max_tokens``.
        schema: A JSON schema, as text, that the reply obeys; empty for free text.
        logprobs: Whether pieces tell their tokens' log-probabilities.
    """

    turns: tuple[Turn, ...]
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    continue_from: str = field(default="", repr=False)
    cache_key: int = 0
    sentence_from: int = 0
    schema: str = ""
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Prefilled:
    """The prompt was read. ``seconds`` from the request; always the first event."""

    prompt_tokens: int
    reused_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of text: whole characters only, from one or more tokens.

    ``logprob`` is the sum of their natural log-probabilities under the model, before sampling
    changed them; None where nobody asked.
    """

    text: str = field(repr=False)
    tokens: int
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """Always the last event. ``decode_seconds`` runs from the first to the last token."""

    reason: FinishReason
    reply_tokens: int
    decode_seconds: float


GenerationEvent = Prefilled | Piece | Finished


class Engine(Protocol):
    """A warm language model. One generation at a time, and everything from one thread.

    Every method but ``close`` raises ``EngineDied`` where the model's process has ended; after
    that ``load`` starts it again.
    """

    @property
    def alive(self) -> bool:
        """Whether the process runs. One that died while idle is not, though nobody was told."""

    def load(
        self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
    ) -> ModelInfo:
        """Load the model, replacing what was loaded. ``cancel`` ends the process.

        Raises:
            EngineDied: cancelled, or the process ended while loading.
            ModelMissing, ModelDamaged, ModelRefused: with the reason in words.
        """

    def count(self, texts: Sequence[str], cancel: Cancel | None = None) -> list[int]:
        """Count each text's tokens, without the chat template's own. ``cancel`` ends the process.

        A special token that the text only spells out (``<|im_end|>``) is text here.
        """

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        """Yield ``Prefilled``, then ``Piece``s, then ``Finished``. Closing the iterator cancels.

        ``cancel`` ends the reply soon, during prefill too; cancelled before the first token it
        yields no ``Prefilled``, only ``Finished``.

        Raises:
            PromptTooLong: the rendered prompt leaves no room for one token.
            ModelRefused: the chat template fails on these turns.
            SchemaRefused: the grammar cannot express ``request.schema``.
        """

    def prefill(self, request: GenerationRequest, cancel: Cancel | None = None) -> Prefilled | None:
        """Read what is known of a prompt before it is asked: up to the last turn's last word.

        Writes nothing; a later ``generate`` that begins the same reuses it. None: cancelled, and
        what was read until then is kept.

        Raises:
            PromptTooLong, ModelRefused: as ``generate``.
        """

    def pace(self, pace: Pace) -> None:
        """Work at this pace from now on, also after a new ``load``. On any thread."""

    def forget(self, cache_keys: Sequence[int]) -> None:
        """Drop what is kept of these conversations, before the next request. On any thread."""

    @property
    def memory_bytes(self) -> int:
        """Resident memory of the model's process, 0 where none runs. On any thread."""

    def close(self) -> None:
        """End the process and free its memory, on any thread. Safe to call twice."""
