"""The part of the schema that the network and work on models need; ``schema`` takes it in.

Once released it is never edited: a new step is added in ``schema``.
"""

from __future__ import annotations

from typing import Final

# ``transfer`` is the network's ledger: two rows for each connection, one before anything can
# leave, one when it ended. Rows are numbered without a gap and only ever added; each has a MAC over
# itself and the MAC before it, and ``transfer_head`` one over how many there are, so that a cut
# tail shows. A change of the vault's key signs them anew: that updates ``mac`` and nothing else.
# ``comparison`` and ``bench_run`` hold digests and figures, never words.
NETWORK: Final = (
    """
    CREATE TABLE transfer (
        seq INTEGER PRIMARY KEY,
        phase TEXT NOT NULL CHECK (phase IN ('began', 'ended')),
        transfer_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        host TEXT NOT NULL,
        what TEXT NOT NULL,
        approval_id TEXT NOT NULL,
        approved_by TEXT NOT NULL,
        payload_sha256 TEXT NOT NULL,
        bytes_out INTEGER,
        bytes_in INTEGER,
        result TEXT NOT NULL DEFAULT '',
        mac BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX transfer_of ON transfer(transfer_id)",
    """
    CREATE TRIGGER transfer_kept BEFORE DELETE ON transfer BEGIN
        SELECT RAISE(ABORT, 'the ledger is append-only');
    END
    """,
    """
    CREATE TRIGGER transfer_fixed BEFORE UPDATE OF
        seq, phase, transfer_id, at, purpose, host, what, approval_id, approved_by, payload_sha256,
        bytes_out, bytes_in, result ON transfer
    BEGIN
        SELECT RAISE(ABORT, 'the ledger is append-only');
    END
    """,
    """
    CREATE TABLE transfer_head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        count INTEGER NOT NULL,
        mac BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE comparison (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        left_model TEXT NOT NULL,
        right_model TEXT NOT NULL,
        winner TEXT NOT NULL CHECK (winner IN ('left', 'right', 'both', 'neither'))
    ) STRICT
    """,
    """
    CREATE TABLE bench_run (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        model TEXT NOT NULL,
        machine TEXT NOT NULL,
        prompt_speed REAL NOT NULL,
        decode_speed REAL NOT NULL,
        first_token_ms REAL NOT NULL,
        peak_memory INTEGER NOT NULL,
        predicted_decode REAL
    ) STRICT
    """,
)
