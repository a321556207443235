"""SQL for tagging many notes: runs, what waits to be reviewed, and what was applied.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``. Times are milliseconds since
1970, UTC. What is in the trash is neither tagged nor shown.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.errors import NotFound
from assistant.notes.limits import MAX_TAGS
from assistant.notes.names import folded, tag_name
from assistant.store import tag_label_rows, tag_rows
from assistant.store.sqlcipher import Connection, Row, Value
from assistant.store.tag_label_rows import Decision
from assistant.tags.records import AppliedLine, UnfinishedRun, Waiting

Place = tuple[int, int]
"""A note's and a tag's id: what the next part of many suggestions comes after."""

BEFORE_ALL: Final[Place] = (0, 0)

_LOOKED_AT: Final = 500  # notes of a run's own, in which to look for the next few

_RUN: Final = """
    SELECT id, started_at, apply_above, note_ids, after_note, done, total FROM tag_run
"""

_NEXT: Final = """
    SELECT id FROM note WHERE id > :after AND deleted_at IS NULL ORDER BY id LIMIT :limit
"""

_OF_THESE: Final = """
    SELECT n.id FROM json_each(?) wanted JOIN note n ON n.id = wanted.value
        WHERE n.deleted_at IS NULL ORDER BY n.id LIMIT ?
"""

_COUNT: Final = """
    SELECT count(*) FROM note WHERE deleted_at IS NULL
        AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
"""

# Nothing is said of what has an answer already: the note has the tag, it was decided on, or it was
# given before, and taken off by hand.
_PUT: Final = """
    INSERT INTO tag_suggestion (note_id, tag_id, probability, score, run_id, state, at)
        SELECT n.id, t.id, ?, ?, ?, ?, ? FROM note n, tag t
        WHERE n.id = ? AND n.deleted_at IS NULL AND t.folded = ?
            AND NOT EXISTS (SELECT 1 FROM note_tag WHERE note_id = n.id AND tag_id = t.id)
            AND NOT EXISTS (SELECT 1 FROM tag_decision WHERE note_id = n.id AND tag_id = t.id)
            AND NOT EXISTS (SELECT 1 FROM tag_suggestion WHERE note_id = n.id AND tag_id = t.id)
"""

_WAITING: Final = """
    SELECT s.note_id, n.title, n.excerpt, t.name, s.probability, s.score
        FROM tag_suggestion s JOIN note n ON n.id = s.note_id JOIN tag t ON t.id = s.tag_id
        WHERE s.state = 'waiting' AND n.deleted_at IS NULL AND (:tag = '' OR t.folded = :tag)
        ORDER BY s.probability DESC, s.note_id, t.folded LIMIT :limit
"""

_WAITING_TAGS: Final = """
    SELECT t.name, count(*) FROM tag_suggestion s JOIN note n ON n.id = s.note_id
        JOIN tag t ON t.id = s.tag_id
        WHERE s.state = 'waiting' AND n.deleted_at IS NULL GROUP BY t.id ORDER BY t.folded
"""

# In the order of its key, from where the part before ended: nothing is looked at twice. The plus
# signs keep other indexes out of it.
_ABOVE: Final = """
    SELECT s.note_id, s.tag_id, s.probability, s.score
        FROM tag_suggestion s CROSS JOIN note n ON n.id = s.note_id
        WHERE (s.note_id, s.tag_id) > (:note, :one) AND +s.state = 'waiting'
            AND +s.probability >= :probability AND n.deleted_at IS NULL
            AND (:tag = '' OR +s.tag_id = (SELECT id FROM tag WHERE folded = :tag))
            AND (SELECT count(*) FROM note_tag WHERE note_id = s.note_id) < :most
        ORDER BY s.note_id, s.tag_id LIMIT :limit
"""

_ONE: Final = """
    SELECT s.note_id, s.tag_id, s.probability, s.score
        FROM tag_suggestion s JOIN note n ON n.id = s.note_id JOIN tag t ON t.id = s.tag_id
        WHERE s.note_id = ? AND t.folded = ? AND s.state = ? AND n.deleted_at IS NULL
"""

# One that was taken off again by hand is no longer in the log.
_LOG: Final = """
    SELECT s.note_id, n.title, t.name, s.probability, s.at, s.run_id
        FROM tag_suggestion s JOIN note n ON n.id = s.note_id JOIN tag t ON t.id = s.tag_id
        JOIN note_tag nt ON nt.note_id = s.note_id AND nt.tag_id = s.tag_id
        WHERE s.state = 'applied' AND n.deleted_at IS NULL
        ORDER BY s.at DESC, s.note_id, t.folded LIMIT ?
