"""SQL for passages and for what waits to be cut into them.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.search.passages import PassageText
from assistant.search.records import Kind
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection
from assistant.text import storable

# What is still being written, and what may yet be deleted for good, goes on waiting.
_WAITING: Final = """
    SELECT 'note', n.id, n.title, n.text FROM index_queue q JOIN note n ON n.id = q.owner_id
        WHERE q.kind = 'note'
    UNION ALL
    SELECT 'message', m.id, '', m.text
        FROM index_queue q JOIN message m ON m.id = q.owner_id
        JOIN conversation c ON c.id = m.conversation_id
        WHERE q.kind = 'message' AND m.state <> 'streaming' AND c.deleted_at IS NULL
"""
_UNCHANGED: Final = {
    Kind.NOTE: "SELECT title = ? AND text = ? FROM note WHERE id = ?",
    Kind.MESSAGE: "SELECT '' = ? AND text = ? FROM message WHERE id = ?",
}
_COLUMN: Final = {Kind.NOTE: "note_id", Kind.MESSAGE: "message_id"}

_MERGED: Final = 2  # rows: a merge that changes fewer found nothing to merge


@dataclass(frozen=True, slots=True)
class Waiting:
    """A note or a message that is new or was changed. A message's title is empty."""

    kind: Kind
    owner_id: int
    title: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Added:
    """Passages that were added: ``lengths`` by id. ``is_all``: there is nothing left to add."""

    edition_id: int
    lengths: Mapping[int, int]
    is_all: bool


def waiting(connection: Connection, owners: int, characters: int) -> list[Waiting]:
    """What waits to be indexed: notes first, as they were made; at most so many of them.

    Args:
        connection: Inside of a read.
        owners: At most so many.
        characters: No more once their texts have so many; always one.
    """
    found: list[Waiting] = []
    size = 0
    for kind, owner_id, title, text in connection.execute(f"{_WAITING} LIMIT ?", (owners,)):
        found.append(Waiting(Kind(kind), owner_id, title, text))
        size += len(text)
        if size >= characters:
            break
    return found


def is_waiting(connection: Connection) -> bool:
    """Whether anything waits at all."""
    row = connection.execute(f"SELECT EXISTS ({_WAITING})").fetchone()
    return bool(row and row[0])


def count_notes(connection: Connection, edition_id: int, *, new_only: bool) -> tuple[int, int]:
    """How many notes there are outside of the trash, and how many wait to be indexed.

    Args:
        connection: Inside of a read.
        edition_id: The edition that is searched.
        new_only: Count those alone that are newer than all that have passages in it: the others
            wait while another edition is begun, whether they were changed or not.
    """
    trash = "(SELECT id FROM note WHERE deleted_at IS NOT NULL)"
    left = f"FROM index_queue WHERE kind = 'note' AND owner_id NOT IN {trash}"
    if new_only:
        newest = (
            "SELECT note_id FROM passage INDEXED BY passage_note"
            " WHERE edition_id = ?1 AND note_id IS NOT NULL ORDER BY note_id DESC LIMIT 1"
        )
        left = f"{left} AND owner_id > coalesce(({newest}), 0)"
    row = connection.execute(
        "SELECT (SELECT count(*) FROM note)"  # noqa: S608 - ours
        f" - (SELECT count(*) FROM {trash}), (SELECT count(*) {left}), ?1",
        (edition_id,),
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def put(
    connection: Connection,
    owner: Waiting,
    passages: Mapping[int, Sequence[PassageText]],
    most: int,
) -> list[Added]:
    """Bring the passages of one note or message up to date.

    What is there already stays as it is, with its vector; so it may be done in parts, and again.
    Where the text has changed meanwhile, nothing is done: it waits anew.

    Args:
        connection: Inside of a write.
        owner: As it was read.
        passages: As they should be, by edition.
        most: At most so many are added.

    Returns:
        For each edition; once all is added the owner waits no more. Empty where nothing was done.
    """
    kind, owner_id = owner.kind, owner.owner_id
    row = connection.execute(_UNCHANGED[kind], (owner.title, owner.text, owner_id)).fetchone()
    if row is None or not row[0]:
        return []
    done: list[Added] = []
    for edition_id, pieces in passages.items():
        left = most - sum(len(one.lengths) for one in done)
        done.append(_put(connection, owner, edition_id, pieces, left))
    if all(one.is_all for one in done):
        connection.execute(
            "DELETE FROM index_queue WHERE kind = ? AND owner_id = ?", (kind.value, owner_id)
        )
    return done


def _put(
    connection: Connection,
    owner: Waiting,
    edition_id: int,
    pieces: Sequence[PassageText],
    most: int,
) -> Added:
    column = _COLUMN[owner.kind]
    rows = connection.execute(
        f"SELECT id, seq, start, length, hash FROM passage WHERE {column} = ? AND edition_id = ?"  # noqa: S608 - our column
        " ORDER BY seq DESC",
        (owner.owner_id, edition_id),
    )
    there: dict[bytes, list[tuple[int, int, int, int]]] = {}
    for passage_id, seq, start, length, digest in rows:
        there.setdefault(digest, []).append((passage_id, seq, start, length))
    moved, missing = [], []
    for seq, piece in enumerate(pieces):
        same = there.get(piece.hash)
        if not same:
            missing.append((seq, piece))
            continue
        passage_id, *place = same.pop()
        if place != [seq, piece.start, piece.length]:
            moved.append((seq, piece.start, piece.length, passage_id))
    connection.executemany("UPDATE passage SET seq = ?, start = ?, length = ? WHERE id = ?", moved)
    added: dict[int, int] = {}
    for seq, piece in missing[:most]:
        cursor = connection.execute(
            f"INSERT INTO passage (edition_id, {column}, seq, start, length, hash, context, text)"  # noqa: S608 - our column
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(edition_id, owner.owner_id, seq, piece.start, piece.length, piece.hash),
                *(storable(piece.context), storable(piece.text)),
            ),
        )
        added[cursor.lastrowid] = piece.length
    gone = [(one[0],) for same in there.values() for one in same]
    is_all = len(missing) <= most
    if is_all:  # last, so that words are found in between
        connection.executemany("DELETE FROM passage WHERE id = ?", gone)
        if gone:
            chore_rows.note_edit(connection)  # their words stay in the index until a scrub
    return Added(edition_id, added, is_all)


