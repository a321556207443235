"""SQL for what was measured: one row for each reply, one for each change of mode. Numbers only.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Final, TypeVar

from assistant.power.plan import Mode, Reason
from assistant.store.sqlcipher import Connection

E = TypeVar("E", bound=StrEnum)

KEPT_DAYS: Final = 90
"""A season: enough to see a fan that clogs or a battery that fades, and no diary of years."""

KEPT_ROWS: Final = 20_000
"""Of each table, about 1.5 MB: 220 replies a day for as long as they are kept."""

DAY_MS: Final = 86_400_000

_CLOSED: Final = ""  # the column's word for the mode of a Hush that does not run
_REPLY: Final = (
    "at, model, mode, prompt_tokens, reused_tokens, reply_tokens, first_token_ms,"
    " tokens_per_second, memory_bytes, battery_used"
)


@dataclass(frozen=True, slots=True)
class ReplyMetric:
    """What one reply cost.

    Attributes:
        at: When it ended, milliseconds since 1970, UTC.
        model: The model's name.
        mode: In which it was written; None where this Hush does not know it.
        prompt_tokens: Of everything the model read.
        reused_tokens: Of these, what it had read before.
        reply_tokens: What it wrote.
        first_token_ms: From Enter to the first token.
        tokens_per_second: While writing; 0 where it was too short to tell.
        memory_bytes: Resident memory of the model's process at the end; 0 where unknown.
        battery_used: Watt-hours drawn while it was written; None on mains, or unknown.
    """

    at: int
    model: str
    mode: Mode | None
    prompt_tokens: int
    reused_tokens: int
    reply_tokens: int
    first_token_ms: float
    tokens_per_second: float
    memory_bytes: int
    battery_used: float | None


@dataclass(frozen=True, slots=True)
class ModeChange:
    """From when on a mode held.

    Attributes:
        at: Milliseconds since 1970, UTC.
        mode: None where Hush was closed from then on.
        reason: Why; None where this Hush does not know it.
    """

    at: int
    mode: Mode | None
    reason: Reason | None = None


def add_reply(connection: Connection, metric: ReplyMetric) -> None:
    """Add a reply's row; those that are too old or too many go."""
    values = astuple(metric)
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO reply_metric ({_REPLY}) VALUES ({marks})", values)  # noqa: S608 - ours
    _drop_old(connection, "reply_metric", metric.at)


def add_mode(connection: Connection, change: ModeChange) -> None:
    """Add a change of mode; those that are too old or too many go."""
    connection.execute(
        "INSERT INTO mode_change (at, mode, reason) VALUES (?, ?, ?)",
        (change.at, change.mode or _CLOSED, change.reason or ""),
    )
    _drop_old(connection, "mode_change", change.at)


def close_last_mode(connection: Connection, now: int) -> None:
    """Where the run before was killed, let its mode end with the last that is known of that run.

    To be called before the first change of a run is added.

    Args:
        connection: Writable.
        now: The end is never later; a clock may have been put back.
    """
    row = connection.execute("SELECT mode FROM mode_change ORDER BY id DESC LIMIT 1").fetchone()
    last = last_sign(connection)
    if row and row[0] != _CLOSED and last is not None:
        add_mode(connection, ModeChange(min(last, now), None))


def replies(connection: Connection, since: int, until: int) -> tuple[ReplyMetric, ...]:
    """The replies of a time, oldest first. Both ends belong to it."""
    rows = connection.execute(
        f"SELECT {_REPLY} FROM reply_metric WHERE at BETWEEN ? AND ? ORDER BY at, id",  # noqa: S608 - ours
        (since, until),
    )
    return tuple(
        ReplyMetric(at, model, _known(Mode, mode), *rest) for at, model, mode, *rest in rows
    )


def modes(connection: Connection, since: int, until: int) -> tuple[ModeChange, ...]:
    """The changes of a time, oldest first, and before them the one that held when it began."""
    rows = connection.execute(
        "SELECT at, mode, reason FROM mode_change WHERE at BETWEEN ifnull("
        "(SELECT max(at) FROM mode_change WHERE at <= :since), :since) AND :until ORDER BY at, id",
        {"since": since, "until": until},
    )
    return tuple(
        ModeChange(at, _known(Mode, mode), _known(Reason, reason)) for at, mode, reason in rows
    )


def count_replies(connection: Connection) -> int:
    """How many replies are kept in all."""
    row = connection.execute("SELECT count(*) FROM reply_metric").fetchone()
    return int(row[0]) if row else 0


def last_sign(connection: Connection) -> int | None:
    """When the last row of either kind was added; None where there is none."""
    row = connection.execute(
        "SELECT max(at) FROM (SELECT * FROM (SELECT at FROM mode_change ORDER BY id DESC LIMIT 1)"
        " UNION ALL SELECT * FROM (SELECT at FROM reply_metric ORDER BY id DESC LIMIT 1))"
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def clear(connection: Connection) -> None:
    """Delete all that was measured."""
    for table in ("reply_metric", "mode_change"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - ours


def _drop_old(connection: Connection, table: str, now: int) -> None:
    """Ids rise with every row, so what lies so far below the newest is beyond the number kept."""
    connection.execute(
        f"DELETE FROM {table} WHERE at < ? OR id <= (SELECT max(id) FROM {table}) - ?",  # noqa: S608 - ours
        (now - KEPT_DAYS * DAY_MS, KEPT_ROWS),
    )


def _known(kind: type[E], text: str) -> E | None:
    """A word of ours; None where an enumeration has none like it, as for a newer Hush's."""
    try:
        return kind(text)
    except ValueError:
        return None
