"""Words as the index of words has them: FTS5 itself cuts a text, so that both agree in any script.

A text goes through a database in memory with the vault's own tokenizer. Nothing of it is kept.
"""

from __future__ import annotations

import threading
from typing import Final, cast

from sqlcipher3 import dbapi2

from assistant.store.schema_passages import TOKENIZER
from assistant.store.sqlcipher import Connection
from assistant.text import storable

_STOP_WORDS: Final = (
    "a about all also am an and any are as at be been being but by can could did do does for from "
    "get give had has have he her his how i if in into is it its itself just like make may me "
    "might more most much my no not of on or our other over should so some such than that the "
    "their them then there these they this those through to too up us use used using very was "
    "we were what when where which while who whom whose why will with would you your"
)
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
"""English words that a query is searched without, unless it has no others."""


class Terms:
    """Cuts texts into terms. Every method may be called on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        opened = dbapi2.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection = cast("Connection", opened)
        self._connection.execute(
            "CREATE VIRTUAL TABLE cut USING"
            f" fts5(text, content = '', columnsize = 0, tokenize = '{TOKENIZER}')"
        )
        self._connection.execute("CREATE VIRTUAL TABLE place USING fts5vocab('cut', 'instance')")
        self._connection.execute("CREATE VIRTUAL TABLE word USING fts5vocab('cut', 'row')")

    def of(self, text: str) -> list[str]:
        """The terms of a text in their order: small letters, no accents."""
        return self._read(text, 'SELECT term FROM place ORDER BY "offset"')

    def different(self, text: str) -> list[str]:
        """The different terms of a text, sorted."""
        return self._read(text, "SELECT term FROM word")

    def close(self) -> None:
        """Free the memory. From then on there are no terms in anything."""
        with self._lock:
            self._closed = True
            self._connection.close()

    def _read(self, text: str, query: str) -> list[str]:
        with self._lock:
            if self._closed:
                return []
            self._connection.execute(
                "INSERT INTO cut (rowid, text) VALUES (1, ?)", (storable(text).replace("\0", " "),)
            )
            try:
                return [row[0] for row in self._connection.execute(query)]
            finally:
                self._connection.execute("INSERT INTO cut (cut) VALUES ('delete-all')")
