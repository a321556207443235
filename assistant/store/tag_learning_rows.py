"""SQL for what the tag model reads of notes and tags. Plain functions, for inside ``Vault.read``.

Everything is read in small parts: whoever waits for the store comes in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.notes.names import folded, tag_name
from assistant.store.sqlcipher import Connection, Row, Value

READ_CHARACTERS: Final = 40_000
"""Of a text: what a note is about it says in so many, and more would take long to read."""

PASSAGES: Final = 32
"""Of a note, whose vectors tell what it means: those at its beginning."""

# A tag that nobody sees is not suggested: no note outside of the trash has it, and it is not kept.
_TAGS: Final = """
    SELECT t.id, t.name, t.description FROM tag t
        WHERE t.kept = 1 OR EXISTS (SELECT 1 FROM note_tag nt JOIN note n ON n.id = nt.note_id
            WHERE nt.tag_id = t.id AND n.deleted_at IS NULL)
        ORDER BY t.id
"""

_NOTES: Final = """
    SELECT n.id, n.revision, n.title, substr(n.text, 1, :read),
            EXISTS (SELECT 1 FROM index_queue WHERE kind = 'note' AND owner_id = n.id)
        FROM json_each(:ids) wanted JOIN note n ON n.id = wanted.value
        WHERE n.deleted_at IS NULL ORDER BY n.id
"""

_AFTER: Final = """
    SELECT id, octet_length(text) FROM note WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?
"""

_CODES: Final = """
    SELECT p.note_id, v.code FROM passage p LEFT JOIN vector v ON v.id = p.vector_id
        WHERE p.note_id IN (SELECT value FROM json_each(:ids)) AND p.edition_id = :edition
            AND p.seq < :passages
        ORDER BY p.note_id, p.seq
"""

_TEXTS: Final = """
    SELECT context, text FROM passage WHERE note_id = ? AND edition_id = ? ORDER BY seq LIMIT ?
"""

_WAITING: Final = """
    SELECT s.note_id, s.tag_id, n.title, n.excerpt, t.name, s.probability, s.score
        FROM tag_suggestion s CROSS JOIN note n ON n.id = s.note_id
            CROSS JOIN tag t ON t.id = s.tag_id
        WHERE s.state = 'waiting' AND n.deleted_at IS NULL AND (:tag = '' OR t.folded = :tag)
            AND (s.probability, s.note_id, s.tag_id) < (:probability, :note, :one)
        ORDER BY s.probability DESC, s.note_id DESC, s.tag_id DESC LIMIT :most
"""

_UNTAGGED: Final = """
    SELECT n.id FROM note n WHERE n.id > ? AND n.deleted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM note_tag WHERE note_id = n.id)
        AND NOT EXISTS (SELECT 1 FROM tag_decision WHERE note_id = n.id)
        AND NOT EXISTS (SELECT 1 FROM tag_proposal WHERE note_id = n.id)
        ORDER BY n.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag that may be suggested."""

    id: int
    name: str = field(repr=False)
    description: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note outside of the trash, as the model reads it.

    Attributes:
        text: Its beginning.
        codes: Of its first passages, as far as they have one.
        is_pending: It is not split, or some of these passages have no vector.
    """

    id: int
    revision: int
    title: str = field(repr=False)
    text: str = field(repr=False)
    codes: tuple[bytes, ...] = field(repr=False)
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of the tags of a note already.

    Attributes:
        has: The tags that it has, by id.
        decided: Those that the person accepted or turned down.
        proposed: What the language model proposed, by folded name.
        unwanted: Names, folded, of what would be a new tag and was turned down.
    """

    has: frozenset[int]
    decided: frozenset[int]
    proposed: dict[str, str] = field(repr=False)
    unwanted: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waited:
    """A suggestion that waits, with what the next page comes after: probability, note, tag."""

    note_id: int
    tag_id: int
    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    tag: str = field(repr=False)
    probability: float
    score: float

    @property
    def place(self) -> tuple[float, int, int]:
        """Where it stands."""
        return self.probability, self.note_id, self.tag_id


BEFORE_ALL: Final = (2.0, 0, 0)
"""Of no ``Waited``: the first page comes after it."""


def tags(connection: Connection) -> list[TagRow]:
    """The tags that may be suggested, by id."""
    return [TagRow(*row) for row in connection.execute(_TAGS)]


def ids_after(connection: Connection, after: int, most: int, size: int) -> list[int]:
    """The notes outside of the trash that come after one, by id.

    Args:
        connection: Inside of a read.
        after: The last one of the part before; 0 for the first part.
        most: At most so many notes.
        size: No more once their texts have so many bytes; always one.
    """
    found: list[int] = []
    read = 0
    for note_id, length in connection.execute(_AFTER, (after, most)):
        read += min(length, READ_CHARACTERS)
        if found and read > size:
            break
        found.append(note_id)
    return found


def notes(connection: Connection, edition_id: int | None, ids: Iterable[int]) -> list[NoteRow]:
    """These notes, by id; those that are gone or in the trash are left out.

    Args:
        connection: Inside of a read.
        edition_id: The one that serves; None: nothing was ever indexed.
        ids: Which; few.
    """
    chosen = json.dumps(list(ids))
    codes: dict[int, list[bytes | None]] = {}
    wanted = {"ids": chosen, "edition": edition_id, "passages": PASSAGES}
    for note_id, code in connection.execute(_CODES, wanted):
        codes.setdefault(note_id, []).append(code)
    found = []
    rows = connection.execute(_NOTES, {"ids": chosen, "read": READ_CHARACTERS})
    for note_id, revision, title, text, waits in rows:
        mine = codes.get(note_id, [])
        there = tuple(one for one in mine if one is not None)
        is_pending = bool(waits) or len(there) < len(mine)
        found.append(NoteRow(note_id, revision, title, text, there, is_pending))
    return found


def passage_texts(
    connection: Connection, edition_id: int | None, note_id: int, most: int
) -> list[tuple[str, str]]:
    """Context and text of a note's first passages."""
    return list(connection.execute(_TEXTS, (note_id, edition_id, most)).fetchall())


