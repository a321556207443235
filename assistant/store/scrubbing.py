"""Leaving nothing of what was deleted. For the store thread, outside of any transaction.

``secure_delete`` overwrites a deleted row and zeroes a freed page, and is not enough: when SQLite
moves rows from page to page to balance a tree, what a page held before stays in its gaps
(measured: one of 60 deleted words was left there). The full-text index keeps beginnings of
words in the directory of its pages, and the WAL holds earlier forms of every page. So the index
is written anew, the file is written anew without gaps, and the WAL is cut to nothing.

The index is done in small parts, between which anything else may be done, and what is done of it
stays done. SQLite writes a file anew only as a whole: that gives way to whoever waits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

from sqlcipher3 import dbapi2

from assistant.store import chore_rows, words_anew
from assistant.store.sqlcipher import Connection, translate

# All of it takes 100 ms for each MiB (measured, 2 cores, ordinary words). A file larger than this
# is done in parts and gives way to whoever waits; a smaller one is done before anybody notices.
SOON_BYTES: Final = 4 * 1024 * 1024
"""A file up to this size is scrubbed at once, in less than half a second."""

_STEPS: Final = 1000  # of SQLite's machine, between two looks at who waits; about 10 ms
_TURNS: Final = 20  # so often others go first before the file is begun with


def scrub(
    connection: Connection,
    wanted: Callable[[], bool],
    is_calm: Callable[[], bool] = lambda: True,
) -> Generator[None, None, bool]:
    """Rewrite the file so that it holds what can be read from it and nothing else.

    In parts: after each of them anything else may be done with the connection. A small file is
    done in one.

    Args:
        connection: The writer's.
        wanted: Whether a person waits for the connection.
        is_calm: Whether a large file may be begun with once its words are done. The last half of
            writing it anew cannot be ended any more (measured: 15 s for 300 MB), and whatever
            comes then has to wait.

    Returns:
        At the end, False where it was not done to the end: somebody reads an earlier moment, or
        waits, or it is not calm. It is to be tried again, and goes on where it was.

    Raises:
        StorageFull: there is no room for a second copy; the first is whole.
        VaultDamaged: a page cannot be read.
    """
    try:
        is_large = chore_rows.file_bytes(connection) > SOON_BYTES
        turns = _TURNS if is_large else 0
        while True:
            if not chore_rows.words_are_anew(connection):
                for _ in words_anew.parts(connection):
                    if is_large:
                        yield
            elif turns and wanted():
                turns -= 1
                yield
            elif is_large and not is_calm():
                return False
            else:
                return _write_anew(connection, wanted if is_large else None)
    except dbapi2.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == dbapi2.SQLITE_INTERRUPT:
            return False
        raise translate(error, connection) from None


def _write_anew(connection: Connection, wanted: Callable[[], bool] | None) -> bool:
    """Write the file anew; whether it was. ``wanted`` ends it, unless it is None."""
    if not _empty_wal(connection):
        return False  # the new file would stay in the WAL, beside the old one
    if wanted:
        # Rather than in memory. SQLCipher encrypts this file, too, under the same key.
        connection.execute("PRAGMA temp_store = FILE")
        connection.set_progress_handler(wanted, _STEPS)
    try:
        connection.execute("VACUUM")
    finally:
        if wanted:
            connection.set_progress_handler(None, _STEPS)
            connection.execute("PRAGMA temp_store = MEMORY")
    if not _empty_wal(connection):
        return False
    words_anew.in_transaction(connection, chore_rows.scrub_done)
    _empty_wal(connection)  # of those few lines
    return True


def _empty_wal(connection: Connection) -> bool:
    """Put the WAL into the file and cut it. Waits for nobody: a backup reads for minutes."""
    waiting = _number(connection, "PRAGMA busy_timeout")
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return _number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") == 0
    finally:
        connection.execute(f"PRAGMA busy_timeout = {waiting}")


def _number(connection: Connection, pragma: str) -> int:
    row = connection.execute(pragma).fetchone()
    return int(row[0]) if row else 0
