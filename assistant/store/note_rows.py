"""SQL for notes. Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.

A note in the trash is out of the lists and of what links lead to, and nothing else: by its id it
is there as before, until it is deleted for good (``note_trash_rows``). Times are milliseconds
since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from assistant.notes.limits import note_text, note_title
from assistant.notes.markdown_facts import title_of
from assistant.notes.names import folded, note_name, tags_read
from assistant.notes.records import Note, Saved, TitleBy
from assistant.store import note_content_rows, note_link_rows, revision_rows, tag_rows
from assistant.store.note_content_rows import Content
from assistant.store.note_text_rows import get as get
from assistant.store.note_text_rows import save as save
from assistant.store.note_text_rows import with_ending, with_text
from assistant.store.sqlcipher import Connection
from assistant.text import clean

_FROM_FOLDER: Final = " (from the folder)"

_FILES = """
    SELECT id, title, title_by, text, front_matter, source, source_hash, source_form,
        source_revision IS NOT revision, pinned, created_at, updated_at, revision
    FROM note WHERE id > :after AND deleted_at IS NULL
        AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
    ORDER BY id LIMIT :limit
"""

_COUNT_FILES = """
    SELECT count(*) FROM note WHERE deleted_at IS NULL
        AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
"""

_FROM_THIS_FILE = """
    SELECT id FROM note WHERE source = ? AND source <> '' AND deleted_at IS NOT 0
        ORDER BY deleted_at IS NOT NULL, id DESC LIMIT 1
"""

_FROM_THESE_BYTES = """
    SELECT id, source FROM note WHERE source_hash = ? AND deleted_at IS NOT 0
        ORDER BY deleted_at IS NOT NULL, id
"""

# One that was written in Hush, and is exactly what the file says.
_WRITTEN_HERE = """
    SELECT n.id FROM note_name nn JOIN note n ON n.id = nn.note_id
        WHERE nn.folded = :name AND nn.origin = 'title' AND n.source = ''
            AND n.deleted_at IS NULL AND n.title = :title AND n.text = :text
        ORDER BY n.id LIMIT 1
