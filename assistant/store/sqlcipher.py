"""One SQLCipher connection, opened the only way Hush opens one, and its errors in words."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

from sqlcipher3 import dbapi2

from assistant.disk import (
    create_private_file,
    disk_failing,
    disk_full,
    disk_problem,
    disk_read_only,
)
from assistant.errors import (
    Bug,
    EnvironmentProblem,
    HushError,
    NotFound,
    StorageFull,
    VaultDamaged,
    VaultError,
)

KEY_BYTES: Final = 32
MEMORY: Final = ":memory:"

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = tuple[Any, ...]  # Any: what a column holds is known by the query, not the type

# What the tests of this program ran with: sqlcipher3 0.6.4. SQLite before 3.51.3 can lose
# committed data when two connections reset the WAL at once (https://sqlite.org/wal.html).
_MIN_SQLITE = (3, 51, 3)
_MIN_CIPHER = (4, 19)

_NO_ROOM_BYTES = 64 * 1024  # two of the steps in which SQLite grows the WAL's index

_PAGE_BYTES = 4096  # SQLCipher 4's default, which Hush keeps

_PRAGMAS = (
    "busy_timeout = 5000",  # ms; a reader beside the writer holds a lock for a few
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",  # reading a mapped file on a failing disk ends the process (SIGBUS)
    "temp_store = MEMORY",  # sorted rows must not reach a plaintext temporary file
)
_WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # durable when COMMIT returns, not at the next checkpoint
    "fullfsync = ON",  # macOS: through the drive's cache; no effect elsewhere
    "checkpoint_fullfsync = ON",
    "secure_delete = ON",
)


class Cursor(Protocol):
    """The part of a DB-API cursor that Hush uses; sqlcipher3 ships no type hints."""

    @property
    def lastrowid(self) -> int:
        """The id of the row inserted last."""

    @property
    def rowcount(self) -> int:
        """How many rows the last INSERT, UPDATE or DELETE changed."""

    def fetchone(self) -> Row | None:
        """The next row, or None."""

    def fetchall(self) -> list[Row]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Row]:
        """The rows that are left, one by one."""


class Connection(Protocol):
    """The part of a DB-API connection that Hush uses. In autocommit mode: see ``vault``."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(
        self, sql: str, parameters: Sequence[Value] | Mapping[str, Value] = ..., /
    ) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Value]], /) -> Cursor:
        """Run one statement for each set of parameters."""

    def set_progress_handler(self, stop: Callable[[], bool] | None, steps: int, /) -> None:
        """Have ``stop`` asked every so many steps of a statement; it is ended once that is true."""

    def close(self) -> None:
        """Close the database."""


def open_database(
    path: Path | Literal[":memory:"], key: bytes, *, read_only: bool = False
) -> Connection:
    """Open an encrypted database, making it where nothing stands at ``path`` yet.

    The connection belongs to the thread that opens it and is in autocommit mode.

    Args:
        path: The file; it is made with mode 0600, and its folder with 0700 where missing.
        key: The raw key, 32 bytes. SQLCipher's own passphrase derivation is not used.
        read_only: Write nothing, not even a checkpoint. The file must exist. Works on a full or
            read-only disk, too, where nobody writes.

    Raises:
        VaultDamaged: the bytes cannot be read with this key. A wrong key looks the same.
        StorageFull: the disk is full, read-only or failing.
        NotFound: ``read_only`` and there is no such file.
        EnvironmentProblem: this SQLCipher is too old, or is not one.
    """
    if len(key) != KEY_BYTES:
        raise Bug(f"A vault key has {KEY_BYTES} bytes.")
    if path == MEMORY:
        return _connected(MEMORY, key, read_only=read_only)
    address = _prepare(Path(path), read_only=read_only)
    # Without a WAL nobody writes, and the database can be read as it stands.
    stands_alone = read_only and not _wal(Path(path)).exists()
    try:
        return _connected(address, key, read_only=read_only)
    except StorageFull:
        if not stands_alone:
            raise  # there is no room, or no right, for what readers and writers share in a file
        return _connected(f"{address}&immutable=1", key, read_only=True)


def _connected(address: str, key: bytes, *, read_only: bool) -> Connection:
    try:
        connection = cast("Connection", dbapi2.connect(address, uri=True, isolation_level=None))
    except dbapi2.Error as error:
        raise translate(error) from None
    try:
        _configure(connection, key, read_only=read_only)
    except BaseException as error:
        problem = translate(error, connection) if isinstance(error, dbapi2.Error) else None
        connection.close()
        if problem:
            raise problem from None
        raise
    return connection


def check_integrity(connection: Connection) -> None:
    """Read every page and check it: its HMAC first, then SQLite's own structure.

    Takes about 7 ms for each MiB. An ordinary query finds damage only on the pages it reads.

    Raises:
        VaultDamaged: with the number of problems found.
    """
    try:
        problems = len(connection.execute("PRAGMA cipher_integrity_check").fetchall())
        structure = [row[0] for row in connection.execute("PRAGMA quick_check")]
    except dbapi2.Error as error:
        raise translate(error) from None
    problems += len([line for line in structure if line != "ok"])
    if problems:
        raise VaultDamaged(
            f"The vault is damaged in {problems} places. The rest of it can still be read.",
            "Restore a backup: what is damaged is kept aside, and nothing is deleted.",
        )


