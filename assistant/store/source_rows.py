"""SQL for what answers rest on: the passages they were given, citations, and attached texts.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``. A private chat that asks the
kept notes has their ids here, in another database; so nothing refers to those by foreign keys.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from assistant.asking.records import Attached, Attachment, Citation, Source
from assistant.records import is_private
from assistant.store.sqlcipher import Connection
from assistant.text import storable


def put_sources(connection: Connection, message_id: int, found: Sequence[Source]) -> None:
    """Note what an answer rests on, in place of what was noted before. Citations go with that.

    Of what was deleted for good since it was found nothing is noted.
    """
    is_there = _is_not_gone if is_private(message_id) else _is_there
    kept = [one for one in found if is_there(connection, one)]
    connection.execute("DELETE FROM message_source WHERE message_id = ?", (message_id,))
    connection.execute("DELETE FROM message_citation WHERE message_id = ?", (message_id,))
    connection.executemany(
        "INSERT INTO message_source (message_id, number, given, note_id, source_message_id,"
        " source_conversation_id, title, context, start, length, text, score)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                message_id,
                one.number,
                int(one.given),
                one.note_id,
                one.message_id,
                one.conversation_id,
                storable(one.title),
                storable(one.context),
                one.start,
                one.length,
                storable(one.text),
                one.score,
            )
            for one in kept
        ],
    )


def put_citations(connection: Connection, message_id: int, found: Sequence[Citation]) -> None:
    """Note what supports which part of an answer, in place of what was noted before."""
    connection.execute("DELETE FROM message_citation WHERE message_id = ?", (message_id,))
    connection.executemany(
        "INSERT OR IGNORE INTO message_citation (message_id, place, number) VALUES (?, ?, ?)",
        [(message_id, one.place, one.number) for one in found],
    )


def sources(connection: Connection, message_ids: Sequence[int]) -> Mapping[int, tuple[Source, ...]]:
    """What answers rest on, by the answer's id, in the order of the numbers."""
    rows = connection.execute(
        "SELECT s.message_id, s.number, s.given, s.note_id, s.source_message_id,"
        " s.source_conversation_id, s.title, s.context, s.start, s.length, s.text, s.score"
        " FROM json_each(?) AS wanted JOIN message_source s ON s.message_id = wanted.value"
        " ORDER BY wanted.key, s.number",
        (json.dumps(message_ids),),
    )
    found: dict[int, tuple[Source, ...]] = {}
    for row in rows:
        one = Source(
            number=row[1],
            given=bool(row[2]),
            note_id=row[3],
            message_id=row[4],
            conversation_id=row[5],
            title=row[6],
            context=row[7],
            start=row[8],
            length=row[9],
            text=row[10],
            score=row[11],
        )
        found[row[0]] = (*found.get(row[0], ()), one)
    return found


def citations(
    connection: Connection, message_ids: Sequence[int]
) -> Mapping[int, tuple[Citation, ...]]:
    """What is cited where, by the answer's id, in the order of the text.

    Only of sources that are still there.
    """
    rows = connection.execute(
        "SELECT c.message_id, c.place, c.number"
        " FROM json_each(?) AS wanted JOIN message_citation c ON c.message_id = wanted.value"
        " JOIN message_source s ON s.message_id = c.message_id AND s.number = c.number"
        " ORDER BY wanted.key, c.place, c.number",
        (json.dumps(message_ids),),
    )
    found: dict[int, tuple[Citation, ...]] = {}
    for message_id, place, number in rows:
        found[message_id] = (*found.get(message_id, ()), Citation(place, number))
    return found


def attach(connection: Connection, message_id: int, given: Sequence[Attachment]) -> None:
    """Put texts beside a question."""
    connection.executemany(
        "INSERT INTO message_attachment (message_id, note_id, name, text) VALUES (?, ?, ?, ?)",
        [(message_id, one.note_id, storable(one.name), storable(one.text)) for one in given],
    )