"""


def create(connection: Connection, text: str, title: str, tags: Sequence[str], now: int) -> Note:
    """Add a note.

    Args:
        connection: Inside of a write.
        text: Cleaned here.
        title: Empty: it follows the text.
        tags: Beside those in the text; clean (``tags_given``).
        now: Milliseconds since 1970, UTC.

    Raises:
        InputRefused: it is too long.
    """
    return added(connection, content_of(text, title), tags, now)


def content_of(text: str, title: str) -> Content:
    """Read what is to become a note. Pure; takes 50 ms for each MiB at the worst.

    Raises:
        InputRefused: it is too long.
    """
    title = note_title(title)
    return Content.of(note_text(text), title, TitleBy.PERSON if title else TitleBy.TEXT)


def added(connection: Connection, content: Content, tags: Sequence[str], now: int) -> Note:
    """Add a note that was read already; ``tags`` beside those in the text."""
    note_id = note_content_rows.add(connection, content, now, now)
    tag_rows.replace(connection, note_id, "given", tags)
    return with_text(connection, note_id, content.text)


def revert(connection: Connection, note_id: int, revision: int, now: int) -> Saved:
    """Give a note an earlier text again; the text of now becomes an earlier one.

    Raises:
        NotFound: there is no such note, or this revision is not kept.
    """
    note = get(connection, note_id)
    text = revision_rows.text(connection, note_id, revision)
    _follow(connection, note, Content.of(text, note.title, note.title_by), now, now)
    return Saved(get(connection, note_id))


def choose_tags(connection: Connection, note_id: int, tags: Sequence[str]) -> Note:
    """Have a note have these tags beside those in its text; see ``tag_rows.choose``.

    Raises:
        NotFound: there is none with this id.
    """
    get(connection, note_id)
    tag_rows.choose(connection, note_id, tags)
    return get(connection, note_id)


def pin(connection: Connection, note_id: int, *, pinned: bool) -> Note:
    """Have a note stand before all others, or no longer.

    Raises:
        NotFound: there is none with this id.
    """
    connection.execute("UPDATE note SET pinned = ? WHERE id = ?", (int(pinned), note_id))
    return get(connection, note_id)


@dataclass(frozen=True, slots=True)
class Imported:
    """One file, read and taken apart, to become a note or to change the one that it became.

    Text, title, tags and names are cleaned here (``assistant.text.clean``); tags in the text and
    links are found here, too.

    Attributes:
        source: Its path in the folder that is imported, with ``/``: what knows it again.
        source_hash: SHA-256 of the file's bytes.
        title: From its front matter or its name. Ignored where ``title_by`` is ``TEXT``.
        title_by: ``TEXT``: the title follows the text; ``HUSH``: the file's name; ``PERSON``: it
            was given, in the front matter for one.
        text: What stands after the front matter.
        tags: Of its front matter, without ``#``.
        front_matter: As it stood in the file, with its ``---`` lines; empty where there is none.
        attachments: Files that go with it, beside those that its text names.
        created_at: Milliseconds since 1970, UTC.
        updated_at: As ``created_at``.
        aliases: Other names that ``[[links]]`` may call it by.
        form: How the file's bytes differ from this text in UTF-8 with LF ("crlf", "bom"): the
            importer's own words, handed back for the export.
        folder_tag: Which of the tags is there only because of the folder that the file lies in:
            it is in no file. Empty: none.
    """

    source: str = field(repr=False)
    source_hash: bytes = field(repr=False)
    title: str = field(repr=False)
    title_by: TitleBy
    text: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    front_matter: str = field(repr=False)
    attachments: tuple[str, ...] = field(repr=False)
    created_at: int
    updated_at: int
    aliases: tuple[str, ...] = field(default=(), repr=False)
    form: str = ""
    folder_tag: str = field(default="", repr=False)


class Outcome(StrEnum):
    """What importing one file came to."""

    NEW = "new"
    CHANGED = "changed"  # the note follows the file; its earlier text is a revision
    SAME = "same"  # nothing that anybody would see was changed
    KEPT_BOTH = "kept both"  # edited in Hush and changed in the folder: the file is a new note
    IN_TRASH = "in the trash"  # the person threw it away in Hush: nothing was changed


def put_imported(
    connection: Connection,
    imported: Imported,
    now: int,
    still_there: Callable[[str], bool] = lambda _source: False,
) -> tuple[int, Outcome]:
    """Make a file's note, or bring it up to date. Doing so twice is doing so once.

    The note is the one with this ``source``; else one with the same bytes whose own file is gone
    (it was moved, or this is an export of it); else one written in Hush with the same title and
    text.

    Args:
        connection: Inside of a write.
        imported: The file.
        now: Milliseconds since 1970, UTC.
        still_there: Whether the folder that is imported still has a file of this ``source``.

    Returns:
        The id of the note that holds the file's text, and what was done.

    Raises:
        InputRefused: longer than a note can be (``assistant.notes.limits``), in words.
    """
    file = _cleaned(imported, now)
    note_id = _known(connection, file, still_there)
    if note_id is None:
        return _from_file(connection, file, file.title, file.title_by), Outcome.NEW
    note = get(connection, note_id)
    if note.deleted_at is not None:
        return note_id, Outcome.IN_TRASH
    has_bytes, is_edited = _as_imported(connection, note_id, file)
    if has_bytes and note.source == file.source:
        tagged = _tag_by_folder(connection, note_id, file)
        return note_id, Outcome.CHANGED if tagged else Outcome.SAME
    if note.text == file.text or not is_edited:
        return note_id, _follow_file(connection, note, file, now, is_edited=is_edited)
    if has_bytes:  # it was only moved
        _move(connection, note_id, file)
        tagged = _tag_by_folder(connection, note_id, file)
        return note_id, Outcome.CHANGED if tagged else Outcome.SAME
    return _instead(connection, note_id, file), Outcome.KEPT_BOTH


@dataclass(frozen=True, slots=True)
class NoteFile:
    """One note as an export needs it: what was imported, and whether Hush changed it since.

    Attributes:
        tags: Those beside the ones that the text itself has.
        edited: Whether title or text were changed in Hush since the import; True where it was
            never imported.
        form: See ``Imported``.
        revision: Which one this is.
        folder_tag: See ``Imported``.
    """

    id: int
    title: str = field(repr=False)
    title_by: TitleBy
    text: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    front_matter: str = field(repr=False)
    source: str = field(repr=False)
    source_hash: bytes | None = field(repr=False)
    form: str
    edited: bool
    pinned: bool
    created_at: int
    updated_at: int
    revision: int
    folder_tag: str = field(repr=False)


def files(
    connection: Connection, after: int, limit: int, ids: Sequence[int] | None = None
) -> list[NoteFile]:
    """Notes to export, by id, outside of the trash: at most ``limit`` of those after this id.

    Args:
        connection: Inside of a read.
        after: The last id of the call before; 0 for the first.
        limit: How many; each is read whole.
        ids: Only these; None: all.
    """
    chosen = None if ids is None else json.dumps(list(ids))
    rows = connection.execute(_FILES, {"after": after, "limit": limit, "ids": chosen}).fetchall()
    return [
        NoteFile(
            id=row[0],
            title=row[1],
            title_by=TitleBy(row[2]),
            text=row[3],
            tags=tag_rows.beside_text(connection, row[0]),
            front_matter=row[4],
            source=row[5],
            source_hash=row[6],
            form=row[7].partition("\n")[0],
            edited=bool(row[8]),
            pinned=bool(row[9]),
            created_at=row[10],
            updated_at=row[11],
            revision=row[12],
            folder_tag=folder_tag_in(row[7]),
        )
        for row in rows
    ]


def count_files(connection: Connection, ids: Sequence[int] | None = None) -> int:
    """How many notes ``files`` gives in all."""
    chosen = None if ids is None else json.dumps(list(ids))
    row = connection.execute(_COUNT_FILES, {"ids": chosen}).fetchone()
    return int(row[0]) if row else 0


def _cleaned(imported: Imported, now: int) -> Imported:
    text, title = note_text(imported.text), note_title(imported.title)
    by = imported.title_by if title else TitleBy.TEXT
    return replace(
        imported,
        source=clean(imported.source),
        title=title_of(text) if by is TitleBy.TEXT else title,
        title_by=by,
        text=text,
        tags=tags_read(imported.tags),
        front_matter=clean(imported.front_matter),
        attachments=tuple(clean(path) for path in imported.attachments),
        created_at=min(max(0, imported.created_at), now),
        updated_at=min(max(0, imported.updated_at), now),
        aliases=tuple(clean(alias) for alias in imported.aliases),
        form=clean(imported.form),
        folder_tag=next(iter(tags_read((imported.folder_tag,))), ""),
    )


def folder_tag_in(source_form: str) -> str:
    """The ``folder_tag`` that a note's ``source_form`` tells, on a line of its own."""
    return source_form.partition("\n")[2]


