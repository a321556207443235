"""Questions that somebody else shall be asked once there is a network.

They lie in the vault, so they are encrypted and outlast a restart. Nothing here sends anything:
each of them is looked at and approved by hand when its time has come.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from assistant.clock import Clock
from assistant.cloud.records import Waiting
from assistant.errors import CloudRefused
from assistant.events import CloudChanged, EventSink
from assistant.records import is_private
from assistant.store import cloud_rows
from assistant.store.vault import Vault
from assistant.vaults import done, followed


class WaitingList:
    """What waits in one vault. For any thread.

    Args:
        vault: The kept one, open. It is read once now, so that ``count`` is known.
        clock: Since when a question waits.
        publish: Hears that something changed.
    """

    def __init__(
        self, vault: Vault, clock: Clock, publish: EventSink = lambda _event: None
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._publish = publish
        self._count = 0
        self._counted: Callable[[], object] = lambda: None
        self.list()

    def watch(self, counted: Callable[[], object]) -> None:
        """Have somebody called whenever it was counted anew, on any thread."""
        self._counted = counted

    @property
    def count(self) -> int:
        """How many wait, as was read last. At once."""
        return self._count

    def add(self, question_id: int, provider_id: str) -> Future[Waiting]:
        """Keep a question for later; the same twice is one, for whom was chosen last.

        Raises:
            CloudRefused: at once: a private chat is written nowhere, and so nothing of it waits.
            NotFound: in the future: the question is gone.
        """
        if is_private(question_id):
            raise CloudRefused(
                "A private chat is kept nowhere, so nothing of it can wait.",
                "Ask when you are online.",
            )
        now = self._clock.now()
        added = self._vault.write(lambda c: cloud_rows.wait_for(c, question_id, provider_id, now))
        return followed(added, lambda one: followed(self._changed(), lambda _: done(one)))

    def list(self) -> Future[tuple[Waiting, ...]]:
        """What waits, the oldest first. Nothing of a chat in the trash."""

        def count(found: tuple[Waiting, ...]) -> Future[tuple[Waiting, ...]]:
            self._count = len(found)
            self._counted()
            return done(found)

        return followed(self._vault.read(cloud_rows.waiting), count)

    def drop(self, waiting_id: int) -> Future[None]:
        """Let one wait no more. Nothing happens where it does not."""
        dropped = self._vault.write(lambda c: cloud_rows.drop_waiting(c, waiting_id))
        return followed(dropped, lambda _: self._changed())

    def asked(self, question_id: int) -> Future[None]:
        """A question was asked, now or from elsewhere: it waits no more."""
        if is_private(question_id):
            return done(None)
        gone = self._vault.write(lambda c: cloud_rows.was_asked(c, question_id))
        return followed(gone, lambda waited: self._changed() if waited else done(None))

    def _changed(self) -> Future[None]:
        def tell(_: tuple[Waiting, ...]) -> Future[None]:
            self._publish(CloudChanged())
            return done(None)

        return followed(self.list(), tell)
