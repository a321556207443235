"""Passages on their way to vectors: computed aside, while the indexer reads, splits and writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assistant.errors import HushError
from assistant.search.encoding import codes_by_hash
from assistant.search.lanes import Lane, WarmEncoder
from assistant.store import vector_rows
from assistant.store.vault import Vault
from assistant.store.vector_rows import Pending

_PASSAGES: Final = 8
"""Of a batch: with both batches a fifth of a second, after which another plan is obeyed."""

_BATCHES: Final = 2
"""Under way at once: the processor goes on with the second while the first one is written."""


@dataclass(frozen=True, slots=True)
class _Batch:
    lane: Lane
    encoder: WarmEncoder
    pending: Sequence[Pending] = field(repr=False)
    codes: Future[dict[bytes, bytes]] = field(repr=False)


class Ahead:
    """Encodes passages of some editions. All of it on one thread, but for what is computed.

    Args:
        vault: Where they are, and where their vectors go.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._batches: deque[_Batch] = deque()
        self._aside = ThreadPoolExecutor(_BATCHES, "encoding")

    def go_on(self, lanes: Sequence[Lane]) -> None:
        """Write what is computed and begin with what is next. Waits for no computation.

        Args:
            lanes: The editions there are, those first that are searched.
        """
        while self._batches and self._batches[0].codes.done():
            self.finish(lanes)
        while len(self._batches) < _BATCHES:
            begun = next((batch for lane in lanes if (batch := self._begin(lane))), None)
            if begun is None:
                break
            self._batches.append(begun)

    def finish(self, lanes: Sequence[Lane]) -> bool:
        """Wait for the batch that began first, and write it; False where none is under way.

        Args:
            lanes: As above. Of another edition nothing is kept.
        """
        if not self._batches:
            return False
        batch = self._batches.popleft()
        try:
            codes = batch.codes.result()
        except HushError as error:
            batch.encoder.fail(error)
            return True
        if any(lane is batch.lane for lane in lanes):
            self._keep(batch, codes)
        return True

    def close(self) -> None:
        """Begin nothing more; what is under way is not written."""
        self._aside.shutdown(wait=False, cancel_futures=True)
        self._batches.clear()

    def _begin(self, lane: Lane) -> _Batch | None:
        encoder = lane.encoder
        if encoder is None or encoder.error or encoder.key != lane.edition.encoder:
            return None
        but = lane.unreadable.union(
            *({one.id for one in batch.pending} for batch in self._batches if batch.lane is lane)
        )
        pending = self._vault.read(
            lambda c: vector_rows.pending(c, lane.id, _PASSAGES, but), patient=True
        ).result()
        model = encoder.get() if pending else None
        if model is None:
            return None
        new = {one.hash: one for one in pending if one.code is None}
        codes = self._aside.submit(codes_by_hash, model, list(new.values()))
        return _Batch(lane, encoder, pending, codes)

    def _keep(self, batch: _Batch, codes: dict[bytes, bytes]) -> None:
        lane, pending = batch.lane, batch.pending
        known = {one.hash: one.code for one in pending if one.code is not None} | codes
        lane.unreadable.update(one.id for one in pending if one.hash not in known)
        rows = [(one.id, one.hash, known[one.hash]) for one in pending if one.hash in known]
        vectors = self._vault.write(
            lambda c: vector_rows.put(c, lane.id, rows), patient=True
        ).result()
        there = [(row, vector) for row, vector in zip(rows, vectors, strict=True) if vector]
        if there:
            numbers = np.frombuffer(b"".join(row[2] for row, _ in there), np.int8)
            lane.add_vectors(
                [row[0] for row, _ in there],
                numbers.reshape(len(there), -1),
                [vector for _, vector in there],
            )
