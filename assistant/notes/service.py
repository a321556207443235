"""The notes a person has: writing, finding, tagging, linking, taking back, throwing away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from assistant.clock import Clock
from assistant.errors import NotFound
from assistant.notes.limits import TRASH_DAYS
from assistant.notes.long_texts import LongTexts, is_long
from assistant.notes.names import tags_given
from assistant.notes.records import (
    Deleted,
    Note,
    NoteFilter,
    NoteLine,
    RevisionLine,
    Saved,
    TagCount,
)
from assistant.scrubber import Scrubber
from assistant.store import (
    note_link_rows,
    note_list_rows,
    note_rows,
    note_text_rows,
    note_trash_rows,
    revision_rows,
    source_rows,
    tag_rows,
)
from assistant.store.note_trash_rows import Purged
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults, combined, done, followed, repeated

T = TypeVar("T")

_DAY: Final = 24 * 3_600_000  # milliseconds
_FOREVER: Final = 2**62  # later than any deletion
_PASSAGES_AT_ONCE: Final = 250  # to purge: a tenth of a second in which nobody else writes
_EVERYTHING: Final = NoteFilter()


class NoteService:
    """Each method answers with a future; the work is done on the store thread.

    Notes live in the vault that is kept. On one that may only be read, what writes fails with
    ``StorageFull``.

    Args:
        vaults: Open.
        clock: Gives the times that are written down.
        changed: Called, on the store thread, after a text may have come, changed or gone: the
            index has something to do.
        scrubber: Scrubs the vault's file; default: one that does only what is asked for.
    """

    def __init__(
        self,
        vaults: Vaults,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
        scrubber: Scrubber | None = None,
    ) -> None:
        self._vaults = vaults
        self._clock = clock
        self._changed = changed
        self._scrubber = scrubber or Scrubber(vaults.kept, clock)
        self._long = LongTexts(vaults.kept)

    def get(self, note_id: int) -> Future[Note]:
        """One note, whole.

        Raises:
            NotFound: in the future.
        """
        return self._read(lambda c: note_rows.get(c, note_id))

    def create(self, text: str = "", *, title: str = "", tags: Sequence[str] = ()) -> Future[Note]:
        """Add a note.

        Args:
            text: May be empty. NULs and lone surrogates become U+FFFD, line ends LF.
            title: Cut to one line; empty: it follows the text.
            tags: Beside those that the text has.

        Raises:
            InputRefused: in the future; text or tags are more than a note holds.
        """
        now = self._clock.now()
        if not is_long(text):
            return self._write(lambda c: note_rows.create(c, text, title, tags_given(tags), now))
        return self._long.done(
            lambda: (note_rows.content_of(text, title), tags_given(tags)),
            lambda read: self._write(lambda c: note_rows.added(c, *read, now)),
        )

    def save(
        self, note_id: int, text: str, expected_revision: int, *, title: str | None = None
    ) -> Future[Saved]:
        """Replace a note's text, unless it has changed meanwhile: then both are kept.

        A note in the trash is saved there. Now and then the text before becomes an earlier
        version (``assistant.notes.earlier``).

        Args:
            note_id: The note.
            text: All of it.
            expected_revision: The one that the text was made from.
            title: None, or the one it has: as it was. Empty: it follows the text from now on.

        Returns:
            In the future, the note as it is now. Where it had changed, ``other`` is a new note
            with this text; go on with that one.

        Raises:
            NotFound: in the future; it was deleted for good. Nothing was saved.
            InputRefused: in the future; the text is too long. Nothing was saved.
        """
        now = self._clock.now()

        def work(connection: Connection) -> Saved | None:
            if note_text_rows.is_long(connection, note_id):
                return None
            return note_rows.save(connection, note_id, text, expected_revision, title, now)

        def go_on(saved: Saved | None) -> Future[Saved]:
            return done(saved) if saved else self._save_long(note_id, text, expected, now)

        expected = (expected_revision, title)
        if is_long(text):
            return self._save_long(note_id, text, expected, now)
        return self._long.keep(followed(self._write(work), go_on))

    def save_behind(
        self,
        under_way: Future[Note] | Future[Saved],
        text: str,
        base: Note | None,
        *,
        title: str | None = None,
        tags: Sequence[str] = (),
    ) -> Future[Saved]:
        """Save a text behind an earlier one of its note that is still being saved.

        It is not lost where that one fails: it goes over ``base`` then, or becomes a new note.
        ``close`` waits for it.

        Args:
            under_way: What ``create`` or ``save`` gave for the earlier one.
            text: All of it.
            base: The note as it was before both; None: it is being created.
            title: As for ``save``.
            tags: Of a new note, beside those that the text has.

        Raises:
            InputRefused, StorageFull: in the future; this text was not saved.
        """
        over: Future[None] = Future()
        under_way.add_done_callback(lambda _: over.set_result(None))

        def go_on(_: None) -> Future[Saved]:
            problem = under_way.exception()
            note = base if problem else _as_it_is(under_way.result())
            if note is None or isinstance(problem, NotFound):
                made = self.create(text, title=title or "", tags=tags)
                return combined([made], lambda notes: Saved(notes[0]))
            return self.save(note.id, text, note.revision, title=title)

        return self._long.keep(followed(over, go_on))

    @property
    def is_keeping(self) -> bool:
        """Whether a text that was handed over is not in the vault yet."""
        return self._long.is_pending

    def tag(self, note_id: int, tags: Sequence[str]) -> Future[Note]:
        """Have a note have these tags, and no others but those in its text: they go with it.

        Raises:
            NotFound, InputRefused: in the future; nothing was changed.
        """
        return self._write(lambda c: note_rows.choose_tags(c, note_id, tags_given(tags)))

    def pin(self, note_id: int, *, pinned: bool) -> Future[Note]:
        """Have a note stand before all others, or no longer.

        Raises:
            NotFound: in the future.
        """
        return self._write(lambda c: note_rows.pin(c, note_id, pinned=pinned))

    def tags(self) -> Future[list[TagCount]]:
        """All tags in the order of the alphabet, each with how many notes have it itself."""
        return self._read(tag_rows.counts)

    def trash(self, ids: Sequence[int]) -> Future[None]:
        """Put notes into the trash; ``restore`` brings them back, for 30 days.

        Raises:
            NotFound: in the future; none of them exists any more.
        """
        now = self._clock.now()
        return self._write(lambda c: note_trash_rows.throw_away(c, ids, now))

    def restore(self, ids: Sequence[int]) -> Future[None]:
        """Take notes out of the trash.

        Raises:
            NotFound: in the future; they are gone for good.
        """
        return self._write(lambda c: note_trash_rows.restore(c, ids))

    def empty_trash(self, ids: Sequence[int] | None = None) -> Future[Deleted]:
        """Delete for good what is in the trash, or these of it.

        With all that was made of them: words, vectors, earlier versions, and the passages and
        attached texts that chats have of them, private ones too. What is left of them in the
        vault's file is scrubbed away (``Scrubber``).

        Raises:
            StorageFull: in the future. They are deleted, but there is no room to scrub.
        """
        return self._purge(_FOREVER, ids)

    def purge_old(self) -> Future[Deleted]:
        """Delete for good what lies in the trash for longer than 30 days; see ``empty_trash``.

        What an earlier run had begun to delete goes, too.
        """
        return self._purge(self._clock.now() - TRASH_DAYS * _DAY, None)

    def revisions(self, note_id: int) -> Future[list[RevisionLine]]:
        """The earlier versions that are kept of a note, the latest first."""
        return self._read(lambda c: revision_rows.lines(c, note_id))

    def revision_text(self, note_id: int, revision: int) -> Future[str]:
        """The text of an earlier version.

        Raises:
            NotFound: in the future; it is not kept any more.
        """
        return self._read(lambda c: revision_rows.text(c, note_id, revision))

    def revert(self, note_id: int, revision: int) -> Future[Saved]:
        """Give a note an earlier text again; the text of now becomes an earlier version.

        Raises:
            NotFound: in the future; nothing was changed.
        """
        now = self._clock.now()
        return self._write(lambda c: note_rows.revert(c, note_id, revision, now))

    def backlinks(self, note_id: int) -> Future[list[NoteLine]]:
        """The notes with a ``[[link]]`` that leads to this one, the newest first."""
        return self._read(lambda c: note_list_rows.backlinks(c, note_id))

    def links(self, note_id: int) -> Future[dict[str, int | None]]:
        """What a note links to, as it is written there, and the note that each leads to."""
        return self._read(lambda c: note_link_rows.links(c, note_id))

    def resolve(self, name: str) -> Future[int | None]:
        """The note that a link leads to: what stands between ``[[`` and ``]]`` or ``|``."""
        return self._read(lambda c: note_link_rows.resolve(c, name))

    def attachments(self, note_id: int) -> Future[tuple[str, ...]]:
        """The files that belong to a note, by their paths in the folder that it is from."""
        return self._read(lambda c: note_link_rows.attachments(c, note_id))

    # Last of all: after it "list" is this method, for what follows in the class.
    def list(self, chosen: NoteFilter = _EVERYTHING) -> Future[list[NoteLine]]:
        """Notes, pinned ones first and the newest of each first; the trash: what came last first.

        10,000 take a tenth of a second: no text is read. Words must all stand in the note or its
        title, each as the beginning of a word.
        """
        return self._read(lambda c: note_list_rows.lines(c, chosen))

    def _read(self, work: Callable[[Connection], T]) -> Future[T]:
        return self._vaults.kept.read(work)

    def _write(self, work: Callable[[Connection], T]) -> Future[T]:
        written = self._vaults.kept.write(work)
        written.add_done_callback(self._tell)
        return written

    def _tell(self, written: Future[Any]) -> None:
        if not written.exception():
            self._changed()

    def _save_long(
        self, note_id: int, text: str, expected: tuple[int, str | None], now: int
    ) -> Future[Saved]:
        saved = self._long.save(note_id, text, expected, now)
        saved.add_done_callback(self._tell)
        return saved

    def close(self) -> None:
        """Wait for what is being saved: long texts take a second. To be called before closing."""
        self._long.close()

    def _purge(self, before: int, ids: Sequence[int] | None) -> Future[Deleted]:
        """Purge in small transactions, so that whatever else there is to do comes in between."""

        def purge_some() -> Future[Purged]:
            some = self._write(lambda c: note_trash_rows.purge_some(c, _PASSAGES_AT_ONCE))
            return followed(some, self._forget_elsewhere)

        def scrub(found: list[Purged]) -> Future[Deleted]:
            written = [at for purged in found for at in purged.written]
            gone = Deleted(len(written), min(written, default=None))
            return combined([self._scrubber.sweep()], lambda _: gone)

        begun = self._write(lambda c: note_trash_rows.begin_purge(c, before, ids))
        purged = followed(begun, lambda _: repeated(purge_some, lambda some: not some.is_all))
        return followed(purged, scrub)

    def _forget_elsewhere(self, purged: Purged) -> Future[Purged]:
        """Take what private chats have of these notes: in the kept vault, triggers do that."""
        private = self._vaults.private
        if private is None or not purged.ids:
            return done(purged)
        forgotten = private.write(lambda c: source_rows.forget_notes(c, purged.ids))
        return combined([forgotten], lambda _: purged)


def _as_it_is(came: Note | Saved) -> Note:
    """The note that holds what was saved."""
    return came if isinstance(came, Note) else came.other or came.note