def lengths_without_vector(connection: Connection, edition_id: int) -> tuple[str, str]:
    """Ids and lengths of the passages that have no vector, each with commas between.

    A tenth of a second for 300,000; those that have one come with it (``vector_rows.read_slice``).
    """
    row = connection.execute(
        "SELECT group_concat(id), group_concat(length) FROM passage INDEXED BY passage_vector"
        " WHERE edition_id = ? AND vector_id IS NULL",
        (edition_id,),
    ).fetchone()
    return (row[0] or "", row[1] or "") if row else ("", "")


def texts(connection: Connection, passages: Sequence[int]) -> list[str]:
    """The texts of passages, with their contexts; those that are gone are left out."""
    rows = connection.execute(
        "SELECT p.context || ' ' || p.text FROM json_each(?) AS wanted"
        " CROSS JOIN passage p ON p.id = wanted.value",
        (json.dumps(passages),),
    )
    return [row[0] for row in rows.fetchall()]


def take_gone(connection: Connection) -> list[int]:
    """The passages that were deleted since this was last asked."""
    gone = [row[0] for row in connection.execute("SELECT id FROM passage_gone")]
    if gone:
        connection.execute(
            "DELETE FROM passage_gone WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(gone),),
        )
    return gone


def is_gone(connection: Connection) -> bool:
    """Whether ``take_gone`` would find any."""
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM passage_gone)").fetchone()
    return bool(row and row[0])


def merge_some(connection: Connection, pages: int) -> bool:
    """Bring the index of words into fewer pieces; whether there may be more to do.

    Each word is looked up in every piece. Two of a size become one, so that no more is left than
    one of each size, and a word is written anew as often as the vault doubles.

    Args:
        connection: In a transaction.
        pages: Of some 4 kB, which are written at most.
    """
    connection.execute(
        "INSERT INTO passage_words (passage_words, rank) SELECT 'usermerge', 2 WHERE NOT EXISTS"
        " (SELECT 1 FROM passage_words_config WHERE k = 'usermerge' AND v = 2)"
    )
    before = _changed(connection)
    connection.execute(
        "INSERT INTO passage_words (passage_words, rank) VALUES ('merge', ?)", (pages,)
    )
    return _changed(connection) - before >= _MERGED  # as FTS5's documentation has it


def terms(connection: Connection) -> list[str]:
    """The different words of all passages, by their bytes."""
    row = connection.execute("SELECT group_concat(term, char(10)) FROM passage_term").fetchone()
    return row[0].split("\n") if row and row[0] else []


def add_terms(connection: Connection, terms: Iterable[str]) -> None:
    """Add different words."""
    connection.executemany(
        "INSERT OR IGNORE INTO passage_term VALUES (?)", [(storable(term),) for term in terms]
    )


def _changed(connection: Connection) -> int:
    row = connection.execute("SELECT total_changes()").fetchone()
    return int(row[0]) if row else 0
