"""Leaving nothing of what was deleted. For the store thread, outside of any transaction.

``secure_delete`` overwrites a deleted row and zeroes a freed page, and is not enough: when SQLite
moves rows from page to page to balance a tree, what a page held before stays in its gaps
(measured: one of 60 deleted words was left there). The full-text index keeps beginnings of
words in the directory of its pages, and the WAL holds earlier forms of every page. So the index
is written anew, the file is written anew without gaps, and the WAL is cut to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlcipher3 import dbapi2

from assistant.store import chore_rows, search_rows
from assistant.store.sqlcipher import Connection, translate

# Both rewritings together take 100 ms for each MiB (measured, 2 cores, ordinary words). A file
# larger than this gives way to whoever waits; a smaller one is done before anybody notices.
_SOON_BYTES: Final = 4 * 1024 * 1024
_STEPS: Final = 1000  # of SQLite's machine, between two looks at who waits; about 10 ms


def scrub(connection: Connection, wanted: Callable[[], bool]) -> bool:
    """Rewrite the file so that it holds what can be read from it and nothing else.

    Args:
        connection: The writer's.
        wanted: Whether somebody waits for the connection.

    Returns:
        False where it was not done, or not to the end: somebody reads an earlier moment, or
        waits. Nothing is lost by that; it is to be tried again.

    Raises:
        StorageFull: there is no room for a second copy; the first is whole.
        VaultDamaged: a page cannot be read.
    """
    try:
        if not _empty_wal(connection):
            return False  # the new file would stay in the WAL, beside the old one
        large = _size(connection) > _SOON_BYTES
        if large:
            # Rather than in memory. SQLCipher encrypts this file, too, under the same key.
            connection.execute("PRAGMA temp_store = FILE")
            connection.set_progress_handler(wanted, _STEPS)
        try:
            _rewrite(connection)
        finally:
            if large:
                connection.set_progress_handler(None, _STEPS)
                connection.execute("PRAGMA temp_store = MEMORY")
        if not _empty_wal(connection):
            return False
        chore_rows.scrub_done(connection)
        _empty_wal(connection)  # of that one line
        return True
    except dbapi2.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == dbapi2.SQLITE_INTERRUPT:
            return False
        raise translate(error, connection) from None


def _rewrite(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        search_rows.index_anew(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("VACUUM")


def _empty_wal(connection: Connection) -> bool:
    """Put the WAL into the file and cut it. Waits for nobody: a backup reads for minutes."""
    waiting = _number(connection, "PRAGMA busy_timeout")
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return _number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") == 0
    finally:
        connection.execute(f"PRAGMA busy_timeout = {waiting}")


def _size(connection: Connection) -> int:
    return _number(connection, "PRAGMA page_count") * _number(connection, "PRAGMA page_size")


def _number(connection: Connection, pragma: str) -> int:
    row = connection.execute(pragma).fetchone()
    return int(row[0]) if row else 0
