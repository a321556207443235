"""A deterministic encoder with no model: each word has a direction of its own, made from a hash."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.cancel import Cancel
from assistant.embed.protocol import Encoder, Tokenizer
from assistant.errors import EncoderError, EncoderUnprepared, HushError

DIMENSIONS = 384
_WORD = re.compile(r"\w+|[^\w\s]")


class FakeEncoder:
    """An ``Encoder`` for tests: texts that share words are alike. A token is a word or a mark.

    Args:
        key: Names the model; another key gives other vectors.
        max_tokens: Tokens that are read of a text.
        dimensions: Numbers of a vector.

    ``gate`` holds every ``encode`` until it is set; it starts set. ``encoded`` lists the texts that
    were asked for, ``closed`` tells whether it was closed.
    """

    def __init__(
        self, key: str = "fake", max_tokens: int = 254, dimensions: int = DIMENSIONS
    ) -> None:
        self.name = f"Fake {key}"
        self.key = key
        self.max_tokens = max_tokens
        self.dimensions = dimensions
        self.gate = threading.Event()
        self.gate.set()
        self.encoded: list[str] = []
        self.closed = False
        self._directions: dict[str, NDArray[np.float64]] = {}

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]

    def encode(
        self, texts: Sequence[str], *, query: bool = False, threads: int = 1
    ) -> NDArray[np.float32]:
        self.gate.wait(60)
        if self.closed:
            raise EncoderError("The embedding model was closed.")
        self.encoded += texts
        rows = [self._vector(text) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), self.dimensions)

    def close(self) -> None:
        self.closed = True

    def _vector(self, text: str) -> NDArray[np.float64]:
        words = [text[start:end].lower() for start, end in self.spans(text)[: self.max_tokens]]
        total = np.sum([self._direction(word) for word in words or ["nothing"]], axis=0)
        vector: NDArray[np.float64] = total / np.linalg.norm(total)
        return vector

    def _direction(self, word: str) -> NDArray[np.float64]:
        if word not in self._directions:
            seed = hashlib.sha256(f"{self.key}|{word}".encode("utf-8", "surrogatepass")).digest()[
                :8
            ]
            random = np.random.default_rng(int.from_bytes(seed, "big"))
            self._directions[word] = random.standard_normal(self.dimensions)
        return self._directions[word]


class FakeEncoderSource:
    """An ``EncoderSource`` for tests.

    Args:
        encoder: What it opens.
        prepared: Whether it is exported already.
        error: What ``tokenizer`` and ``open`` raise; None: nothing is wrong.
        prepare_error: What ``prepare`` raises.
        earlier: Encoders that were prepared once and are not chosen now.

    ``gate`` holds ``prepare`` until it is set or cancelled; it starts set. Every ``open`` gives the
    one encoder; ``opened`` counts them, and ``prepares`` the calls of ``prepare``.
    """

    def __init__(
        self,
        encoder: FakeEncoder | None = None,
        *,
        prepared: bool = True,
        error: HushError | None = None,
        prepare_error: HushError | None = None,
        earlier: Sequence[FakeEncoder] = (),
    ) -> None:
        self.encoder = encoder or FakeEncoder()
        self.prepared = prepared
        self.error = error
        self.prepare_error = prepare_error
        self.earlier = {one.key: one for one in earlier}
        self.gate = threading.Event()
        self.gate.set()
        self.opened = self.prepares = 0
        self._looks = threading.Event()  # never set

    def tokenizer(self) -> Tokenizer:
        if self.error:
            raise self.error
        return self.encoder

    def open(self) -> Encoder:
        if self.error:
            raise self.error
        if not self.prepared:
            raise EncoderUnprepared("The embedding model is not prepared yet.")
        self.opened += 1
        self.encoder.closed = False
        return self.encoder

    def open_earlier(self, key: str) -> Encoder | None:
        if key == self.encoder.key and self.prepared:
            return self.open()
        return self.earlier.get(key)

    def prepare(self, cancel: Cancel, progress: Callable[[float], None]) -> bool:
        self.prepares += 1
        if self.prepare_error:
            raise self.prepare_error
        progress(0.5)
        while not self.gate.is_set() and not cancel.asked:
            self._looks.wait(0.005)
        if cancel.asked:
            return False
        self.prepared = True
        progress(1.0)
        return True
