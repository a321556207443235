"""Looks for a newer list of models: one after the other, whoever said yes to them."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.errors import NetworkError
from assistant.log import log_event
from assistant.net.approvals import Approval
from assistant.net.gate import NetworkGate
from assistant.net.request import NetRequest
from assistant.shelf.closing import Closing
from assistant.shelf.turns import in_turn
from assistant.shelf.words import stopped

if TYPE_CHECKING:
    from assistant.shelf.catalogue import Updated
    from assistant.shelf.protocols import CatalogueRoom

_WHAT: Final = "catalogue"  # in the ledger


class Renewing:
    """Fetches the list on a thread of its own.

    Args:
        catalogue: Holds the list; ``update`` is called on one thread only.
        gate: Lets out what was approved.
        closing: Ends what runs, with Hush.
    """

    def __init__(self, catalogue: CatalogueRoom, gate: NetworkGate, closing: Closing) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._closing = closing
        self._work = Background("catalogue")

    def look(
        self, request: NetRequest, approval: Approval, cancel: Cancel, *, metered_ok: bool = False
    ) -> Future[Updated]:
        """Fetch a newer list, and keep it where it is to be trusted.

        Args:
            request: ``CatalogueRoom.request``.
            approval: Of that; used up.
            cancel: Ends it, before its turn too.
            metered_ok: The person said yes to a connection that is paid for by volume.

        Raises:
            InputRefused: cancelled; the list before stays, as in every other case.
            NetworkError, ApprovalRefused: it may not leave, or did not come.
            CatalogueRefused: it is not to be trusted.
            StorageFull: it cannot be kept.
        """

        def fetch() -> Updated:
            with self._closing.over(cancel):
                try:
                    updated = self._fetch(request, approval, cancel, metered_ok=metered_ok)
                except NetworkError:
                    if cancel.asked:  # no failure: that was wanted
                        raise stopped() from None
                    raise
            log_event("catalogue.updated")
            return updated

        return in_turn(self._work, cancel, fetch)

    def _fetch(
        self, request: NetRequest, approval: Approval, cancel: Cancel, *, metered_ok: bool
    ) -> Updated:
        opened = self._gate.open(approval, request, _WHAT, metered_ok=metered_ok)
        with opened as permit:
            return self._catalogue.update(permit, request, cancel)
