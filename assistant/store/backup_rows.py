"""What a backup is asked about, and the vault beside it. Numbers only, of any schema so far.

And the one thing that a backup leaves in the vault: a note that its file is to be written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlcipher3 import dbapi2

from assistant.errors import HushError
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection, open_database, translate

T = TypeVar("T")

NUMBERED: Final = ("conversation", "message")
"""Tables whose ids are given once: a row that is added has a higher one than any before it."""


@dataclass(frozen=True, slots=True)
class WrittenSince:
    """What was written since a backup. ``complete``: everything could be read for it."""

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


def ask_for_scrub(path: Path, key: bytes) -> None:
    """Note that a vault's file is to be written anew, its index of words with it.

    Beside whoever has it open. Where it cannot be noted it is left: the next backup asks again.

    Args:
        path: The vault's database, of any schema; the profile is held by this process.
        key: Its raw key, 32 bytes.
    """
    with suppress(HushError), closing(open_database(path, key)) as connection:
        try:
            if _has_table(connection, "chore"):
                chore_rows.note_stale_words(connection)
        except dbapi2.Error as error:
            raise translate(error, connection) from None


def _has_table(connection: Connection, name: str) -> bool:
    """Whether this schema has such a table yet."""
    query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def newest_message(connection: Connection) -> int:
    """When the newest message was written, milliseconds since 1970, UTC; 0 where there is none."""
    row = connection.execute("SELECT max(created_at) FROM message").fetchone()
    return int(row[0] or 0) if row else 0


def last_ids(connection: Connection) -> dict[str, int]:
    """The highest id in each table of ``NUMBERED``; 0 where it is empty."""
    found = {}
    for table in NUMBERED:
        row = connection.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - ours
        found[table] = int(row[0] or 0) if row else 0
    return found


def has_messages(connection: Connection) -> bool:
    """Whether there is anything to lose."""
    return connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is not None


def totals(connection: Connection) -> tuple[int, int]:
    """How many conversations and messages there are."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message)"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def written_since(connection: Connection, last: Mapping[str, int], moment: int) -> WrittenSince:
    """Count what a backup cannot hold, as far as a damaged database can be read.

    Ids tell it, not times: a clock may have been put right. After a restore ids are given again,
    and then times tell it. Rows are read from the newest on, and only as far as they are newer.

    Args:
        connection: May meet damage.
        last: The backup's ``last_ids``.
        moment: Nothing in the backup is from later than this; milliseconds since 1970, UTC.

    Raises:
        VaultDamaged, StorageFull: nothing at all could be read.
    """
    conversations, problem = _newer(connection, "conversation", last, moment)
    messages, other = _newer(connection, "message", last, moment)
    problem = problem or other
    if problem and not conversations and not messages:
        raise problem
    return WrittenSince(conversations, messages, complete=problem is None)


def _newer(
    connection: Connection, table: str, last: Mapping[str, int], moment: int
) -> tuple[int, HushError | None]:
    count = 0
    try:
        rows = connection.execute(f"SELECT id, created_at FROM {table} ORDER BY id DESC")  # noqa: S608 - ours
        for row_id, created_at in rows:
            if row_id <= last[table] and created_at <= moment:
                break
            count += 1
    except dbapi2.Error as error:
        return count, translate(error, connection)
    return count, None
