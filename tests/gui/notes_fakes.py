"""Notes as the window gets them, in memory: ``NoteService`` over a dictionary."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from assistant.errors import HushError, NotFound
from assistant.notes.markdown_facts import excerpt_of, facts_of
from assistant.notes.names import folded, link_target, note_name, tags_given
from assistant.notes.records import (
    Deleted,
    Note,
    NoteFilter,
    NoteLine,
    RevisionLine,
    Saved,
    TagCount,
    TitleBy,
)
from assistant.search.records import Hit, Kind, Snippet
from assistant.vaults import combined, followed

T = TypeVar("T")

NOON = 1_750_000_000_000
"""Milliseconds since 1970: 15 June 2025, 15:06:40 UTC."""

HOUR = 3_600_000  # milliseconds


@dataclass
class _Kept:
    """What the store has of one note."""

    note: Note
    given: tuple[str, ...] = ()
    earlier: dict[int, tuple[int, str]] = field(default_factory=dict)  # revision: when, text


class FakeNotes:
    """Answers like the service.

    ``hold`` keeps answers back until ``release``; ``slow`` has saves begin with ``catch_up``.
    """

    def __init__(self) -> None:
        self.kept: dict[int, _Kept] = {}
        self.now = NOON
        self.saves = 0
        self.problem: HushError | None = None  # what the next call fails with
        self.lasting: HushError | None = None  # what every save fails with
        self._ids = itertools.count(1)
        self._held: list[tuple[Future[Any], Any]] | None = None
        self._slow: list[Callable[[], None]] | None = None

    # For the tests ------------------------------------------------------------------------

    def add(
        self,
        text: str,
        *,
        title: str = "",
        tags: Sequence[str] = (),
        pinned: bool = False,
        hours_ago: float = 0,
    ) -> Note:
        """Put a note in."""
        at = NOON - round(hours_ago * HOUR)
        note = self._made(text, title, tuple(tags), at)
        self._put(replace(note, pinned=pinned))
        return self.kept[note.id].note

    def change_elsewhere(self, note_id: int, text: str) -> None:
        """Another window, or an import, saves a note."""
        self._keep_text(note_id, text, None)

    def note(self, note_id: int) -> Note:
        """A note as it is kept now."""
        return self.kept[note_id].note

    def hold(self) -> None:
        """Keep answers back."""
        self._held = []

    def release(self) -> None:
        """Give them, in their order."""
        held, self._held = self._held or [], None
        for future, value in held:
            if isinstance(value, HushError):
                future.set_exception(value)
            else:
                future.set_result(value)

    def slow(self) -> None:
        """Let saves take long: until they are over the notes are read as they were."""
        self._slow = []

    def catch_up(self) -> None:
        """Do what was to be saved."""
        waiting, self._slow = self._slow or [], None
        for save in waiting:
            save()

    # As the service -----------------------------------------------------------------------

    def list(self, chosen: NoteFilter = NoteFilter()) -> Future[list[NoteLine]]:  # noqa: B008 # frozen
        words = folded(chosen.words).split()
        found = []
        for kept in self.kept.values():
            note = kept.note
            shown = folded(f"{note.title} {note.text}")
            if chosen.trash is (note.deleted_at is None) or not all(w in shown for w in words):
                continue
            if not chosen.tag or _has(note, chosen.tag):
                found.append(note)
        found.sort(key=lambda n: (not n.pinned, -(n.deleted_at or n.updated_at)))
        return self._answer([_line(note) for note in found])

    def get(self, note_id: int) -> Future[Note]:
        if note_id not in self.kept:
            return self._answer(NotFound("There is no such note."))
        return self._answer(self.kept[note_id].note)

    def create(self, text: str = "", *, title: str = "", tags: Sequence[str] = ()) -> Future[Note]:
        if problem := self._trouble():
            return self._answer(problem)
        note = self._made(text, title, tags_given(tags), self.now)
        return self._answer(self.kept[note.id].note)

    def save(
        self, note_id: int, text: str, expected_revision: int, *, title: str | None = None
    ) -> Future[Saved]:
        if self._slow is not None:
            outcome: Future[Saved] = Future()
            self._slow.append(
                lambda: outcome.set_result(
                    self.save(note_id, text, expected_revision, title=title).result()
                )
            )
            return outcome
        self.saves += 1
        if problem := self._trouble():
            return self._answer(problem)
        if note_id not in self.kept:
            return self._answer(NotFound("This note was deleted for good."))
        note = self.kept[note_id].note
        if note.revision != expected_revision:
            other = self._made(text, title or "", self.kept[note_id].given, self.now)
            return self._answer(Saved(note, other))
        self._keep_text(note_id, text, title)
        return self._answer(Saved(self.kept[note_id].note))

    def save_behind(
        self,
        under_way: Future[Note] | Future[Saved],
        text: str,
        base: Note | None,
        *,
        title: str | None = None,
        tags: Sequence[str] = (),
    ) -> Future[Saved]:
        over: Future[None] = Future()
        under_way.add_done_callback(lambda _: over.set_result(None))

        def go_on(_: None) -> Future[Saved]:
            problem = under_way.exception()
            came = None if problem else under_way.result()
            note = came.other or came.note if isinstance(came, Saved) else came or base
            if note is None or isinstance(problem, NotFound):
                made = self.create(text, title=title or "", tags=tags)
                return combined([made], lambda notes: Saved(notes[0]))
            return self.save(note.id, text, note.revision, title=title)

        return followed(over, go_on)

    def tag(self, note_id: int, tags: Sequence[str]) -> Future[Note]:
        kept = self.kept[note_id]
        in_text = {folded(tag) for tag in facts_of(kept.note.text).tags}
        kept.given = tuple(tag for tag in tags_given(tags) if folded(tag) not in in_text)
        self._put(kept.note)
        return self._answer(kept.note)

    def pin(self, note_id: int, *, pinned: bool) -> Future[Note]:
        self._put(replace(self.kept[note_id].note, pinned=pinned))
        return self._answer(self.kept[note_id].note)

    def trash(self, ids: Sequence[int]) -> Future[None]:
        for note_id in ids:
            self._put(replace(self.kept[note_id].note, deleted_at=self.now))
        return self._answer(None)

    def restore(self, ids: Sequence[int]) -> Future[None]:
        for note_id in ids:
            self._put(replace(self.kept[note_id].note, deleted_at=None))
        return self._answer(None)

    def empty_trash(self, ids: Sequence[int] | None = None) -> Future[Deleted]:
        gone = [
            note_id
            for note_id, kept in self.kept.items()
            if kept.note.deleted_at is not None and (ids is None or note_id in ids)
        ]
        since = min((self.kept[note_id].note.created_at for note_id in gone), default=None)
        for note_id in gone:
            del self.kept[note_id]
        return self._answer(Deleted(len(gone), since))

    def tags(self) -> Future[list[TagCount]]:
        counts: dict[str, int] = {}
        for kept in self.kept.values():
            for tag in kept.note.tags:
                counts[tag] = counts.get(tag, 0) + (kept.note.deleted_at is None)
        return self._answer([TagCount(tag, n) for tag, n in sorted(counts.items()) if n])

    def revisions(self, note_id: int) -> Future[list[RevisionLine]]:
        earlier = self.kept[note_id].earlier
        lines = [RevisionLine(n, at, len(text)) for n, (at, text) in earlier.items()]
        return self._answer(sorted(lines, key=lambda line: -line.revision))

    def revision_text(self, note_id: int, revision: int) -> Future[str]:
        return self._answer(self.kept[note_id].earlier[revision][1])

    def revert(self, note_id: int, revision: int) -> Future[Saved]:
        self._keep_text(note_id, self.kept[note_id].earlier[revision][1], None)
        return self._answer(Saved(self.kept[note_id].note))

    def backlinks(self, note_id: int) -> Future[list[NoteLine]]:
        wanted = note_name(self.kept[note_id].note.title)
        found = [
            _line(kept.note)
            for kept in self.kept.values()
            if wanted in {link_target(link) for link in facts_of(kept.note.text).links}
        ]
        return self._answer(found)

    def links(self, note_id: int) -> Future[dict[str, int | None]]:
        found = facts_of(self.kept[note_id].note.text).links
        return self._answer({link: self._named(link) for link in found})

    def resolve(self, name: str) -> Future[int | None]:
        return self._answer(self._named(name))

    # Inside -------------------------------------------------------------------------------

    def _named(self, name: str) -> int | None:
        wanted = link_target(name)
        titles = {note_name(kept.note.title): number for number, kept in self.kept.items()}
        return titles.get(wanted)

    def _made(self, text: str, title: str, given: tuple[str, ...], at: int) -> Note:
        number = next(self._ids)
        by = TitleBy.PERSON if title else TitleBy.TEXT
        note = Note(number, title, by, text, 1, pinned=False, tags=(), created_at=at, updated_at=at)
        self.kept[number] = _Kept(note, given)
        self._put(note)
        return self.kept[number].note

    def _keep_text(self, note_id: int, text: str, title: str | None) -> None:
        kept = self.kept[note_id]
        note = kept.note
        kept.earlier[note.revision] = (self.now, note.text)
        if title is not None:
            by = TitleBy.PERSON if title else TitleBy.TEXT
            note = replace(note, title=title, title_by=by)
        self._put(replace(note, text=text, revision=note.revision + 1, updated_at=self.now))

    def _put(self, note: Note) -> None:
        kept = self.kept[note.id]
        facts = facts_of(note.text)
        tags = {folded(tag): tag for tag in (*facts.tags, *kept.given)}
        title = facts.title if note.title_by is TitleBy.TEXT else note.title
        kept.note = replace(note, title=title, tags=tuple(tags[key] for key in sorted(tags)))

    def _trouble(self) -> HushError | None:
        problem, self.problem = self.problem, None
        return problem or self.lasting

    def _answer(self, value: T | HushError) -> Future[T]:
        future: Future[T] = Future()
        if self._held is not None:
            self._held.append((future, value))
        elif isinstance(value, HushError):
            future.set_exception(value)
        else:
            future.set_result(value)
        return future


class FakeRelated:
    """``SearchService.related``: what the test says is related to a note."""

    def __init__(self) -> None:
        self.hits: dict[int, list[Hit]] = {}

    def related(self, note_id: int, limit: int = 8) -> Future[list[Hit]]:
        future: Future[list[Hit]] = Future()
        future.set_result(self.hits.get(note_id, [])[:limit])
        return future


def hit(note: Note, start: int = 0, length: int = 10) -> Hit:
    """A passage of a note, found."""
    text = note.text[start : start + length]
    return Hit(
        1, Kind.NOTE, note.id, None, note.title, "", Snippet(text), text, start, length, NOON, 1.0
    )  # fmt: skip


def _line(note: Note) -> NoteLine:
    excerpt = excerpt_of(note.text, note.title)
    return NoteLine(
        note.id, note.title, excerpt, note.pinned, note.tags, note.updated_at, note.deleted_at
    )


def _has(note: Note, tag: str) -> bool:
    wanted = folded(tag)
    return any(
        folded(each) == wanted or folded(each).startswith(f"{wanted}/") for each in note.tags
    )
