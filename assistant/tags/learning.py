"""The tag model of a vault, built when it is first needed and kept in step with the rows.

What changed stands in a queue in the vault; the model itself is in memory alone. So there is
nothing to be lost, and a kill only has it built anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from assistant.errors import HushError, NotFound, VaultLocked
from assistant.search.records import IndexState
from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Labels
from assistant.store.tag_learning_rows import Said, TagRow
from assistant.store.vault import Vault
from assistant.tags.calibration import FIRST, Calibration
from assistant.tags.features import Features, NoteText, Reader
from assistant.tags.model import Reasons, Scored, TagModel
from assistant.tags.name_vectors import NameVectors
from assistant.tags.names import TagName
from assistant.tags.note_texts import Embed, NoteTexts, Read
from assistant.tags.slices import Long
from assistant.tags.teachers import chosen, verdicts_of
from assistant.tags.verdicts import Verdicts

_CALIBRATION: Final = "calibration"
_COUNT: Final = struct.Struct("<q")

CALIBRATE_AFTER: Final = 20
"""Notes that were learned since the last time: then probabilities are fitted anew."""

_CALIBRATE_EARLY: Final = 3  # the same, where a few are much of all that there are
_QUICK: Final = 100  # taught notes, to which they are fitted in a tenth of a second

_QUEUE: Final = 100  # notes that are taken at once, with what they teach
_TAUGHT_AT_ONCE: Final = 2  # of those that wait; each takes some ten milliseconds
_ANEW: Final = 64
"""So many notes to learn at once, and half as many as were taught: building anew is quicker."""

_KEPT: Final = 32  # notes whose features are kept: whoever decides has just seen the suggestion
_LIMIT: Final = 64  # tags that are scored for one note


@dataclass(frozen=True, slots=True)
class Looked:
    """What the model says of one note.

    Attributes:
        read: The note.
        scored: Tags, the most probable first.
        names: What these are called.
    """

    read: Read = field(repr=False)
    scored: Sequence[Scored]
    names: Mapping[int, str] = field(repr=False)

    @property
    def is_worth_saying(self) -> bool:
        """It is not empty, and its meaning is known."""
        return self.read.is_ready and bool(self.read.row.text.strip() or self.read.row.title)


class Learner:
    """All of it on one thread, the tags'.

    Args:
        vault: Open for writing.
        embed: The texts' vectors; None where there is no embedding model now.
        index: How far the index is.
        is_closing: Whether to end: asked within what takes long.
    """

    def __init__(
        self,
        vault: Vault,
        embed: Embed,
        index: Callable[[], IndexState],
        is_closing: Callable[[], bool],
    ) -> None:
        self._vault = vault
        self._is_closing = is_closing
        self._index = index
        self._notes = NoteTexts(vault, embed, index)
        self._vectors = NameVectors(vault, embed)
        self._model: TagModel | None = None
        self._reader: Reader | None = None
        self._tags: list[TagRow] = []
        self._names: dict[int, str] = {}
        self._building: Iterator[float] | None = None
        self._is_stale = False
        self._to_teach: dict[int, Verdicts] = {}
        self._late: dict[int, Verdicts] = {}  # their meaning is not known yet
        self._features: dict[int, tuple[tuple[int, int], Features]] = {}
        self._said: set[int] = set()  # notes of which the person said something
        self._since = 0  # notes that were learned since the calibration
        self._shares: Mapping[int, float] | None = None
        self._settles = False
        self._is_retargeted = False  # tags are others, of which notes have to hear
        self.has_news = False
        """Something was learned: what is suggested may be different. Whoever tells sets it back."""

    # Building -----------------------------------------------------------------------------

    @property
    def is_built(self) -> bool:
        """Whether there is a model, however old."""
        return self._model is not None

    def prepare(self) -> Long:
        """In slices: build the model where there is none, learn what waits, calibrate."""
        while self._build_some():
            yield 0.0
        self.keep_up()
        while self.teach_some():
            yield 0.0
        while self.settle_some():
            yield 0.0
        if self.is_calibration_due:
            self.calibrate()
            yield 0.0

    def ensure(self) -> TagModel:
        """The model, built now where there is none.

        Raises:
            VaultLocked: it is closing.
        """
        while self._model is None and self._build_some():
            if self._is_closing():
                raise VaultLocked("The vault is closed.")
        if self._model is None:
            raise HushError("There is no tag model.")
        return self._model

    def forget(self) -> None:
        """Drop the model: it is built anew from the rows."""
        self._model = self._reader = None
        self._building = None
        self._shares = None
        self._features.clear()
        self._to_teach.clear()
        self._late.clear()

    def _build_some(self) -> bool:
        """Do a slice of building; False where there is nothing to build."""
        if self._building is None:
            if self._model is not None and not self._is_stale:
                return False
            self._building = self._build()
        try:
            next(self._building)
        except StopIteration:
            self._building = None
        except BaseException:
            self._building = None
            raise
        return True

    def _build(self) -> Iterator[float]:
        self._is_stale = False
        self._notes.look()
        self._to_teach.clear()
        self._late.clear()
        while self._vault.write(_empty_queue, patient=True).result():
            yield 0.0
        self._read_tags()
        while self._vectors.encode_some() and not self._is_closing():
            yield 0.0
        reader = Reader.of(self._all_notes())
        yield 0.0
        pairs: list[tuple[Features, Verdicts]] = []
        verdicts = yield from chosen(self._vault)
        late: dict[int, Verdicts] = {}
        order = list(verdicts)
        for at in range(0, len(order), _TAUGHT_AT_ONCE * 8):
            for read in self._notes.some(order[at : at + _TAUGHT_AT_ONCE * 8]):
                if read.is_ready:
                    pairs.append((reader.read(read.note), self._known(verdicts[read.row.id])))
                else:
                    late[read.row.id] = verdicts[read.row.id]
            yield 0.0
        place = {note_id: number for number, note_id in enumerate(order)}
        pairs.sort(key=lambda pair: place[pair[0].id])
        model = TagModel(reader, self._tag_names())
        model.teach_all(pairs)
        yield 0.0
        self._load_calibration(model)
        self._model, self._reader = model, reader
        self._features.clear()
        self._said = {note_id for note_id, said in verdicts.items() if said.is_said}
        self._late |= late
        self._settles = self.has_news = True

    def _all_notes(self) -> Iterator[NoteText]:
        last = 0
        while ids := self._notes.after(last):
            if self._is_closing():
                raise VaultLocked("The vault is closed.")
            for read in self._notes.some(ids):
                yield read.note
            last = ids[-1]

    def _load_calibration(self, model: TagModel) -> None:
        data = self._vault.read(lambda c: tag_label_rows.state(c, _CALIBRATION)).result()
        found = Calibration.from_bytes(data[_COUNT.size :]) if data else None
        self._since = model.taught
        if data and found:
            model.calibration = found
            self._since = abs(model.taught - _COUNT.unpack_from(data)[0])

    # Tags ---------------------------------------------------------------------------------

    def _read_tags(self) -> bool:
        """Read which tags there are; whether they are others than before."""
        found = self._vault.read(tag_learning_rows.tags).result()
        if found == self._tags:
            return False
        self._tags = found
        self._names = {tag.id: tag.name for tag in found}
        self._vectors.of(found, self._encoder)
        return True

    @property
    def _encoder(self) -> str:
        return self._notes.edition.encoder if self._notes.edition else ""

    def _tag_names(self) -> list[TagName]:
        vectors = self._vectors.of(self._tags, self._encoder)
        return [
            TagName(tag.id, tag.name, tag.description, vectors.get(tag.id)) for tag in self._tags
        ]

    def _retarget(self) -> None:
        if self._model:
            self._model.set_tags(self._tag_names())
            self._settles = self._is_retargeted = self.has_news = True

    def _known(self, verdicts: Verdicts) -> Verdicts:
        """Without tags that there are no more, or that only notes in the trash have."""
        there = self._names.keys()
        return Verdicts(
            verdicts.accepted & there, verdicts.rejected & there, verdicts.proposed & there
        )

    # Keeping up ---------------------------------------------------------------------------

    def keep_up(self, first: int | None = None) -> None:
        """Take note of what changed, and learn one note at once where it did.

        Args:
            first: Somebody looks at this note.
        """
        self._follow_edition()
        if self._model is None:
            return  # it is built from all there is
        taken = False
        while labels := self._vault.write(_take).result():
            taken = True
            for one in labels:
                self._hear(one)
            if len(labels) < _QUEUE:
                break
        if self._read_tags():
            self._retarget()
        if taken:
            self._look_whether_stale()
        if first is not None and first in self._to_teach:
            self._teach([first])

    def index_changed(self) -> None:
        """The index is further: what was not understood may be."""
        self._follow_edition()
        if self._notes.is_indexed:
            self._to_teach |= self._late
            self._late.clear()
            self._look_whether_stale()

    def teach_some(self) -> bool:
        """Learn some of the notes that wait; whether there are more."""
        some = list(self._to_teach)[:_TAUGHT_AT_ONCE]
        self._teach(some)
        return bool(self._to_teach)

    @property
    def is_unsettled(self) -> bool:
        """Whether there is something that the model put off, or a name without a vector."""
        return self._settles or not self._vectors.is_complete

    def settle_some(self) -> bool:
        """Do some of what the model put off, and make vectors of names; whether there is more."""
        if self._model is None:
            return False
        if self._settles:
            self._settles = self._model.settle()
            self.has_news = self.has_news or (self._is_retargeted and not self._settles)
            self._is_retargeted = self._is_retargeted and self._settles
            return True
        if self._vectors.is_complete or not self._vectors.encode_some():
            return False
        if self._vectors.is_complete:
            self._retarget()
        return True

    def rebuild_some(self) -> bool:
        """Do a slice of building anew, where that is due; the old model serves meanwhile."""
        return (self._is_stale or self._building is not None) and self._build_some()

    def _follow_edition(self) -> None:
        """Vectors of another embedding model cannot be compared with those of the one before."""
        had = self._notes.edition
        if self._notes.look() and self._model:
            self._is_stale = True
            if had is not None:
                self.forget()

    def _hear(self, labels: Labels) -> None:
        verdicts = verdicts_of(labels)
        note_id = labels.note_id
        self._late.pop(note_id, None)
        (self._said.add if verdicts.is_said else self._said.discard)(note_id)
        if verdicts.is_empty:
            self._to_teach.pop(note_id, None)
            if self._model:
                self._model.forget(note_id)
        else:
            self._to_teach[note_id] = verdicts

    def _look_whether_stale(self) -> None:
        model, reader = self._model, self._reader
        if model is None or reader is None:
            return
        many = len(self._to_teach) > max(_ANEW, model.taught // 2)
        notes = self._vault.read(_count).result()
        gained_meaning = (
            not reader.dimensions and self._index() is IndexState.READY and bool(self._encoder)
        )
        self._is_stale = self._is_stale or many or reader.outgrown(notes) or gained_meaning

    def _teach(self, ids: Sequence[int]) -> None:
        model = self._model
        if model is None or not ids:
            return
        waiting = {note_id: self._to_teach.pop(note_id) for note_id in ids}
        for read in self._notes.some(waiting):
            verdicts = self._known(waiting[read.row.id])
            features = self._seen(read)
            if verdicts.is_empty:
                model.forget(read.row.id)
            elif read.is_ready or features is not None:
                model.teach(features or self._read(read), verdicts)
                self._since += 1
                self._settles = self.has_news = True
            else:
                self._late[read.row.id] = waiting[read.row.id]

    # Looking ------------------------------------------------------------------------------

    def look_at(self, note_id: int, most: int = _LIMIT) -> tuple[Looked, Said] | None:
        """What the model says of a note that somebody looks at; None: it is not there."""
        self.keep_up()
        model = self.ensure()
        if note_id in self._to_teach:
            self._teach([note_id])
        found = self._notes.shown(note_id)
        if found is None:
            return None
        read, said = found
        scored = model.suggest(self._read(read), most) if read.is_ready else []
        return Looked(read, scored, self._names), said

    def look_at_all(self, ids: Sequence[int], most: int) -> list[Looked]:
        """What the model says of some notes, by id; those that are gone are left out."""
        model = self.ensure()
        reads = self._notes.some(ids)
        ready = [read for read in reads if read.is_ready]
        scored = model.suggest_all([self._plain(read) for read in ready], most)
        by_id = {read.row.id: one for read, one in zip(ready, scored, strict=True)}
        return [Looked(read, by_id.get(read.row.id, []), self._names) for read in reads]

    def explain(self, note_id: int, tag_id: int) -> tuple[Reasons, float]:
        """Why a tag is suggested for a note, and how probable it is.

        Raises:
            NotFound: there is no such note.
        """
        model = self.ensure()
        found = self.look_at(note_id)
        if found is None:
            raise NotFound("This note does not exist any more.")
        looked, _ = found
        probable = {one.tag_id: one.probability for one in looked.scored}
        return model.explain(self._read(looked.read), tag_id), probable.get(tag_id, 0.0)

    def is_decided(self, note_id: int) -> bool:
        """Whether the person said something of a note's tags."""
        return note_id in self._said

    @property
    def reader(self) -> Reader | None:
        """What reads notes."""
        return self._reader

    @property
    def tags(self) -> Sequence[TagRow]:
        """The tags that there are."""
        return self._tags

    def _read(self, read: Read) -> Features:
        """A note's features, kept for a while: whoever is shown suggestions decides next."""
        found = self._seen(read) or self._plain(read)
        self._features.pop(read.row.id, None)
        self._features[read.row.id] = (read.version, found)
        while len(self._features) > _KEPT:
            self._features.pop(next(iter(self._features)))
        return found

    def _seen(self, read: Read) -> Features | None:
        """What was made of this text before; with what was encoded for it alone, too."""
        version, features = self._features.get(read.row.id, ((0, 0), None))
        is_same = version == read.version or (version[0] == read.row.revision and not read.is_ready)
        return features if is_same else None

    def _plain(self, read: Read) -> Features:
        reader = self._reader
        if reader is None:
            raise HushError("There is no tag model.")
        return reader.read(read.note)

    # Probabilities ------------------------------------------------------------------------

    @property
    def is_calibration_due(self) -> bool:
        """Whether so much was learned that probabilities should be fitted anew."""
        if self._model is None or self._model.taught < FIRST:
            return False
        return self._since >= min(CALIBRATE_AFTER, max(_CALIBRATE_EARLY, self._model.taught // 4))

    @property
    def is_quick_to_calibrate(self) -> bool:
        """Whether that takes no time worth speaking of."""
        return self._model is not None and self._model.taught < _QUICK

    def expect(self, suggested: Sequence[Sequence[Scored]]) -> None:
        """Hear what was suggested for all notes of which nobody said anything.

        Notes that were decided on are seldom a fair sample of all.
        """
        if self._model:
            self._shares = self._model.expected(suggested)
            self._since = max(self._since, CALIBRATE_AFTER)

    def calibrate(self) -> None:
        """Fit the probabilities to what was decided. A second for a thousand notes."""
        model = self.ensure()
        self._since = 0
        found = model.calibrate(self._shares)
        if found is not None:
            data = _COUNT.pack(model.taught) + found.to_bytes()
            self._vault.write(
                partial(tag_label_rows.keep_state, key=_CALIBRATION, data=data), patient=True
            ).result()
            self.has_news = True

    def left_out(self) -> list[tuple[float, bool]]:
        """What it would have said of each decided note without it, and what was right."""
        model = self.ensure()
        self.keep_up()
        while self.teach_some() and not self._is_closing():
            pass
        return model.reliability()


def _take(connection: Connection) -> list[Labels]:
    ids = tag_learning_rows.take_queue(connection, _QUEUE)
    return tag_label_rows.labels_of(connection, ids) if ids else []


def _empty_queue(connection: Connection) -> bool:
    return bool(tag_learning_rows.take_queue(connection, _QUEUE))


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM note WHERE deleted_at IS NULL").fetchone()
    return int(row[0]) if row else 0
