"""SQL for what is still to be done to the vault itself, at some quiet moment.

Written down, because Hush may be closed or killed before that moment comes. One row for each thing,
told by its name alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.store.sqlcipher import Connection

_SCRUB = "scrub"
_EDITED = "scrub/edited"
_STALE = "scrub/stale"
_BEGUN = "scrub/words begun"  # since the last deletion
_ANEW = "scrub/words anew"  # since the last deletion; only the file is left to do
_SINCE = "scrub/since "  # and then milliseconds since 1970, UTC


@dataclass(frozen=True, slots=True)
class Due:
    """Why the vault's file is to be scrubbed.

    Attributes:
        deleted: Something was deleted for good; else words were only taken out of a note.
        since: When this was noticed first, milliseconds since 1970, UTC; None: not yet. A deletion
            counts from its own time, not from that of words taken out before.
        bytes: How large the file is.
    """

    deleted: bool
    since: int | None
    bytes: int


def note_scrub(connection: Connection) -> None:
    """Something was deleted for good: what is left of it in the file has to be scrubbed away."""
    if connection.execute("INSERT OR IGNORE INTO chore (name) VALUES (?)", (_SCRUB,)).rowcount:
        _forget_since(connection)  # that was of words taken out: a deletion waits from its own time
    # What a scrub has done so far was done before this.
    connection.execute("DELETE FROM chore WHERE name IN (?, ?)", (_BEGUN, _ANEW))


def note_edit(connection: Connection) -> None:
    """Words were taken out of a text: they are to leave the file, too, when there is time."""
    connection.execute("INSERT OR IGNORE INTO chore (name) VALUES (?)", (_EDITED,))


def note_stale_words(connection: Connection) -> None:
    """An index of words does not match its texts: the next scrub makes them from the texts."""
    note_scrub(connection)
    connection.execute("INSERT OR IGNORE INTO chore (name) VALUES (?)", (_STALE,))


def scrub_is_due(connection: Connection) -> bool:
    """Whether something was deleted for good since the last scrub that came to its end."""
    return _is_there(connection, _SCRUB)


def due(connection: Connection) -> Due | None:
    """Why the file is to be scrubbed; None where it is not."""
    deleted = _is_there(connection, _SCRUB)
    if not deleted and not _is_there(connection, _EDITED):
        return None
    row = connection.execute(
        "SELECT CAST(substr(name, ?) AS INTEGER) FROM chore WHERE name > ? AND name < ?",
        (len(_SINCE) + 1, _SINCE, f"{_SINCE}~"),
    ).fetchone()
    return Due(deleted, int(row[0]) if row else None, file_bytes(connection))


def note_since(connection: Connection, now: int) -> None:
    """Note when it was noticed that a scrub is due."""
    _forget_since(connection)
    connection.execute("INSERT INTO chore (name) VALUES (?)", (f"{_SINCE}{now}",))


def begin_words(connection: Connection) -> None:
    """The words are about to be written anew: of all that was deleted or taken out until now."""
    connection.execute("DELETE FROM chore WHERE name IN (?, ?)", (_EDITED, _ANEW))
    connection.executemany("INSERT OR IGNORE INTO chore (name) VALUES (?)", [(_SCRUB,), (_BEGUN,)])


def end_words(connection: Connection) -> None:
    """They are, unless something was deleted meanwhile."""
    connection.execute("UPDATE chore SET name = ? WHERE name = ?", (_ANEW, _BEGUN))
    connection.execute("DELETE FROM chore WHERE name = ?", (_STALE,))


def words_are_anew(connection: Connection) -> bool:
    """Whether the words were written anew since the last deletion."""
    return _is_there(connection, _ANEW)


def words_are_stale(connection: Connection) -> bool:
    """Whether an index of words does not match its texts."""
    return _is_there(connection, _STALE)


def scrub_done(connection: Connection) -> None:
    """It is scrubbed away. What was taken out of notes since the scrub began waits for the next."""
    connection.execute("DELETE FROM chore WHERE name IN (?, ?, ?)", (_SCRUB, _BEGUN, _ANEW))
    _forget_since(connection)


def file_bytes(connection: Connection) -> int:
    """How large the database is."""
    return _number(connection, "PRAGMA page_count") * _number(connection, "PRAGMA page_size")


def _forget_since(connection: Connection) -> None:
    connection.execute("DELETE FROM chore WHERE name > ? AND name < ?", (_SINCE, f"{_SINCE}~"))


def _is_there(connection: Connection, name: str) -> bool:
    row = connection.execute("SELECT 1 FROM chore WHERE name = ?", (name,)).fetchone()
    return row is not None


def _number(connection: Connection, pragma: str) -> int:
    row = connection.execute(pragma).fetchone()
    return int(row[0]) if row else 0
