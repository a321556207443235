"""The index of words in few pieces: each word of a query is looked up in all of them."""

from __future__ import annotations

from typing import Final

from assistant.store import passage_rows
from assistant.store.vault import Vault

_PAGES: Final = 16
"""Written anew in one transaction: some 7 ms."""


class Merging:
    """Merges pieces while nothing else is to be done. On the indexer's thread.

    With 100,000 passages ten pieces became two in four seconds, and a query took a tenth less.

    Args:
        vault: Open for writing.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._may_be = True  # something to merge

    def begin(self) -> None:
        """Passages were written: there may be pieces to merge."""
        self._may_be = True

    def go_on(self) -> bool:
        """Merge some; whether there may be more."""
        if self._may_be:
            self._may_be = self._vault.write(
                lambda connection: passage_rows.merge_some(connection, _PAGES), patient=True
            ).result()
        return self._may_be
