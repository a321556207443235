"""The real encoder: ONNX Runtime on the processor, one text at a time.

Integers are computed with one scale for all that is computed at once, so a text beside others would
come out a little different each time. By itself it comes out the same for ever, and faster.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.embed.hushed import onnxruntime
from assistant.embed.record import MODEL_FILE, TOKENIZER_FILE
from assistant.embed.shelf import Exported
from assistant.embed.tokens import Tokens
from assistant.embed.warm import Warm
from assistant.embed.words import damaged
from assistant.errors import EncoderError

IDLE_SECONDS: Final = 120.0
"""Nobody searched for so long: its memory is worth more than the tenth of a second to load it."""

_NICENESS: Final = 10  # of what nobody waits for: whatever else runs goes first
_SILENT: Final = 4  # only what ends the process: the rest is told by exceptions

_SLOWER: Final = frozenset({"SkipLayerNormFusion"})
"""What ONNX Runtime would fuse, and then compute more slowly: by 15 to 20 %, measured."""

Vectors = NDArray[np.float32]


class OnnxEncoder:
    """An ``Encoder``. It takes memory from the first text on, and not while it is idle.

    Args:
        exported: What to run; its files were verified.
        idle_seconds: Without a text for so long the memory is given back.
        tokens: A tokenizer that is loaded already; taken where it is this model's.

    Raises:
        EncoderDamaged: the tokenizer is not what it should be.
    """

    def __init__(
        self,
        exported: Exported,
        idle_seconds: float = IDLE_SECONDS,
        tokens: Tokens | None = None,
    ) -> None:
        record = exported.record
        is_loaded = tokens is not None and tokens.key == record.key
        self._tokens = tokens if tokens and is_loaded else _tokens_of(exported)
        self._path = exported.folder / MODEL_FILE
        self._dimensions = record.dimensions
        self._closed = False
        self._warm = Warm(self._load, idle_seconds)

    @property
    def name(self) -> str:
        """See ``Tokenizer.name``."""
        return self._tokens.name

    @property
    def key(self) -> str:
        """See ``Tokenizer.key``."""
        return self._tokens.key

    @property
    def max_tokens(self) -> int:
        """See ``Tokenizer.max_tokens``."""
        return self._tokens.max_tokens

    @property
    def dimensions(self) -> int:
        """See ``Encoder.dimensions``."""
        return self._dimensions

    @property
    def loaded(self) -> bool:
        """Whether it takes memory now."""
        return self._warm.loaded

    def spans(self, text: str) -> list[tuple[int, int]]:
        """See ``Tokenizer.spans``."""
        return self._tokens.spans(text)

    def warm(self) -> None:
        """Load the weights now, if they are not loaded: the first text then need not wait.

        Raises:
            EncoderError: closed, or the model does not load.
        """
        self.encode([""])

    def encode(self, texts: Sequence[str], *, query: bool = False, threads: int = 1) -> Vectors:
        """See ``Encoder.encode``."""
        if self._closed:
            raise EncoderError("The embedding model was closed.")
        vectors = np.empty((len(texts), self._dimensions), np.float32)

        def compute(numbers: Iterator[int]) -> None:
            for number in numbers:
                ids = self._tokens.ids(texts[number], query=query)
                vectors[number] = session.vector(ids)

        try:
            with self._warm.use() as session:
                if threads <= 1 or len(texts) <= 1:
                    compute(iter(range(len(texts))))
                else:
                    # Each thread takes the next from one pile, the longest first: so all end at
                    # about the same time, also where something else holds one of them up.
                    pile = iter(sorted(range(len(texts)), key=lambda number: -len(texts[number])))
                    list(session.pool(threads).map(compute, [pile] * threads))
        finally:
            if self._closed:  # just before this loaded it again
                self._warm.close()
        return _unit(vectors)

    def close(self) -> None:
        """See ``Encoder.close``."""
        self._closed = True
        self._warm.close()

    def _load(self) -> _Session:
        return _Session(str(self._path), self._dimensions)


def _tokens_of(exported: Exported) -> Tokens:
    record = exported.record
    try:
        tokenizer = (exported.folder / TOKENIZER_FILE).read_bytes()
    except OSError as error:
        raise damaged() from error
    return Tokens(tokenizer, record.name, record.key, record.reading)


class _Session:
    """A loaded model, and threads to compute with."""

    def __init__(self, path: str, dimensions: int) -> None:
        self._dimensions = dimensions
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several texts at once serve cores better than one does
        options.inter_op_num_threads = 1
        options.log_severity_level = _SILENT
        try:
            self._session = onnxruntime.InferenceSession(
                path,
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_SLOWER,
            )
        except Exception as error:
            raise damaged() from error
        self._making = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._pool_threads = 0

    def vector(self, ids: Sequence[int]) -> Vectors:
        """The embedding of one text, not yet of unit length.

        Raises:
            EncoderDamaged: the model fails, or makes no numbers of it.
        """
        try:
            (found,) = self._session.run(None, {"input_ids": np.array([ids], np.int64)})
        except Exception as error:
            raise damaged() from error
        vector: Vectors = found.reshape(-1)
        if vector.shape != (self._dimensions,) or not np.isfinite(vector).all():
            raise damaged()
        return vector

    def pool(self, threads: int) -> ThreadPoolExecutor:
        """So many threads at a low priority; the last ones again, where they are as many."""
        with self._making:
            if self._pool is None or self._pool_threads != threads:
                if self._pool:
                    self._pool.shutdown(wait=False)
                self._pool = ThreadPoolExecutor(threads, "encoder", _step_back)
                self._pool_threads = threads
            return self._pool

    def close(self) -> None:
        """End the threads. The weights go with the last reference."""
        with self._making:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=False)


def _step_back() -> None:
    """Put this thread behind whatever else runs. Linux alone has a niceness for each thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _unit(vectors: Vectors) -> Vectors:
    """Each row at unit length; what is zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled
