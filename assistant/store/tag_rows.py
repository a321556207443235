"""SQL for the tags of notes. Plain functions, to be called inside ``Vault.read`` or ``write``.

A note has a tag because the person gave it, because its text has it, or because the file has it
that it was imported from; it loses it with the last of these reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from assistant.errors import InputRefused
from assistant.notes.limits import MAX_TAGS
from assistant.notes.names import folded, tag_name
from assistant.notes.records import TagCount
from assistant.store.sqlcipher import Connection, Row

Reason = Literal["given", "in_text", "in_file"]

SHOWN: Final = 8
"""How many tags of a note a list shows at most: nobody looks at more there."""

# A tag, and all that are nested in it.
_HAVE = """
    SELECT DISTINCT nt.note_id FROM tag t JOIN note_tag nt ON nt.tag_id = t.id
        WHERE t.folded = :tag OR substr(t.folded, 1, length(:tag) + 1) = :tag || '/'
"""

_COUNTS = """
    SELECT t.name, count(*) FROM note_tag nt JOIN tag t ON t.id = nt.tag_id
        WHERE nt.note_id NOT IN (SELECT id FROM note WHERE deleted_at IS NOT NULL)
        GROUP BY t.id ORDER BY t.folded
"""

_FLAGS: Final[Mapping[Reason, int]] = {"given": 3, "in_text": 4, "in_file": 5}  # in ``_rows``

_GIVE = """
    INSERT INTO note_tag (note_id, tag_id, given, in_text, in_file)
        SELECT ?, id, ? = 'given', ? = 'in_text', ? = 'in_file' FROM tag WHERE folded = ?
        ON CONFLICT (note_id, tag_id) DO UPDATE SET given = given OR excluded.given,
            in_text = in_text OR excluded.in_text, in_file = in_file OR excluded.in_file
"""

_TAKE = """
    UPDATE note_tag SET given = given AND ? <> 'given', in_text = in_text AND ? <> 'in_text',
        in_file = in_file AND ? <> 'in_file' WHERE note_id = ? AND tag_id = ?
