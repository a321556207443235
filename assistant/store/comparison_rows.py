"""SQL for which of two models was preferred: a row for each pair of answers. No text of either.

Plain functions, to be called inside ``Vault.read`` or ``Vault.write``.
"""

from __future__ import annotations

from typing import Final

from assistant.shelf.records import Tally, Winner
from assistant.store.sqlcipher import Connection

_FIRST: Final = "(winner = 'left' AND left_model = :a) OR (winner = 'right' AND right_model = :a)"
_SECOND: Final = "(winner = 'left' AND left_model = :b) OR (winner = 'right' AND right_model = :b)"


def add(connection: Connection, at: int, left: str, right: str, winner: Winner) -> None:
    """Add a decision.

    Args:
        connection: Writable.
        at: Milliseconds since 1970, UTC.
        left: SHA-256 of the model whose answer stood on the left.
        right: Of the other one.
        winner: Which answer was better.
    """
    connection.execute(
        "INSERT INTO comparison (at, left_model, right_model, winner) VALUES (?, ?, ?, ?)",
        (at, left, right, winner),
    )


def tally(connection: Connection, a: str, b: str) -> Tally:
    """What all decisions between two models come to, on whichever side each stood."""
    row = connection.execute(
        f"SELECT total({_FIRST}), total({_SECOND}), total(winner = 'both'),"  # noqa: S608 - ours
        " total(winner = 'neither') FROM comparison"
        " WHERE (left_model = :a AND right_model = :b) OR (left_model = :b AND right_model = :a)",
        {"a": a, "b": b},
    ).fetchone()
    return Tally(*(int(count) for count in row)) if row else Tally(0, 0, 0, 0)
