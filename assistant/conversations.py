"""The conversations a person has: finding, naming, deleting, taking them out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from assistant.clock import Clock
from assistant.errors import SettingRefused
from assistant.export import to_markdown
from assistant.records import Conversation, Thread
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import title_from

UNDO_MILLISECONDS: Final = 30_000
"""How long a deleted conversation can be brought back."""


class ConversationService:
    """Each method answers with a future; the work is done on the store thread.

    Args:
        vault: Open.
        clock: Gives the times that are written down.
        stop_replies: Ends what is being written in a conversation that is deleted.
    """

    def __init__(self, vault: Vault, clock: Clock, stop_replies: Callable[[int], None]) -> None:
        self._vault = vault
        self._clock = clock
        self._stop_replies = stop_replies

    def list(self, query: str = "") -> Future[list[Conversation]]:
        """Conversations, newest first; with a query those whose title contains it, any case."""
        if query.strip():
            return self._vault.read(lambda c: conversation_rows.search(c, query.strip()))
        return self._vault.read(conversation_rows.list_all)

    def thread(self, conversation_id: int) -> Future[Thread]:
        """A conversation with its messages.

        Raises:
            NotFound: in the future.
        """
        return self._vault.read(lambda c: _thread(c, conversation_id))

    def rename(self, conversation_id: int, title: str) -> Future[Conversation]:
        """Give a title; it is cut to one line.

        Raises:
            SettingRefused: at once, for an empty title.
            NotFound: in the future.
        """
        short = title_from(title)
        if not short:
            raise SettingRefused("A title needs at least one character.")
        now = self._clock.now()
        return self._vault.write(
            lambda c: conversation_rows.rename(c, conversation_id, short, "person", now)
        )

    def delete(self, conversation_id: int) -> Future[Conversation]:
        """Take a conversation away; for 30 s ``restore`` brings it back, then it is gone.

        Raises:
            NotFound: in the future.
        """
        self._stop_replies(conversation_id)
        now = self._clock.now()

        def work(connection: Connection) -> Conversation:
            conversation = conversation_rows.get(connection, conversation_id)
            conversation_rows.mark_deleted(connection, conversation_id, now)
            return conversation

        return self._vault.write(work)

    def restore(self, conversation_id: int) -> Future[Conversation]:
        """Bring a deleted conversation back.

        Raises:
            NotFound: in the future, where it is gone for good.
        """
        return self._vault.write(lambda c: conversation_rows.restore(c, conversation_id))

    def purge(self) -> Future[int]:
        """Delete for good what was deleted longer ago than undo allows; answers how many."""
        before = self._clock.now() - UNDO_MILLISECONDS
        return self._vault.write(lambda c: conversation_rows.purge_deleted(c, before))

    def show_variant(self, message_id: int, step: int) -> Future[Thread]:
        """Show the variant ``step`` places later (negative: earlier) of a message.

        The path goes on to the newest message below it. Past either end nothing changes.
        """

        def work(connection: Connection) -> Thread:
            message = message_rows.get(connection, message_id)
            variant = message_rows.sibling(connection, message_id, step)
            if variant is not None:
                leaf = message_rows.newest_leaf(connection, variant)
                conversation_rows.set_head(connection, message.conversation_id, leaf)
            return _thread(connection, message.conversation_id)

        return self._vault.write(work)

    def export_markdown(self, conversation_id: int) -> Future[str]:
        """The shown conversation as Markdown.

        Raises:
            NotFound: in the future.
        """
        return self._vault.read(lambda c: to_markdown(_thread(c, conversation_id)))


def _thread(connection: Connection, conversation_id: int) -> Thread:
    return Thread(
        conversation_rows.get(connection, conversation_id),
        message_rows.path(connection, conversation_id),
    )
