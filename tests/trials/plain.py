"""The same database without encryption: what the vault is compared with.

Opened by the same library without a key, so that the version of SQLite, its build and its way
into Python are the same, and encryption is all that differs. Debian's own SQLite is too old for
the schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from sqlcipher3 import dbapi2

from assistant.store import sqlcipher
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import Connection


def open_plain(path: Path) -> Connection:
    """Open or make a plain SQLite database with Hush's schema and Hush's pragmas."""
    made = path.exists()
    connection = cast("Connection", dbapi2.connect(str(path), isolation_level=None))
    try:
        for pragma in (*sqlcipher._PRAGMAS, *sqlcipher._WRITER_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")
        if not made:
            migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection
