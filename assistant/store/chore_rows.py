"""SQL for what is still to be done to the vault itself, at some quiet moment.

Written down, because Hush may be closed or killed before that moment comes.
"""

from __future__ import annotations

from assistant.store.sqlcipher import Connection

_SCRUB = "scrub"


def note_scrub(connection: Connection) -> None:
    """Something was deleted for good: what is left of it in the file has to be scrubbed away."""
    connection.execute("INSERT OR IGNORE INTO chore (name) VALUES (?)", (_SCRUB,))


def scrub_is_due(connection: Connection) -> bool:
    """Whether something was deleted for good since the last scrub that came to its end."""
    row = connection.execute("SELECT 1 FROM chore WHERE name = ?", (_SCRUB,)).fetchone()
    return row is not None


def scrub_done(connection: Connection) -> None:
    """It is scrubbed away."""
    connection.execute("DELETE FROM chore WHERE name = ?", (_SCRUB,))
