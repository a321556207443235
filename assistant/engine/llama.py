"""llama.cpp's low-level API, as one loaded model. Used in the engine's child process only.

Loading, describing, and the way of one request: render and tokenise the prompt, put the state of
its conversation into the context (``snapshots``), read what is new (``kv_cache``), write the reply
(``writing``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Final

from llama_cpp import llama_cpp as low

from assistant.engine.kv_cache import BATCH_TOKENS, AbortFlag, KvCache
from assistant.engine.pacing import Pacer
from assistant.engine.placing import place
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationEvent,
    GenerationRequest,
    ModelInfo,
    Prefilled,
    Turn,
)
from assistant.engine.snapshots import Snapshots
from assistant.engine.template import ChatTemplate, TemplateRefused
from assistant.engine.writing import Writer
from assistant.errors import ModelRefused, PromptTooLong
from assistant.records import FinishReason
from models.file import ModelFile


class LlamaModel:
    """A loaded model with its context and KV cache.

    Args:
        model: The file; that it exists was checked before.
        options: Context cap and threads (at least 1 here).
        abort: Looked at in prefill and in decode.
        pacer: Says how hard to work, from one decode to the next.
        limited: Entered while the model's own template runs.

    Raises:
        ModelRefused: llama.cpp returned no model or no context, or the template does not work.
    """

    def __init__(
        self,
        model: ModelFile,
        options: EngineOptions,
        abort: AbortFlag,
        pacer: Pacer,
        limited: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        began = time.perf_counter()
        self._abort = abort
        self._pacer = pacer
        self._limited = limited
        self._held = ExitStack()  # what ``close`` frees, the last first
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
        self._placement = place(model.path, options, BATCH_TOKENS)
        parameters.n_gpu_layers = self._placement.gpu_layers
        if self._placement.gpu_layers:
            parameters.split_mode = low.LLAMA_SPLIT_MODE_NONE  # layers were counted for one GPU
            parameters.main_gpu = self._placement.gpu
        self._model = low.llama_model_load_from_file(str(model.path).encode(), parameters)
        if not self._model:
            raise ModelRefused(
                "llama.cpp cannot load this model file.",
                "It may be damaged or made for another version. Choose another model.",
            )
        self._held.callback(low.llama_model_free, self._model)
        self._vocab = low.llama_model_get_vocab(self._model)
        self._make_context(options)
        self._cache = KvCache(self._context, self._abort, self._pacer)
        self._snapshots = Snapshots(self._cache, options.snapshot_bytes)
        self._held.callback(self._snapshots.close)
        self._writer = Writer(self._context, self._vocab, self._cache, self._pacer)
        self._read_template()

    def _make_context(self, options: EngineOptions) -> None:
        trained = int(low.llama_model_n_ctx_train(self._model))
        self._cap = min(options.context_tokens, trained) if trained > 0 else options.context_tokens
        settings = low.llama_context_default_params()
        settings.n_ctx = self._cap
        settings.n_batch = settings.n_ubatch = min(BATCH_TOKENS, self._cap)
        settings.n_threads = settings.n_threads_batch = options.threads
        settings.type_k = settings.type_v = _KV_TYPES[options.kv_type]
        settings.flash_attn_type = _FLASH[_flash_attention(options)]
        settings.abort_callback = self._abort.callback
        settings.abort_callback_data = self._abort.data
        self._context = low.llama_init_from_model(self._model, settings)
        if not self._context:
            raise ModelRefused(
                "There is not enough memory for this model with this context.",
                "Lower the context in Settings, or close other programs.",
            )
        self._held.callback(low.llama_free, self._context)
        self._pacer.steer(lambda threads: self._set_threads(threads or options.threads))

    def _set_threads(self, threads: int) -> None:
        low.llama_set_n_threads(self._context, threads, threads)

    def _read_template(self) -> None:
        bos = self._token_text(low.llama_vocab_bos(self._vocab))
        source = low.llama_model_chat_template(self._model, None)
        with self._limited():
            self._template = ChatTemplate(
                (source or b"").decode("utf-8", "replace"),
                bos=bos,
                eos=self._token_text(low.llama_vocab_eos(self._vocab)),
            )
        self._bos = bos

    def _describe(self, model: ModelFile, options: EngineOptions, seconds: float) -> ModelInfo:
        # Two lengths of conversation tell what a turn costs beyond its text and what stands once.
        short = self._prompt_tokens([Turn("system", "a"), Turn("user", "a")])
        long = self._prompt_tokens(
            [Turn("system", "a"), Turn("user", "a"), Turn("assistant", "a"), Turn("user", "a")]
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
            layers=(layers := int(low.llama_model_n_layer(self._model))),
            gpu_layers=min(self._placement.gpu_layers, layers),
            device=self._placement.device,
            kv_type=options.kv_type,
            flash_attention=_flash_attention(options) is not False,
        )

    def warm(self) -> None:
        """Decode one token, so that the weights are paged in before the first question."""
        self._cache.warm(max(0, low.llama_vocab_bos(self._vocab)))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as message text: nothing in it is parsed as a special token."""
        return [len(self._tokenize(text, special=False)) for text in texts]

    def generate(self, request: GenerationRequest) -> Iterator[GenerationEvent]:
        """Write one reply; see ``Engine.generate``."""
        began = time.perf_counter()
        prompt = self._render(request)
        room = self._cap - len(prompt)
        reply = self._writer.write(min(request.max_tokens, room), request)
        self._snapshots.turn_to(request.cache_key, prompt)
        reused = self._cache.reuse(prompt)
        if not self._cache.extend(prompt[reused:]):
            yield Finished(FinishReason.CANCELLED, 0, 0.0)
            return
        yield Prefilled(len(prompt), reused, time.perf_counter() - began)
        yield from reply

    def prefill(self, request: GenerationRequest) -> Prefilled | None:
        """Read a prompt ahead; see ``Engine.prefill``."""
        began = time.perf_counter()
        prompt = self._render(request, ahead=True)
        # Where words stand, the marks that close them, too: if no more are typed, nothing is left
        # to decode; and if there are, a handful was read for nothing.
        whole = self._render(request) if request.turns[-1].text else prompt
        self._snapshots.turn_to(request.cache_key, whole)
        reused = self._cache.reuse(prompt, ahead=True)
        if not self._cache.extend(whole[self._cache.reuse(whole, ahead=True) :]):
            return None
        return Prefilled(len(prompt), reused, time.perf_counter() - began)

    @property
    def due(self) -> bool:
        """Whether ``keep`` has something to do."""
        return self._snapshots.due

    def keep(self) -> None:
        """Copy the active conversation's state, so that a switch need not: in a pause."""
        self._snapshots.keep()

    def forget(self, cache_keys: Sequence[int]) -> None:
        """Hold nothing of these conversations; see ``Engine.forget``."""
        self._snapshots.forget(cache_keys)

    def close(self) -> None:
        """Free context, copies and model. Safe to call twice."""
        self._held.close()

    # -- prompt -----------------------------------------------------------------------------

    def _render(self, request: GenerationRequest, *, ahead: bool = False) -> list[int]:
        # No turn is shorter than its marks: a template need not even look at so many.
        if len(request.turns) < self._cap:
            prompt = self._rendered(request, ahead=ahead)
            if len(prompt) < self._cap:
                return prompt
        raise PromptTooLong("The prompt is longer than the model's context.")

    def _rendered(self, request: GenerationRequest, *, ahead: bool) -> list[int]:
        try:
            return self._prompt_tokens(request.turns, request.continue_from, ahead=ahead)
        except TemplateRefused as error:
            raise ModelRefused(
                "This model's chat template does not accept this conversation.",
                "Choose another model.",
            ) from error

    def _prompt_tokens(
        self, turns: Sequence[Turn], continue_from: str = "", *, ahead: bool = False
    ) -> list[int]:
        with self._limited():
            pieces = self._template.render(turns, continue_from, ahead=ahead)
        tokens: list[int] = []
        for piece in pieces:
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

    def _token_text(self, token: int) -> str:
        text = low.llama_vocab_get_text(self._vocab, token) if token >= 0 else None
        return (text or b"").decode("utf-8", "replace")


_KV_TYPES: Final = {"f16": low.GGML_TYPE_F16, "q8_0": low.GGML_TYPE_Q8_0}
_FLASH: Final = {
    None: low.LLAMA_FLASH_ATTN_TYPE_AUTO,
    True: low.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    False: low.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}


def _flash_attention(options: EngineOptions) -> bool | None:
    """What to ask for: llama.cpp can read quantised values with flash attention only.

    Left to itself it uses it wherever the model's layers lie on one device, as on a CPU.
    """
    return options.flash_attention if options.kv_type == "f16" else True


_silent = low.llama_log_callback(lambda _level, _text, _data: None)


def silence() -> None:
    """Keep llama.cpp from writing to stderr: it names files and, in some errors, text."""
    low.llama_log_set(_silent, None)
