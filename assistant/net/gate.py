"""The only way out, as others see it; ``gatekeeper`` is what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Protocol, Self

from assistant.cancel import Cancel
from assistant.net.approvals import Approval
from assistant.net.metered import Metered
from assistant.net.records import By, NetworkSummary, Purpose, TransferEvent
from assistant.net.request import NetRequest

MAX_RUNS: Final = 20
"""Connections that one approved download or catalogue may take, going on after a cut included."""

PERMIT_SECONDS: Final = 24 * 3600.0


class Permit(Protocol):
    """One approved thing, until it is closed or Hush ends. A context manager."""

    def run(self, request: NetRequest, cancel: Cancel) -> Iterator[TransferEvent]:
        """Make one connection: ``Answered``, then ``Data``, then ``Done``.

        Blocks. ``cancel`` has one listener: nobody else may listen to it meanwhile. Closing the
        iterator before its end stops the transfer. What is in the cloud's name, and what a setting
        approved, runs once; the rest at most ``MAX_RUNS`` times within ``PERMIT_SECONDS``. What is
        in the cloud's name leaves while its approval is valid, or not at all.
        Nothing leaves before the ledger has a row of it.

        Args:
            request: What was approved, to the byte; but a range may differ.
            cancel: Ends it at once, from any thread.

        Raises:
            ApprovalRefused: it is not what was approved, or the permit is spent, closed or too old.
            NetworkRefused: it may not leave now; nothing did.
            TransferFailed: it was begun and did not come to its end.
            VaultError: the ledger could not be written; nothing left.
        """

    def close(self) -> None:
        """Let nothing more be asked. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class NetworkGate(Protocol):
    """Decides what leaves. For any thread; ``open`` and ``Permit.run`` may block."""

    def approve(self, request: NetRequest, by: By = By.PERSON) -> Approval:
        """Write down a yes. To be called from a button or a typed yes, and from nowhere else.

        Args:
            request: What is to be asked.
            by: Who said it. ``TRUST``: a press, at a box of the person's own that they trust.

        Raises:
            NetworkRefused: this may not be asked at all; or a setting says yes to what it must not.
            CloudRefused: the cloud is off, or this address is not one that is trusted.
        """

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> Permit:
        """Use an approval up. Nothing leaves yet.

        Args:
            approval: From ``approve``.
            request: What was approved.
            what: For the ledger, like the name of a catalogue's entry; never content.
            metered_ok: The person said yes to a connection that is paid for by volume; the meter
                is not read then.

        Raises:
            NetworkRefused: local-only, metered, no way to start the net child, or no ledger.
            CloudRefused: the cloud is off, or the address is not trusted any more.
            ApprovalRefused: the approval is used, too old, or for something else.
        """

    def summary(self) -> Future[NetworkSummary]:
        """What ever left, and whether something could leave now."""

    @property
    def metered(self) -> Metered:
        """What was last known, at once; ``UNKNOWN`` before that. Reads anew in the background."""

    def read_metered(self) -> Metered:
        """What it is now. Blocks for some seconds at most; ``UNKNOWN`` where nobody said by then.

        For who says it to a person and takes a yes to that.
        """

    def prepare(self, kind: str) -> None:
        """Have a child wait that has read what this kind of request needs; it connects to nobody.

        At once, from any thread; nothing where nothing may leave. At most one waits: another kind
        takes its place, and the first request of its kind takes it.
        """

    def discard(self) -> None:
        """Nobody will ask soon: end the one that waits."""

    def stop(self, purpose: Purpose) -> None:
        """End what runs for this, at once; nothing of it begins that was approved before."""

    def stop_all(self) -> None:
        """End what runs and what waits, at once; nothing begins that was approved before."""
