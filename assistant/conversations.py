"""The conversations a person has: finding, naming, deleting, taking them out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import Final

from assistant.clock import Clock
from assistant.errors import SettingRefused
from assistant.export import to_markdown
from assistant.records import Conversation, Message, Thread
from assistant.scrubber import Scrubber
from assistant.store import conversation_rows, message_rows, source_rows
from assistant.store.conversation_rows import Purged
from assistant.store.sqlcipher import Connection
from assistant.text import title_from
from assistant.vaults import Vaults, combined, done, followed, repeated

UNDO_MILLISECONDS: Final = 30_000
"""How long a deleted conversation can be brought back."""

_FOREVER: Final = 2**62  # later than any deletion
_MESSAGES_AT_ONCE: Final = 25  # to purge: a tenth of a second in which nobody else writes


class ConversationService:
    """Each method answers with a future; the work is done on the store thread.

    Args:
        vaults: Open.
        clock: Gives the times that are written down.
        stop_replies: Ends what is being written in a conversation that is deleted.
        forget: Has the model's process drop what it keeps of conversations that are gone.
        scrubber: Scrubs the kept vault's file; default: one that does only what is asked for.
    """

    def __init__(
        self,
        vaults: Vaults,
        clock: Clock,
        stop_replies: Callable[[int], None],
        forget: Callable[[Collection[int]], None] = lambda _ids: None,
        scrubber: Scrubber | None = None,
    ) -> None:
        self._vaults = vaults
        self._clock = clock
        self._stop_replies = stop_replies
        self._forget = forget
        self._scrubber = scrubber or Scrubber(vaults.kept, clock)

    def list(self, query: str = "") -> Future[list[Conversation]]:
        """Conversations, private ones first and the newest of each first.

        With a query those that ``conversation_rows.search`` finds for it.
        """
        if query.strip():
            return self._vaults.read_all(lambda c: conversation_rows.search(c, query.strip()))
        return self._vaults.read_all(conversation_rows.list_all)

    def thread(self, conversation_id: int) -> Future[Thread]:
        """A conversation with its messages.

        Raises:
            NotFound: in the future.
        """
        vault = self._vaults.holding(conversation_id)
        return vault.read(lambda c: _thread(c, conversation_id))

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
        return self._vaults.holding(conversation_id).write(
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

        deleted = self._vaults.holding(conversation_id).write(work)
        # After the write, so that what reads ahead meanwhile finds it deleted.
        deleted.add_done_callback(lambda _: self._forget([conversation_id]))
        return deleted

    def restore(self, conversation_id: int) -> Future[Conversation]:
        """Bring a deleted conversation back.

        Raises:
            NotFound: in the future, where it is gone for good.
        """
        vault = self._vaults.holding(conversation_id)
        return vault.write(lambda c: conversation_rows.restore(c, conversation_id))

    def purge(self) -> Future[int]:
        """Delete for good what was deleted longer ago than undo allows; answers how many.

        What is left of it in the vault's file is scrubbed away (``Scrubber``).

        Raises:
            StorageFull: in the future. It is deleted, but there is no room to scrub.
        """

        def go_on(purged: int) -> Future[int]:
            return combined([self._scrubber.sweep()], lambda _: purged)

        return followed(self._purge(self._clock.now() - UNDO_MILLISECONDS), go_on)

    def purge_all(self, within: float = math.inf) -> Future[int]:
        """Delete for good whatever is deleted, undo or not: Hush closes, or has just begun.

        Scrubbing is begun behind it and not waited for; closing the vault cuts a long one short.

        Args:
            within: Seconds after which the rest is left to the next start.
        """

        def go_on(purged: int) -> Future[int]:
            return combined([self._scrubber.begin()], lambda _: purged)

        return followed(self._purge(_FOREVER, within), go_on)

    def _purge(self, before: int, within: float = math.inf) -> Future[int]:
        """Purge in small transactions, so that whatever else there is to do comes in between."""
        end = self._clock.elapsed() + within

        def purge_some() -> Future[list[Purged]]:
            return self._vaults.write_all(
                lambda c: conversation_rows.purge_some(c, before, _MESSAGES_AT_ONCE)
            )

        def goes_on(found: list[Purged]) -> bool:
            return not all(purged.is_all for purged in found) and self._clock.elapsed() < end

        def look(found: list[list[Purged]]) -> Future[int]:
            gone = [number for each in found for purged in each for number in purged.ids]
            if gone:
                self._forget(gone)
            return self._forget_elsewhere(gone)

        return followed(repeated(purge_some, goes_on), look)

    def _forget_elsewhere(self, gone: Sequence[int]) -> Future[int]:
        """Take what private chats quote of these: in the kept vault, triggers do that."""
        private = self._vaults.private
        if private is None or not gone:
            return done(len(gone))
        forgotten = private.write(lambda c: source_rows.forget_conversations(c, gone))
        return combined([forgotten], lambda _: len(gone))

    def pin(self, message_id: int, *, pinned: bool) -> Future[Message]:
        """Keep a message in what the model sees when earlier ones leave it, or no longer.

        Raises:
            NotFound: in the future.
        """
        vault = self._vaults.holding(message_id)
        return vault.write(lambda c: message_rows.pin(c, message_id, pinned=pinned))

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

        return self._vaults.holding(message_id).write(work)

    def export_markdown(self, conversation_id: int) -> Future[str]:
        """The shown conversation as Markdown.

        Raises:
            NotFound: in the future.
        """
        vault = self._vaults.holding(conversation_id)
        return vault.read(lambda c: to_markdown(_thread(c, conversation_id)))


def _thread(connection: Connection, conversation_id: int) -> Thread:
    return Thread(
        conversation_rows.get(connection, conversation_id),
        message_rows.path(connection, conversation_id),
    )
