"""SQL for the earlier texts of notes. Plain functions, to be called inside ``Vault.write``.

The latest is kept whole, each other as its difference from the next later one that is kept: a
new one touches two rows, and a save that keeps none touches none.
"""

from __future__ import annotations

from assistant.errors import NotFound, VaultDamaged
from assistant.notes.delta import difference, restored
from assistant.notes.earlier import staying
from assistant.notes.limits import MAX_REVISION_BYTES
from assistant.notes.records import RevisionLine
from assistant.store.sqlcipher import Connection

_WHOLE = None  # as the base: the row stands for itself


def lines(connection: Connection, note_id: int) -> list[RevisionLine]:
    """What is kept of a note, the latest first."""
    rows = connection.execute(
        "SELECT revision, at, characters FROM note_revision WHERE note_id = ?"
        " ORDER BY revision DESC",
        (note_id,),
    )
    return [RevisionLine(revision, at, characters) for revision, at, characters in rows]


def text(connection: Connection, note_id: int, revision: int) -> str:
    """An earlier text.

    Raises:
        NotFound: it is not kept, or there is no such note.
        VaultDamaged: it cannot be read.
    """
    later = ""
    rows = connection.execute(
        "SELECT revision, data FROM note_revision WHERE note_id = ? AND revision >= ?"
        " ORDER BY revision DESC",
        (note_id, revision),
    )
    for number, data in rows.fetchall():
        later = restored(data, later)
        if number == revision:
            return later
    raise NotFound("This earlier version is not kept any more.")


def kept_at(connection: Connection, note_id: int) -> int | None:
    """When the latest was kept; None where there is none."""
    row = connection.execute(
        "SELECT max(at) FROM note_revision WHERE note_id = ?", (note_id,)
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None


def keep(
    connection: Connection,
    note_id: int,
    revision: int,
    earlier: str,
    now: int,
    most_bytes: int = MAX_REVISION_BYTES,
) -> None:
    """Keep a text that is replaced now, and let those go that need not stay (``notes.earlier``).

    Those that cannot be read any more go, too: a note can be saved whatever became of them.

    Args:
        connection: Inside of a write.
        note_id: Whose it is.
        revision: The note's, while it had this text.
        earlier: The text.
        now: Milliseconds since 1970, UTC.
        most_bytes: Beyond that the oldest go.
    """
    latest = connection.execute(
        "SELECT revision, data FROM note_revision WHERE note_id = ? AND base IS NULL", (note_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO note_revision (note_id, revision, at, characters, base, data)"
        " VALUES (?, ?, ?, ?, NULL, ?)",
        (note_id, revision, now, len(earlier), difference(earlier)),
    )
    try:
        if latest:
            number, data = latest
            _rebase(connection, note_id, number, revision, difference(restored(data), earlier))
        _thin(connection, note_id, now)
    except VaultDamaged:
        connection.execute(
            "DELETE FROM note_revision WHERE note_id = ? AND revision < ?", (note_id, revision)
        )
    _bound(connection, note_id, most_bytes)


def _thin(connection: Connection, note_id: int, now: int) -> None:
    """Let go what need not stay; what was a difference from it becomes one from a later one."""
    there = lines(connection, note_id)
    stay = staying(there, now)
    going = {line.revision for line in there} - stay
    if not going:
        return
    rows = connection.execute(
        "SELECT revision, base, data FROM note_revision WHERE note_id = ? ORDER BY revision DESC",
        (note_id,),
    ).fetchall()
    later, kept_base, kept_text = "", _WHOLE, ""
    for revision, base, data in rows:
        if not going and base == kept_base:
            break  # from here on all is as it was
        later = restored(data, later)
        if revision in going:
            going.remove(revision)
            connection.execute(
                "DELETE FROM note_revision WHERE note_id = ? AND revision = ?", (note_id, revision)
            )
            continue
        if base != kept_base:
            _rebase(connection, note_id, revision, kept_base, difference(later, kept_text))
        kept_base, kept_text = revision, later


def _rebase(
    connection: Connection, note_id: int, revision: int, base: int | None, data: bytes
) -> None:
    connection.execute(
        "UPDATE note_revision SET base = ?, data = ? WHERE note_id = ? AND revision = ?",
        (base, data, note_id, revision),
    )


def _bound(connection: Connection, note_id: int, most_bytes: int) -> None:
    """Let the oldest go where all together take too much: nothing is a difference from them."""
    rows = connection.execute(
        "SELECT revision, length(data) FROM note_revision WHERE note_id = ? ORDER BY revision DESC",
        (note_id,),
    ).fetchall()
    total = 0
    for place, (revision, size) in enumerate(rows):
        total += size
        if place and total > most_bytes:
            connection.execute(
                "DELETE FROM note_revision WHERE note_id = ? AND revision <= ?",
                (note_id, revision),
            )
            return
