"""SQL for editions of the index. Plain functions, for inside ``Vault.read`` or ``Vault.write``.

An edition is all passages and vectors for one embedding model. At most one serves; others are being
built beside it, or leave in small steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.store.sqlcipher import Connection

_EVERYTHING = (
    "INSERT OR IGNORE INTO index_queue SELECT 'note', id FROM note",
    "INSERT OR IGNORE INTO index_queue SELECT 'message', id FROM message WHERE text <> ''",
)


class EditionState(StrEnum):
    """What an edition is there for."""

    BUILDING = "building"
    SERVING = "serving"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition. ``encoder`` is the embedding model's key; empty where there was none."""

    id: int
    encoder: str
    state: EditionState


@dataclass(frozen=True, slots=True)
class Counts:
    """How many passages an edition has, and how many of them have a vector."""

    passages: int
    encoded: int


def list_all(connection: Connection) -> list[Edition]:
    """Every edition, the oldest first."""
    rows = connection.execute("SELECT id, encoder, state FROM edition ORDER BY id")
    return [Edition(row[0], row[1], EditionState(row[2])) for row in rows]


def serving(connection: Connection) -> Edition | None:
    """The edition that serves; None before anything was indexed."""
    every = list_all(connection)
    return next((one for one in every if one.state is EditionState.SERVING), None)


def begin(connection: Connection, encoder: str, state: EditionState) -> Edition:
    """Add an empty edition. Every note and message waits to be indexed then."""
    added = connection.execute(
        "INSERT INTO edition (encoder, state) VALUES (?, ?)", (encoder, state.value)
    )
    for statement in _EVERYTHING:
        connection.execute(statement)
    return Edition(added.lastrowid, encoder, state)


def promote(connection: Connection, edition_id: int) -> None:
    """Let an edition serve; the one that served leaves."""
    connection.execute("UPDATE edition SET state = 'leaving' WHERE state = 'serving'")
    connection.execute("UPDATE edition SET state = 'serving' WHERE id = ?", (edition_id,))


def dismiss(connection: Connection, edition_id: int) -> None:
    """Let an edition leave."""
    connection.execute("UPDATE edition SET state = 'leaving' WHERE id = ?", (edition_id,))


def drop_some(connection: Connection, passages: int) -> bool:
    """Delete a part of what leaves; call it until all is gone.

    Returns:
        Whether that is all.
    """
    leaving = connection.execute(
        "SELECT p.id FROM edition e JOIN passage p ON p.edition_id = e.id"
        " WHERE e.state = 'leaving' LIMIT ?",
        (passages,),
    ).fetchall()
    for one in leaving:
        connection.execute("DELETE FROM passage WHERE id = ?", one)
        # Nobody has what leaves in memory; what else is gone, somebody has.
        connection.execute("DELETE FROM passage_gone WHERE id = ?", one)
    if len(leaving) == passages:
        return False
    connection.execute("DELETE FROM edition WHERE state = 'leaving'")
    return True


def counts(connection: Connection, edition_id: int) -> Counts:
    """How far an edition is; about 5 ms for 100,000 passages."""
    row = connection.execute(
        "SELECT count(*), count(vector_id) FROM passage WHERE edition_id = ?", (edition_id,)
    ).fetchone()
    return Counts(row[0], row[1]) if row else Counts(0, 0)
