"""Another program's conversations into the vault, each known again when it comes a second time.

A message is known by a digest of all that stands above it, so that a conversation that went on
elsewhere gets its new messages and nothing twice, and what was added to it in Hush stays.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Final

from assistant.errors import NotFound
from assistant.importing.chats import Chat
from assistant.importing.tally import Tally
from assistant.store import conversation_rows, import_rows
from assistant.store.note_rows import Outcome
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

MESSAGES_AT_ONCE: Final = 100
"""In one transaction: FTS5 takes some tenths of a millisecond for each."""

_KEY_BYTES: Final = 16
_DELETED: Final = "It was deleted in Hush while it was imported."


@dataclass(slots=True)
class ChatFiling:
    """Files conversations, one after the other.

    Args:
        vault: Open.
        run_id: The import's.
        program: Where they are from.
    """

    vault: Vault
    run_id: int
    program: str
    _ids: list[int] = field(default_factory=list, repr=False)

    def put(self, chat: Chat, tally: Tally, now: int) -> Tally:
        """File a conversation, or bring it up to date.

        Returns:
            The tally with it; ``tally`` itself stays as it was.

        Raises:
            VaultError: what was committed of it stays, and is gone on with.
        """
        key = _digest(self.program, chat.key)
        says = _digest(
            chat.title, str(chat.head), *(f"{t.parent} {t.role} {t.text}" for t in chat.turns)
        )
        known = self.vault.read(lambda c: import_rows.chat(c, key)).result()
        if known and known.hash == says:
            return self._count(key, says, known.conversation_id, Outcome.SAME, tally, known.run_id)
        # Nothing is known of what it said where it was cut off half-way.
        outcome = Outcome.CHANGED if known and known.hash else Outcome.NEW
        try:
            conversation_id = known.conversation_id if known else self._begin(key, chat, now)
            self._add_all(key, conversation_id, chat, now)
            self._finish(conversation_id, chat, now)
        except NotFound:
            grown = tally.copy()
            grown.skip(chat.title, _DELETED)
            return grown
        counted = known.run_id if known and known.hash else None
        return self._count(key, says, conversation_id, outcome, tally, counted)

    def _begin(self, key: bytes, chat: Chat, now: int) -> int:
        def work(connection: Connection) -> int:
            made = conversation_rows.create(connection, chat.title, _begun(chat, now))
            import_rows.remember_chat(connection, key, b"", made.id, self.run_id)
            return made.id

        return self.vault.write(work).result()

    def _add_all(self, key: bytes, conversation_id: int, chat: Chat, now: int) -> None:
        """Add the turns that are not there yet; leaves the ids of all of them in ``_ids``."""
        self._ids = []
        keys: list[bytes] = []
        for turn in chat.turns:
            above = key if turn.parent is None else keys[turn.parent]
            keys.append(_digest(above.hex(), turn.role, turn.text)[:_KEY_BYTES])

        def work(connection: Connection) -> list[int]:
            conversation_rows.get(connection, conversation_id)
            ids = list(self._ids)
            for number in range(len(ids), min(len(ids) + MESSAGES_AT_ONCE, len(chat.turns))):
                turn = chat.turns[number]
                found = import_rows.message(connection, keys[number], conversation_id)
                ids.append(
                    found
                    or import_rows.add_message(
                        connection,
                        keys[number],
                        conversation_id,
                        None if turn.parent is None else ids[turn.parent],
                        turn.role,
                        turn.text,
                        _begun(chat, now) if turn.at is None else min(turn.at, now),
                    )
                )
            return ids

        while len(self._ids) < len(chat.turns):
            self._ids = self.vault.write(work).result()

    def _finish(self, conversation_id: int, chat: Chat, now: int) -> None:
        """Show its path, unless the person went on with it in Hush."""
        ends = [turn.at for turn in chat.turns if turn.at]
        updated_at = min(now, chat.updated_at or max(ends, default=_begun(chat, now)))

        def work(connection: Connection) -> None:
            head = conversation_rows.head(connection, conversation_id)
            if head is None or head in self._ids:
                conversation_rows.set_head(connection, conversation_id, self._ids[chat.head])
                conversation_rows.touch(connection, conversation_id, updated_at)

        self.vault.write(work).result()

    def _count(
        self,
        key: bytes,
        says: bytes,
        conversation_id: int,
        outcome: Outcome,
        tally: Tally,
        counted_in: int | None,
    ) -> Tally:
        """Count it, unless this run did so before it was cut off."""
        grown = tally.copy()
        if counted_in != self.run_id:
            grown.count(outcome)
            grown.conversations += 1

        def work(connection: Connection) -> None:
            import_rows.remember_chat(connection, key, says, conversation_id, self.run_id)
            import_rows.report_so_far(connection, self.run_id, grown.to_json())

        self.vault.write(work).result()
        return grown


def _begun(chat: Chat, now: int) -> int:
    return min(now, chat.created_at or now)


def _digest(*parts: str) -> bytes:
    # JSON keeps the parts apart: ("a", "bc") is not ("ab", "c").
    return hashlib.sha256(json.dumps(parts).encode()).digest()
