"""SQL for reading one note and replacing its text. For ``Vault.read`` and ``Vault.write``.

What a save has to find out about a long text takes seconds, and holds nobody up: ``standing`` reads
what there is, ``drafted`` finds out on any thread, and ``put`` writes what came of it, unless the
note has changed meanwhile. Only where the text before is to be an earlier version, ``versions``
reads those there are, and ``kept`` finds out what becomes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from assistant.errors import NotFound
from assistant.notes.earlier import is_kept
from assistant.notes.limits import MAX_TITLE_CHARACTERS, note_text, note_title
from assistant.notes.records import Note, Saved, TitleBy
from assistant.store import note_content_rows, revision_rows, tag_rows
from assistant.store.note_content_rows import Content
from assistant.store.revision_rows import Chain
from assistant.store.sqlcipher import Connection, Row
from assistant.text import title_from

LONG_BYTES: Final = 256 * 1024
"""From this length on a save takes over 15 ms (measured): it is worth three steps."""

_USUAL_CACHE: Final = "PRAGMA cache_size = -8000"  # KiB: SQLCipher's default
_ROOMY_CACHE: Final = "PRAGMA cache_size = -40000"
"""So that a page of 10 MB is read and decrypted once, and written and encrypted once."""

_OTHER: Final = " (other version)"

# 0: it is being deleted for good.
_NOTE: Final = """
    SELECT id, title, title_by, revision, pinned, created_at, updated_at, source, deleted_at{}
        FROM note WHERE id = ? AND deleted_at IS NOT 0
"""
_WHOLE: Final = _NOTE.format(", text")
_BUT_ITS_TEXT: Final = _NOTE.format("")  # the text stands last: it is not read
_LENGTH: Final = "SELECT octet_length(text) FROM note WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Standing:
    """A note before it is saved, and when its last version was kept."""

    note: Note
    kept_at: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a note is to become.

    Attributes:
        before: What it was.
        content: What it will be.
        keeps: Whether the text before is to be an earlier version: ``kept`` makes it one.
        versions: Those there are, as far as they matter, and those there will be.
    """

    before: Standing
    content: Content = field(repr=False)
    keeps: bool
    versions: tuple[Chain, Chain] | None = field(default=None, repr=False)


def get(connection: Connection, note_id: int) -> Note:
    """Read one note, in the trash or not.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(_WHOLE, (note_id,)).fetchone()
    if row is None:
        raise _not_found()
    return _note(connection, row[:-1], row[-1])


def with_text(connection: Connection, note_id: int, text: str) -> Note:
    """Read one note whose text is at hand: a long one takes a tenth of a second to read.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(_BUT_ITS_TEXT, (note_id,)).fetchone()
    if row is None:
        raise _not_found()
    return _note(connection, row, text)


def is_long(connection: Connection, note_id: int) -> bool:
    """Whether a note's text is so long that nothing should be found out about it in a write."""
    row = connection.execute(_LENGTH, (note_id,)).fetchone()
    return row is not None and int(row[0]) >= LONG_BYTES


def save(
    connection: Connection,
    note_id: int,
    text: str,
    expected_revision: int,
    title: str | None,
    now: int,
) -> Saved:
    """Replace a note's text, and its title where one is given; see ``NoteService.save``.

    All in one go; see ``standing`` for a long text.

    Raises:
        NotFound: there is none with this id.
        InputRefused: the text is too long.
    """
    draft = drafted(standing(connection, note_id), text, title, now)
    if draft.keeps:
        draft = kept(draft, versions(connection, draft, now), now)
    saved = put(connection, draft, expected_revision, now)
    return saved or Saved(draft.before.note)  # within one write nothing changes meanwhile


def standing(connection: Connection, note_id: int) -> Standing:
    """What a save has to know. Inside of a read.

    Raises:
        NotFound: there is none with this id.
    """
    return Standing(get(connection, note_id), revision_rows.kept_at(connection, note_id))


def drafted(before: Standing, text: str, title: str | None, now: int) -> Draft:
    """What a note becomes of this text. Pure; takes 0.1 s for each MiB at the worst.

    Raises:
        InputRefused: the text is too long.
    """
    note = before.note
    content = _wanted(note, note_text(text), title)
    since = note.created_at if before.kept_at is None else before.kept_at
    keeps = is_kept(note.text, content.text, note.updated_at, since, now)
    return Draft(before, content, keeps)


def versions(connection: Connection, draft: Draft, now: int) -> Chain:
    """The earlier versions that matter to ``kept``: up to megabytes. Inside of a read."""
    note = draft.before.note
    return revision_rows.chain(connection, note.id, note.revision, now)


def kept(draft: Draft, there: Chain, now: int) -> Draft:
    """A draft that makes the text before an earlier version, beside those there are. Pure."""
    note = draft.before.note
    grown = revision_rows.grown(there, note.revision, note.text, now)
    return replace(draft, versions=(there, grown))


def put(connection: Connection, draft: Draft, expected_revision: int, now: int) -> Saved | None:
    """Write a draft; None where the note has changed since it was read: then nothing was done.

    Raises:
        NotFound: it was deleted for good.
    """
    before, content = draft.before.note, draft.content
    note = with_text(connection, before.id, before.text)
    if note.revision != before.revision:
        return None
    if content.key == (note.text, note.title, note.title_by):
        return Saved(note)
    if note.revision != expected_revision:
        return Saved(note, _beside(connection, note, content, now))
    if draft.versions:
        revision_rows.replace(connection, note.id, *draft.versions)
    if is_long(connection, note.id):
        connection.execute(_ROOMY_CACHE)
        # Its pages are free before the new text is put down, which takes them: else both lie in
        # the file, and as much again is written, in zeros (measured: 2 to 3 times as long).
        connection.execute("UPDATE note SET text = '' WHERE id = ?", (note.id,))
    note_content_rows.rewrite(connection, note.id, content, now)
    return Saved(with_text(connection, note.id, content.text))


def settle(connection: Connection) -> None:
    """Let go of the memory that ``put`` took for a long text. Inside of a read."""
    connection.execute(_USUAL_CACHE)


def with_ending(title: str, ending: str) -> str:
    """A title, cut so that this fits behind it."""
    return title_from(title, MAX_TITLE_CHARACTERS - len(ending)) + ending


def _wanted(note: Note, text: str, title: str | None) -> Content:
    """What a note is to become. An unchanged title stays what it was, also the text's own."""
    named = note.title if title is None else note_title(title)
    if named == note.title:
        return Content.of(text, named, note.title_by)
    return Content.of(text, named, TitleBy.PERSON if named else TitleBy.TEXT)


def _beside(connection: Connection, note: Note, content: Content, now: int) -> Note:
    """Keep what was to replace a note's text, which has changed meanwhile, as a note of its own."""
    named = with_ending(content.title or note.title, _OTHER)
    other = Content(content.text, named, TitleBy.HUSH, content.facts)
    made = note_content_rows.add(connection, other, now, now)
    tag_rows.replace(connection, made, "given", tag_rows.beside_text(connection, note.id))
    return with_text(connection, made, other.text)


def _note(connection: Connection, row: Row, text: str) -> Note:
    note_id, title, by, revision, pinned, created_at, updated_at, source, deleted_at = row
    return Note(
        id=note_id,
        title=title,
        title_by=TitleBy(by),
        text=text,
        revision=revision,
        pinned=bool(pinned),
        tags=tag_rows.of_note(connection, note_id),
        created_at=created_at,
        updated_at=updated_at,
        source=source,
        deleted_at=deleted_at,
    )


def _not_found() -> NotFound:
    return NotFound("This note does not exist any more.")
