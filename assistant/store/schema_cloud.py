"""The part of the schema that asking elsewhere needs; ``schema`` takes it in.

Once released it is never edited: a new step is added in ``schema``.
"""

from __future__ import annotations

from typing import Final

# Keys are not here: they lie in the system's keyring, and ``has_key`` says that there is one.
# ``cloud_sent`` joins an answer to the ledger: ``approval_id`` is the consent's, and
# ``payload_sha256`` the same as there. Its ``body`` holds the bytes that were sent, ``swapped``
# what stood for what; both are NULL once the person deleted them, and the rest stays. A private
# chat's rows live in the private vault. An id of what waits is never given twice: a list that is
# looked at may be older than what is taken out of it.
CLOUD: Final = (
    """
    CREATE TABLE cloud_provider (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        model TEXT NOT NULL,
        own_network INTEGER NOT NULL CHECK (own_network IN (0, 1)),
        trusted INTEGER NOT NULL CHECK (trusted IN (0, 1) AND trusted <= own_network),
        has_key INTEGER NOT NULL CHECK (has_key IN (0, 1)),
        price_in REAL,
        price_out REAL,
        currency TEXT NOT NULL,
        is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
        limit_field TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX cloud_provider_default ON cloud_provider(is_default) WHERE is_default = 1",
    """
    CREATE TABLE cloud_sent (
        message_id INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        approval_id TEXT NOT NULL,
        payload_sha256 TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        provider TEXT NOT NULL,
        host TEXT NOT NULL,
        model TEXT NOT NULL,
        size INTEGER NOT NULL,
        body BLOB,
        swapped TEXT
    ) STRICT
    """,
    "CREATE INDEX cloud_sent_payload ON cloud_sent(payload_sha256)",
    """
    CREATE TABLE cloud_waiting (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        question_id INTEGER NOT NULL UNIQUE REFERENCES message(id) ON DELETE CASCADE,
        provider_id TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE cloud_divergence (
        cloud_id INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
        local_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        distance REAL NOT NULL,
        topic TEXT NOT NULL,
        told INTEGER NOT NULL CHECK (told IN (0, 1))
    ) STRICT
    """,
    # Foreign keys are followed backwards on every delete.
    "CREATE INDEX cloud_divergence_local ON cloud_divergence(local_id)",
    """
    CREATE TABLE cloud_hidden_word (
        folded TEXT PRIMARY KEY,
        word TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
