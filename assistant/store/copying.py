"""A whole copy of a database beside its writer, under another key, proved before it is believed.

``VACUUM INTO`` writes one snapshot without what was deleted. The copy's rows are compared with
that same snapshot: not with a later one, in which an answer may have grown by a sentence.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Final, TypeAlias

from sqlcipher3 import dbapi2

from assistant.disk import create_private_file, disk_problem, flush_folder, flush_to_disk
from assistant.errors import StorageFull, VaultDamaged, VaultError
from assistant.store.sqlcipher import Connection, Row, Value, open_database, translate

RowCounts: TypeAlias = Mapping[str, int]
"""Rows by table. SQLite's own tables and those inside a full-text index are left out."""

_SIDE_FILES: Final = ("-journal", "-wal", "-shm")
_STEPS: Final = 50
"""SQLite's steps between two looks at ``cancelled``: about a dozen rows."""

_TRIES: Final = 1000
"""How often a snapshot is taken, some milliseconds each. Beside a writer that commits 2,000 times a
second and never rests 1 to 70 were needed; beside an answer that is being written, one."""


def never() -> bool:
    """For what nobody cancels."""
    return False


def copy_verified(
    source: Path,
    source_key: bytes,
    target: Path,
    target_key: bytes,
    *,
    cancelled: Callable[[], bool] = never,
    index_was_stale: Callable[[], None] = lambda: None,
    amend: Callable[[Connection], object] = lambda _: None,
) -> RowCounts:
    """Copy a database, encrypted anew, flushed to the disk and read back in full.

    Blocks, for about 45 ms for each MiB; others may read and write ``source`` meanwhile. Where
    it fails or is cancelled, nothing is left at ``target``. Every page in use is read, those of
    indexes too: that is how damage in ``source`` is found.

    Args:
        source: The database. Its folder may be read-only where no log lies beside it.
        source_key: Its raw key, 32 bytes.
        target: A path where nothing stands. One file of mode 0600 is made there.
        target_key: The raw key of the copy, 32 bytes.
        cancelled: Asked all the time, from this thread; it must be quick and not raise.
        index_was_stale: Called at the end where a full-text index of ``source`` does not match
            its text. In the copy it does: it was made anew there.
        amend: Changes the copy, in one transaction, before it is proved: what depends on the key.
            It adds and takes away no row.

    Returns:
        The rows of each table in the snapshot, and so in the copy.

    Raises:
        VaultDamaged: ``source`` cannot be read in full.
        NotFound: there is no ``source``.
        StorageFull: the disk refuses, or the copy does not read back as it was written.
        VaultError: somebody writes to ``source`` without any pause.
        concurrent.futures.CancelledError: ``cancelled`` said so.
    """
    create_private_file(target)
    try:
        expected = _write_copy(source, source_key, target, target_key, cancelled)
        _amend(target, target_key, amend)
        stale = _mend_search(target, target_key, cancelled)
        _flush(target)
        if _read_back(target, target_key, cancelled) != expected:
            raise _unlike()
    except BaseException:
        for ending in ("", *_SIDE_FILES):
            with suppress(OSError):  # what went wrong first is what the person should hear
                _beside(target, ending).unlink(missing_ok=True)
        raise
    if stale:
        index_was_stale()
    return expected


def verify_database(path: Path, key: bytes, *, cancelled: Callable[[], bool] = never) -> RowCounts:
    """Read every page of a database that nobody writes to, and check it. Writes nothing.

    Each page's HMAC, SQLite's structure, the indexes against their tables, and the inner order
    of each full-text index. Blocks, for about 20 ms for each MiB; the first quarter of it
    cannot be cancelled.

    Raises:
        VaultDamaged: it is not what Hush wrote, or this is not its key.
        NotFound: there is none.
        StorageFull: the disk refuses.
        concurrent.futures.CancelledError: ``cancelled`` said so.
    """
    with closing(open_database(path, key, read_only=True)) as connection:
        problems = len(_rows(connection, "PRAGMA cipher_integrity_check", cancelled))
        structure = _rows(connection, "PRAGMA integrity_check", cancelled)
        problems += len([row for row in structure if row[0] != "ok"])
        if problems:
            raise VaultDamaged(
                f"This database is damaged in {problems} places. Nothing was changed.",
                "Keep it, and use another copy.",
            )
        return _counts(connection, cancelled)


def _write_copy(
    source: Path,
    source_key: bytes,
    target: Path,
    target_key: bytes,
    cancelled: Callable[[], bool],
) -> RowCounts:
    """Write the copy; returns the rows of the very snapshot that was written."""
    # SQLCipher takes an attached database's key from its address.
    address = f"{target.absolute().as_uri()}?key=x'{target_key.hex()}'"
    with ExitStack() as stack:
        watcher, snapshot = (
            stack.enter_context(closing(open_database(source, source_key, read_only=True)))
            for _ in range(2)
        )
        for _ in range(_TRIES):
            if cancelled():
                raise CancelledError
            # A new one each time: after a copy that was ended SQLite first reads the schema
            # again, and would ask ``stop`` in that, before the snapshot is taken.
            with closing(open_database(source, source_key, read_only=True)) as reader:
                stop = _Stop(watcher, cancelled)
                _rows(snapshot, "BEGIN", cancelled)
                _rows(snapshot, "SELECT count(*) FROM sqlite_schema", cancelled)  # begins here
                if _copied(reader, address, stop):
                    return _counts(snapshot, cancelled)
                _rows(snapshot, "ROLLBACK", never)
            _empty(target)
    raise VaultError(
        "The vault is being written to without a pause. Nothing was copied.",
        "Try again in a moment.",
    )