def translate(error: Exception, connection: Connection | None = None) -> HushError:
    """Put a database's or file system's error into the tree of ``assistant.errors``.

    The result holds nothing of the error's own text, which may quote SQL and values: at most
    SQLite's name for the error.

    Args:
        error: A ``sqlcipher3`` error or an ``OSError``; a ``HushError`` is returned as it is.
        connection: Where it came from, if that is known: a full disk is told from a failing one.
    """
    if isinstance(error, HushError):
        return error
    if isinstance(error, OSError):
        return disk_problem(error)
    code = getattr(error, "sqlite_errorcode", 0)
    if code == dbapi2.SQLITE_IOERR and connection and _is_full(connection):
        return disk_full()
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    known = _known_problem(code)
    return known or Bug(f"The store refused a statement ({name}). Nothing was changed.")


def _is_full(connection: Connection) -> bool:
    """Whether there is no room beside the file: SQLite calls it an I/O error in the WAL's index."""
    try:
        row = connection.execute("PRAGMA database_list").fetchone()
        folder = Path(row[2]).parent if row and row[2] else None
        return folder is not None and shutil.disk_usage(folder).free < _NO_ROOM_BYTES
    except (dbapi2.Error, OSError):
        return False


def _known_problem(code: int) -> HushError | None:
    """Words for SQLite's primary result codes; sqlcipher3 does not hand out extended ones."""
    if code == dbapi2.SQLITE_FULL:
        return disk_full()
    if code in (dbapi2.SQLITE_READONLY, dbapi2.SQLITE_PERM):
        return disk_read_only()
    if code == dbapi2.SQLITE_IOERR:
        return disk_failing()
    if code == dbapi2.SQLITE_CANTOPEN:
        return StorageFull(
            "The vault's file cannot be opened. Nothing was changed.",
            "Check that its folder exists and that your user may write to it.",
        )
    if code in (dbapi2.SQLITE_NOTADB, dbapi2.SQLITE_CORRUPT):
        return VaultDamaged(
            "The vault cannot be read: it is damaged, or this is not its key.",
            "Restore a backup: what is damaged is kept aside, and nothing is deleted.",
        )
    if code in (dbapi2.SQLITE_BUSY, dbapi2.SQLITE_LOCKED):
        return VaultError(
            "Another program is using the vault. Nothing was changed.",
            "Close the other program, then try again.",
        )
    if code == dbapi2.SQLITE_NOMEM:
        return EnvironmentProblem("There is not enough memory. Nothing was changed.")
    return None


def _prepare(path: Path, *, read_only: bool) -> str:
    """Make the file where it is missing; return SQLite's address for it."""
    try:
        found = path.stat()
        # Asked here because SQLite only says "unable to open" where it cannot make its WAL.
        shares = not read_only or _wal(path).exists()
        if shares and not os.access(path.parent, os.W_OK):
            raise disk_read_only()
        if not read_only and not os.access(path, os.W_OK):
            raise disk_read_only()
        if not read_only and found.st_mode & 0o077:
            path.chmod(0o600)  # a copy put back by hand may be readable by others
    except FileNotFoundError:
        if read_only:
            raise NotFound("There is no vault here yet.") from None
        create_private_file(path)
    except OSError as error:
        raise disk_problem(error) from None
    else:
        # SQLite would take an empty file for a new database and start afresh in silence.
        if found.st_size < _PAGE_BYTES:
            raise VaultDamaged(
                "The vault's file is empty or cut short.",
                "Put back a copy of it, or move it away to start afresh.",
            )
    return f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _configure(connection: Connection, key: bytes, *, read_only: bool) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")  # or it writes to stderr
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    _require_versions(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    # The first read: only now does SQLCipher meet the file, and a wrong key shows.
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not read_only:
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")


def _require_versions(connection: Connection) -> None:
    """Without SQLCipher ``PRAGMA key`` is ignored and everything would be written in plain."""
    row = connection.execute("PRAGMA cipher_version").fetchone()
    fts5 = connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()
    require_capable(
        cipher_version=row[0] if row else "",
        sqlite_version=dbapi2.sqlite_version_info,
        fts5=bool(fts5 and fts5[0]),
    )


def require_capable(*, cipher_version: str, sqlite_version: tuple[int, ...], fts5: bool) -> None:
    """Refuse a database library that Hush cannot trust.

    Args:
        cipher_version: As SQLCipher says it, ``4.19.0 community``; empty for a plain SQLite.
        sqlite_version: For instance ``(3, 53, 4)``.
        fts5: Whether full-text search is built in.

    Raises:
        EnvironmentProblem: with what is missing.
    """
    cipher = tuple(int(part) for part in cipher_version.split(" ")[0].split(".") if part.isdigit())
    lacking = ""
    if not cipher:
        lacking = "it cannot encrypt"
    elif cipher < _MIN_CIPHER:
        lacking = f"SQLCipher {cipher_version} is older than {_dotted(_MIN_CIPHER)}"
    elif sqlite_version < _MIN_SQLITE:
        lacking = f"SQLite {_dotted(sqlite_version)} is older than {_dotted(_MIN_SQLITE)}"
    elif not fts5:
        lacking = "it was built without full-text search"
    if lacking:
        raise EnvironmentProblem(
            f"The installed database library will not do: {lacking}. Nothing was opened.",
            "Install Hush's own dependencies again.",
        )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def versions() -> dict[str, str]:
    """The versions of SQLCipher and SQLite that this process uses."""
    connection = open_database(MEMORY, bytes(KEY_BYTES))
    try:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    finally:
        connection.close()
    return {"SQLCipher": str(row[0]) if row else "", "SQLite": dbapi2.sqlite_version}
