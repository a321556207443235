"""SQL for searching: where words stand, which passages are allowed, and what was found.

Plain functions, to be called inside ``Vault.read``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.notes.names import folded, tag_name
from assistant.search.records import Filters, Kind
from assistant.store.sqlcipher import Connection, Value

AFTER_ALL: Final = "\U0010ffff"  # sorts after whatever may follow a beginning

_TAGGED: Final = """
    {note} IN (SELECT nt.note_id FROM tag t JOIN note_tag nt ON nt.tag_id = t.id
        WHERE t.folded = :tag OR (t.folded > :tag || '/' AND t.folded < :tag || '0'))
"""

_READ: Final = """
    SELECT p.id, p.note_id IS NOT NULL, coalesce(p.note_id, p.message_id), m.conversation_id,
        coalesce(n.title, c.title), p.context, p.text, p.start, p.length,
        coalesce(n.updated_at, m.created_at)
    FROM json_each(:ids) AS wanted CROSS JOIN passage p ON p.id = wanted.value
    LEFT JOIN note n INDEXED BY note_heads ON n.id = p.note_id
    LEFT JOIN message m ON m.id = p.message_id
    LEFT JOIN conversation c ON c.id = m.conversation_id
    WHERE p.edition_id = :edition AND n.deleted_at IS NULL AND c.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, and where it stands. ``context`` begins with the title of a note."""

    id: int
    kind: Kind
    owner_id: int
    conversation_id: int | None
    title: str = field(repr=False)
    context: str = field(repr=False)
    text: str = field(repr=False)
    start: int
    length: int
    at: int


def read(
    connection: Connection, edition_id: int, ids: Sequence[int], filters: Filters
) -> list[Found]:
    """Read passages in this order; what is deleted, gone or not asked for is left out."""
    parameters: dict[str, Value] = {"ids": json.dumps(ids), "edition": edition_id}
    conditions = _conditions(filters, parameters)
    query = " AND ".join([_READ, *conditions])
    rows = {row[0]: row for row in connection.execute(query, parameters).fetchall()}
    found = (rows[one] for one in ids if one in rows)
    return [Found(row[0], Kind.NOTE if row[1] else Kind.MESSAGE, *row[2:]) for row in found]


def allowed(connection: Connection, edition_id: int, filters: Filters) -> str:
    """The ids of all passages that these filters let through, with commas between them."""
    parameters: dict[str, Value] = {"edition": edition_id}
    parts = []
    if filters.kind is not Kind.MESSAGE and filters.conversation_id is None:
        parts.append(_allowed_notes(filters, parameters))
    if filters.kind is not Kind.NOTE and not filters.tag and filters.note_id is None:
        parts.append(_allowed_messages(filters, parameters))
    if not parts:
        return ""
    query = f"SELECT group_concat(id) FROM ({' UNION ALL '.join(parts)})"  # noqa: S608 - ours
    row = connection.execute(query, parameters).fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def places(connection: Connection, term: str, most: int) -> str:
    """The passages where a word stands, with commas; one as often as it has the word.

    At most ``most`` places, those of the oldest passages.
    """
    return _places(connection, "term = ?", (term,), most)


def places_beginning(connection: Connection, beginning: str, most: int) -> str:
    """As ``places``, for all words that begin so."""
    bounds = (beginning, beginning + AFTER_ALL)
    return _places(connection, "term >= ? AND term < ?", bounds, most)


def newest_with(connection: Connection, expression: str, before: int, most: int) -> str:
    """The newest passages older than ``before`` that an expression of FTS5 matches, with commas.

    Those of every edition.
    """
    row = connection.execute(
        "SELECT group_concat(rowid) FROM (SELECT rowid FROM passage_words"
        " WHERE passage_words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)",
        (expression, before, most),
    ).fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def changes(connection: Connection) -> tuple[int, int]:
    """Differs from what it was as soon as anything in the vault has changed."""
    row = connection.execute(
        "SELECT total_changes(), data_version FROM pragma_data_version"
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _places(connection: Connection, condition: str, bounds: Sequence[Value], most: int) -> str:
    row = connection.execute(
        "SELECT group_concat(doc) FROM"  # noqa: S608 - our conditions
        f" (SELECT doc FROM passage_word_places WHERE {condition} LIMIT ?)",
        (*bounds, most),
    ).fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def _conditions(filters: Filters, parameters: dict[str, Value]) -> list[str]:
    """What holds for a row of ``_READ``."""
    conditions = []
    if filters.kind is not None:
        conditions.append(f"p.{filters.kind.value}_id IS NOT NULL")
    if filters.note_id is not None:
        conditions.append("p.note_id = :note")
        parameters["note"] = filters.note_id
    if filters.conversation_id is not None:
        conditions.append("m.conversation_id = :conversation")
        parameters["conversation"] = filters.conversation_id
    if filters.tag:
        conditions.append(_TAGGED.format(note="p.note_id"))
        parameters["tag"] = folded(tag_name(filters.tag))
    return [*conditions, *_times(filters, parameters, "coalesce(n.updated_at, m.created_at)")]


def _allowed_notes(filters: Filters, parameters: dict[str, Value]) -> str:
    conditions = ["n.deleted_at IS NULL", *_times(filters, parameters, "n.updated_at")]
    if filters.note_id is not None:
        conditions.append("n.id = :note")
        parameters["note"] = filters.note_id
    if filters.tag:
        conditions.append(_TAGGED.format(note="n.id"))
        parameters["tag"] = folded(tag_name(filters.tag))
    is_span = filters.since is not None or filters.until is not None
    listed = is_span and not filters.tag and filters.note_id is None  # all notes are gone through
    return (
        f"SELECT p.id FROM note n {'INDEXED BY note_listed' if listed else ''}"  # noqa: S608 - our conditions
        " CROSS JOIN passage p ON p.note_id = n.id"
        f" WHERE p.edition_id = :edition AND {' AND '.join(conditions)}"
    )


def _allowed_messages(filters: Filters, parameters: dict[str, Value]) -> str:
    conditions = ["c.deleted_at IS NULL", *_times(filters, parameters, "m.created_at")]
    if filters.conversation_id is not None:
        conditions.append("m.conversation_id = :conversation")
        parameters["conversation"] = filters.conversation_id
    is_span = filters.since is not None or filters.until is not None
    listed = is_span and filters.conversation_id is None  # all messages are gone through
    index = "message_written" if listed else "message_conversation"
    return (
        f"SELECT p.id FROM message m INDEXED BY {index}"  # noqa: S608 - our conditions
        " JOIN conversation c ON c.id = m.conversation_id JOIN passage p ON p.message_id = m.id"
        f" WHERE p.edition_id = :edition AND {' AND '.join(conditions)}"
    )


def _times(filters: Filters, parameters: dict[str, Value], column: str) -> list[str]:
    conditions = []
    if filters.since is not None:
        conditions.append(f"{column} >= :since")
        parameters["since"] = filters.since
    if filters.until is not None:
        conditions.append(f"{column} < :until")
        parameters["until"] = filters.until
    return conditions
