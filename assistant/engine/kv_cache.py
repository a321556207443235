"""The KV cache of one llama.cpp context: what it holds, and how it grows and is cut.

Used in the engine's child process only.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Sequence
from typing import Any, Final

from llama_cpp import llama_cpp as low

from assistant.engine.pacing import Pacer
from assistant.engine.snapshots import common_prefix
from assistant.errors import ModelRefused

BATCH_TOKENS: Final = 128
"""Tokens decoded in one call. Measured per CPU second 64, 128 and 256 read equally fast, 16 a sixth
slower; and a pace or a pause waits for no more than one batch."""

_ABORTED: Final = 2  # llama_decode's return where the abort callback said stop


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


class KvCache:
    """The tokens whose keys and values a context holds, kept for the next prompt's prefix.

    Args:
        context: A llama.cpp context; whoever made it frees it.
        abort: Looked at before and during each decode.
        pacer: Asked before each decode.
    """

    def __init__(self, context: Any, abort: AbortFlag, pacer: Pacer) -> None:
        self._context = context
        self._abort = abort
        self._pacer = pacer
        self._memory = low.llama_get_memory(context)
        self._tokens: list[int] = []
        self._has_logits = False  # whether the context's logits are those of the last token held

    @property
    def tokens(self) -> Sequence[int]:
        """What the context holds."""
        return self._tokens

    def reuse(self, prompt: Sequence[int], *, ahead: bool = False) -> int:
        """Keep the longest common prefix with ``prompt``; return its length in tokens.

        Its last token is decoded again where its logits are not at hand: something was decoded
        after it, or the state was restored. ``ahead`` needs none, and leaves a context alone that
        holds the whole prompt and more.
        """
        kept = common_prefix(self._tokens, prompt)
        if kept == len(prompt) and (ahead or (self._has_logits and kept == len(self._tokens))):
            return kept
        self._keep(min(kept, max(0, len(prompt) - 1)))
        return len(self._tokens)

    def extend(self, tokens: Sequence[int]) -> bool:
        """Decode tokens, in batches, and hold them.

        Returns:
            False where the abort flag stopped it; what whole batches brought is then held.

        Raises:
            ModelRefused: llama.cpp cannot go on with these tokens.
        """
        return all(
            self._pacer.go_on() and self._decode(tokens[at : at + BATCH_TOKENS])
            for at in range(0, len(tokens), BATCH_TOKENS)
        )

    def warm(self, token: int) -> None:
        """Decode one token and forget it, at whatever pace: so that the weights are in memory."""
        self._abort.clear()
        self._keep(0)
        self._decode([token])
        self._keep(0)

    # -- copies: ``snapshots.KvState`` ----------------------------------------------------------

    def state_bytes(self) -> int:
        """See ``KvState``."""
        return int(low.llama_state_seq_get_size(self._context, 0))

    def state_capacity(self) -> int:
        """See ``KvState``."""
        cells = int(low.llama_n_ctx(self._context))
        return self.state_bytes() * (cells + 1) // max(1, len(self._tokens))

    def save(self, memory: mmap.mmap) -> bool:
        """See ``KvState``."""
        size = self.state_bytes()
        written = low.llama_state_seq_get_data(self._context, _bytes_of(memory), len(memory), 0)
        return bool(written == size)

    def restore(self, tokens: Sequence[int], memory: mmap.mmap, size: int) -> bool:
        """See ``KvState``."""
        low.llama_memory_clear(self._memory, False)
        self._has_logits = False
        if low.llama_state_seq_set_data(self._context, _bytes_of(memory), size, 0) == size:
            self._tokens = list(tokens)
            return True
        self.clear()
        return False

    def clear(self) -> None:
        """See ``KvState``."""
        low.llama_memory_clear(self._memory, True)
        self._tokens = []
        self._has_logits = False

    def _keep(self, count: int) -> None:
        if not low.llama_memory_seq_rm(self._memory, 0, count, -1):
            # Recurrent models cannot forget a part.
            low.llama_memory_clear(self._memory, True)
            count = 0
        if count < len(self._tokens):
            self._has_logits = False
        del self._tokens[count:]

    def _decode(self, tokens: Sequence[int]) -> bool:
        if self._abort.is_set:
            return False
        array = (low.llama_token * len(tokens))(*tokens)
        status = low.llama_decode(self._context, low.llama_batch_get_one(array, len(tokens)))
        self._has_logits = status == 0
        if status == 0:
            self._tokens += tokens
            return True
        self._keep(len(self._tokens))
        if status == _ABORTED or self._abort.is_set:
            return False
        raise ModelRefused(
            "The model could not go on with this text.", "Try again, or choose another model."
        )


def _bytes_of(memory: mmap.mmap) -> ctypes.Array[ctypes.c_uint8]:
    return (ctypes.c_uint8 * len(memory)).from_buffer(memory)
