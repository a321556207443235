"""llama.cpp's low-level API, as one loaded model. Used in the engine's child process only.

The loop drives llama.cpp's own sampler chain, so logits are never copied into Python, and keeps
the KV cache for the longest prefix that the next prompt shares with the last.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from llama_cpp import llama_cpp as low

from assistant.engine.detokenizer import Detokenizer
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.engine.template import ChatTemplate, TemplateRefused
from assistant.errors import ModelRefused, PromptTooLong
from assistant.records import FinishReason
from models.file import ModelFile

_BATCH_TOKENS: Final = 512
"""Tokens decoded in one call: llama.cpp's default micro-batch, past which nothing gets faster."""

_REPEAT_WINDOW: Final = 64
"""Tokens that the repetition penalty looks back on: llama.cpp's default."""

_PIECE_BYTES: Final = 256
_ABORTED: Final = 2  # llama_decode's return where the abort callback said stop
_RANDOM_SEED: Final = low.LLAMA_DEFAULT_SEED  # llama.cpp draws one itself


class AbortFlag:
    """A byte that llama.cpp looks at between graph nodes, through ``strlen``.

    A Python callback would run some 600 times a token and take the interpreter's lock each time;
    C's ``strlen`` over a one-byte buffer has the callback's shape, returns 0 for an empty string
    and 1 for a set byte, and costs nothing measurable.
    """

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(b"\0", 2)
        library = "msvcrt" if sys.platform == "win32" else None
        strlen = ctypes.CDLL(library).strlen
        self.callback = ctypes.cast(strlen, low.ggml_abort_callback)
        self.data = ctypes.cast(self._buffer, ctypes.c_void_p)

    def set(self) -> None:
        """Stop the running decode as soon as llama.cpp looks."""
        self._buffer[0] = b"\1"

    def clear(self) -> None:
        """Let the next decode run."""
        self._buffer[0] = b"\0"

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return bool(self._buffer[0] != b"\0")