"""


def of_note(connection: Connection, note_id: int) -> tuple[str, ...]:
    """All tags of a note, in the order of the alphabet."""
    return tuple(row[1] for row in _rows(connection, note_id))


def beside_text(connection: Connection, note_id: int) -> tuple[str, ...]:
    """Those that a note has for another reason than that its text has them."""
    return tuple(
        name for _, name, _, given, _, in_file in _rows(connection, note_id) if given or in_file
    )


def shown(connection: Connection) -> Mapping[int, tuple[str, ...]]:
    """The first few tags of every note that has any, by its id."""
    tags = connection.execute("SELECT id, name FROM tag ORDER BY folded").fetchall()
    names = [name for _, name in tags]
    places = {tag_id: place for place, (tag_id, _) in enumerate(tags)}
    found: dict[int, list[int]] = {}
    for note_id, tag_id in connection.execute("SELECT note_id, tag_id FROM note_tag").fetchall():
        found.setdefault(note_id, []).append(places[tag_id])
    return {
        note_id: tuple(names[place] for place in sorted(mine)[:SHOWN])
        for note_id, mine in found.items()
    }


def notes_with(connection: Connection, tag: str) -> set[int]:
    """The notes that have a tag, or one nested in it (``a/b`` in ``a``), in the trash, too."""
    wanted = folded(tag_name(tag))
    return {row[0] for row in connection.execute(_HAVE, {"tag": wanted})}


def counts(connection: Connection) -> list[TagCount]:
    """All tags that a note outside of the trash has, in the order of the alphabet."""
    return [TagCount(name, notes) for name, notes in connection.execute(_COUNTS)]


def choose(connection: Connection, note_id: int, names: Sequence[str]) -> None:
    """Have a note have these tags, as the person wishes, and no others but those in its text.

    One that the text has is there for that reason alone: it goes when it is taken out there.
    """
    wanted = {folded(name): name for name in names}
    there = {row[0]: row[2] for row in _rows(connection, note_id)}
    _give(connection, note_id, "given", {key: wanted[key] for key in wanted.keys() - there.keys()})
    gone = [there[key] for key in there.keys() - wanted.keys()]
    _take(connection, note_id, "given", gone)
    _take(connection, note_id, "in_file", gone)
    _sweep(connection, note_id)


def replace(connection: Connection, note_id: int, reason: Reason, names: Iterable[str]) -> None:
    """Have a note have exactly these tags for this reason."""
    wanted = {folded(name): name for name in names}
    flag = _FLAGS[reason]
    there = {row[0]: row[2] for row in _rows(connection, note_id) if row[flag]}
    _give(connection, note_id, reason, {key: wanted[key] for key in wanted.keys() - there.keys()})
    if gone := [there[key] for key in there.keys() - wanted.keys()]:
        _take(connection, note_id, reason, gone)
        _sweep(connection, note_id)


def exchange(connection: Connection, note_id: int, reason: Reason, gone: str, name: str) -> None:
    """Have a note no longer have one tag for this reason, but another; empty: none."""
    flag = _FLAGS[reason]
    there = {row[0]: row[2] for row in _rows(connection, note_id) if row[flag]}
    if name and folded(name) not in there:
        _give(connection, note_id, reason, {folded(name): name})
    if tag_id := there.get(folded(gone)):
        _take(connection, note_id, reason, [tag_id])
        _sweep(connection, note_id)


def known(connection: Connection, tag: str) -> int | None:
    """The id of a tag by its name, however that is spelt; None where there is none."""
    key = folded(tag_name(tag))
    row = connection.execute("SELECT id FROM tag WHERE folded = ?", (key,)).fetchone()
    return int(row[0]) if row else None


def has(connection: Connection, note_id: int, tag_id: int) -> bool:
    """Whether a note has a tag, for whatever reason."""
    query = "SELECT 1 FROM note_tag WHERE note_id = ? AND tag_id = ?"
    return connection.execute(query, (note_id, tag_id)).fetchone() is not None


def is_full(connection: Connection, note_id: int) -> bool:
    """Whether a note has as many tags as it takes."""
    query = "SELECT count(*) >= ? FROM note_tag WHERE note_id = ?"
    row = connection.execute(query, (MAX_TAGS, note_id)).fetchone()
    return bool(row and row[0])


def give_known(connection: Connection, note_id: int, tag_id: int) -> None:
    """As ``give``, for a tag that there is and a note that has room for it."""
    connection.execute(
        "INSERT INTO note_tag (note_id, tag_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (note_id, tag_id),
    )


def give(connection: Connection, note_id: int, tag: str) -> int:
    """Have a note have a tag, as the person wishes, beside its others; returns the tag's id.

    Args:
        connection: Inside of a write.
        note_id: A note that there is.
        tag: A clean name; a tag that there is not yet is made.

    Raises:
        InputRefused: the note has as many tags as it takes; nothing was changed.
    """
    tag_id = known(connection, tag)
    if tag_id is None or not has(connection, note_id, tag_id):
        if is_full(connection, note_id):
            raise InputRefused(f"A note takes {MAX_TAGS:,} tags.", "Nothing was changed.")
        _give(connection, note_id, "given", {folded(tag): tag})
        tag_id = known(connection, tag)
    if tag_id is None:
        raise ValueError("a tag has a name")
    return tag_id


def take(connection: Connection, note_id: int, tag_id: int) -> bool:
    """Have a note no longer have a tag that the person gave it; whether it has it even so.

    It has, where its text does, or the file that it was imported from.
    """
    _take(connection, note_id, "given", [tag_id])
    _sweep(connection, note_id)
    return has(connection, note_id, tag_id)


def _give(connection: Connection, note_id: int, reason: Reason, names: Mapping[str, str]) -> None:
    if names:
        added = [(name, key) for key, name in names.items()]
        connection.executemany("INSERT OR IGNORE INTO tag (name, folded) VALUES (?, ?)", added)
        connection.executemany(_GIVE, [(note_id, reason, reason, reason, key) for key in names])


def _take(connection: Connection, note_id: int, reason: Reason, tag_ids: Sequence[int]) -> None:
    connection.executemany(_TAKE, [(reason, reason, reason, note_id, tag_id) for tag_id in tag_ids])


def _sweep(connection: Connection, note_id: int) -> None:
    """Take away what there is no reason for any more; a trigger takes tags that nobody has."""
    connection.execute(
        "DELETE FROM note_tag WHERE note_id = ? AND NOT (given OR in_text OR in_file)", (note_id,)
    )


def _rows(connection: Connection, note_id: int) -> list[Row]:
    """Folded name, name, id, and whether for each reason; in the order of the alphabet."""
    return connection.execute(
        "SELECT t.folded, t.name, t.id, nt.given, nt.in_text, nt.in_file"
        " FROM note_tag nt JOIN tag t ON t.id = nt.tag_id WHERE nt.note_id = ? ORDER BY t.folded",
        (note_id,),
    ).fetchall()
