"""Looking after tags: making, describing, renaming, merging and deleting them, and taking it back.

A tag that stands in texts is rewritten there, one note after the other, each in a transaction of
its own, so that nobody waits. What was cut off is whole: each note has the tag that its text says,
and doing it again finishes it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from assistant.background import Background
from assistant.clock import Clock
from assistant.errors import HushError, InputRefused, NotFound, TagExists, TagInTexts
from assistant.notes.names import folded, tag_name
from assistant.store import tag_manager_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_manager_rows import Move, Standing
from assistant.tags import planning, rewriting
from assistant.tags.in_text import can_stand
from assistant.tags.near import Near
from assistant.tags.records import (
    HUES,
    MAX_DESCRIPTION_CHARACTERS,
    NearDuplicate,
    Renamed,
    TagInfo,
)
from assistant.tags.rewriting import Rewritten
from assistant.text import clean
from assistant.vaults import Vaults

if TYPE_CHECKING:  # a start does not wait for numpy
    from assistant.embed.protocol import Vectors

T = TypeVar("T")

_MOVES_AT_ONCE: Final = 50  # in one transaction; each takes half a millisecond and more
_TAKEN_BACK: Final = 20
"""So many of the last changes can be taken back, as long as the vault is open."""


@dataclass(frozen=True, slots=True)
class _Undo:
    """What it takes to take a change back.

    Attributes:
        moves: What was renamed to names that were free.
        merged: Tags that were merged or deleted, each with the one that took it in.
        rewritten: Notes whose text was changed.
    """

    moves: tuple[Move, ...] = field(default=(), repr=False)
    merged: tuple[tuple[Standing, Standing | None], ...] = field(default=(), repr=False)
    rewritten: tuple[Rewritten, ...] = ()


class TagManager:
    """Each method answers with a future; the work is done on a thread of its own, in its order.

    Args:
        vaults: Open. Tags live in the vault that is kept.
        clock: Gives the times that are written down.
        changed: Called on that thread after texts or tags may have changed: the index, and what is
            suggested, have something to do.
        embed: The texts' vectors, ``[len(texts), dimensions]``, or None where there is no model
            (``SearchService.embed``): for tags that mean the same.
    """

    def __init__(
        self,
        vaults: Vaults,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
        embed: Callable[[Sequence[str]], Vectors | None] = lambda _: None,
    ) -> None:
        self._vaults = vaults
        self._clock = clock
        self._changed = changed
        self._near = Near(embed)
        self._gate = threading.Lock()
        self._thread: Background | None = None
        vaults.kept.write(tag_manager_rows.let_go)  # of what was cut off the last time
        self._undos: dict[int, _Undo] = {}
        self._tokens = 0

    def all(self) -> Future[list[TagInfo]]:
        """The tags that there are, by the alphabet."""
        return self._vaults.kept.read(tag_manager_rows.everything)

    def create(self, name: str, description: str = "") -> Future[None]:
        """Make a tag that no note has yet.

        Raises:
            InputRefused: in the future; it needs a name, or that is too long.
            TagExists: in the future.
        """

        def work(connection: Connection) -> None:
            tag_manager_rows.create(
                connection, planning.wanted_name(name), _description(description)
            )

        return self._told(work)

    def describe(self, name: str, text: str) -> Future[None]:
        """Say in a sentence what a tag is for; empty: nothing.

        Raises:
            NotFound: in the future; there is no such tag.
            InputRefused: in the future; it is too long.
        """
        return self._told(lambda c: tag_manager_rows.describe(c, name, _description(text)))

    def colour(self, name: str, hue: str) -> Future[None]:
        """Give a tag one of ``HUES``, or (empty) none.

        Raises:
            NotFound: in the future; there is no such tag.
            InputRefused: in the future; there is no such colour.
        """

        def work(connection: Connection) -> None:
            if hue not in {"", *HUES}:
                raise InputRefused("There is no such colour.", f"Take one of {', '.join(HUES)}.")
            tag_manager_rows.paint(connection, name, hue)

        return self._told(work)

    def rename(self, name: str, to: str, *, merge: bool = False) -> Future[Renamed]:
        """Have a tag be called otherwise, on all notes and in their texts.

        What is nested in it goes with it. Each text that is rewritten leaves the one before as an
        earlier version. Other capitals alone change no text.

        Args:
            name: What it is called, ``a/b`` for one that is nested.
            to: What it is to be called.
            merge: It may become one with a tag that is called so already.

        Raises:
            NotFound: in the future; there is no such tag.
            TagExists: in the future; one is called so already.
            InputRefused: in the future; this name cannot be.
            StorageFull: in the future; some notes may have the new name, the others the old one.
        """
        return self._queued(lambda: self._rename({name: to}, may_merge=merge))

    def nest(self, name: str, under: str) -> Future[Renamed]:
        """Put a tag under another one, or (empty) under none; see ``rename``."""

        def to() -> str:
            own = planning.leaf(planning.wanted_name(name))
            return f"{tag_name(under)}/{own}" if tag_name(under) else own

        return self._queued(lambda: self._rename({name: to()}, may_merge=False))

    def merge(self, names: Sequence[str], into: str) -> Future[Renamed]:
        """Have several tags be one, which may be one of them; see ``rename``.

        What is nested in them goes along. The description, the colour and the decisions of the one
        that they become count first.
        """

        def work() -> Renamed:
            others = [one for one in names if folded(tag_name(one)) != folded(tag_name(into))]
            return self._rename(dict.fromkeys(others, into), may_merge=True)

        return self._queued(work)

    def delete(self, name: str, *, keep_in_texts: bool = False) -> Future[Renamed]:
        """Take a tag off all notes; what is nested in it stays.

        Args:
            name: The tag.
            keep_in_texts: Notes that have it in their text keep it, and with them it stays.

        Raises:
            NotFound: in the future; there is no such tag.
            TagInTexts: in the future; notes have it in their text; their number is told.
        """
        return self._queued(lambda: self._delete(name, keep_in_texts=keep_in_texts))

    def undo(self, token: int) -> Future[Renamed]:
        """Take back what was renamed, merged or deleted; texts that were changed since stay.

        Raises:
            NotFound: in the future; it was taken back already, or is too long ago.
        """
        return self._queued(lambda: self._undo(token))

    def near_duplicates(self) -> Future[list[NearDuplicate]]:
        """Tags that may be one, those first that are the most alike; no more than a page of them.

        The first time with many tags it takes seconds: their names have to be understood.
        """

        def work() -> list[NearDuplicate]:
            kept = self._vaults.kept
            infos = kept.read(tag_manager_rows.everything).result()
            return self._near.find(infos, kept.read(Near.pairs).result())

        return self._queued(work)

    def _rename(self, wishes: dict[str, str], *, may_merge: bool) -> Renamed:
        vault = self._vaults.kept
        plan = vault.write(lambda c: _plan(c, wishes, may_merge=may_merge)).result()
        try:
            rewritten, skipped = self._rewrite(plan)
        except BaseException:
            self._let_go()
            raise
        finally:
            self._changed()
        return self._renamed(plan, rewritten, skipped)

    def _renamed(
        self, plan: _Plan, rewritten: Sequence[Rewritten], skipped: Sequence[int]
    ) -> Renamed:
        free = tuple(one for one in plan.moves if one.is_fresh or one.is_spelling)
        undo = _Undo(free, plan.merged, rewriting.joined(rewritten))
        return Renamed(
            plan.notes - len(set(skipped)),
            len({one.note_id for one in rewritten}),
            tuple(sorted({one.note_id for one in rewritten})),
            tuple(sorted(set(skipped))),
            self._remember(undo) if plan.moves else 0,
        )

    def _rewrite(self, plan: _Plan) -> tuple[list[Rewritten], list[int]]:
        """Rewrite texts, then have everything else follow; which notes still have an old tag."""
        vault, now = self._vaults.kept, self._clock.now()
        rewritten: list[Rewritten] = []
        skipped: list[int] = []
        for moves in planning.rounds(plan.moves):
            real = [one for one in moves if not one.is_spelling]
            names = {folded(one.old): one.new for one in real}
            for note_id in vault.read(partial(_in_texts, moves=real)).result():
                one = rewriting.rename(vault, note_id, names, now)
                rewritten += [one] if one else []
            skipped += vault.read(partial(_in_texts, moves=real)).result()
            for at in range(0, len(moves), _MOVES_AT_ONCE):
                some = moves[at : at + _MOVES_AT_ONCE]
                vault.write(partial(_move, moves=some)).result()
        return rewritten, skipped

    def _delete(self, name: str, *, keep_in_texts: bool) -> Renamed:
        def work(connection: Connection) -> tuple[Standing, int, list[int]]:
            tag = tag_manager_rows.get(connection, name)
            left = tag_manager_rows.in_texts(connection, [tag.id])
            if left and not keep_in_texts:
                raise TagInTexts(
                    f"{_notes(len(left))} this tag in the text, and would keep it."
                    " Nothing was changed.",
                    "Take it out there, or have only the other notes lose it.",
                )
            was = tag_manager_rows.standing(connection, tag.name)
            return was, tag_manager_rows.delete(connection, tag.name), left

        was, notes, left = self._vaults.kept.write(work).result()
        self._changed()
        token = self._remember(_Undo(merged=((was, None),)))
        return Renamed(notes, skipped=tuple(left), token=token)

    def _undo(self, token: int) -> Renamed:
        undo = self._undos.get(token)
        if undo is None:
            raise NotFound("This cannot be taken back any more.")
        vault, now = self._vaults.kept, self._clock.now()
        changed: list[int] = []
        skipped: list[int] = []
        notes = 0
        try:
            for was in undo.rewritten:
                is_back = rewriting.take_back(vault, was, now)
                (changed if is_back else skipped).append(was.note_id)
            notes += self._move_back(undo.moves, changed)
            for one, into in reversed(undo.merged):
                remake = partial(tag_manager_rows.remake, was=one, elsewhere=into)
                notes += vault.write(remake).result()
        except BaseException:
            self._let_go()
            raise
        finally:
            self._changed()
        self._undos.pop(token, None)
        again = tuple(sorted(set(changed)))
        left = tuple(sorted(set(skipped).difference(again)))
        return Renamed(max(notes, len(again)), len(again), again, left)

    def _move_back(self, moves: Sequence[Move], changed: list[int]) -> int:
        """Rename what was renamed to a free name, also on notes that were given it since."""
        notes = 0
        for one in reversed(moves):
            back = self._vaults.kept.write(partial(_back, one=one)).result()
            if back is not None:
                rewritten, skipped = self._rewrite(back)
                changed += [each.note_id for each in rewritten]
                notes += back.notes - len(skipped)
        return notes

    def _let_go(self) -> None:
        """After a failure: hold no tag. A vault that closes lets go when it is opened again."""
        with suppress(HushError):
            self._vaults.kept.write(tag_manager_rows.let_go).result()

    def _remember(self, undo: _Undo) -> int:
        self._tokens += 1
        self._undos[self._tokens] = undo
        while len(self._undos) > _TAKEN_BACK:
            del self._undos[min(self._undos)]
        return self._tokens

    def _told(self, work: Callable[[Connection], None]) -> Future[None]:
        def write() -> None:
            self._vaults.kept.write(work).result()
            self._changed()

        return self._queued(write)

    def _queued(self, work: Callable[[], T]) -> Future[T]:
        with self._gate:
            thread = self._thread = self._thread or Background("tags")
        return thread.submit(work)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be renamed, what it takes to take merges back, and how many notes it touches."""

    moves: tuple[Move, ...] = field(repr=False)
    merged: tuple[tuple[Standing, Standing | None], ...] = field(repr=False)
    notes: int


