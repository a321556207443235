"""What a person is writing, kept so that neither a lock nor a crash takes it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from assistant.store import draft_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import MAX_MESSAGE_CHARACTERS


class DraftService:
    """Each method answers with a future; the work is done on the store thread.

    Args:
        vault: Open. It takes the drafts of its own conversations only.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def load(self) -> Future[Mapping[int | None, str]]:
        """All drafts by the id of their conversation; None: the chat that has not begun."""
        return self._vault.read(_read)

    def save(self, conversation_id: int | None, text: str) -> Future[None]:
        """Keep a draft in place of the one before; an empty text deletes it.

        Args:
            conversation_id: None for the chat that has not begun.
            text: Kept as it is, up to the length of the longest message.

        Raises:
            NotFound: in the future, where the conversation is gone or another vault's.
            StorageFull: in the future; the draft before it stands.
        """
        kept = text[:MAX_MESSAGE_CHARACTERS]
        return self._vault.write(lambda c: draft_rows.write(c, conversation_id, kept))


def _read(connection: Connection) -> Mapping[int | None, str]:
    return draft_rows.read_all(connection)
