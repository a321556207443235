"""SQL for the earlier texts of notes. Plain functions, to be called inside ``Vault.write``.

The latest is kept whole, each other as its difference from the next later one that is kept: a
new one touches two rows, and a save that keeps none touches none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from assistant.errors import NotFound, VaultDamaged
from assistant.notes.delta import difference, restored
from assistant.notes.earlier import staying
from assistant.notes.limits import MAX_REVISION_BYTES
from assistant.notes.records import RevisionLine
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection

_WHOLE = None  # as the base: the row stands for itself


def lines(connection: Connection, note_id: int) -> list[RevisionLine]:
    """What is kept of a note, the latest first."""
    rows = connection.execute(
        "SELECT revision, at, characters FROM note_revision WHERE note_id = ?"
        " ORDER BY revision DESC",
        (note_id,),
    )
    return [RevisionLine(revision, at, characters) for revision, at, characters in rows]


def text(connection: Connection, note_id: int, revision: int) -> str:
    """An earlier text.

    Raises:
        NotFound: it is not kept, or there is no such note.
        VaultDamaged: it cannot be read.
    """
    later = ""
    rows = connection.execute(
        "SELECT revision, data FROM note_revision WHERE note_id = ? AND revision >= ?"
        " ORDER BY revision DESC",
        (note_id, revision),
    )
    for number, data in rows.fetchall():
        later = restored(data, later)
        if number == revision:
            return later
    raise NotFound("This earlier version is not kept any more.")


def kept_at(connection: Connection, note_id: int) -> int | None:
    """When the latest was kept; None where there is none."""
    row = connection.execute(
        "SELECT max(at) FROM note_revision WHERE note_id = ?", (note_id,)
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None


@dataclass(frozen=True, slots=True)
class Link:
    """An earlier text as it is kept.

    Attributes:
        revision: The note's, while it had this text.
        at: When it was replaced, milliseconds since 1970, UTC.
        characters: How long it is.
        base: The later one that ``data`` is a difference from; None: it stands for itself.
        size: Bytes of ``data``.
        data: None where keeping another one cannot change it.
    """

    revision: int
    at: int
    characters: int
    base: int | None
    size: int
    data: bytes | None = field(repr=False)

    @property
    def line(self) -> RevisionLine:
        """As a list shows it."""
        return RevisionLine(self.revision, self.at, self.characters)


Chain: TypeAlias = tuple[Link, ...]
"""The earlier texts of a note, the latest first: each a difference from the one before it."""


def chain(connection: Connection, note_id: int, revision: int, now: int) -> Chain:
    """Read what ``grown`` needs, and of what is far back only that it is there.

    Args:
        connection: Inside of a read or a write.
        note_id: Whose.
        revision: The one that may be kept next.
        now: Milliseconds since 1970, UTC.
    """
    rows = connection.execute(
        "SELECT revision, at, characters, base, length(data) FROM note_revision"
        " WHERE note_id = ? ORDER BY revision DESC",
        (note_id,),
    ).fetchall()
    there = [Link(row[0], row[1], row[2], row[3], row[4], None) for row in rows]
    lowest = _lowest_touched(there, _going(there, revision, now))
    found = connection.execute(
        "SELECT revision, data FROM note_revision WHERE note_id = ? AND revision >= ?",
        (note_id, lowest),
    ).fetchall()
    data: dict[int, bytes] = {row[0]: row[1] for row in found}
    return tuple(dataclasses.replace(link, data=data.get(link.revision)) for link in there)


def grown(
    there: Chain, revision: int, earlier: str, now: int, most_bytes: int = MAX_REVISION_BYTES
) -> Chain:
    """A chain with one more text, and without those that need not stay (``notes.earlier``). Pure.

    Those that cannot be read any more go, too: a note can be saved whatever became of them.

    Args:
        there: As ``chain`` read it, for the same revision and time.
        revision: The note's, while it had this text.
        earlier: The text.
        now: Milliseconds since 1970, UTC.
        most_bytes: Beyond that the oldest go.
    """
    data = difference(earlier)
    newest = Link(revision, now, len(earlier), _WHOLE, len(data), data)
    try:
        older = _rebased(there, _going(there, revision, now), revision, earlier)
    except VaultDamaged:
        older = []
    kept, total = [newest], newest.size
    for link in older:
        total += link.size
        if total > most_bytes:
            break
        kept.append(link)
    return tuple(kept)


def replace(connection: Connection, note_id: int, before: Chain, after: Chain) -> None:
    """Have a note's earlier texts be these. Inside of a write; only what differs is written."""
    if after is before:
        return
    was = {link.revision: link for link in before}
    for link in after:
        if link.revision not in was:
            connection.execute(
                "INSERT INTO note_revision (note_id, revision, at, characters, base, data)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (note_id, link.revision, link.at, link.characters, link.base, link.data),
            )
        elif link != was[link.revision]:
            connection.execute(
                "UPDATE note_revision SET base = ?, data = ? WHERE note_id = ? AND revision = ?",
                (link.base, link.data, note_id, link.revision),
            )
    gone = was.keys() - {link.revision for link in after}
    for revision in gone:
        connection.execute(
            "DELETE FROM note_revision WHERE note_id = ? AND revision = ?", (note_id, revision)
        )
    if gone:
        chore_rows.note_edit(connection)  # its words may stand nowhere else


def keep(
    connection: Connection,
    note_id: int,
    revision: int,
    earlier: str,
    now: int,
    most_bytes: int = MAX_REVISION_BYTES,
) -> None:
    """Keep a text that is replaced now, all in one go; see ``grown``."""
    there = chain(connection, note_id, revision, now)
    replace(connection, note_id, there, grown(there, revision, earlier, now, most_bytes))


def _going(there: Sequence[Link], revision: int, now: int) -> set[int]:
    """Which of them need not stay any more, once this revision is kept, too."""
    lines = [link.line for link in there]
    stay = staying([*lines, RevisionLine(revision, now, 0)], now)
    return {line.revision for line in lines} - stay


def _lowest_touched(there: Sequence[Link], going: set[int]) -> int:
    """The oldest that becomes a difference from another one than before."""
    touched = [
        link.revision
        for place, link in enumerate(there)
        if place == 0 or link.revision in going or there[place - 1].revision in going
    ]
    return min(touched, default=0)


def _rebased(there: Chain, going: set[int], revision: int, earlier: str) -> list[Link]:
    """Those that stay, each as its difference from the one that is the next later then.

    Raises:
        VaultDamaged: one cannot be read.
    """
    found: list[Link] = []
    later, kept_base, kept_text = "", revision, earlier
    for link in there:
        if link.data is None:
            found.append(link)
            continue
        later = restored(link.data, later)
        if link.revision in going:
            continue
        if link.base == kept_base:
            found.append(link)
        else:
            data = difference(later, kept_text)
            found.append(dataclasses.replace(link, base=kept_base, size=len(data), data=data))
        kept_base, kept_text = link.revision, later
    return found