def _plan(connection: Connection, wishes: dict[str, str], *, may_merge: bool) -> _Plan:
    """Find out what has to be done, refuse what cannot be, and hold the tags meanwhile."""
    clean = {tag_name(old): planning.wanted_name(new) for old, new in wishes.items()}
    for new in clean.values():
        planning.refuse_cycle(clean, new)
    there = {
        tag.name: tag for old in clean for tag in tag_manager_rows.nested(connection, old) if old
    }
    if not there and clean:
        raise NotFound("This tag does not exist any more.")
    names = planning.new_names(there, clean)
    wanted = Counter(map(folded, names.values()))
    moves = tuple(
        Move(
            old,
            new,
            is_fresh=wanted[folded(new)] == 1 and _is_free(connection, new),
            kept=there[old].kept,
        )
        for old, new in names.items()
        if old != new
    )
    taken = [one for one in moves if not one.is_fresh and not one.is_spelling]
    moving = set(map(folded, there))
    if not may_merge and any(folded(one.new) not in moving for one in taken):
        raise TagExists(
            "There is a tag of this name already. Nothing was changed.",
            "Merge the two, or take another name.",
        )
    ids = [there[one.old].id for one in moves]
    _refuse_in_texts(connection, [(there[one.old].id, one) for one in moves])
    merged = tuple(
        (
            tag_manager_rows.standing(connection, one.old),
            tag_manager_rows.standing(connection, one.new),
        )
        for one in taken
    )
    tag_manager_rows.hold(connection, ids)
    return _Plan(moves, merged, tag_manager_rows.count_notes(connection, ids))