class _Stop:
    """A progress handler that ends a copy: cancelled, or of another snapshot than the one held.

    SQLite shows no name for a snapshot. But where no commit came between the moment before the
    one was taken and the moment after the other was, both are the same.

    Args:
        watcher: A connection of its own, which notices the commits of all others.
        cancelled: As for ``copy_verified``.
    """

    def __init__(self, watcher: Connection, cancelled: Callable[[], bool]) -> None:
        self.moved = False
        self._watcher = watcher
        self._cancelled = cancelled
        self._settled = False
        self._version = self._data_version()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.settle() or self._cancelled()

    def settle(self) -> bool:
        """Compare, the first time only: the copy's snapshot is taken by then. True: they differ.

        A small database is copied before SQLite asks for the first time.
        """
        if not self._settled:
            self._settled = True
            self.moved = self._data_version() != self._version
        return self.moved

    def _data_version(self) -> int:
        row = self._watcher.execute("PRAGMA data_version").fetchone()
        return int(row[0]) if row else 0


def _copied(reader: Connection, address: str, stop: _Stop) -> bool:
    """Copy to an address; False where it was another snapshot than the one held."""
    try:
        _rows(reader, "VACUUM INTO ?", stop, (address,))
    except CancelledError:
        if not stop.moved:
            raise
    return not stop.settle()


def _empty(target: Path) -> None:
    """Make ready for another try: SQLite copies into an empty file only."""
    try:
        os.truncate(target, 0)
    except OSError as error:
        raise disk_problem(error) from None


def _read_back(target: Path, key: bytes, cancelled: Callable[[], bool]) -> RowCounts:
    try:
        return verify_database(target, key, cancelled=cancelled)
    except VaultDamaged:
        raise _unlike() from None


def _unlike() -> StorageFull:
    return StorageFull(
        "The copy does not read back as it was written. It was removed; the vault is as it was.",
        "Check the disk: it may be failing.",
    )


def _amend(target: Path, key: bytes, amend: Callable[[Connection], object]) -> None:
    """Change a fresh copy; whoever fails in it leaves none."""
    with closing(open_database(target, key)) as connection:
        _rows(connection, "BEGIN IMMEDIATE", never)
        try:
            amend(connection)
        except dbapi2.Error as error:
            problem = translate(error, connection)
        else:
            _rows(connection, "COMMIT", never)
            return
    raise problem  # out here: as in ``_rows``


def _mend_search(target: Path, key: bytes, cancelled: Callable[[], bool]) -> bool:
    """Compare each full-text index of a fresh copy with its text; make anew what does not match.

    All of such an index follows from the text, which is whole: it is no damage, and no reason to
    go without a copy. FTS5 compares only for one who may write. The journal mode that this leaves
    lets the copy be read on a medium that cannot be written to.

    Returns:
        Whether one did not match.
    """
    with closing(open_database(target, key)) as connection:
        stale = False
        for name in _full_text_tables(connection, cancelled):
            check = f"INSERT INTO {name}({name}, rank) VALUES('integrity-check', 1)"
            try:
                _rows(connection, check, cancelled)
            except VaultDamaged:
                stale = True
                _rows(connection, f"INSERT INTO {name}({name}) VALUES('rebuild')", cancelled)
                _rows(connection, check, cancelled)
        if stale:  # of the index that was, nothing may stay on: it knew words deleted since
            _rows(connection, "VACUUM", cancelled)
        _rows(connection, "PRAGMA journal_mode = DELETE", never)
    return stale


def _full_text_tables(connection: Connection, cancelled: Callable[[], bool]) -> list[str]:
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' "
        "AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5(%'"
    )
    return [_quoted(str(row[0])) for row in _rows(connection, query, cancelled)]


def _counts(connection: Connection, cancelled: Callable[[], bool]) -> RowCounts:
    query = (
        "SELECT name FROM pragma_table_list WHERE schema = 'main' "
        "AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        # Views of a full-text index: counting them would read all of it.
        "AND name NOT IN (SELECT name FROM sqlite_schema WHERE sql LIKE '%USING fts5vocab%')"
    )
    names = [str(row[0]) for row in _rows(connection, query, cancelled)]
    counts = {}
    for name in sorted(names):
        rows = _rows(connection, f"SELECT count(*) FROM {_quoted(name)}", cancelled)  # noqa: S608 - quoted
        counts[name] = int(rows[0][0])
    return counts


def _rows(
    connection: Connection,
    sql: str,
    stop: Callable[[], bool],
    parameters: Sequence[Value] = (),
) -> list[Row]:
    """Run one statement, stoppable. The errors are those of ``copy_verified``."""
    if stop is not never:
        connection.set_progress_handler(stop, _STEPS)
    try:
        return connection.execute(sql, parameters).fetchall()
    except dbapi2.Error as error:
        stopped = getattr(error, "sqlite_errorcode", 0) == dbapi2.SQLITE_INTERRUPT
        problem = CancelledError() if stopped else translate(error, connection)
    finally:
        connection.set_progress_handler(None, 0)
    # Raised out here, so that it does not carry SQLite's own error: that may quote the address.
    raise problem


def _flush(path: Path) -> None:
    """Make a file and its name durable, and have it read back from the disk, not from memory.

    Raises:
        StorageFull: where the system refuses.
    """
    try:
        descriptor = os.open(path, os.O_RDWR)
        try:
            flush_to_disk(descriptor)
            if sys.platform == "linux":
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
        flush_folder(path.parent)
    except OSError as error:
        raise disk_problem(error) from None


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
