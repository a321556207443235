"""The schema, as numbered steps. ``PRAGMA user_version`` holds the number of the last one taken.

Each step (``schema``) is one transaction: a crash leaves the schema before it or after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.errors import VaultError, VaultTooNew
from assistant.store.schema import STEPS
from assistant.store.sqlcipher import Connection

MIGRATIONS: Final[Sequence[Sequence[str]]] = STEPS
LATEST: Final = len(MIGRATIONS)


def migrate(connection: Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the schema up to the newest step.

    Args:
        connection: Writable, outside of a transaction.
        migrations: The statements of each step; step *n* leads to ``user_version`` *n*.

    Raises:
        VaultTooNew: the schema is ahead of ``migrations``; nothing was changed.
        sqlcipher3.dbapi2.Error: a step failed; that step was rolled back.
    """
    refuse_newer(connection, len(migrations))
    for number in range(user_version(connection) + 1, len(migrations) + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def refuse_newer(connection: Connection, latest: int = LATEST) -> None:
    """Refuse a schema that a newer Hush wrote. Only reads.

    Raises:
        VaultTooNew: with both format numbers.
    """
    found = user_version(connection)
    if found > latest:
        raise VaultTooNew(
            f"A newer Hush wrote this vault: it has format {found}, and this Hush knows formats "
            f"up to {latest}. Nothing was changed.",
            "Open it with the newer Hush.",
        )


def require_latest(connection: Connection) -> None:
    """Refuse any schema but the newest: what a reader that may not migrate needs. Only reads.

    Raises:
        VaultTooNew: a newer Hush wrote it.
        VaultError: an older Hush wrote it.
    """
    refuse_newer(connection)
    if user_version(connection) < LATEST:
        raise VaultError(
            "This vault is not in the format that this Hush reads. Nothing was changed.",
            "Open Hush once in the ordinary way: it brings the vault up to date.",
        )


def user_version(connection: Connection) -> int:
    """The number of the last step taken; 0 for an empty database. Only reads."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0]) if row else 0