def _is_free(connection: Connection, name: str) -> bool:
    """Whether no tag is called so that anybody would see."""
    there = tag_manager_rows.find(connection, name)
    return there is None or not tag_manager_rows.is_seen(connection, there)


def _refuse_in_texts(connection: Connection, moves: Sequence[tuple[int, Move]]) -> None:
    """Refuse a name that texts cannot hold where texts have the tag."""
    unfit = [tag_id for tag_id, one in moves if not one.is_spelling and not can_stand(one.new)]
    count = len(tag_manager_rows.in_texts(connection, unfit)) if unfit else 0
    if count:
        raise InputRefused(
            f"{_notes(count)} this tag in the text, where this name would be none."
            " Nothing was changed.",
            "Take a name without blanks and punctuation: - _ and / are fine.",
        )


def _back(connection: Connection, one: Move) -> _Plan | None:
    """How to rename a tag back; None where it is not called so any more."""
    tag = tag_manager_rows.find(connection, one.new)
    if tag is None:
        return None
    free = tag_manager_rows.find(connection, one.old) is None
    tag_manager_rows.hold(connection, [tag.id])
    back = Move(one.new, one.old, free, kept=one.kept)
    return _Plan((back,), (), tag_manager_rows.count_notes(connection, [tag.id]))


def _in_texts(connection: Connection, moves: Sequence[Move]) -> list[int]:
    """The notes whose text has one of the old names."""
    tags = [tag_manager_rows.find(connection, one.old) for one in moves]
    return tag_manager_rows.in_texts(connection, [tag.id for tag in tags if tag])


def _move(connection: Connection, moves: Sequence[Move]) -> None:
    for one in moves:
        tag_manager_rows.move(connection, one)


def _description(text: str) -> str:
    """Clean a description: one line.

    Raises:
        InputRefused: it is too long.
    """
    line = " ".join(clean(text).split())
    if len(line) > MAX_DESCRIPTION_CHARACTERS:
        raise InputRefused(
            f"A tag's description holds {MAX_DESCRIPTION_CHARACTERS} characters; this is longer.",
            "Nothing was changed.",
        )
    return line


def _notes(count: int) -> str:
    return "One note has" if count == 1 else f"{count:,} notes have"
