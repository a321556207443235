"""The notes a person has: writing, finding, tagging, linking, taking back, throwing away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from assistant.clock import Clock
from assistant.notes.limits import TRASH_DAYS
from assistant.notes.names import tags_given
from assistant.notes.records import Note, NoteFilter, NoteLine, RevisionLine, Saved, TagCount
from assistant.store import (
    chore_rows,
    note_link_rows,
    note_list_rows,
    note_rows,
    note_trash_rows,
    revision_rows,
    tag_rows,
)
from assistant.store.note_trash_rows import Purged
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults, followed, repeated

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
    """

    def __init__(
        self, vaults: Vaults, clock: Clock, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._vaults = vaults
        self._clock = clock
        self._changed = changed

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
        return self._write(lambda c: note_rows.create(c, text, title, tags_given(tags), now))

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
        return self._write(
            lambda c: note_rows.save(c, note_id, text, expected_revision, title, now)
        )

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

    def empty_trash(self, ids: Sequence[int] | None = None) -> Future[int]:
        """Delete for good what is in the trash, or these of it; answers how many notes are gone.

        With all that was made of them: words, vectors, earlier versions. What is left of them in
        the vault's file is scrubbed away then (``Vault.scrub``); where that has to give way, the
        next purge of conversations goes on with it.

        Raises:
            StorageFull: in the future. They are deleted, but there is no room to scrub.
        """
        return self._purge(_FOREVER, ids)

    def purge_old(self) -> Future[int]:
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

    def _purge(self, before: int, ids: Sequence[int] | None) -> Future[int]:
        """Purge in small transactions, so that whatever else there is to do comes in between."""

        def purge_some() -> Future[Purged]:
            return self._write(lambda c: note_trash_rows.purge_some(c, _PASSAGES_AT_ONCE))

        def count(found: list[Purged]) -> Future[int]:
            gone = sum(len(purged.ids) for purged in found)
            return followed(
                self._read(chore_rows.scrub_is_due), lambda due: self._scrubbed(gone, due=due)
            )

        begun = self._write(lambda c: note_trash_rows.begin_purge(c, before, ids))
        purged = followed(begun, lambda _: repeated(purge_some, lambda some: not some.is_all))
        return followed(purged, count)

    def _scrubbed(self, gone: int, *, due: bool) -> Future[int]:
        """Scrub where there is something to scrub away; hand on how many notes are gone."""
        if gone and due:
            return followed(self._vaults.kept.scrub(), lambda _: _done(gone))
        return _done(gone)


def _done(value: int) -> Future[int]:
    answer: Future[int] = Future()
    answer.set_result(value)
    return answer
