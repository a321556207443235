"""What the indexer's thread does, one small part at a time, each of them one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from assistant.courtesy import GiveWay, nobody_draws
from assistant.embed.panics import is_survivable
from assistant.embed.protocol import EncoderSource
from assistant.errors import EncoderError
from assistant.log import log_event
from assistant.power.plan import Plan
from assistant.search.ahead import Ahead
from assistant.search.lanes import Lane, WarmEncoder
from assistant.search.merging import Merging
from assistant.search.passages import PassageText, plain_spans, split
from assistant.search.records import IndexState, IndexStatus
from assistant.search.terms import Terms
from assistant.search.vocabulary import Vocabulary
from assistant.store import edition_rows, passage_rows, vector_rows
from assistant.store.edition_rows import Counts, Edition, EditionState
from assistant.store.passage_rows import Added, Waiting
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

_OWNERS: Final = 32
_CHARACTERS: Final = 200_000  # of notes and messages that are read at once
_PASSAGES: Final = 100
"""Written in one transaction: about 10 ms, in which a search has to wait for the store."""

_MET: Final = 20_000
"""Words that the vocabulary is not asked for again: most of a text's, at 10 µs each."""

_DROPPED: Final = 100  # passages of an edition that leaves, deleted in one transaction
_NOT_HERE: Final = "What is new is indexed while Hush is open, or with “hush index update”."


