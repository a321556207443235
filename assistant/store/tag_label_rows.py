"""SQL for what tags are learned from. Plain functions, for ``Vault.read`` and ``Vault.write``.

A note is an example for the tags that it has, whatever it has them for, and one against those that
the person did not want for it. What the language model proposed counts for less. A note in the
trash is an example for nothing. Ids of tags stay when a tag is renamed; one that is gone may be
given again. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.notes.names import folded, tags_read
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection, Row

MOST_PROPOSED: Final = 50
"""Of one note: what a model proposes beyond that is left out."""

_DECIDE = """
    INSERT INTO tag_decision (note_id, tag_id, accepted, probability, score, at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (note_id, tag_id) DO UPDATE SET accepted = excluded.accepted,
            probability = excluded.probability, score = excluded.score, at = excluded.at
"""

_PROPOSE = """
    INSERT INTO tag_proposal (note_id, folded, name, rejected, at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (note_id, folded) DO UPDATE SET rejected = rejected OR excluded.rejected
            WHERE rejected < excluded.rejected
"""

# Each of some notes, or of all.
_OF_THESE: Final = "note_id IN (SELECT value FROM json_each(:ids))"
_OF_ALL: Final = ":ids IS NULL"

_LIVE: Final = """
    SELECT note_id FROM (SELECT id AS note_id, deleted_at FROM note)
        WHERE deleted_at IS NULL AND {} ORDER BY note_id
"""
_HAVE: Final = "SELECT note_id, tag_id FROM note_tag WHERE {}"
# What Hush gave by itself is nobody's word: neither for a tag nor, while the note has it, against.
_APPLIED: Final = """
    SELECT note_id, tag_id FROM tag_suggestion s WHERE state = 'applied' AND {}
        AND NOT EXISTS (SELECT 1 FROM tag_decision d WHERE d.note_id = s.note_id
            AND d.tag_id = s.tag_id AND d.accepted = 1)
        AND NOT EXISTS (SELECT 1 FROM note_tag nt WHERE nt.note_id = s.note_id
            AND nt.tag_id = s.tag_id AND (nt.in_text OR nt.in_file))
"""
# What Hush gave and was taken off by hand was not wanted.
_REFUSE: Final = """
    SELECT note_id, tag_id FROM tag_decision WHERE accepted = 0 AND {0}
    UNION SELECT note_id, tag_id FROM tag_suggestion WHERE state = 'removed' AND {0}
"""
_PROPOSED: Final = """
    SELECT note_id, t.id FROM tag_proposal p JOIN tag t ON t.folded = p.folded
        WHERE rejected = 0 AND {}
"""

_KNOWN = """
    SELECT t.id, t.name, t.folded, t.description, (SELECT count(*) FROM note_tag nt
            WHERE nt.tag_id = t.id
                AND nt.note_id NOT IN (SELECT id FROM note WHERE deleted_at IS NOT NULL))
        FROM tag t ORDER BY t.folded
"""


@dataclass(frozen=True, slots=True)
class Labels:
    """What one note teaches, as ids of tags.

    Attributes:
        note_id: The note.
        positive: The tags that it has, but for those that Hush gave it by itself.
        negative: Those that the person did not want for it, and that it has not.
        weak: Those that the language model proposed, and of which nobody said anything.
        is_live: It exists, outside of the trash; where not, it teaches nothing.
        applied: Those that Hush gave it by itself, and that nobody confirmed.
    """

    note_id: int
    positive: tuple[int, ...] = ()
    negative: tuple[int, ...] = ()
    weak: tuple[int, ...] = ()
    is_live: bool = True
    applied: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag that there is; ``notes`` outside of the trash have it."""

    id: int
    name: str = field(repr=False)
    folded: str = field(repr=False)
    description: str = field(repr=False)
    notes: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person said of a suggestion, and what it had said of itself before."""

    note_id: int
    tag_id: int
    accepted: bool
    probability: float
    score: float
    at: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tag that the language model proposed, or, ``rejected``, a new one that was not wanted."""

    name: str = field(repr=False)
    rejected: bool
    at: int


def tags(connection: Connection) -> list[KnownTag]:
    """All tags that there are, in the order of the alphabet."""
    return [KnownTag(*row) for row in connection.execute(_KNOWN)]


def labels(connection: Connection, note_id: int) -> Labels:
    """What one note teaches."""
    return _labels(connection, [note_id])[0]


def labels_of(connection: Connection, note_ids: Sequence[int]) -> list[Labels]:
    """What some notes teach, in their order."""
    return _labels(connection, note_ids)


def all_labels(connection: Connection) -> list[Labels]:
    """What every note outside of the trash teaches, by id; also those that teach nothing."""
    return _labels(connection, None)


def drain(connection: Connection, most: int) -> list[Labels]:
    """Take notes out of the queue, with what they teach now. Inside of a write.

    Whoever takes them has to learn from them, or to begin with ``all_labels`` the next time.
    """
    rows = connection.execute("SELECT note_id FROM tag_queue ORDER BY note_id LIMIT ?", (most,))
    ids = [row[0] for row in rows.fetchall()]
    gone = (json.dumps(ids),)
    connection.execute(
        "DELETE FROM tag_queue WHERE note_id IN (SELECT value FROM json_each(?))", gone
    )
    return _labels(connection, ids)


def begin_anew(connection: Connection) -> list[Labels]:
    """Empty the queue, with what all notes teach now. Inside of a write."""
    connection.execute("DELETE FROM tag_queue")
    return all_labels(connection)


def count_queued(connection: Connection) -> int:
    """How many notes wait in the queue."""
    row = connection.execute("SELECT count(*) FROM tag_queue").fetchone()
    return int(row[0]) if row else 0


def decide(connection: Connection, decision: Decision) -> None:
    """Write down what the person said; of two on one note and tag the later counts.

    The note and the tag must be there. What waits to be reviewed of them is answered with it.
    Whether the note has the tag is another matter: ``tag_rows.give`` and ``take``.
    """
    one = (decision.note_id, decision.tag_id)
    figures = (int(decision.accepted), decision.probability, decision.score, decision.at)
    connection.execute(_DECIDE, (*one, *figures))
    connection.execute(
        "DELETE FROM tag_suggestion WHERE note_id = ? AND tag_id = ? AND state = 'waiting'", one
    )


def decision(connection: Connection, note_id: int, tag_id: int) -> Decision | None:
    """What the person said of a tag for a note; None: nothing."""
    row = connection.execute(
        "SELECT note_id, tag_id, accepted, probability, score, at FROM tag_decision"
        " WHERE note_id = ? AND tag_id = ?",
        (note_id, tag_id),
    ).fetchone()
    return Decision(row[0], row[1], bool(row[2]), *row[3:]) if row else None


def take_back(connection: Connection, note_id: int, tag_id: int) -> Decision | None:
    """Forget what the person said of a tag for a note, and return it; None: nothing was said."""
    said = decision(connection, note_id, tag_id)
    connection.execute(
        "DELETE FROM tag_decision WHERE note_id = ? AND tag_id = ?", (note_id, tag_id)
    )
    return said


def decisions(connection: Connection, most: int = 100_000) -> list[Decision]:
    """The latest decisions on notes outside of the trash, in the order in which they were made."""
    rows = connection.execute(
        "SELECT note_id, tag_id, accepted, probability, score, at FROM tag_decision"
        " WHERE note_id NOT IN (SELECT id FROM note WHERE deleted_at IS NOT NULL)"
        " ORDER BY at DESC, note_id DESC, tag_id DESC LIMIT ?",
        (most,),
    ).fetchall()
    return [Decision(row[0], row[1], bool(row[2]), *row[3:]) for row in reversed(rows)]


def propose(connection: Connection, note_id: int, names: Iterable[str], now: int) -> None:
    """Have these be what the language model proposes for a note, instead of what it did before.

    What is no tag is left out, and so is what is beyond ``MOST_PROPOSED``. A new name that the
    person did not want stays unwanted.
    """
    wanted = {folded(name): name for name in tags_read(names)[:MOST_PROPOSED]}
    keys = json.dumps(list(wanted))
    gone = connection.execute(
        "DELETE FROM tag_proposal WHERE note_id = ? AND rejected = 0"
        " AND folded NOT IN (SELECT value FROM json_each(?))",
        (note_id, keys),
    )
    if gone.rowcount:
        chore_rows.note_edit(connection)
    connection.executemany(_PROPOSE, [(note_id, key, wanted[key], 0, now) for key in wanted])


def reject_new(connection: Connection, note_id: int, name: str, now: int) -> None:
    """Note that a tag that there would be is not wanted for a note; what is no tag is left out."""
    for clean in tags_read((name,)):
        connection.execute(_PROPOSE, (note_id, folded(clean), clean, 1, now))


def want_new_again(connection: Connection, note_id: int, name: str) -> bool:
    """Take ``reject_new`` back; whether there was something to take back."""
    keys = [(note_id, folded(clean)) for clean in tags_read((name,))]
    gone = [
        connection.execute(
            "DELETE FROM tag_proposal WHERE note_id = ? AND folded = ? AND rejected = 1", key
        ).rowcount
        for key in keys
    ]
    return any(gone)


def proposals(connection: Connection, note_id: int) -> list[Proposal]:
    """What was proposed for a note, and what new tags were not wanted, by the alphabet."""
    rows = connection.execute(
        "SELECT name, rejected, at FROM tag_proposal WHERE note_id = ? ORDER BY folded", (note_id,)
    )
    return [Proposal(name, bool(rejected), at) for name, rejected, at in rows]


def state(connection: Connection, key: str) -> bytes | None:
    """What the learner keeps under a key of its own."""
    row = connection.execute("SELECT data FROM tag_state WHERE key = ?", (key,)).fetchone()
    return bytes(row[0]) if row else None


def keep_state(connection: Connection, key: str, data: bytes) -> None:
    """Have the learner keep this; numbers only: it outlives the notes that it was made of."""
    connection.execute(
        "INSERT INTO tag_state (key, data) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET data = excluded.data",
        (key, data),
    )


def forget(connection: Connection) -> None:
    """Forget decisions, proposals, suggestions and what the learner keeps; tags stay on notes.

    Runs that were cut off go, too: they were of what is forgotten. What Hush applied itself stays
    applied; only the log of it is gone.
    """
    for table in ("tag_decision", "tag_proposal", "tag_suggestion", "tag_state", "tag_run"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    chore_rows.note_edit(connection)


def _labels(connection: Connection, note_ids: Sequence[int] | None) -> list[Labels]:
    live = [row[0] for row in _rows(connection, _LIVE, note_ids)]
    have, applied, refuse, proposed = (
        _grouped(_rows(connection, query, note_ids))
        for query in (_HAVE, _APPLIED, _REFUSE, _PROPOSED)
    )
    nothing: frozenset[int] = frozenset()
    found: dict[int, Labels] = {}
    for note_id in live:
        has = have.get(note_id, nothing)
        unconfirmed = applied.get(note_id, nothing) & has
        negative = refuse.get(note_id, nothing) - has
        weak = proposed.get(note_id, nothing) - has - negative
        found[note_id] = Labels(
            note_id,
            tuple(sorted(has - unconfirmed)),
            tuple(sorted(negative)),
            tuple(sorted(weak)),
            applied=tuple(sorted(unconfirmed)),
        )
    asked = live if note_ids is None else note_ids
    return [found.get(note_id) or Labels(note_id, is_live=False) for note_id in asked]


def _rows(connection: Connection, query: str, note_ids: Sequence[int] | None) -> list[Row]:
    which = _OF_ALL if note_ids is None else _OF_THESE
    chosen = {"ids": None if note_ids is None else json.dumps(list(note_ids))}
    return connection.execute(query.format(which), chosen).fetchall()


def _grouped(rows: Iterable[Row]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for note_id, tag_id in rows:
        found.setdefault(note_id, set()).add(tag_id)
    return found
