"""What was sent for an answer: to be looked at, forever or until it is deleted."""

from __future__ import annotations

from concurrent.futures import Future

from assistant.cloud.records import Sent
from assistant.scrubber import Scrubber
from assistant.store import cloud_rows
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults, done, followed


class Evidence:
    """What was sent, in the vault that holds the answer: a private chat's is kept nowhere else.

    Args:
        vaults: Open.
        scrubber: Of the kept one.
    """

    def __init__(self, vaults: Vaults, scrubber: Scrubber) -> None:
        self._vaults = vaults
        self._scrubber = scrubber

    def sent(self, answer_id: int) -> Future[Sent]:
        """What was sent for an answer.

        Raises:
            NotFound: in the future: it did not come from elsewhere, or is gone.
        """
        return self._vaults.holding(answer_id).read(lambda c: cloud_rows.sent_of(c, answer_id))

    def find(self, payload_sha256: str) -> Future[Sent | None]:
        """What was sent with a payload; None where its answer is gone. The newest of several."""

        def look(connection: Connection) -> list[Sent]:
            answer_id = cloud_rows.answer_of(connection, payload_sha256)
            return [] if answer_id is None else [cloud_rows.sent_of(connection, answer_id)]

        def newest(found: list[Sent]) -> Future[Sent | None]:
            return done(max(found, key=lambda sent: sent.at, default=None))

        return followed(self._vaults.read_all(look), newest)

    def forget(self, answer_id: int) -> Future[None]:
        """Delete what was sent, and let it leave the file; that something was sent stays known.

        Raises:
            NotFound: in the future, as ``sent``.
        """
        vault = self._vaults.holding(answer_id)
        forgotten = vault.write(lambda c: cloud_rows.forget_sent(c, answer_id))
        if vault is not self._vaults.kept:
            return forgotten  # it is in no file
        return followed(
            forgotten, lambda _: followed(self._scrubber.begin(), lambda _begun: done(None))
        )
