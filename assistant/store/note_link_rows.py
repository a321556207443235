"""SQL for what links notes. Plain functions, to be called inside ``Vault.read`` or ``write``.

A link is a name. Which note it leads to is asked when it is followed: the one that has it as its
title, else the one that was imported from a file of that name, else one with that alias; of
several the oldest. A note in the trash is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from assistant.notes.names import file_names, link_target, note_name
from assistant.store.sqlcipher import Connection, Value

Origin = Literal["title", "file", "alias"]

_RESOLVE = """
    SELECT nn.note_id FROM note_name nn JOIN note n ON n.id = nn.note_id
        WHERE nn.folded = ? AND n.deleted_at IS NULL
        ORDER BY nn.origin <> 'title', nn.origin <> 'file', nn.note_id LIMIT 1
"""

_LINKING = """
    SELECT DISTINCT l.note_id, l.target FROM note_name nn
        JOIN note_link l ON l.target = nn.folded
        WHERE nn.note_id = :id AND l.note_id <> :id
"""


def name_by_title(connection: Connection, note_id: int, title: str) -> None:
    """Let links find a note by its title, and no longer by the one before."""
    _set_names(connection, note_id, "title", {note_name(title)})


def name_by_file(connection: Connection, note_id: int, source: str, aliases: Iterable[str]) -> None:
    """Let links find a note by the file that it was imported from, and by what that calls it."""
    _set_names(connection, note_id, "file", set(file_names(source)))
    _set_names(connection, note_id, "alias", {note_name(alias) for alias in aliases})


def link(connection: Connection, note_id: int, written: Iterable[str]) -> None:
    """Write down what a note's text links to. Only what changed is written."""
    wanted = {one: target for one in written if (target := link_target(one))}
    there = _column(connection, "SELECT written FROM note_link WHERE note_id = ?", (note_id,))
    _each(
        connection,
        "DELETE FROM note_link WHERE note_id = ? AND written = ?",
        [(note_id, one) for one in there - wanted.keys()],
    )
    _each(
        connection,
        "INSERT INTO note_link (note_id, written, target) VALUES (?, ?, ?)",
        [(note_id, one, wanted[one]) for one in wanted.keys() - there],
    )


def attach(connection: Connection, note_id: int, paths: Iterable[str]) -> None:
    """Write down which files belong to a note. Only what changed is written."""
    wanted = set(paths)
    there = set(attachments(connection, note_id))
    _each(
        connection,
        "DELETE FROM note_attachment WHERE note_id = ? AND path = ?",
        [(note_id, path) for path in there - wanted],
    )
    _each(
        connection,
        "INSERT INTO note_attachment (note_id, path) VALUES (?, ?)",
        [(note_id, path) for path in wanted - there],
    )


def attachments(connection: Connection, note_id: int) -> tuple[str, ...]:
    """The files that belong to a note, by their paths in its folder."""
    rows = connection.execute(
        "SELECT path FROM note_attachment WHERE note_id = ? ORDER BY path", (note_id,)
    )
    return tuple(row[0] for row in rows)


def resolve(connection: Connection, written: str) -> int | None:
    """The note that a link leads to, as it is written; None where there is none."""
    return _found(connection, link_target(written))


def links(connection: Connection, note_id: int) -> dict[str, int | None]:
    """What a note's text links to, as it is written there, and the note that each leads to."""
    rows = connection.execute(
        "SELECT written, target FROM note_link WHERE note_id = ? ORDER BY written", (note_id,)
    ).fetchall()
    return {written: _found(connection, target) for written, target in rows}


def linking(connection: Connection, note_id: int) -> set[int]:
    """The other notes, in the trash too, with a link that leads to this one."""
    rows = connection.execute(_LINKING, {"id": note_id}).fetchall()
    here = {target for target in {row[1] for row in rows} if _found(connection, target) == note_id}
    return {note for note, target in rows if target in here}


def _found(connection: Connection, target: str) -> int | None:
    row = connection.execute(_RESOLVE, (target,)).fetchone() if target else None
    return int(row[0]) if row else None


def _set_names(connection: Connection, note_id: int, origin: Origin, names: set[str]) -> None:
    wanted = names - {""}
    there = _column(
        connection,
        "SELECT folded FROM note_name WHERE note_id = ? AND origin = ?",
        (note_id, origin),
    )
    _each(
        connection,
        "DELETE FROM note_name WHERE folded = ? AND note_id = ? AND origin = ?",
        [(name, note_id, origin) for name in there - wanted],
    )
    _each(
        connection,
        "INSERT INTO note_name (folded, note_id, origin) VALUES (?, ?, ?)",
        [(name, note_id, origin) for name in wanted - there],
    )


def _each(connection: Connection, sql: str, rows: Sequence[Sequence[Value]]) -> None:
    # Preparing a statement for no row at all takes as long as for one.
    if rows:
        connection.executemany(sql, rows)


def _column(connection: Connection, sql: str, parameters: tuple[Value, ...]) -> set[str]:
    return {row[0] for row in connection.execute(sql, parameters)}
