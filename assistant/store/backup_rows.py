"""What a backup is asked about, and the vault beside it. Numbers only, of any schema so far."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlcipher3 import dbapi2

from assistant.errors import HushError
from assistant.store.sqlcipher import Connection, open_database, translate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WrittenSince:
    """What was written since a moment. ``complete``: everything could be read for it."""

    conversations: int
    messages: int
    complete: bool


def look_into(path: Path, key: bytes, work: Callable[[Connection], T]) -> T:
    """Ask a database something, beside whoever has it open, without changing it.

    Args:
        path: The database.
        key: Its raw key, 32 bytes.
        work: Reads; returns plain values.

    Raises:
        NotFound: there is none.
        VaultDamaged, StorageFull: it cannot be read.
    """
    with closing(open_database(path, key, read_only=True)) as connection:
        try:
            return work(connection)
        except dbapi2.Error as error:
            raise translate(error, connection) from None


def newest_message(connection: Connection) -> int:
    """When the newest message was written, milliseconds since 1970, UTC; 0 where there is none."""
    row = connection.execute("SELECT max(created_at) FROM message").fetchone()
    return int(row[0] or 0) if row else 0


def has_messages(connection: Connection) -> bool:
    """Whether there is anything to lose."""
    return connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is not None


def totals(connection: Connection) -> tuple[int, int]:
    """How many conversations and messages there are."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message)"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def written_since(connection: Connection, moment: int) -> WrittenSince:
    """Count what was written after a moment, as far as a damaged database can be read.

    Rows are read from the newest on, and only as far as they are newer.

    Args:
        connection: May meet damage.
        moment: Milliseconds since 1970, UTC.

    Raises:
        VaultDamaged, StorageFull: nothing at all could be read.
    """
    conversations, problem = _newer(connection, "conversation", moment)
    messages, other = _newer(connection, "message", moment)
    problem = problem or other
    if problem and not conversations and not messages:
        raise problem
    return WrittenSince(conversations, messages, complete=problem is None)


def _newer(connection: Connection, table: str, moment: int) -> tuple[int, HushError | None]:
    count = 0
    try:
        rows = connection.execute(f"SELECT created_at FROM {table} ORDER BY id DESC")  # noqa: S608 - ours
        for (created_at,) in rows:
            if created_at <= moment:
                break
            count += 1
    except dbapi2.Error as error:
        return count, translate(error, connection)
    return count, None
