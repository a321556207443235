"""The tag model of a vault, built when it is first needed and kept in step with the rows.

What changed stands in a queue in the vault; the model itself is in memory alone. So there is
nothing to be lost, and a kill only has it built anew.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.courtesy import GiveWay, nobody_draws
from assistant.errors import HushError, NotFound, VaultLocked
from assistant.power.plan import Mode, Plan
from assistant.search.records import IndexState
from assistant.store.sqlcipher import Connection
from assistant.store.tag_learning_rows import Said, TagRow
from assistant.store.vault import Vault
from assistant.tags.building import FEW, build
from assistant.tags.calibrating import Calibrating
from assistant.tags.features import Reader
from assistant.tags.lessons import Lessons
from assistant.tags.model import Reasons, Scored, TagModel
from assistant.tags.note_texts import Embed, NoteTexts, Read
from assistant.tags.seen import SeenNotes
from assistant.tags.slices import Long
from assistant.tags.tag_list import TagList

_TAUGHT_AT_ONCE: Final = 2  # of those that wait; each takes some ten milliseconds
_ANEW: Final = 64
"""So many notes to learn at once, and half as many as were taught: building anew is quicker."""

_LIMIT: Final = 64  # tags that are scored for one note


@dataclass(frozen=True, slots=True)
class _Warm:
    """A model and what belongs to it."""

    model: TagModel
    notes: SeenNotes
    calibrating: Calibrating


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
        give_way: Called between pieces of what takes long.
    """

    def __init__(
        self,
        vault: Vault,
        embed: Embed,
        index: Callable[[], IndexState],
        is_closing: Callable[[], bool],
        give_way: GiveWay = nobody_draws,
    ) -> None:
        self._vault = vault
        self._is_closing = is_closing
        self._give_way = give_way
        self._index = index
        self._notes = NoteTexts(vault, embed, index)
        self._tags = TagList(vault, embed)
        self._lessons = Lessons(vault, self._unlearn)
        self._warm: _Warm | None = None
        self._building: Generator[float, None, None] | None = None
        self._is_stale = False
        self._settles = False
        self._is_retargeted = False  # tags are others, of which notes have to hear
        self.has_news = False
        """Something was learned: what is suggested may be different. Whoever tells sets it back."""

    # Building -----------------------------------------------------------------------------

    @property
    def is_built(self) -> bool:
        """Whether there is a model, however old."""
        return self._warm is not None

    def prepare(self) -> Long:
        """In slices: build the model where there is none, learn what waits, calibrate."""
        while self._build_some():
            yield 0.0
        self.keep_up()
        while self.teach_some():
            yield 0.0
        while self.settle_some() or self.name_some():
            yield 0.0
        if self.calibrating and self.calibrating.is_due:
            self.calibrate()
            yield 0.0

    def ensure(self) -> TagModel:
        """The model, built now where there is none.

        Raises:
            VaultLocked: it is closing.
        """
        return self._ensured().model

    def forget(self) -> None:
        """Drop the model: it is built anew from the rows."""
        self._warm = self._building = None
        self._lessons.clear()

    def _ensured(self) -> _Warm:
        while self._warm is None and self._build_some():
            if self._is_closing():
                raise VaultLocked("The vault is closed.")
        if self._warm is None:
            raise HushError("There is no tag model.")
        return self._warm

    def _build_some(self) -> bool:
        """Do a slice of building; False where there is nothing to build."""
        if self._building is None:
            if self._warm is not None and not self._is_stale:
                return False
            self._building = self._build()
        try:
            next(self._building)
        except StopIteration:
            self._building = None
        except BaseException:
            self._building = None
            self._is_stale = True  # or what was to be learned would be forgotten
            raise
        return True

    def _build(self) -> Generator[float, None, None]:
        self._is_stale = False
        self._notes.look()
        yield from self._lessons.begin()
        self._tags.read(self._encoder)
        built = yield from build(
            self._vault, self._notes, self._tags, self._encoder, self._is_closing, self._give_way
        )
        calibrating = Calibrating(self._vault, built.model)
        self._warm = _Warm(built.model, SeenNotes(built.reader), calibrating)
        self._lessons.go_on(built)
        self._settles = self.has_news = True

    @property
    def _encoder(self) -> str:
        return self._notes.edition.encoder if self._notes.edition else ""

    # Keeping up ---------------------------------------------------------------------------

    def keep_up(self, first: int | None = None) -> None:
        """Take note of what changed, and learn one note at once where it did.

        Args:
            first: Somebody looks at this note.
        """
        self._follow_edition()
        if self._warm is None:
            return  # it is built from all there is
        taken = self._lessons.take()
        if self._tags.read(self._encoder):
            self._retarget()
        if taken:
            self._look_whether_stale()
        if first is not None and first in self._lessons.waiting:
            self._teach([first])

    def index_changed(self) -> None:
        """The index is further: what was not understood may be."""
        self._follow_edition()
        if self._notes.is_indexed:
            self._lessons.understood()
            self._look_whether_stale()

    def teach_some(self) -> bool:
        """Learn some of the notes that wait; whether there are more."""
        some = list(self._lessons.waiting)[:_TAUGHT_AT_ONCE]
        self._teach(some)
        return bool(self._lessons.waiting)

    @property
    def is_unsettled(self) -> bool:
        """Whether there is something that the model put off."""
        return self._settles

    def settle_some(self) -> bool:
        """Do some of what the model put off; False where there was nothing."""
        if self._warm is None or not self._settles:
            return False
        self._settles = self._warm.model.settle()
        self.has_news = self.has_news or (self._is_retargeted and not self._settles)
        self._is_retargeted = self._is_retargeted and self._settles
        return True

    def may_name(self, plan: Plan) -> bool:
        """Whether there are names without a vector, and the machine may make some.

        A few are made on battery, too: whoever just described a tag waits to see it suggested.
        """
        is_little = self._tags.missing <= FEW and plan.mode is not Mode.PAUSED
        return self._tags.missing > 0 and (is_little or plan.background_allowed)

    def name_some(self) -> bool:
        """Make vectors of some names; False where none is missing, or there is no model now."""
        if self._warm is None or not self._tags.encode_some():
            return False
        if not self._tags.missing:
            self._retarget()
        return True

    def rebuild_some(self) -> bool:
        """Do a slice of building anew, where that is due; the old model serves meanwhile."""
        return (self._is_stale or self._building is not None) and self._build_some()

    def _follow_edition(self) -> None:
        """Vectors of another embedding model cannot be compared with those of the one before."""
        had = self._notes.edition
        if self._notes.look() and self._warm:
            self._is_stale = True
            if had is not None:
                self.forget()

    def _unlearn(self, note_id: int) -> None:
        if self._warm:
            self._warm.model.forget(note_id)

    def _look_whether_stale(self) -> None:
        if self._warm is None:
            return
        model, reader = self._warm.model, self._warm.notes.reader
        many = len(self._lessons.waiting) > max(_ANEW, model.taught // 2)
        notes = self._vault.read(_count).result()
        gained_meaning = (
            not reader.dimensions and self._index() is IndexState.READY and bool(self._encoder)
        )
        self._is_stale = self._is_stale or many or reader.outgrown(notes) or gained_meaning

    def _retarget(self) -> None:
        if self._warm:
            self._warm.model.set_tags(self._tags.targets(self._encoder))
            self._settles = self._is_retargeted = self.has_news = True

    def _teach(self, ids: Sequence[int]) -> None:
        warm = self._warm
        if warm is None or not ids:
            return
        waiting = {note_id: self._lessons.waiting.pop(note_id) for note_id in ids}
        for read in self._notes.some(waiting):
            verdicts = self._tags.known(waiting[read.row.id])
            features = warm.notes.seen(read)
            if verdicts.is_empty:
                warm.model.forget(read.row.id)
            elif read.is_ready or features is not None:
                warm.model.teach(features or warm.notes.read(read), verdicts)
                warm.calibrating.learned()
                self._settles = self.has_news = True
            else:
                self._lessons.put_off(read.row.id, waiting[read.row.id])

    # Looking ------------------------------------------------------------------------------

    def look_at(self, note_id: int, most: int = _LIMIT) -> tuple[Looked, Said] | None:
        """What the model says of a note that somebody looks at; None: it is not there."""
        self.keep_up()
        warm = self._ensured()
        if note_id in self._lessons.waiting:
            self._teach([note_id])
        found = self._notes.shown(note_id)
        if found is None:
            return None
        read, said = found
        scored = warm.model.suggest(warm.notes.read(read), most) if read.is_ready else []
        return Looked(read, scored, self._tags.names), said

    def look_at_all(self, ids: Sequence[int], most: int) -> list[Looked]:
        """What the model says of some notes, by id; those that are gone are left out."""
        warm = self._ensured()
        reads = self._notes.some(ids)
        ready = [read for read in reads if read.is_ready]
        features = [warm.notes.reader.read(read.note) for read in ready]
        scored = warm.model.suggest_all(features, most)
        by_id = {read.row.id: one for read, one in zip(ready, scored, strict=True)}
        return [Looked(read, by_id.get(read.row.id, []), self._tags.names) for read in reads]

    def explain(self, note_id: int, tag_id: int) -> tuple[Reasons, float]:
        """Why a tag is suggested for a note, and how probable it is.

        Raises:
            NotFound: there is no such note.
        """
        found = self.look_at(note_id)
        if found is None:
            raise NotFound("This note does not exist any more.")
        looked, _ = found
        probable = {one.tag_id: one.probability for one in looked.scored}
        warm = self._ensured()
        reasons = warm.model.explain(warm.notes.read(looked.read), tag_id)
        return reasons, probable.get(tag_id, 0.0)

    def is_decided(self, note_id: int) -> bool:
        """Whether the person said something of a note's tags."""
        return self._lessons.is_said(note_id)

    @property
    def reader(self) -> Reader | None:
        """What reads notes; None before there is a model."""
        return self._warm.notes.reader if self._warm else None

    @property
    def tags(self) -> Sequence[TagRow]:
        """The tags that there are."""
        return self._tags.rows

    # Probabilities ------------------------------------------------------------------------

    @property
    def calibrating(self) -> Calibrating | None:
        """Tells when probabilities should be fitted anew; None before there is a model."""
        return self._warm.calibrating if self._warm else None

    def calibrate(self) -> None:
        """See ``Calibrating.fit``."""
        if self._ensured().calibrating.fit():
            self.has_news = True

    def left_out(self) -> list[tuple[float, bool]]:
        """What it would have said of each decided note without it, and what was right."""
        model = self.ensure()
        self.keep_up()
        while self.teach_some() and not self._is_closing():
            pass
        return model.reliability()


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM note WHERE deleted_at IS NULL").fetchone()
    return int(row[0]) if row else 0
