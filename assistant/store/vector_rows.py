"""SQL for the vectors of passages. For inside ``Vault.read`` or ``Vault.write``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.store.sqlcipher import Connection

# One row for a whole slice: a row each would take the interpreter a thousand times from whoever
# else runs, and a fifth longer. The last ones in their order are where the next slice begins.
_SLICE: Final = """
    SELECT group_concat(passage), group_concat(vector), group_concat(length),
        CAST(group_concat(code, '') AS BLOB)
    FROM (
        SELECT p.vector_id AS vector, p.id AS passage, p.length, v.code
        FROM passage p INDEXED BY passage_vector CROSS JOIN vector v ON v.id = p.vector_id
        WHERE p.edition_id = ? AND (p.vector_id, p.id) > (?, ?)
        ORDER BY p.vector_id, p.id LIMIT ?
    )
"""

_NEIGHBOURS: Final = 4
"""Vectors of a sample that stand side by side: to decrypt their page takes most of the time."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A passage without a vector. ``code`` is set where its text was encoded already."""

    id: int
    hash: bytes = field(repr=False)
    context: str = field(repr=False)
    text: str = field(repr=False)
    code: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of all passages that have a vector. Numbers stand in a text, with commas between.

    Attributes:
        passages: Ids.
        vectors: Ids, one for each of ``passages``.
        lengths: In characters, likewise.
        codes: One after the other.
        last: Vector and passage that the next slice comes after.
    """

    passages: str
    vectors: str
    lengths: str
    codes: bytes = field(repr=False)
    last: tuple[int, int]


def pending(
    connection: Connection, edition_id: int, limit: int, but: Collection[int] = ()
) -> list[Pending]:
    """Passages without a vector, the newest first; none of those in ``but``."""
    rows = connection.execute(
        "SELECT p.id, p.hash, p.context, p.text, v.code FROM passage p"
        " LEFT JOIN vector v ON v.edition_id = p.edition_id AND v.hash = p.hash"
        " WHERE p.edition_id = ? AND p.vector_id IS NULL"
        " AND p.id NOT IN (SELECT value FROM json_each(?)) ORDER BY p.id DESC LIMIT ?",
        (edition_id, json.dumps(sorted(but)), limit),
    )
    return [Pending(*row) for row in rows]


def count_pending_of_notes(connection: Connection, edition_id: int) -> int:
    """How many passages of notes have no vector yet: a tenth of a second for 50,000."""
    row = connection.execute(
        "SELECT count(*) FROM passage"
        " WHERE edition_id = ? AND vector_id IS NULL AND note_id IS NOT NULL",
        (edition_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def put(
    connection: Connection, edition_id: int, codes: Iterable[tuple[int, bytes, bytes]]
) -> list[int]:
    """Give passages their vectors: id, hash and code of each.

    Returns:
        The vector's id for each; 0 for a passage that is not there any more.
    """
    made = []
    for passage_id, digest, code in codes:
        connection.execute(
            "INSERT OR IGNORE INTO vector (edition_id, hash, code)"
            " SELECT edition_id, hash, ? FROM passage WHERE id = ? AND edition_id = ? AND hash = ?",
            (code, passage_id, edition_id, digest),
        )
        row = connection.execute(
            "UPDATE passage SET vector_id = v.id FROM vector v"
            " WHERE passage.id = ? AND v.edition_id = ? AND v.hash = ?"
            " AND passage.edition_id = v.edition_id AND passage.hash = v.hash RETURNING vector_id",
            (passage_id, edition_id, digest),
        ).fetchall()
        made.append(row[0][0] if row else 0)
    return made


def read_slice(
    connection: Connection, edition_id: int, after: tuple[int, int], limit: int
) -> Slice:
    """The vectors of passages after the last ones of an earlier slice (vector, passage)."""
    row = connection.execute(_SLICE, (edition_id, *after, limit)).fetchone()
    if row is None or row[0] is None:
        return Slice("", "", "", b"", after)
    passages, vectors, lengths, codes = row
    return Slice(passages, vectors, lengths, codes, (_last(vectors), _last(passages)))


def sample(connection: Connection, edition_id: int, size: int) -> list[bytes]:
    """Codes from all over an edition, as many as about ``size``: some from a page each."""
    row = connection.execute(
        "SELECT min(vector_id), max(vector_id) FROM passage WHERE edition_id = ?", (edition_id,)
    ).fetchone()
    if row is None or row[0] is None:
        return []
    step = max(_NEIGHBOURS, (row[1] - row[0]) // size * _NEIGHBOURS)
    wanted = [
        first + next_to
        for first in range(row[0], row[1] + 1, step)
        for next_to in range(_NEIGHBOURS)
    ]
    return [code for _, code in _read(connection, json.dumps(wanted))]


def codes(connection: Connection, vectors: Sequence[int]) -> list[tuple[int, bytes]]:
    """Id and code of these vectors; those that are gone are left out."""
    return _read(connection, json.dumps(vectors))


def of_note(connection: Connection, edition_id: int, note_id: int, limit: int) -> list[bytes]:
    """The codes of a note's first passages that have one."""
    rows = connection.execute(
        "SELECT v.code FROM passage p JOIN vector v ON v.id = p.vector_id"
        " WHERE p.note_id = ? AND p.edition_id = ? ORDER BY p.seq LIMIT ?",
        (note_id, edition_id, limit),
    )
    return [row[0] for row in rows]


def _last(numbers: str) -> int:
    return int(numbers.rpartition(",")[2])


def _read(connection: Connection, wanted: str) -> list[tuple[int, bytes]]:
    rows = connection.execute(
        "SELECT v.id, v.code FROM json_each(?) AS wanted CROSS JOIN vector v"
        " ON v.id = wanted.value",
        (wanted,),
    )
    return [(row[0], row[1]) for row in rows.fetchall()]
