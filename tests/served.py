"""Downloads over the real gate, a real net child and a real ledger, from a server of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import SystemClock
from assistant.events import Event
from assistant.net.approvals import Approval
from assistant.net.gate import Permit
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.records import By, TransferEvent
from assistant.net.request import NetRequest
from assistant.net.starting import NetStarter
from assistant.settings import Settings
from assistant.shelf.downloads import Download, DownloadService, Shelf
from assistant.store.vault import Vault
from models.catalogue import Entry
from models.library import Installed
from tests.certificates import Certificate
from tests.fakes.net import FakeMetered
from tests.trials.vaults import KEY
from tests.unit.fetching import ROOMY

SECONDS: Final = 40.0


class HastyGate:
    """A gate whose requests do not wait for long: a test of a server that stalls takes a second.

    Args:
        gate: The real one. Time-outs are no part of what is approved.
        seconds: Between two reads.
    """

    def __init__(self, gate: GateKeeper, seconds: float) -> None:
        self._gate = gate
        self._seconds = seconds

    def open(
        self, approval: Approval, request: NetRequest, what: str, *, metered_ok: bool = False
    ) -> Permit:
        return _Hasty(
            self._gate.open(approval, request, what, metered_ok=metered_ok), self._seconds
        )


class _Hasty:
    def __init__(self, permit: Permit, seconds: float) -> None:
        self._permit = permit
        self._seconds = seconds

    def run(self, request: NetRequest, cancel: Cancel) -> Iterator[TransferEvent]:
        yield from self._permit.run(replace(request, read_seconds=self._seconds), cancel)

    def close(self) -> None:
        self._permit.close()

    def __enter__(self) -> _Hasty:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Served:
    """A service with everything behind it.

    Attributes:
        events: What it said.
        waits: How long it waited between two tries; it did not really.
    """

    service: DownloadService
    gate: GateKeeper
    ledger: NetworkLedger
    folder: Path
    events: list[Event]
    waits: list[float]

    def start(self, entry: Entry) -> Download:
        """Begin, with a person's yes."""
        approval = self.gate.approve(self.service.request_for(entry), By.PERSON)
        return self.service.start(entry, approval)

    def fetch(self, entry: Entry) -> Installed:
        """Begin, and wait for the end."""
        return self.start(entry).future.result(SECONDS)

    @property
    def parts(self) -> Path:
        """Where its parts lie."""
        return self.folder / "downloads"


def trusting(certificate: Certificate) -> dict[str, str]:
    """Variables for a net child that trusts whoever signed this certificate, and nobody else."""
    return {
        **{name: said for name, said in os.environ.items() if "proxy" not in name.lower()},
        "SSL_CERT_FILE": str(certificate.authority),
        "SSL_CERT_DIR": str(certificate.authority.parent / "none"),
    }


@contextmanager
def served(
    folder: Path, starter: NetStarter, shelf: Shelf, *, settings: Settings | None = None
) -> Iterator[Served]:
    """Set it up.

    Args:
        folder: For the vault, and for what is fetched.
        starter: Starts net children.
        shelf: Where whole files go.
        settings: Those that the gate looks at.
    """
    folder.mkdir(exist_ok=True)
    clock, events, waits = SystemClock(), list[Event](), list[float]()
    told = settings or Settings()
    with Vault.open(folder / "vault.db", KEY) as vault:
        ledger = NetworkLedger(vault, KEY, clock)
        gate = GateKeeper(starter, ledger, FakeMetered(), lambda: told, clock)
        service = DownloadService(
            folder / "downloads",
            HastyGate(gate, seconds=1.0),
            shelf,
            clock,
            events.append,
            space=ROOMY,
            wait=lambda _, seconds: waits.append(seconds),
        )
        try:
            yield Served(service, gate, ledger, folder, events, waits)
        finally:
            service.close()
            gate.close()