def attach_again(connection: Connection, message_id: int, earlier_id: int) -> None:
    """Put beside a question what came with another one: it is asked differently."""
    connection.execute(
        "INSERT INTO message_attachment (message_id, note_id, name, text)"
        " SELECT ?, note_id, name, text FROM message_attachment WHERE message_id = ? ORDER BY id",
        (message_id, earlier_id),
    )


def attached(
    connection: Connection, message_ids: Sequence[int]
) -> Mapping[int, tuple[Attached, ...]]:
    """What came with questions, by the question's id, without the texts."""
    rows = connection.execute(
        "SELECT a.message_id, a.id, a.name, length(a.text), a.note_id"
        " FROM json_each(?) AS wanted JOIN message_attachment a ON a.message_id = wanted.value"
        " ORDER BY wanted.key, a.id",
        (json.dumps(message_ids),),
    )
    found: dict[int, tuple[Attached, ...]] = {}
    for message_id, row_id, name, characters, note_id in rows:
        one = Attached(row_id, name, characters, note_id)
        found[message_id] = (*found.get(message_id, ()), one)
    return found


def attachments(
    connection: Connection, message_ids: Sequence[int]
) -> Mapping[int, tuple[Attachment, ...]]:
    """The texts that came with questions, by the question's id."""
    rows = connection.execute(
        "SELECT a.message_id, a.name, a.text, a.note_id"
        " FROM json_each(?) AS wanted JOIN message_attachment a ON a.message_id = wanted.value"
        " ORDER BY wanted.key, a.id",
        (json.dumps(message_ids),),
    )
    found: dict[int, tuple[Attachment, ...]] = {}
    for message_id, name, text, note_id in rows:
        found[message_id] = (*found.get(message_id, ()), Attachment(name, text, note_id))
    return found


def forget_notes(connection: Connection, ids: Collection[int]) -> None:
    """Take what private chats have of notes that were deleted for good: passages, attached texts.

    Args:
        connection: Inside of a write of the private vault. It has no notes, so no trigger tells it;
            and it remembers these ids, for an answer that is being written may rest on one.
        ids: The notes'.
    """
    _remember_gone(connection, "note", ids)
    gone = (json.dumps(list(ids)),)
    connection.execute(
        "DELETE FROM message_source WHERE note_id IN (SELECT value FROM json_each(?))", gone
    )
    connection.execute(
        "DELETE FROM message_attachment WHERE note_id IN (SELECT value FROM json_each(?))", gone
    )


def forget_conversations(connection: Connection, ids: Collection[int]) -> None:
    """As ``forget_notes``: take what private chats have of conversations."""
    _remember_gone(connection, "conversation", ids)
    connection.execute(
        "DELETE FROM message_source WHERE source_conversation_id IN"
        " (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )


def _remember_gone(connection: Connection, kind: str, ids: Collection[int]) -> None:
    # Only ever in memory, so it is in no step of the schema.
    connection.execute(
        "CREATE TABLE IF NOT EXISTS gone"
        " (kind TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID"
    )
    connection.executemany(
        "INSERT OR IGNORE INTO gone (kind, id) VALUES (?, ?)", [(kind, one) for one in ids]
    )


def _is_not_gone(connection: Connection, source: Source) -> bool:
    """Whether what a passage is from was not deleted for good while this vault was open."""
    _remember_gone(connection, "note", ())
    row = connection.execute(
        "SELECT 1 FROM gone WHERE (kind = 'note' AND id = ?) OR (kind = 'conversation' AND id = ?)",
        (source.note_id, source.conversation_id),
    ).fetchone()
    return row is None


def _is_there(connection: Connection, source: Source) -> bool:
    """Whether what a passage is from is in this database."""
    if source.note_id is not None:
        found = connection.execute("SELECT 1 FROM note WHERE id = ?", (source.note_id,))
    else:
        found = connection.execute("SELECT 1 FROM message WHERE id = ?", (source.message_id,))
    return found.fetchone() is not None
