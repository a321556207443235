"""The network's ledger in SQL: rows that are only ever added, each bound to the one before.

``mac_n = HMAC-SHA-256(key, "hush ledger 1" + mac_(n-1) + the row's other columns)``, beginning with
32 zero bytes, and one MAC more over how many rows there are (the head). Whoever has no key can
neither change a row, nor move, forge or take out a single one unseen. What these tables alone do
not show: that all of them was put back as it once was, an older head and the rows up to it, or no
head and no rows, for that was signed for, or needed no signature. So they prove nothing against
who holds the vault's key, nor against an older copy of the vault or of these two tables.

Damage stays damage: where the end does not fit, new rows are added without signing for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assistant.store.sqlcipher import Connection, Value

_START: Final = bytes(32)
_COLUMNS: Final = (
    *("seq", "phase", "transfer_id", "at", "purpose", "host", "what"),
    *("approval_id", "approved_by", "payload_sha256", "bytes_out", "bytes_in", "result"),
)
_AFTER: Final = f"SELECT {', '.join(_COLUMNS)}, mac FROM transfer WHERE seq > ? ORDER BY seq"  # noqa: S608 - our own names

INTERRUPTED: Final = "interrupted"


@dataclass(frozen=True, slots=True)
class Phase:
    """One row: a transfer's beginning or its end.

    Attributes:
        at: In milliseconds since 1970.
        bytes_out: None where it began, and where nobody could count.
        result: Empty where it began.
    """

    phase: str
    transfer_id: str
    at: int
    purpose: str
    host: str
    what: str
    approval_id: str
    approved_by: str
    payload_sha256: str
    bytes_out: int | None = None
    bytes_in: int | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A row as it stands.

    Attributes:
        seq: Counted from 1.
        mac: 32 bytes.
    """

    seq: int
    phase: Phase
    mac: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        rows: How many there are.
        first_bad: The first that is not as it was written; one past the last where some are
            missing at the end. None: all are as they were.
        last: MAC of the last row.
    """

    rows: int
    first_bad: int | None
    last: bytes = field(default=_START, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """What all transfers come to. See ``NetworkSummary``."""

    transfers: int
    bytes_out: int
    bytes_in: int
    since: int
    unknown: int


def append(connection: Connection, key: bytes, phase: Phase) -> int:
    """Add a row; its number. In a transaction.

    Args:
        connection: Writable.
        key: 32 bytes.
        phase: What it says.
    """
    count, last = _end(connection)
    seq = count + 1
    values = _values(seq, phase)
    mac = _mac(key, last, values)
    marks = ", ".join("?" * (len(_COLUMNS) + 1))
    connection.execute(
        f"INSERT INTO transfer ({', '.join(_COLUMNS)}, mac) VALUES ({marks})",  # noqa: S608 - our own names
        (*values, mac),
    )
    if _head_fits(connection, key, count, last):
        _put_head(connection, key, seq, mac)
    return seq


def end_leftovers(connection: Connection, key: bytes, at: int) -> int:
    """End what began and never ended, for Hush was ended in the middle of it.

    Returns:
        How many there were. Nobody knows how many bytes they sent.
    """
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM transfer WHERE phase = 'began' AND transfer_id NOT IN"  # noqa: S608 - our own names
        " (SELECT transfer_id FROM transfer WHERE phase = 'ended') ORDER BY seq"
    )
    left = [Phase(*row[1:]) for row in rows.fetchall()]
    for one in left:
        append(connection, key, ended_of(one, at, one.host, None, None, INTERRUPTED))
    return len(left)


def ended_of(
    began: Phase, at: int, host: str, bytes_out: int | None, bytes_in: int | None, result: str
) -> Phase:
    """The end of a transfer.

    Args:
        began: Its beginning.
        at: In milliseconds since 1970.
        host: Whom it reached in the end.
        bytes_out: None: not known.
        bytes_in: As ``bytes_out``.
        result: What came of it.
    """
    return Phase(
        "ended",
        began.transfer_id,
        at,
        began.purpose,
        host,
        began.what,
        began.approval_id,
        began.approved_by,
        began.payload_sha256,
        bytes_out,
        bytes_in,
        result,
    )


def signed(connection: Connection) -> Iterator[Signed]:
    """All rows, the oldest first."""
    for row in connection.execute(_AFTER, (0,)):
        yield Signed(int(row[0]), Phase(*row[1:-1]), bytes(row[-1]))


def latest(connection: Connection, limit: int, before: int | None) -> list[tuple[int, Phase]]:
    """Beginnings with their numbers, the newest first.

    Args:
        connection: To read.
        limit: At most so many.
        before: Only those with a smaller number.
    """
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM transfer"  # noqa: S608 - our own names
        " WHERE phase = 'began' AND seq < ? ORDER BY seq DESC LIMIT ?",
        (2**62 if before is None else before, limit),
    )
    return [(int(row[0]), Phase(*row[1:])) for row in rows.fetchall()]


def end_of(connection: Connection, transfer_id: str) -> Phase | None:
    """How a transfer ended; None while it runs."""
    row = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM transfer"  # noqa: S608 - our own names
        " WHERE transfer_id = ? AND phase = 'ended' ORDER BY seq LIMIT 1",
        (transfer_id,),
    ).fetchone()
    return Phase(*row[1:]) if row else None


def totals(connection: Connection) -> Totals:
    """What all transfers come to."""
    row = connection.execute(
        # total(), for sum() raises where it overflows, and then would for ever.
        "SELECT count(*) FILTER (WHERE phase = 'began'), CAST(total(bytes_out) AS INTEGER),"
        " CAST(total(bytes_in) AS INTEGER), coalesce(min(at), 0),"
        " count(*) FILTER (WHERE phase = 'ended' AND bytes_out IS NULL) FROM transfer"
    ).fetchone()
    return Totals(*(int(value) for value in row or (0, 0, 0, 0, 0)))


def check(connection: Connection, key: bytes, known: Verdict | None = None) -> Verdict:
    """Compute every row's MAC anew, and that of how many there are.

    Args:
        connection: To read.
        key: 32 bytes.
        known: What an earlier check found: only rows after it are looked at. Not for who wants to
            know whether somebody changed an earlier one since.
    """
    last, rows, first_bad = (
        (known.last, known.rows, known.first_bad) if known else (_START, 0, None)
    )
    for row in connection.execute(_AFTER, (rows,)):
        rows += 1
        mac = _mac(key, last, tuple(row[:-1]))
        if first_bad is None and (row[0] != rows or not hmac.compare_digest(mac, bytes(row[-1]))):
            first_bad = rows
        last = bytes(row[-1])
    if first_bad is None and not _head_fits(connection, key, rows, last):
        first_bad = rows + 1
    return Verdict(rows, first_bad, last)


def sign_anew(connection: Connection, old_key: bytes, new_key: bytes) -> Verdict:
    """Sign all rows with another key, in a transaction of the caller's.

    Rows before the first that is not as it was are signed; it and what follows stay as they are,
    so that what was damaged under one key is damaged under the next one, at the same row.

    Args:
        connection: Writable.
        old_key: 32 bytes.
        new_key: 32 bytes.

    Returns:
        What was found before.
    """
    found = check(connection, old_key)
    sound = found.rows if found.first_bad is None else found.first_bad - 1
    last = _START
    for one in list(signed(connection))[:sound]:
        last = _mac(new_key, last, _values(one.seq, one.phase))
        connection.execute("UPDATE transfer SET mac = ? WHERE seq = ?", (last, one.seq))
    if found.first_bad is None and found.rows:
        _put_head(connection, new_key, found.rows, last)
    return found


def _values(seq: int, phase: Phase) -> tuple[Value, ...]:
    return (
        seq,
        phase.phase,
        phase.transfer_id,
        phase.at,
        phase.purpose,
        phase.host,
        phase.what,
        phase.approval_id,
        phase.approved_by,
        phase.payload_sha256,
        phase.bytes_out,
        phase.bytes_in,
        phase.result,
    )


def _mac(key: bytes, before: bytes, values: tuple[Value, ...]) -> bytes:
    said = dict(zip(_COLUMNS, values, strict=True))
    text = json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, b"hush ledger 1\n" + before + text.encode("ascii"), hashlib.sha256)


def _head_mac(key: bytes, count: int, last: bytes) -> bytes:
    return hmac.digest(key, b"hush ledger head 1\n%d\n" % count + last, hashlib.sha256)


def _end(connection: Connection) -> tuple[int, bytes]:
    """The last row's number and MAC."""
    row = connection.execute("SELECT seq, mac FROM transfer ORDER BY seq DESC LIMIT 1").fetchone()
    return (int(row[0]), bytes(row[1])) if row else (0, _START)


def _head_fits(connection: Connection, key: bytes, count: int, last: bytes) -> bool:
    """Whether this is the end that was signed for. Of an empty ledger there is no head."""
    row = connection.execute("SELECT count, mac FROM transfer_head").fetchone()
    if row is None:
        return count == 0
    return row[0] == count and hmac.compare_digest(bytes(row[1]), _head_mac(key, count, last))


def _put_head(connection: Connection, key: bytes, count: int, last: bytes) -> None:
    connection.execute(
        "INSERT INTO transfer_head (id, count, mac) VALUES (1, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET count = excluded.count, mac = excluded.mac",
        (count, _head_mac(key, count, last)),
    )
