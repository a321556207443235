"""Under which names a vault's keys for providers lie in the system's keyring.

One account for each, and one that lists them: who erases a profile has no vault to look into any
more. What is put is listed first, and what is forgotten leaves the list last, so that no key is
ever where the list does not lead.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Final

from assistant.errors import KeyringChanged, KeyringUnavailable
from assistant.store.keyring_guard import TextStore

MOST: Final = 50
"""Providers of one vault."""
LISTED: Final = 60
"""Keys of one vault, with those that a locked keyring did not let go of when it was asked: so many
fit into a list where a keyring takes 1,200 characters."""

_ID: Final = re.compile("[0-9a-f]{16}")


class CloudAccounts:
    """The keys of one vault. Every method blocks, and raises ``KeyringUnavailable``.

    Args:
        texts: The keyring.
        vault_id: As its key slots have it.
    """

    def __init__(self, texts: TextStore, vault_id: str) -> None:
        self._texts = texts
        self._list = f"{vault_id}-cloud"

    def get(self, provider_id: str) -> str | None:
        """The key of a provider; None where there is none."""
        return self._texts.get(self._account(provider_id))

    def put(self, provider_id: str, key: str) -> None:
        """Keep a key, in place of the one before. One that cannot be listed is not kept."""
        ids = [*(one for one in self.ids() if one != provider_id), provider_id]
        if len(ids) > LISTED:
            raise KeyringUnavailable("Your keyring holds as many keys for Hush as it can list.")
        self._keep_list(ids)
        self._texts.put(self._account(provider_id), key)

    def forget(self, provider_id: str) -> None:
        """Delete a key. Nothing happens where there is none."""
        self._texts.delete(self._account(provider_id))
        ids = self.ids()
        if provider_id in ids:
            self._keep_list([one for one in ids if one != provider_id])

    def forget_all(self) -> None:
        """Delete every key, and the list."""
        for provider_id in self.ids():
            self._texts.delete(self._account(provider_id))
        self._texts.delete(self._list)

    def ids(self) -> list[str]:
        """Whose keys there are; none where the list is not as it was written."""
        said: object = None
        with suppress(KeyringChanged, ValueError, RecursionError):
            said = json.loads(self._texts.get(self._list) or "[]")
        found = said if isinstance(said, list) else []
        return [one for one in found if isinstance(one, str) and _ID.fullmatch(one)]

    def copy_to(self, vault_id: str) -> None:
        """Keep them under another vault's name, too: before a vault's key is changed."""
        other = CloudAccounts(self._texts, vault_id)
        for provider_id in self.ids():
            if key := self.get(provider_id):
                other.put(provider_id, key)

    def _keep_list(self, ids: list[str]) -> None:
        if ids:
            self._texts.put(self._list, json.dumps(ids, separators=(",", ":")))
        else:
            self._texts.delete(self._list)

    def _account(self, provider_id: str) -> str:
        return f"{self._list}-{provider_id}"