def _source_form(file: Imported) -> str:
    return f"{file.form}\n{file.folder_tag}" if file.folder_tag else file.form


def _tag_by_folder(connection: Connection, note_id: int, file: Imported) -> bool:
    """Have a note, otherwise as it is, have the tag of its folder now; whether tags changed."""
    row = connection.execute("SELECT source_form FROM note WHERE id = ?", (note_id,)).fetchone()
    had = folder_tag_in(row[0]) if row else ""
    if had == file.folder_tag:
        return False
    form = _source_form(file)
    connection.execute("UPDATE note SET source_form = ? WHERE id = ?", (form, note_id))
    before = tag_rows.of_note(connection, note_id)
    is_own = folded(had) in map(folded, file.tags)  # its front matter has it, too
    tag_rows.exchange(connection, note_id, "in_file", "" if is_own else had, file.folder_tag)
    return tag_rows.of_note(connection, note_id) != before


def _known(
    connection: Connection, file: Imported, still_there: Callable[[str], bool]
) -> int | None:
    """The note that a file is, if there is one."""
    row = connection.execute(_FROM_THIS_FILE, (file.source,)).fetchone()
    if row:
        return int(row[0])
    if file.text and not file.text.isspace():  # which of all empty ones it was nobody can tell
        for note_id, source in connection.execute(_FROM_THESE_BYTES, (file.source_hash,)):
            if not still_there(source):
                return int(note_id)
    named = {"name": note_name(file.title), "title": file.title, "text": file.text}
    row = connection.execute(_WRITTEN_HERE, named).fetchone()
    return int(row[0]) if row else None


