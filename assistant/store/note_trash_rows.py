"""SQL for the notes' trash. Plain functions, to be called inside ``Vault.write``.

Deleting for good is done in parts: a long note has thousands of passages, each with its words and
its vector, and others wait for the connection meanwhile. What is begun with is beyond undo. A
scrub is due then; see ``chore_rows``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.errors import NotFound
from assistant.store import chore_rows, import_rows
from assistant.store.sqlcipher import Connection

_GOING: Final = 0  # as the time of a deletion: what is being deleted for good
_NOTES: Final = 200  # without passages, at once

_TRASH = """
    UPDATE note SET deleted_at = ? WHERE deleted_at IS NULL
        AND id IN (SELECT value FROM json_each(?))
"""

_RESTORE = """
    UPDATE note SET deleted_at = NULL WHERE deleted_at > 0
        AND id IN (SELECT value FROM json_each(?))
"""

_BEGIN = """
    UPDATE note SET deleted_at = 0 WHERE deleted_at > 0 AND deleted_at < :before
        AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
"""

_NOT_TO_INDEX = """
    DELETE FROM index_queue WHERE kind = 'note'
        AND owner_id IN (SELECT id FROM note WHERE deleted_at = 0)
"""

_FILES = """
    SELECT source FROM note WHERE deleted_at = 0 AND source <> ''
    UNION SELECT f.path FROM note n JOIN import_file f ON f.note_id = n.id WHERE n.deleted_at = 0
"""

_PASSAGES = """
    DELETE FROM passage WHERE id IN (SELECT p.id FROM note n JOIN passage p ON p.note_id = n.id
        WHERE n.deleted_at = 0 LIMIT ?)
"""

_GONE = """
    DELETE FROM note WHERE id IN (SELECT n.id FROM note n WHERE n.deleted_at = 0
        AND NOT EXISTS (SELECT 1 FROM passage p WHERE p.note_id = n.id) LIMIT ?)
        RETURNING id, created_at
"""


@dataclass(frozen=True, slots=True)
class Purged:
    """Which notes are gone, by their ids, when each was written, and whether that is all."""

    ids: tuple[int, ...]
    is_all: bool
    written: tuple[int, ...] = ()


def throw_away(connection: Connection, ids: Sequence[int], now: int) -> None:
    """Put notes into the trash. Those that are there already keep their time.

    Raises:
        NotFound: none of them exists any more.
    """
    connection.execute(_TRASH, (now, json.dumps(list(ids))))
    _require_one(connection, ids)


def restore(connection: Connection, ids: Sequence[int]) -> None:
    """Take notes out of the trash.

    Raises:
        NotFound: none of them exists any more.
    """
    connection.execute(_RESTORE, (json.dumps(list(ids)),))
    _require_one(connection, ids)


def begin_purge(connection: Connection, before: int, ids: Sequence[int] | None = None) -> None:
    """Begin to delete for good what is in the trash; ``purge_some`` does it.

    Args:
        connection: Inside of a write.
        before: Only what came there before this time, in milliseconds since 1970, UTC.
        ids: Only these; None: all.
    """
    chosen = None if ids is None else json.dumps(list(ids))
    if connection.execute(_BEGIN, {"before": before, "ids": chosen}).rowcount:
        connection.execute(_NOT_TO_INDEX)
        files = {row[0] for row in connection.execute(_FILES)}
        if files:
            import_rows.leave_out(connection, files)
        chore_rows.note_scrub(connection)


def purge_some(connection: Connection, passages: int) -> Purged:
    """Delete a part of what was begun with; to be called until all is gone.

    Args:
        connection: Inside of a write.
        passages: At most so many of them.
    """
    deleted = connection.execute(_PASSAGES, (passages,))
    gone = connection.execute(_GONE, (_NOTES,)).fetchall()
    if gone or deleted.rowcount:  # each time: one may be scrubbing what went before
        chore_rows.note_scrub(connection)
    left = connection.execute(
        "SELECT 1 FROM note WHERE deleted_at = ? LIMIT 1", (_GOING,)
    ).fetchone()
    return Purged(
        tuple(row[0] for row in gone),
        is_all=left is None,
        written=tuple(row[1] for row in gone),
    )


def _require_one(connection: Connection, ids: Sequence[int]) -> None:
    row = connection.execute(
        "SELECT 1 FROM note WHERE deleted_at IS NOT ? AND id IN (SELECT value FROM json_each(?))",
        (_GOING, json.dumps(list(ids))),
    ).fetchone()
    if ids and row is None:
        raise NotFound("This note does not exist any more.")
