"""An edition in memory: lengths for words, vectors for meaning, and its embedding model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Final

import numpy as np

from assistant.embed.protocol import Encoder, EncoderSource
from assistant.errors import EncoderUnprepared, HushError, TextUnreadable
from assistant.search.bm25 import Lengths, numbers
from assistant.search.frequent import SAMPLED, SAMPLED_FROM, Frequent
from assistant.search.passages import Spans, plain_spans
from assistant.search.sketches import Codes
from assistant.search.terms import Terms
from assistant.search.vector_index import Ids, VectorIndex
from assistant.store import edition_rows, passage_rows, vector_rows
from assistant.store.edition_rows import Counts, Edition
from assistant.store.vault import Vault

_SLICE: Final = 2_000
"""Vectors read at once: some 8 ms in which nobody else gets at the store."""

_GROWN: Final = 2  # by which factor, before frequent words are found out anew
_SAMPLED_AT_ONCE: Final = 25  # passages, whose words are cut in some 3 ms
_SAMPLE: Final = 1_000  # vectors that tell where the middle of all is
_PLAIN_TOKENS: Final = 256  # of a passage, where there is no model to say
_LEAST_TOKENS: Final = 16  # whatever a model says
_MOST_TOKENS: Final = 384
"""Of a passage, for models that read thousands: one that answers a question says little else."""


class WarmEncoder:
    """An embedding model, opened when it is first asked for. On any thread.

    ``error`` tells why there is none, ``is_unprepared`` whether it has to be exported first.

    Args:
        source: Where it is from.
        encoder: The model itself, where it is open already.
    """

    def __init__(self, source: EncoderSource, encoder: Encoder | None = None) -> None:
        self.source = source
        self.error: HushError | None = None
        self.is_unprepared = False
        self._lock = threading.Lock()
        self._encoder = encoder
        self.key = self.name = ""
        self.limit = _PLAIN_TOKENS
        self.spans: Spans = plain_spans
        try:
            tokenizer = encoder or source.tokenizer()
        except HushError as error:
            self.error = error
        else:
            self.key, self.name, self.spans = tokenizer.key, tokenizer.name, tokenizer.spans
            self.limit = min(max(tokenizer.max_tokens, _LEAST_TOKENS), _MOST_TOKENS)

    def get(self) -> Encoder | None:
        """The model; None where there is none that works now."""
        with self._lock:
            if self._encoder is None and self.error is None and not self.is_unprepared:
                try:
                    encoder = self.source.open()
                except EncoderUnprepared:
                    self.is_unprepared = True
                except HushError as error:
                    self.error = error
                else:
                    self._encoder = encoder
            return self._encoder

    def fail(self, error: HushError) -> None:
        """Note that it does not work: it is not asked again. One text alone says nothing of it."""
        if isinstance(error, TextUnreadable):
            return
        self.error = error
        self.close()

    def close(self) -> None:
        """Free it. Safe to call twice."""
        with self._lock:
            encoder, self._encoder = self._encoder, None
        if encoder:
            encoder.close()


class Lane:
    """One edition in memory.

    Args:
        vault: Where its rows are.
        edition: Which.
        encoder: Its embedding model; None where that is not there any more.
    """

    def __init__(self, vault: Vault, edition: Edition, encoder: WarmEncoder | None) -> None:
        self.edition = edition
        self.encoder = encoder
        self.lengths = Lengths()
        self.vectors: VectorIndex | None = None
        self.unreadable: set[int] = set()  # passages that the model fails at, since the start
        self.frequent = Frequent()
        self._sampled: list[list[str]] = []  # the words of each passage that was looked through
        self._vault = vault

    @property
    def id(self) -> int:
        """The edition's id."""
        return self.edition.id

    @property
    def nbytes(self) -> int:
        """What it takes in memory, but for the model."""
        return self.lengths.nbytes + (self.vectors.nbytes if self.vectors else 0)

    def counts(self) -> Counts:
        """How far the edition is, as far as it is in memory."""
        return Counts(len(self.lengths), len(self.vectors) if self.vectors else 0)

    def load(self) -> None:
        """Read it all, in slices. Not on the store thread."""
        # First: one that gets its vector meanwhile comes twice then, and not never.
        ids, lengths = self._vault.read(
            lambda c: passage_rows.lengths_without_vector(c, self.id)
        ).result()
        read = [(numbers(ids), numbers(lengths))]
        self._load(lambda ids, lengths: read.append((ids, lengths)))
        self.lengths = Lengths.of(
            np.concatenate([one[0] for one in read]), np.concatenate([one[1] for one in read])
        )

    def load_vectors(self) -> None:
        """Read the vectors, in slices; those that were in memory serve until then."""
        self._load(lambda _ids, _lengths: None)

    def _load(self, hear: Callable[[Ids, Ids], None]) -> None:
        """Read the vectors; ``hear`` gets ids and lengths of the passages that have one."""
        counted = self._vault.read(lambda c: edition_rows.counts(c, self.id))
        sampling = self._vault.read(lambda c: vector_rows.sample(c, self.id, _SAMPLE))
        coming = self._slice((0, 0))
        sampled = sampling.result()
        if not sampled:
            self.vectors = None
            return
        vectors = VectorIndex(len(sampled[0]), self._fetch)
        vectors.expect(counted.result().encoded, _codes(b"".join(sampled), len(sampled[0])))
        while (part := coming.result()).codes:
            # The store reads and decrypts the next slice while this one is taken in.
            coming = self._slice(part.last)
            ids = numbers(part.passages)
            vectors.add(ids, _codes(part.codes, vectors.dimensions), numbers(part.vectors))
            hear(ids, numbers(part.lengths))
        self.vectors = vectors

    def sample_some(self, terms: Terms) -> bool:
        """Find out, a little at a time, which words are frequent; whether that goes on."""
        if len(self.lengths) < max(SAMPLED_FROM, _GROWN * self.frequent.of):
            return False  # what was found out before still holds
        wanted = self.lengths.some(SAMPLED)[len(self._sampled) :][:_SAMPLED_AT_ONCE]
        if wanted:
            texts = self._vault.read(lambda c: passage_rows.texts(c, wanted), patient=True)
            words = [terms.different(text) for text in texts.result()]
            self._sampled += words + [[] for _ in wanted[len(words) :]]  # what is gone has none
            return True
        self.frequent, self._sampled = Frequent(self._sampled, len(self.lengths)), []
        return False

    def add(self, lengths: Mapping[int, int]) -> None:
        """Take over passages that were written."""
        self.lengths.add(lengths)

    def add_vectors(self, passages: Sequence[int], codes: Codes, vectors: Sequence[int]) -> None:
        """Take over vectors that were written."""
        if not len(passages):
            return
        if self.vectors is None:
            self.vectors = VectorIndex(codes.shape[1], self._fetch)
        self.vectors.add(passages, codes, vectors)
        if self.vectors.has_outgrown:
            self.load_vectors()

    def remove(self, passages: Sequence[int]) -> None:
        """Forget passages that were deleted."""
        self.lengths.remove(passages)
        self.unreadable.difference_update(passages)
        if self.vectors is not None:
            self.vectors.remove(passages)

    def close(self) -> None:
        """Drop all of it from memory."""
        self.lengths, self.vectors = Lengths(), None
        if self.encoder:
            self.encoder.close()

    def _slice(self, after: tuple[int, int]) -> Future[vector_rows.Slice]:
        return self._vault.read(lambda c: vector_rows.read_slice(c, self.id, after, _SLICE))

    def _fetch(self, vectors: Ids) -> tuple[Ids, Codes]:
        wanted = [int(one) for one in vectors]
        found = self._vault.read(lambda c: vector_rows.codes(c, wanted)).result()
        size = len(found[0][1]) if found else 0
        ids = np.array([one[0] for one in found], np.int64)
        return ids, _codes(b"".join(one[1] for one in found), size)


def _codes(data: bytes, dimensions: int) -> Codes:
    """Codes that stand one after the other, ``[n, dimensions]``."""
    return np.frombuffer(data, np.int8).reshape(-1, max(1, dimensions))
