"""The person's own words that are always swapped: names of family, a street. In the vault alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from assistant.errors import InputRefused
from assistant.store import cloud_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import done, followed

MOST: Final = 500
SHORTEST: Final = 2
"""One letter would be swapped in every word."""
LONGEST: Final = 100


class HiddenWords:
    """The words of one vault. For any thread.

    Args:
        vault: Open. It is read once now.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lock = threading.Lock()
        self._read = vault.read(cloud_rows.hidden_words)

    @property
    def known(self) -> tuple[str, ...]:
        """All of them; from memory, at once. Empty until they were read: see ``list``."""
        read = self._read
        return read.result() if _is_there(read) else ()

    def list(self) -> Future[tuple[str, ...]]:
        """All of them: who swaps them must know that there are no others.

        Where they could not be read they are read anew.

        Raises:
            HushError: in the future: they cannot be read.
        """
        with self._lock:
            if self._read.done() and not _is_there(self._read):
                self._read = self._vault.read(cloud_rows.hidden_words)
            return self._read

    def save(self, words: Sequence[str]) -> Future[None]:
        """Keep these in place of those there are.

        Args:
            words: A word or a few on one line each; empty ones are passed over.

        Raises:
            InputRefused: at once: too many, or one too short, too long or on several lines.
        """
        wanted = _checked(words)

        def work(connection: Connection) -> None:
            cloud_rows.put_hidden_words(connection, wanted)

        def keep(_: None) -> Future[None]:
            with self._lock:
                self._read = done(wanted)
            return done(None)

        return followed(self._vault.write(work), keep)


def _is_there(read: Future[tuple[str, ...]]) -> bool:
    return read.done() and not read.cancelled() and read.exception() is None


def _checked(words: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for word in words:
        line = word.strip()
        if not line:
            continue
        if not SHORTEST <= len(line) <= LONGEST or not line.isprintable():
            raise InputRefused(
                f"What is always swapped has {SHORTEST} to {LONGEST} characters on one line.",
                "Nothing was changed.",
            )
        found.setdefault(line.casefold(), line)
    if len(found) > MOST:
        raise InputRefused(f"There is room for {MOST} such words.", "Nothing was changed.")
    return tuple(found[folded] for folded in sorted(found))