"""

_OF_RUN: Final = """
    SELECT s.note_id, s.tag_id, s.probability, s.score FROM tag_suggestion s
        WHERE s.state = 'applied' AND s.run_id = ? ORDER BY s.note_id, s.tag_id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run over many notes.

    Attributes:
        apply_above: From which probability on tags are given at once; None: none are.
        note_ids: The notes that it is of, in their order; None: all.
        after_note: The last one that was done, by id; 0 before the first.
        done: How many were done, of ``total``.
    """

    id: int
    started_at: int
    apply_above: float | None
    note_ids: tuple[int, ...] | None = field(repr=False)
    after_note: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A tag that a note may want, by its name: an id may be another tag's by now."""

    tag: str = field(repr=False)
    probability: float
    score: float


def begin_run(
    connection: Connection,
    note_ids: Sequence[int] | None,
    apply_above: float | None,
    now: int,
    run_id: int | None = None,
) -> Run:
    """Begin a run over these notes, or all outside of the trash.

    Args:
        connection: Inside of a write.
        note_ids: The notes; None: all.
        apply_above: From which probability on tags are given at once; None: none are.
        now: Milliseconds since 1970, UTC.
        run_id: Free, and greater than those before; None: the next one.
    """
    chosen = _chosen(note_ids)
    row = connection.execute(_COUNT, {"ids": chosen}).fetchone()
    total = int(row[0]) if row else 0
    added = connection.execute(
        "INSERT INTO tag_run (id, started_at, apply_above, note_ids, total) VALUES (?, ?, ?, ?, ?)",
        (run_id, now, apply_above, chosen, total),
    )
    return run(connection, int(added.lastrowid))