def said(connection: Connection, note_id: int) -> Said:
    """What was said of the tags of a note."""
    one = (note_id,)
    has = connection.execute("SELECT tag_id FROM note_tag WHERE note_id = ?", one)
    decided = connection.execute("SELECT tag_id FROM tag_decision WHERE note_id = ?", one)
    proposed: dict[str, str] = {}
    unwanted = set()
    query = "SELECT folded, name, rejected FROM tag_proposal WHERE note_id = ? ORDER BY folded"
    for key, name, rejected in connection.execute(query, one):
        if rejected:
            unwanted.add(key)
        else:
            proposed[key] = name
    return Said(_ids(has), _ids(decided), proposed, frozenset(unwanted))


def take_queue(connection: Connection, most: int) -> list[int]:
    """Take notes out of the queue of what is to be learned. Inside of a write.

    Whoever takes them has to learn from them, or to begin anew the next time.
    """
    rows = connection.execute("SELECT note_id FROM tag_queue ORDER BY note_id LIMIT ?", (most,))
    ids = [row[0] for row in rows.fetchall()]
    if ids:
        gone = (json.dumps(ids),)
        connection.execute(
            "DELETE FROM tag_queue WHERE note_id IN (SELECT value FROM json_each(?))", gone
        )
    return ids


def latest_decisions(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """When the person last decided on a tag of these notes; those without are left out."""
    rows = connection.execute(
        "SELECT note_id, max(at) FROM tag_decision"
        " WHERE note_id IN (SELECT value FROM json_each(?)) GROUP BY note_id",
        (json.dumps(list(ids)),),
    )
    return dict(rows.fetchall())


def titles(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The titles of notes outside of the trash."""
    rows = connection.execute(
        "SELECT n.id, n.title FROM json_each(?) wanted JOIN note n ON n.id = wanted.value"
        " WHERE n.deleted_at IS NULL",
        (json.dumps(list(ids)),),
    )
    return dict(rows.fetchall())


def states(connection: Connection, keys: Iterable[str]) -> dict[str, bytes]:
    """What the learner keeps under these keys; those without are left out."""
    rows = connection.execute(
        "SELECT s.key, s.data FROM json_each(?) wanted JOIN tag_state s ON s.key = wanted.value",
        (json.dumps(list(keys)),),
    )
    return {key: bytes(data) for key, data in rows}


def keep_only(connection: Connection, beginning: str, keys: Iterable[str]) -> None:
    """Forget what is kept under keys that begin so, but under these."""
    connection.execute(
        "DELETE FROM tag_state WHERE substr(key, 1, length(?1)) = ?1"
        " AND key NOT IN (SELECT value FROM json_each(?2))",
        (beginning, json.dumps(list(keys))),
    )


def waiting_page(
    connection: Connection, tag: str, after: tuple[float, int, int], most: int
) -> list[Waited]:
    """What is to be reviewed after this place, the most probable first; of one tag, or of all."""
    probability, note_id, tag_id = after
    chosen: dict[str, Value] = {
        "tag": folded(tag_name(tag)),
        "probability": probability,
        "note": note_id,
        "one": tag_id,
        "most": most,
    }
    return [Waited(*row) for row in connection.execute(_WAITING, chosen)]


def waiting_runs(
    connection: Connection, pairs: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    """Of notes and tags, by folded name: which run each waits from; those that do not are left out.

    So that what was decided can be had waiting again.
    """
    query = (
        "SELECT s.run_id FROM tag_suggestion s JOIN tag t ON t.id = s.tag_id"
        " WHERE s.note_id = ? AND t.folded = ? AND s.state = 'waiting'"
    )
    found = {}
    for note_id, tag in pairs:
        key = (note_id, folded(tag_name(tag)))
        row: Row | None = connection.execute(query, key).fetchone()
        if row:
            found[key] = int(row[0])
    return found


def figures(connection: Connection, note_id: int, tag_id: int) -> tuple[float, float] | None:
    """Probability and score of what waits to be reviewed; None where it does not."""
    row = connection.execute(
        "SELECT probability, score FROM tag_suggestion"
        " WHERE note_id = ? AND tag_id = ? AND state = 'waiting'",
        (note_id, tag_id),
    ).fetchone()
    return (row[0], row[1]) if row else None


def wait_again(
    connection: Connection, one: tuple[int, int], figures: tuple[float, float], run_id: int, at: int
) -> None:
    """Have a suggestion wait to be reviewed as before it was decided. Inside of a write.

    Args:
        connection: Inside of a write.
        one: Note and tag, by id.
        figures: Probability and score.
        run_id: The run that it came from.
        at: Milliseconds since 1970, UTC.
    """
    connection.execute(
        "INSERT INTO tag_suggestion (note_id, tag_id, probability, score, run_id, state, at)"
        " VALUES (?, ?, ?, ?, ?, 'waiting', ?) ON CONFLICT DO NOTHING",
        (*one, *figures, run_id, at),
    )


def untagged_after(connection: Connection, after: int) -> int | None:
    """The next note, by id, of whose tags nobody said anything yet; None: there is no other."""
    row = connection.execute(_UNTAGGED, (after,)).fetchone()
    return int(row[0]) if row else None


def _ids(rows: Iterable[Row]) -> frozenset[int]:
    return frozenset(row[0] for row in rows)
