"""The loop that writes a reply: choose a token, hand out its text, decode it.

What it costs beside the model's own work is in docs/decisions/0008-the-writing-loop.md. Used in the
engine's child process only.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from llama_cpp import llama_cpp as low

from assistant.engine.grammar import Grammar, Grammars
from assistant.engine.kv_cache import KvCache
from assistant.engine.pacing import Pacer
from assistant.engine.pieces import Pieces
from assistant.engine.protocol import Finished, GenerationRequest, Piece
from assistant.engine.sampling import Logits, Sampler, log_probability
from assistant.records import FinishReason

_PIECE_BYTES: Final = 256


class Writer:
    """Writes replies after a prompt that the KV cache holds.

    Args:
        context: A llama.cpp context.
        vocab: Its model's vocabulary.
        cache: Its KV cache.
        pacer: Told of each token; it waits where the machine should work less.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        context: Any,
        vocab: Any,
        cache: KvCache,
        pacer: Pacer,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._context = context
        self._vocab = vocab
        self._cache = cache
        self._pacer = pacer
        self._clock = clock
        self._grammars = Grammars(vocab)
        self._vocabulary = int(low.llama_vocab_n_tokens(vocab))
        self._texts: dict[int, bytes | None] = {}
        self._address = 0
        self._view: Logits = np.empty(0, np.float32)

    def write(self, limit: int, request: GenerationRequest) -> Iterator[Piece | Finished]:
        """Make ready to write at most ``limit`` tokens: pieces of text, then ``Finished``.

        Nothing is written, and the prompt need not be read, before the first event is asked for.

        Raises:
            SchemaRefused: at once, not with the first event.
        """
        grammar = self._grammars.start(request.schema) if request.schema else None
        return self._write(limit, request, grammar)

    def _write(
        self, limit: int, request: GenerationRequest, grammar: Grammar | None
    ) -> Iterator[Piece | Finished]:
        sampler = Sampler(request.sampling)
        pieces = Pieces(request, self._clock)
        began = self._clock()
        written = 0
        reason = FinishReason.LENGTH
        while written < limit:
            logits = self._logits()
            token = sampler.choose(logits, grammar)
            if token is None:  # the grammar lets nothing follow: it is over, or at a dead end
                reason = FinishReason.STOP if grammar and grammar.complete() else reason
                break
            data = self._token_bytes(token)
            if data is None:
                reason = FinishReason.STOP
                break
            written += 1
            if grammar:
                grammar.accept(token)
            logprob = log_probability(logits, token) if request.logprobs else None
            if piece := pieces.add(data, logprob):
                yield piece
            if pieces.ended:
                reason = pieces.ended
                break
            self._pacer.after_token()
            if self._pacer.paused and (piece := pieces.flush()):
                yield piece  # it may wait there for long
            # The last allowed token needs no decode: nothing is sampled after it.
            if written < limit and not self._cache.extend([token]):
                reason = FinishReason.CANCELLED
                break
        if piece := pieces.finish():
            yield piece
        yield Finished(reason, written, self._clock() - began)

    def _logits(self) -> Logits:
        """The last decode's logits: llama.cpp's own memory, good until the next decode."""
        pointer = low.llama_get_logits_ith(self._context, -1)
        address = ctypes.addressof(pointer.contents)
        if address != self._address:  # it seldom moves
            self._address = address
            self._view = np.ctypeslib.as_array(pointer, (self._vocabulary,))
        return self._view

    def _token_bytes(self, token: int) -> bytes | None:
        """The token's text; None where it ends the reply. llama.cpp is asked once for each."""
        if token not in self._texts:
            over = low.llama_vocab_is_eog(self._vocab, token)
            self._texts[token] = None if over else self._ask_bytes(token)
        return self._texts[token]

    def _ask_bytes(self, token: int) -> bytes:
        size = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = low.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count