def run(connection: Connection, run_id: int) -> Run:
    """One run, ended or not.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(f"{_RUN} WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise NotFound("There is no such run over your notes any more.")
    return _run(row)


def unfinished(connection: Connection) -> list[UnfinishedRun]:
    """Runs that were cut off or cancelled, the latest first."""
    rows = connection.execute(f"{_RUN} WHERE ended_at IS NULL ORDER BY id DESC").fetchall()
    return [
        UnfinishedRun(one.id, one.started_at, one.done, one.total, one.apply_above)
        for one in map(_run, rows)
    ]


def next_notes(connection: Connection, of: Run, most: int) -> list[int]:
    """The notes that a run has to do next, by id; at most so many, none at its end."""
    if of.note_ids is None:
        rows = connection.execute(_NEXT, {"after": of.after_note, "limit": most})
        return [row[0] for row in rows]
    at_once = max(most, _LOOKED_AT)
    begin = bisect_right(of.note_ids, of.after_note)
    for at in range(begin, len(of.note_ids), at_once):
        some = json.dumps(of.note_ids[at : at + at_once])
        if found := [row[0] for row in connection.execute(_OF_THESE, (some, most))]:
            return found
    return []


def advance(connection: Connection, run_id: int, after_note: int, done: int) -> None:
    """Note how far a run is, in the transaction that writes what came of those notes."""
    connection.execute(
        "UPDATE tag_run SET after_note = ?, done = ? WHERE id = ?", (after_note, done, run_id)
    )


def end_run(connection: Connection, run_id: int, now: int) -> None:
    """Note that a run has come to its end, or is given up for good: it is not gone on with."""
    connection.execute("UPDATE tag_run SET ended_at = ? WHERE id = ?", (now, run_id))


def put(
    connection: Connection, of: Run, note_id: int, offers: Iterable[Offer], now: int
) -> tuple[int, int]:
    """Write down what is suggested for a note, instead of what waited of it before.

    What is probable enough for this run is given at once. Left out is what the note has already,
    what the person has decided on, and a tag or a note that is gone.

    Returns:
        How many wait now, and how many were given.
    """
    connection.execute(
        "DELETE FROM tag_suggestion WHERE note_id = ? AND state = 'waiting'", (note_id,)
    )
    counts = {"waiting": 0, "applied": 0}
    is_full = tag_rows.is_full(connection, note_id)
    for offer in offers:
        tag = tag_name(offer.tag)
        is_sure = of.apply_above is not None and offer.probability >= of.apply_above
        state = "applied" if is_sure and not is_full else "waiting"
        figures = (offer.probability, offer.score, of.id, state, now, note_id, folded(tag))
        if connection.execute(_PUT, figures).rowcount:
            counts[state] += 1
            if state == "applied":
                tag_rows.give(connection, note_id, tag)
                is_full = tag_rows.is_full(connection, note_id)
    return counts["waiting"], counts["applied"]


def waiting(connection: Connection, tag: str = "", most: int = 1_000) -> list[Waiting]:
    """What is to be reviewed, the most probable first: of one tag, or of all."""
    chosen: dict[str, Value] = {"tag": folded(tag_name(tag)), "limit": most}
    return [Waiting(*row) for row in connection.execute(_WAITING, chosen)]


def waiting_tags(connection: Connection) -> list[tuple[str, int]]:
    """The tags of which something is to be reviewed, and of each how much."""
    return [(name, count) for name, count in connection.execute(_WAITING_TAGS)]


def accept(connection: Connection, pairs: Iterable[tuple[int, str]], now: int) -> int:
    """Accept what waits: each note is given the tag. Returns how many were.

    On a note that has as many tags as it takes, it waits on.

    Args:
        connection: Inside of a write.
        pairs: Notes and names of tags; what does not wait any more is left out.
        now: Milliseconds since 1970, UTC.
    """
    return _accept(connection, _found(connection, pairs, "waiting"), now)


def reject(connection: Connection, pairs: Iterable[tuple[int, str]], now: int) -> int:
    """Reject what waits; as ``accept``."""
    rows = _found(connection, pairs, "waiting")
    for row in rows:
        _decide(connection, row, now, accepted=False)
    return len(rows)


def accept_above(
    connection: Connection,
    probability: float,
    tag: str,
    now: int,
    after: Place = BEFORE_ALL,
    most: int = 500,
) -> tuple[int, Place | None]:
    """Accept what waits and is so probable, of one tag or (empty) of all.

    At most ``most`` at once, so that nobody waits for it.

    Returns:
        How many were accepted, and what the next part comes after; None: there is no more.
    """
    key = folded(tag_name(tag))
    chosen: dict[str, Value] = {
        "probability": probability,
        "tag": key,
        "note": after[0],
        "one": after[1],
        "most": MAX_TAGS,
        "limit": most,
    }
    rows = connection.execute(_ABOVE, chosen).fetchall()
    last = (rows[-1][0], rows[-1][1]) if len(rows) == most else None
    return _accept(connection, rows, now), last


def log(connection: Connection, most: int = 200) -> list[AppliedLine]:
    """What Hush gave by itself and is still there, the latest first."""
    return [AppliedLine(*row) for row in connection.execute(_LOG, (most,))]


def undo(connection: Connection, pairs: Iterable[tuple[int, str]], now: int) -> int:
    """Take off what Hush gave by itself, and note that it was not wanted; how many there were.

    Args:
        connection: Inside of a write.
        pairs: Notes and names of tags; what is not in the log is left out.
        now: Milliseconds since 1970, UTC.
    """
    rows = _found(connection, pairs, "applied")
    for row in rows:  # before a tag is taken off: with its last note it may go, and this with it
        _decide(connection, row, now, accepted=False)
    _take_off(connection, rows)
    return len(rows)


def undo_run(connection: Connection, run_id: int, most: int = 500) -> int:
    """Take off what a run gave; at most ``most`` at once: to be called until none is left.

    Nothing is learned from it: who takes a whole run back says nothing of each of its tags.
    """
    rows = connection.execute(_OF_RUN, (run_id, most)).fetchall()
    _take_off(connection, rows)
    return len(rows)


def forget_waiting(connection: Connection, run_id: int | None = None) -> int:
    """Take away what waits, of one run or of all, without an answer; how many there were."""
    return connection.execute(
        "DELETE FROM tag_suggestion WHERE state = 'waiting' AND (?1 IS NULL OR run_id = ?1)",
        (run_id,),
    ).rowcount


def _accept(connection: Connection, rows: Sequence[Row], now: int) -> int:
    accepted = 0
    for row in rows:
        if not tag_rows.is_full(connection, row[0]):
            _decide(connection, row, now, accepted=True)
            tag_rows.give_known(connection, row[0], row[1])
            accepted += 1
    return accepted


def _take_off(connection: Connection, rows: Sequence[Row]) -> None:
    for row in rows:
        connection.execute(
            "DELETE FROM tag_suggestion WHERE note_id = ? AND tag_id = ?", (row[0], row[1])
        )
        tag_rows.take(connection, row[0], row[1])


def _decide(connection: Connection, row: Row, now: int, *, accepted: bool) -> None:
    note_id, tag_id, probability, score = row
    said = Decision(note_id, tag_id, accepted, probability, score, now)
    tag_label_rows.decide(connection, said)


def _found(connection: Connection, pairs: Iterable[tuple[int, str]], state: str) -> list[Row]:
    found: dict[tuple[int, int], Row] = {}
    for note_id, tag in pairs:
        asked = (note_id, folded(tag_name(tag)), state)
        for row in connection.execute(_ONE, asked).fetchall():
            found[row[0], row[1]] = row
    return list(found.values())


def _chosen(note_ids: Sequence[int] | None) -> str | None:
    return None if note_ids is None else json.dumps(sorted(set(note_ids)))


def _run(row: Row) -> Run:
    run_id, started_at, apply_above, note_ids, after_note, done, total = row
    ids = None if note_ids is None else tuple(json.loads(note_ids))
    return Run(run_id, started_at, apply_above, ids, after_note, done, total)
