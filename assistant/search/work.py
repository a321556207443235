"""What the indexer's thread does, one small part at a time, each of them one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from assistant.embed.protocol import EncoderSource
from assistant.engine.process import physical_cores
from assistant.errors import EncoderError, HushError
from assistant.power.plan import Plan
from assistant.search.lanes import Lane, WarmEncoder
from assistant.search.passages import PassageText, split
from assistant.search.records import IndexState, IndexStatus
from assistant.search.terms import Terms
from assistant.search.vector_index import codes_of
from assistant.search.vocabulary import Vocabulary
from assistant.store import edition_rows, passage_rows, vector_rows
from assistant.store.edition_rows import Edition, EditionState
from assistant.store.passage_rows import Added, Waiting
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

_OWNERS: Final = 32
_CHARACTERS: Final = 200_000  # of notes and messages that are read at once
_PASSAGES: Final = 100
"""Written in one transaction: about 10 ms, in which a search has to wait for the store."""

_ENCODED: Final = 16
"""Passages encoded between two looks at the plan: a tenth of a second."""

_DROPPED: Final = 100  # passages of an edition that leaves, deleted in one transaction
_NOT_HERE: Final = "What is new is indexed while Hush is open, or with “hush index update”."
_SEPARATOR: Final = "\n"  # between context and text, as they are encoded


class Work:
    """Loads the index and works on it. All of it on one thread, but for what search reads.

    Args:
        vault: Open.
        source: The embedding model that is chosen.
        writes: Whether the vault may be written to.

    Raises:
        HushError: the store failed.
    """

    def __init__(
        self,
        vault: Vault,
        source: EncoderSource,
        *,
        writes: bool,
    ) -> None:
        self._vault = vault
        self._writes = writes
        self._chosen = WarmEncoder(source)
        self._leaving = True  # perhaps something is
        self.terms = Terms()
        self.vocabulary = Vocabulary(vault.read(passage_rows.terms).result())
        self.serving: Lane | None = None
        self._building: Lane | None = None
        if writes:
            vault.write(passage_rows.take_gone).result()  # nothing is in memory yet
        self._settle_editions()

    @property
    def unprepared(self) -> WarmEncoder | None:
        """The model that has to be exported before it can be used."""
        return self._chosen if self._chosen.is_unprepared else None

    def choose(self, source: EncoderSource) -> None:
        """Use another embedding model."""
        before, self._chosen = self._chosen, WarmEncoder(source)
        if self._chosen.key == before.key and before.error is None:
            self._chosen = before
            return
        self._settle_editions()
        if not any(lane.encoder is before for lane in self._lanes()):
            before.close()

    def rebuild(self) -> None:
        """Begin an edition beside the one that serves, unless one is being built."""
        if self.serving and not self._building and not self._chosen.error:
            edition = self._begin(self._chosen.key, EditionState.BUILDING)
            self._building = Lane(self._vault, edition, self._chosen)

    def forget_gone(self) -> bool:
        """Take out of memory what was deleted."""
        if not self._vault.read(passage_rows.is_gone).result():
            return False
        gone = self._vault.write(passage_rows.take_gone).result()
        for lane in self._lanes():
            lane.remove(gone)
        return True

    def split_some(self) -> bool:
        """Cut some of what waits into passages, and write them."""
        waiting = self._vault.read(lambda c: passage_rows.waiting(c, _OWNERS, _CHARACTERS)).result()
        for batch in self._batches(waiting):
            self._write(batch)
        return bool(waiting)

    def encode_some(self) -> bool:
        """Encode some passages that have no vector: those that are searched first."""
        return any(self._encode_some(lane) for lane in self._lanes())

    def promote(self) -> bool:
        """Let what was built beside serve, once all of it is done."""
        lane = self._building
        if lane is None or self._is_unfinished(lane):
            return False
        self._vault.write(lambda c: edition_rows.promote(c, lane.id)).result()
        before, self.serving, self._building = self.serving, lane, None
        if before and before.encoder is not lane.encoder:
            before.close()
        self._leaving = True
        return True

    def drop_some(self) -> bool:
        """Delete some of what was replaced."""
        if not self._leaving:
            return False
        done = self._vault.write(lambda c: edition_rows.drop_some(c, _DROPPED)).result()
        self._leaving = not done
        return not done

    @property
    def wants_meaning(self) -> bool:
        """Whether there is any passage that could have a vector."""
        return any(lane.counts().passages for lane in self._lanes())

    def status(self, plan: Plan, prepared: float | None) -> IndexStatus:
        """How far it all is.

        Args:
            plan: The governor's.
            prepared: How far the export of the model is; None where none is under way.
        """
        lane = self.serving
        if lane is None:  # read only, and nothing was ever indexed
            return IndexStatus(IndexState.READY)
        counts = lane.counts()
        state, reason = self._state(plan, prepared, unfinished=counts.encoded < counts.passages)
        built = self._building.counts() if self._building else None
        return IndexStatus(
            state,
            counts.passages,
            counts.encoded,
            lane.encoder.name if lane.encoder else "",
            reason,
            self._chosen.name if built else "",
            built.encoded / max(1, built.passages) if built else 0.0,
        )

    def close(self) -> None:
        """Drop it all from memory."""
        for lane in self._lanes():
            lane.close()
        self._chosen.close()
        self.terms.close()

    def _state(
        self, plan: Plan, prepared: float | None, *, unfinished: bool
    ) -> tuple[IndexState, str]:
        serves = self.serving and self.serving.encoder and not self.serving.encoder.error
        if self._chosen.error:
            state = IndexState.READY if serves else IndexState.WORDS_ONLY
            return state, self._chosen.error.sentence
        if prepared is not None:
            return IndexState.PREPARING, f"The embedding model is {prepared:.0%} ready."
        waiting = self._vault.read(passage_rows.count_waiting).result()
        if waiting and self._writes:
            return IndexState.WORKING, ""
        if waiting or (unfinished and not self._writes):
            return IndexState.PAUSED, _NOT_HERE
        is_ready = not unfinished and not self._building
        if is_ready and not (self._chosen.is_unprepared and self.wants_meaning):
            return IndexState.READY, ""
        if not plan.background_allowed:
            return IndexState.PAUSED, plan.words
        if self._chosen.is_unprepared:
            return IndexState.PREPARING, ""
        return IndexState.WORKING, ""

    def _settle_editions(self) -> None:
        """Find out which edition serves and which is being built, for the model that is chosen."""
        editions = self._vault.read(edition_rows.list_all).result()
        served = next((one for one in editions if one.state is EditionState.SERVING), None)
        built = [one for one in editions if one.state is EditionState.BUILDING]
        key = self._chosen.key
        if served is None:
            if not self._writes:
                return
            served = self._begin(key, EditionState.SERVING)
        if self.serving is None or self.serving.id != served.id:
            lane = Lane(self._vault, served, self._encoder_of(served))
            lane.load()
            self.serving = lane
        elif served.encoder == key:
            self.serving.encoder = self._chosen
        if self._writes and key:
            self._building = self._build(served, built)

    def _build(self, served: Edition, built: list[Edition]) -> Lane | None:
        """What is to be built beside: the model that is chosen, where another one serves."""
        going_on = None
        for edition in built:
            if edition.encoder == self._chosen.key and going_on is None:
                going_on = edition
            else:
                self._dismiss(edition)
        if going_on is None:
            if served.encoder == self._chosen.key:
                return None
            going_on = self._begin(self._chosen.key, EditionState.BUILDING)
        lane = Lane(self._vault, going_on, self._chosen)
        lane.load()
        return lane

    def _begin(self, key: str, state: EditionState) -> Edition:
        return self._vault.write(lambda c: edition_rows.begin(c, key, state)).result()

    def _dismiss(self, edition: Edition) -> None:
        self._vault.write(lambda c: edition_rows.dismiss(c, edition.id)).result()
        self._leaving = True

    def _encoder_of(self, edition: Edition) -> WarmEncoder | None:
        if edition.encoder == self._chosen.key:
            return self._chosen
        source = self._chosen.source
        try:
            encoder = source.open_earlier(edition.encoder) if edition.encoder else None
        except EncoderError:
            return None
        return WarmEncoder(source, encoder) if encoder else None

    def _lanes(self) -> list[Lane]:
        return [lane for lane in (self.serving, self._building) if lane]

    def _batches(self, waiting: list[Waiting]) -> Iterator[list[Waiting]]:
        """One by one where they are long, else some together: a commit waits for the disk."""
        batch: list[Waiting] = []
        size = 0
        for owner in waiting:
            batch.append(owner)
            size += len(owner.text)
            if size >= _CHARACTERS // 10:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _write(self, batch: list[Waiting]) -> None:
        cut = [(owner, self._cut(owner)) for owner in batch]
        text = "\n".join(f"{owner.title}\n{owner.text}" for owner in batch)
        words = self.vocabulary.short(self.terms.different(text))
        unfinished = True
        while unfinished:
            added = self._vault.write(lambda c: _put(c, cut, words)).result()
            for one in added:
                for lane in self._lanes():
                    if lane.id == one.edition_id:
                        lane.add(one.lengths)
            unfinished = any(not one.is_all for one in added)
        self.vocabulary.add(self.vocabulary.missing(words))

    def _cut(self, owner: Waiting) -> dict[int, list[PassageText]]:
        """Into passages for each edition."""
        found = {}
        for lane in self._lanes():
            encoder = lane.encoder or self._chosen
            found[lane.id] = split(owner.text, encoder.spans, encoder.limit, title=owner.title)
        return found

    def _encode_some(self, lane: Lane) -> bool:
        encoder = lane.encoder
        if encoder is None or encoder.error or encoder.key != lane.edition.encoder:
            return False
        pending = self._vault.read(lambda c: vector_rows.pending(c, lane.id, _ENCODED)).result()
        model = encoder.get() if pending else None
        if model is None:
            return False
        new = {one.hash: one for one in pending if one.code is None}
        texts = [f"{one.context}{_SEPARATOR}{one.text}".strip() for one in new.values()]
        try:
            made = codes_of(model.encode(texts, threads=physical_cores())) if texts else None
        except HushError as error:
            encoder.fail(error)
            return False
        known = {one.hash: one.code for one in pending if one.code is not None}
        if made is not None:
            known |= {digest: row.tobytes() for digest, row in zip(new, made, strict=True)}
        rows = [(one.id, one.hash, known[one.hash]) for one in pending]
        vectors = self._vault.write(lambda c: vector_rows.put(c, lane.id, rows)).result()
        there = [(row, vector) for row, vector in zip(rows, vectors, strict=True) if vector]
        if there:
            codes = np.frombuffer(b"".join(row[2] for row, _ in there), np.int8)
            lane.add_vectors(
                [row[0] for row, _ in there],
                codes.reshape(len(there), -1),
                [vector for _, vector in there],
            )
        return True

    def _is_unfinished(self, lane: Lane) -> bool:
        return (
            self._vault.read(passage_rows.is_waiting).result()
            or self._vault.read(lambda c: vector_rows.is_pending(c, lane.id)).result()
        )


def _put(
    connection: Connection,
    cut: Sequence[tuple[Waiting, Mapping[int, Sequence[PassageText]]]],
    words: Sequence[str],
) -> list[Added]:
    """Write a part of what was cut; the same call again writes the next.

    ``words`` are all of them, also those that memory knows: a scrub may have taken a row away.
    """
    passage_rows.add_terms(connection, words)
    done: list[Added] = []
    for owner, passages in cut:
        left = _PASSAGES - sum(len(one.lengths) for one in done)
        done += passage_rows.put(connection, owner, passages, left)
    return done