class LlamaModel:
    """A loaded model with its context and KV cache.

    Args:
        model: The file; that it exists was checked before.
        options: Context cap and threads (at least 1 here).
        abort: Looked at in prefill and in decode.

    Raises:
        ModelRefused: llama.cpp returned no model or no context, or the template does not work.
    """

    def __init__(self, model: ModelFile, options: EngineOptions, abort: AbortFlag) -> None:
        began = time.perf_counter()
        self._abort = abort
        self._model: Any = None
        self._context: Any = None
        self._cached: list[int] = []
        try:
            self._load(model, options)
            self.info = self._describe(model, options, time.perf_counter() - began)
        except TemplateRefused as error:
            self.close()
            raise ModelRefused(
                "This model's chat template does not work.", "Choose another model."
            ) from error
        except BaseException:
            self.close()
            raise

    def _load(self, model: ModelFile, options: EngineOptions) -> None:
        low.llama_backend_init()
        parameters = low.llama_model_default_params()
        self._model = low.llama_model_load_from_file(str(model.path).encode(), parameters)
        if not self._model:
            raise ModelRefused(
                "llama.cpp cannot load this model file.",
                "It may be damaged or made for another version. Choose another model.",
            )
        self._vocab = low.llama_model_get_vocab(self._model)
        trained = int(low.llama_model_n_ctx_train(self._model))
        self._cap = min(options.context_tokens, trained) if trained > 0 else options.context_tokens
        settings = low.llama_context_default_params()
        settings.n_ctx = self._cap
        settings.n_batch = settings.n_ubatch = min(_BATCH_TOKENS, self._cap)
        settings.n_threads = settings.n_threads_batch = options.threads
        settings.abort_callback = self._abort.callback
        settings.abort_callback_data = self._abort.data
        self._context = low.llama_init_from_model(self._model, settings)
        if not self._context:
            raise ModelRefused(
                "There is not enough memory for this model with this context.",
                "Lower the context in Settings, or close other programs.",
            )
        self._memory = low.llama_get_memory(self._context)
        bos = self._token_text(low.llama_vocab_bos(self._vocab))
        source = low.llama_model_chat_template(self._model, None)
        self._template = ChatTemplate(
            (source or b"").decode("utf-8", "replace"),
            bos=bos,
            eos=self._token_text(low.llama_vocab_eos(self._vocab)),
        )
        self._bos = bos

    def _describe(self, model: ModelFile, options: EngineOptions, seconds: float) -> ModelInfo:
        # Two lengths of conversation tell what a turn costs beyond its text and what stands once.
        short = self._prompt_tokens([Turn("system", "a"), Turn("user", "a")], "")
        long = self._prompt_tokens(
            [Turn("system", "a"), Turn("user", "a"), Turn("assistant", "a"), Turn("user", "a")], ""
        )
        letter = self.count(["a"])[0]
        turn = max(0, -(-(len(long) - len(short) - 2 * letter) // 2))  # rounded up
        return ModelInfo(
            name=model.name,
            context_tokens=self._cap,
            train_context_tokens=int(low.llama_model_n_ctx_train(self._model)),
            parameters=int(low.llama_model_n_params(self._model)),
            size_bytes=int(low.llama_model_size(self._model)),
            threads=options.threads,
            template_fixed_tokens=max(0, len(short) - 2 * letter - 2 * turn),
            template_turn_tokens=turn,
            load_seconds=seconds,
        )

    def warm(self) -> None:
        """Decode one token, so that the weights are paged in before the first question."""
        self._reuse([])
        self._abort.clear()
        self._decode([max(0, low.llama_vocab_bos(self._vocab))])
        self._reuse([])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as message text: nothing in it is parsed as a special token."""
        return [len(self._tokenize(text, special=False)) for text in texts]

    def generate(self, request: GenerationRequest) -> Iterator[GenerationEvent]:
        """Write one reply; see ``Engine.generate``."""
        began = time.perf_counter()
        prompt = self._render(request)
        room = self._cap - len(prompt)
        if room < 1:
            raise PromptTooLong("The prompt is longer than the model's context.")
        reused = self._reuse(prompt)
        if not self._prefill(prompt[reused:]):
            yield Finished(FinishReason.CANCELLED, 0, 0.0)
            return
        yield Prefilled(len(prompt), reused, time.perf_counter() - began)
        yield from self._write(min(request.max_tokens, room), request)

    def _write(self, limit: int, request: GenerationRequest) -> Iterator[GenerationEvent]:
        sampler = _sampler_chain(request.sampling, low.llama_vocab_n_tokens(self._vocab))
        output = Detokenizer(request.stop)
        first = time.perf_counter()
        written = 0
        reason = FinishReason.LENGTH
        try:
            while written < limit:
                token = low.llama_sampler_sample(sampler, self._context, -1)
                if low.llama_vocab_is_eog(self._vocab, token):
                    reason = FinishReason.STOP
                    break
                written += 1
                text = output.feed(self._token_bytes(token))
                yield Piece(text, 1)
                if output.stopped:
                    reason = FinishReason.STOP
                    break
                # The last allowed token needs no decode: nothing is sampled after it.
                if written < limit and not self._decode([token]):
                    reason = FinishReason.CANCELLED
                    break
            if tail := output.finish():
                yield Piece(tail, 0)
        finally:
            low.llama_sampler_free(sampler)
        yield Finished(reason, written, time.perf_counter() - first)

    def close(self) -> None:
        """Free context and model. Safe to call twice."""
        if self._context:
            low.llama_free(self._context)
            self._context = None
        if self._model:
            low.llama_model_free(self._model)
            self._model = None

    # -- prompt -----------------------------------------------------------------------------

    def _render(self, request: GenerationRequest) -> list[int]:
        try:
            return self._prompt_tokens(request.turns, request.continue_from)
        except TemplateRefused as error:
            raise ModelRefused(
                "This model's chat template does not accept this conversation.",
                "Choose another model.",
            ) from error

    def _prompt_tokens(self, turns: Sequence[Turn], continue_from: str) -> list[int]:
        tokens: list[int] = []
        for piece in self._template.render(turns, continue_from):
            # The model's own beginning-of-sequence token, unless the template spells it out.
            begin = not tokens and not (self._bos and piece.text.startswith(self._bos))
            tokens += self._tokenize(piece.text, special=piece.special, begin=begin)
        return tokens

    def _tokenize(self, text: str, *, special: bool, begin: bool = False) -> list[int]:
        data = text.encode("utf-8", "replace")
        size = len(data) + 2  # never more tokens than bytes, and one may be added at each end
        buffer = (low.llama_token * size)()
        count = low.llama_tokenize(self._vocab, data, len(data), buffer, size, begin, special)
        return list(buffer[: max(0, count)])

    def _token_bytes(self, token: int) -> bytes:
        size = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = low.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def _token_text(self, token: int) -> str:
        text = low.llama_vocab_get_text(self._vocab, token) if token >= 0 else None
        return (text or b"").decode("utf-8", "replace")

    # -- KV cache ---------------------------------------------------------------------------

    def _reuse(self, prompt: list[int]) -> int:
        """Keep the KV cache for the longest common prefix; return its length in tokens."""
        limit = min(len(self._cached), max(0, len(prompt) - 1))  # one token must give logits
        kept = next((i for i in range(limit) if self._cached[i] != prompt[i]), limit)
        self._keep(kept)
        return len(self._cached)

    def _keep(self, count: int) -> None:
        if not low.llama_memory_seq_rm(self._memory, 0, count, -1):
            # Recurrent models cannot forget a part.
            low.llama_memory_clear(self._memory, True)
            count = 0
        del self._cached[count:]

    def _prefill(self, tokens: list[int]) -> bool:
        return all(
            self._decode(tokens[at : at + _BATCH_TOKENS])
            for at in range(0, len(tokens), _BATCH_TOKENS)
        )

    def _decode(self, tokens: list[int]) -> bool:
        """Add tokens to the KV cache.

        False where the abort flag stopped it; the cache then holds what it held before.
        """
        if self._abort.is_set:
            return False
        array = (low.llama_token * len(tokens))(*tokens)
        status = low.llama_decode(self._context, low.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            self._cached += tokens
            return True
        self._keep(len(self._cached))
        if status == _ABORTED or self._abort.is_set:
            return False
        raise ModelRefused(
            "The model could not go on with this text.", "Try again, or choose another model."
        )


def _sampler_chain(sampling: Sampling, vocabulary: int) -> Any:
    """Repetition, min-p, top-p, temperature, then a draw: min-p leaves top-p little to sort."""
    chain = low.llama_sampler_chain_init(low.llama_sampler_chain_default_params())
    if sampling.repeat_penalty != 1:
        penalty = low.llama_sampler_init_penalties(
            vocabulary, _REPEAT_WINDOW, sampling.repeat_penalty, 0.0, 0.0
        )
        low.llama_sampler_chain_add(chain, penalty)
    if sampling.temperature <= 0:
        low.llama_sampler_chain_add(chain, low.llama_sampler_init_greedy())
        return chain
    seed = _RANDOM_SEED if sampling.seed is None else sampling.seed & 0xFFFFFFFF
    for link in (
        low.llama_sampler_init_min_p(sampling.min_p, 1),
        low.llama_sampler_init_top_p(sampling.top_p, 1),
        low.llama_sampler_init_temp(sampling.temperature),
        low.llama_sampler_init_dist(seed),
    ):
        low.llama_sampler_chain_add(chain, link)
    return chain


_silent = low.llama_log_callback(lambda _level, _text, _data: None)


def silence() -> None:
    """Keep llama.cpp from writing to stderr: it names files and, in some errors, text."""
    low.llama_log_set(_silent, None)
