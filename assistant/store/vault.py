"""An open database and the one thread that may touch it."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlcipher3 import dbapi2

from assistant.disk import disk_problem, flush_folder
from assistant.errors import VaultDamaged, VaultLocked
from assistant.store import migrations
from assistant.store.scrubbing import scrub
from assistant.store.sqlcipher import KEY_BYTES, MEMORY, Connection, open_database, translate

T = TypeVar("T")


class Vault:
    """Hands work to the store thread, one transaction each, in the order it was handed over.

    Work is a function of the connection. It must return plain values, never a cursor. What it
    raises comes out of the future: database errors in the tree of ``assistant.errors``, all
    else as it is.

    Args:
        connect: Opens the database; called on the store thread, to which it then belongs.

    Raises:
        HushError: whatever ``connect`` raises.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._gate = threading.Lock()  # closing and submitting exclude each other
        self._closed = False
        self._handed_over = 0  # by a person's wish, and not done: what runs and what waits
        self._writing = 0  # of these, what writes
        self._asked = 0  # so much was handed over by a person's wish since it was opened
        try:
            self._connection = self._executor.submit(connect).result()
        except BaseException:
            self._executor.shutdown()
            raise

    @classmethod
    def open(cls, path: Path, key: bytes) -> Self:
        """Open the vault at ``path`` for writing, making it where it is missing.

        Blocks the calling thread for some milliseconds; a migration may take longer.

        Args:
            path: The database file. Whether a missing one is a first start or a loss only the
                caller can know: look before.
            key: The raw database key, 32 bytes.

        Raises:
            VaultDamaged, VaultTooNew, StorageFull: nothing was changed.
        """
        return cls(lambda: _open_for_writing(path, key))

    @classmethod
    def open_read_only(cls, path: Path, key: bytes) -> Self:
        """Open the vault at ``path`` beside a writer, in this process or another.

        Each ``read`` sees the last commit before it; ``write`` fails.

        Raises:
            NotFound: there is no vault yet.
            VaultError: it needs the writer first, or is damaged, or newer; nothing was changed.
        """
        return cls(lambda: _open_for_reading(path, key))

    @classmethod
    def in_memory(cls, first_id: int = 1) -> Self:
        """A vault that is gone when it is closed: no file, and a key that nobody is told.

        Args:
            first_id: The ids of its conversations and messages begin here.
        """
        return cls(lambda: _open_in_memory(first_id))

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """Run ``work`` in a transaction that is durable once the future holds its result.

        On any exception everything ``work`` wrote is rolled back.

        Args:
            work: Given the connection.
            patient: Nobody waits for it: a scrub does not give way to it.

        Raises:
            VaultLocked: the vault is closed.
        """
        self._note_asking(patient=patient)
        return self._submit(
            lambda: _write(self._connection, work), patient=patient, writes=not patient
        )

    def read(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """Run ``work`` on one consistent snapshot. Writing in it is an error, not a no-op.

        Args:
            work: Given the connection.
            patient: As for ``write``.

        Raises:
            VaultLocked: the vault is closed.
        """
        self._note_asking(patient=patient)
        return self._submit(lambda: _read(self._connection, work), patient=patient)

    @property
    def is_keeping(self) -> bool:
        """Whether something that is not ``patient`` was handed over to be written, and is not."""
        return self._writing > 0

    @property
    def asked(self) -> int:
        """How much was read and written since it was opened, without what is ``patient``.

        As long as that stays the same nobody asks for anything.
        """
        return self._asked

    def scrub(self, is_calm: Callable[[], bool] = lambda: True) -> Future[bool]:
        """Leave nothing of what was deleted: in gaps of pages, in the index or in the WAL.

        To be called after something was really deleted: it writes the whole file anew, which
        takes about 100 ms for each MiB. Beyond 4 MiB the index is done in parts of some 30 ms,
        between which anything else is done; then the file gives way to any other work that is not
        ``patient``, to closing too (but for the last half of it), and has to start over.

        Args:
            is_calm: Whether a file of more than 4 MiB may be written anew now: what comes during
                the last half waits for its end. Asked on the store thread, when the index is done.

        Returns:
            False where it was not done to the end: somebody was reading an earlier moment,
            something else was to be done, or it was not calm. Try again when there is time: it
            goes on where it was.

        Raises:
            VaultLocked: the vault is closed.
            StorageFull: in the future; there is no room for a second copy, the first is whole.
        """
        parts = scrub(self._connection, self._wanted, is_calm)
        whole: Future[bool] = Future()
        whole.set_running_or_notify_cancel()

        def go_on(part: Future[bool | None]) -> None:
            try:
                done = part.result()
                following = self._submit(lambda: _next(parts)) if done is None else None
            except VaultLocked:
                whole.set_result(False)  # closing cuts it short
            except BaseException as error:  # noqa: BLE001 - it is handed on, whatever it is
                whole.set_exception(error)
            else:
                if following is None:
                    whole.set_result(bool(done))
                else:
                    following.add_done_callback(go_on)

        self._submit(lambda: _next(parts)).add_done_callback(go_on)
        return whole

    def close(self) -> None:
        """Finish what was handed over, empty the WAL into the file, close. Safe to call twice.

        Not from inside ``work``: the store thread cannot wait for itself.
        """
        with self._gate:
            if not self._closed:
                self._closed = True
                self._executor.submit(_close, self._connection)
        self._executor.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _note_asking(self, *, patient: bool) -> None:
        with self._gate:
            self._asked += not patient

    def _submit(
        self, run: Callable[[], T], *, patient: bool = False, writes: bool = False
    ) -> Future[T]:
        with self._gate:
            if self._closed:
                raise VaultLocked("The vault is closed.")
            self._handed_over += not patient
            self._writing += writes
            future = self._executor.submit(run)
        if not patient:
            future.add_done_callback(partial(self._one_done, writes=writes))
        return future

    def _one_done(self, _: Future[Any], *, writes: bool) -> None:
        with self._gate:
            self._handed_over -= 1
            self._writing -= writes

    def _wanted(self) -> bool:
        """Whether a person waits behind what the store thread is doing for a scrub."""
        return self._closed or self._handed_over > 1


def schema_version(path: Path, key: bytes) -> int:
    """Which schema the vault at ``path`` has; ``migrations.LATEST`` is the one to open.

    Only looks: no migration, and the WAL is left as it is. Takes about a millisecond.

    Raises:
        NotFound: there is no vault yet.
        VaultDamaged: the bytes cannot be read with this key.
        StorageFull: the disk is failing.
    """
    connection = open_database(path, key, read_only=True)
    try:
        return migrations.user_version(connection)
    except dbapi2.Error as error:
        raise translate(error) from None
    finally:
        connection.close()


def _write(connection: Connection, work: Callable[[Connection], T]) -> T:
    return _transact(connection, "BEGIN IMMEDIATE", work)


def _read(connection: Connection, work: Callable[[Connection], T]) -> T:
    connection.execute("PRAGMA query_only = ON")
    try:
        return _transact(connection, "BEGIN", work)
    finally:
        connection.execute("PRAGMA query_only = OFF")


def _transact(connection: Connection, begin: str, work: Callable[[Connection], T]) -> T:
    try:
        connection.execute(begin)
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:  # SQLite itself rolls back where the disk is full
            connection.execute("ROLLBACK")
        if isinstance(error, dbapi2.Error):
            # Not "from error": its text may quote what was being written.
            raise translate(error, connection) from None
        raise
    return result


def _next(parts: Generator[None, None, bool]) -> bool | None:
    """Do the next part; None where there is more, else whether all of it came to its end."""
    try:
        next(parts)
    except StopIteration as end:
        return bool(end.value)
    return None


def _close(connection: Connection) -> None:
    # Where the disk is full or failing the WAL simply stays: the next start reads it.
    with contextlib.suppress(dbapi2.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _open_for_writing(path: Path, key: bytes) -> Connection:
    try:
        if path.exists():
            _refuse_newer(path, key)
        else:
            _make(path, key)
    except OSError as error:
        raise disk_problem(error) from None
    return _checked(open_database(path, key), migrations.migrate)


def _open_for_reading(path: Path, key: bytes) -> Connection:
    return _checked(open_database(path, key, read_only=True), migrations.require_latest)


def _open_in_memory(first_id: int) -> Connection:
    def prepare(connection: Connection) -> None:
        migrations.migrate(connection)
        if first_id > 1:
            connection.executemany(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                [(table, first_id - 1) for table in ("conversation", "message")],
            )

    return _checked(open_database(MEMORY, secrets.token_bytes(KEY_BYTES)), prepare)


def _refuse_newer(path: Path, key: bytes) -> None:
    """Look at the version read-only: closing a writer would empty a newer Hush's WAL."""
    _checked(open_database(path, key, read_only=True), migrations.refuse_newer).close()


def _make(path: Path, key: bytes) -> None:
    """Make a vault under another name and move it into place whole.

    So an empty or half-made file under the vault's own name is always damage, never a first
    start that was cut short.
    """
    if _beside(path, "-wal").exists():
        raise VaultDamaged(
            "The vault's file is missing, but its write-ahead log is still there. "
            "Nothing was changed.",
            "Put the vault's file back, or move the log away to start afresh.",
        )
    fresh = _beside(path, ".new")
    for ending in ("", "-journal", "-wal", "-shm"):  # SQLite would take a journal for this file's
        _beside(fresh, ending).unlink(missing_ok=True)
    _close(_checked(open_database(fresh, key), migrations.migrate))
    fresh.replace(path)
    flush_folder(path.parent)


def _checked(connection: Connection, check: Callable[[Connection], None]) -> Connection:
    """Hand out a connection that passes a check; close one that does not."""
    try:
        check(connection)
    except BaseException as error:
        problem = translate(error, connection) if isinstance(error, dbapi2.Error) else None
        connection.close()
        if problem:
            raise problem from None
        raise
    return connection


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