def _as_imported(connection: Connection, note_id: int, file: Imported) -> tuple[bool, bool]:
    """Whether a note was imported from these very bytes, and whether Hush changed it since."""
    row = connection.execute(
        "SELECT source_hash IS ?, source_revision IS NOT revision FROM note WHERE id = ?",
        (file.source_hash, note_id),
    ).fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, True)


def _from_file(connection: Connection, file: Imported, title: str, by: TitleBy) -> int:
    content = Content.of(file.text, title, by)
    note_id = note_content_rows.add(connection, content, file.created_at, file.updated_at)
    _take_from_file(connection, note_id, file, in_step=True)
    return note_id


def _instead(connection: Connection, note_id: int, file: Imported) -> int:
    """Have a new note follow the file from now on; the edited one stands as it is.

    What links called that one leads to it still: it is the older.
    """
    connection.execute(
        "UPDATE note SET source = '', source_hash = NULL, source_form = '', source_revision = NULL"
        " WHERE id = ?",
        (note_id,),
    )
    return _from_file(connection, file, with_ending(file.title, _FROM_FOLDER), TitleBy.HUSH)


def _follow_file(
    connection: Connection, note: Note, file: Imported, now: int, *, is_edited: bool
) -> Outcome:
    """Bring a note up to date that says what its file said. A title of the person's own stays."""
    is_theirs = is_edited and note.title_by is TitleBy.PERSON
    title, by = (note.title, note.title_by) if is_theirs else (file.title, file.title_by)
    content = Content.of(file.text, title, by)
    _follow(connection, note, content, now, file.updated_at)
    in_step = content.title == file.title
    tagged = _take_from_file(connection, note.id, file, in_step=in_step)
    changed = tagged or (content.text, content.title) != (note.text, note.title)
    return Outcome.CHANGED if changed else Outcome.SAME


def _take_from_file(connection: Connection, note_id: int, file: Imported, *, in_step: bool) -> bool:
    """Note what only the file says: where it is, its tags and names; whether tags changed.

    ``in_step`` says that text and title are now the file's own.
    """
    connection.execute(
        "UPDATE note SET source = :source, source_hash = :hash, source_form = :form,"
        " front_matter = :front, source_revision = iif(:in_step, revision, source_revision)"
        " WHERE id = :id",
        {
            "source": file.source,
            "hash": file.source_hash,
            "form": _source_form(file),
            "front": file.front_matter,
            "in_step": int(in_step),
            "id": note_id,
        },
    )
    note_link_rows.name_by_file(connection, note_id, file.source, file.aliases)
    if file.attachments:
        attached = {*note_link_rows.attachments(connection, note_id), *file.attachments}
        note_link_rows.attach(connection, note_id, attached)
    before = tag_rows.of_note(connection, note_id)
    tag_rows.replace(connection, note_id, "in_file", file.tags)
    return tag_rows.of_note(connection, note_id) != before


def _move(connection: Connection, note_id: int, file: Imported) -> None:
    connection.execute("UPDATE note SET source = ? WHERE id = ?", (file.source, note_id))
    note_link_rows.name_by_file(connection, note_id, file.source, file.aliases)


def _follow(
    connection: Connection, note: Note, content: Content, now: int, updated_at: int
) -> None:
    """Replace a note's text; the one of now becomes an earlier one, however short it stood."""
    if content.key == _key(note):
        return
    if content.text != note.text and note.text:
        revision_rows.keep(connection, note.id, note.revision, note.text, now)
    note_content_rows.rewrite(connection, note.id, content, updated_at)


def _key(note: Note) -> tuple[str, str, TitleBy]:
    return note.text, note.title, note.title_by