class Work:
    """Loads the index and works on it. All of it on one thread, but for what search reads.

    Args:
        vault: Open.
        source: The embedding model that is chosen.
        writes: Whether the vault may be written to.
        give_way: Called between pieces of work.

    Raises:
        HushError: the store failed.
    """

    def __init__(
        self,
        vault: Vault,
        source: EncoderSource,
        *,
        writes: bool,
        give_way: GiveWay = nobody_draws,
    ) -> None:
        self._vault = vault
        self._writes = writes
        self._give_way = give_way
        self._leaving = True  # perhaps something is
        self._met: set[str] = set()  # words that the vocabulary was asked for
        self.terms = Terms()
        self.merging = Merging(vault)
        self.serving: Lane | None = None
        self._building: Lane | None = None
        self._ahead = Ahead(vault)
        words = vault.read(passage_rows.terms)
        if writes:  # nothing is in memory yet; on a full disk, all of it is taken out later
            vault.write(passage_rows.take_gone)
        # The store reads and decrypts meanwhile, so that this costs next to no time of its own.
        with ThreadPoolExecutor(1, "encoder-opening") as aside:
            chosen = aside.submit(WarmEncoder, source)
            edition = vault.read(edition_rows.serving).result()
            self.serving = self._loaded(edition) if edition else None
            self.vocabulary = Vocabulary(words.result())
            self._chosen = chosen.result()
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
        if not self._vault.read(passage_rows.is_gone, patient=True).result():
            return False
        gone = self._vault.write(passage_rows.take_gone).result()
        for lane in self._lanes():
            lane.remove(gone)
        return True

    def split_some(self) -> bool:
        """Cut some of what waits into passages, and write them."""
        waiting = self._vault.read(
            lambda c: passage_rows.waiting(c, _OWNERS, _CHARACTERS), patient=True
        ).result()
        for batch in _batches(waiting):
            self._write(batch)
        if waiting:
            self.merging.begin()
        return bool(waiting)

    def sample_some(self) -> bool:
        """Find out which words are frequent, for whoever searches."""
        self._give_way()
        return self.serving is not None and self.serving.sample_some(self.terms)

    def encode_ahead(self) -> None:
        """Have passages encoded that have no vector, those first that are searched.

        Other threads compute; this one does something else meanwhile.
        """
        self._give_way()
        self._ahead.go_on(self._lanes())

    def encode_rest(self) -> bool:
        """Wait for some of what was begun; False where there is nothing of it left."""
        return self._ahead.finish(self._lanes())

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
        done = self._vault.write(
            lambda c: edition_rows.drop_some(c, _DROPPED), patient=True
        ).result()
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
        waits = self._vault.read(passage_rows.is_waiting, patient=True).result()
        if lane is None:  # read only, and nothing was ever indexed
            nothing = IndexStatus(IndexState.READY)
            return replace(nothing, state=IndexState.PAUSED, reason=_NOT_HERE) if waits else nothing
        counts, unreadable = lane.counts(), len(lane.unreadable)
        unfinished = counts.encoded + unreadable < counts.passages
        state, reason = self._state(plan, prepared, waits=waits, unfinished=unfinished)
        notes, left = self._notes(lane) if waits else (0, 0)
        return IndexStatus(
            state,
            counts.passages,
            counts.encoded,
            lane.encoder.name if lane.encoder else "",
            reason,
            self._chosen.name if self._building else "",
            self._built(counts),
            unreadable,
            notes if left else 0,
            left,
        )

    def close(self) -> None:
        """Drop it all from memory."""
        self._ahead.close()
        for lane in self._lanes():
            lane.close()
        self._chosen.close()
        self.terms.close()

    def _notes(self, lane: Lane) -> tuple[int, int]:
        """How many notes there are, and how many the edition that serves lacks."""
        new_only = self._building is not None
        return self._vault.read(
            lambda c: passage_rows.count_notes(c, lane.id, new_only=new_only), patient=True
        ).result()

    def _built(self, served: Counts) -> float:
        """The share that is done of what is built beside, which may not have all passages yet."""
        if self._building is None:
            return 0.0
        built = self._building.counts()
        done = built.encoded + len(self._building.unreadable)
        return done / max(1, built.passages, served.passages)

    def _state(
        self, plan: Plan, prepared: float | None, *, waits: bool, unfinished: bool
    ) -> tuple[IndexState, str]:
        serves = self.serving and self.serving.encoder and not self.serving.encoder.error
        if self._chosen.error:
            state = IndexState.READY if serves else IndexState.WORDS_ONLY
            return state, self._chosen.error.sentence
        if prepared is not None:
            return IndexState.PREPARING, f"The embedding model is {prepared:.0%} ready."
        if waits and self._writes:
            return IndexState.WORKING, ""
        if waits or (unfinished and not self._writes):
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
        lane = self.serving
        if lane is None or lane.id != served.id:
            lane = self._loaded(served)
        if lane.encoder is None or served.encoder == key:
            lane.encoder = self._encoder_of(served)
        self.serving = lane
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
        lane = self._loaded(going_on)
        lane.encoder = self._chosen
        return lane

    def _loaded(self, edition: Edition) -> Lane:
        lane = Lane(self._vault, edition, None)
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

    def _write(self, batch: list[Waiting]) -> None:
        cut = []
        for owner in batch:
            self._give_way()
            cut.append((owner, _cut(owner, self._lanes(), self._chosen)))
        self._give_way()
        text = "\n".join(f"{owner.title}\n{owner.text}" for owner in batch)
        words = self.vocabulary.short(self.terms.different(text))
        unfinished = True
        while unfinished:
            self._give_way()
            added = self._vault.write(lambda c: _put(c, cut, words)).result()
            for one in added:
                for lane in self._lanes():
                    if lane.id == one.edition_id:
                        lane.add(one.lengths)
            unfinished = any(not one.is_all for one in added)
        fresh = [word for word in words if word not in self._met]
        self.vocabulary.add(self.vocabulary.missing(fresh))
        if len(self._met) > _MET:
            self._met.clear()
        self._met.update(fresh)

    def _is_unfinished(self, lane: Lane) -> bool:
        waits = self._vault.read(passage_rows.is_waiting)
        pending = self._vault.read(lambda c: vector_rows.pending(c, lane.id, 1, lane.unreadable))
        return waits.result() or bool(pending.result())


def _batches(waiting: list[Waiting]) -> Iterator[list[Waiting]]:
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


def _cut(
    owner: Waiting, lanes: Sequence[Lane], chosen: WarmEncoder
) -> dict[int, list[PassageText]]:
    """Into passages for each edition."""
    found = {}
    for lane in lanes:
        encoder = lane.encoder or chosen
        try:
            found[lane.id] = split(owner.text, encoder.spans, encoder.limit, title=owner.title)
        except BaseException as error:
            if not is_survivable(error):
                raise
            log_event("index.not_split", kind=owner.kind.value)
            found[lane.id] = split(owner.text, plain_spans, encoder.limit, title=owner.title)
    return found


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
