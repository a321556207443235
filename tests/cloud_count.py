"""Counts what came to servers of the tests without an approval. For tests marked ``cloud``.

The servers say what came; the ledger says what was approved and begun. What came and is not in the
ledger was not approved.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from assistant.net.approvals import Approval
from assistant.net.ledger import NetworkLedger
from assistant.store.transfer_rows import Phase
from tests.cloud_server import CloudServer

REPORT: Final = "HUSH_CLOUD_COUNT"
"""A variable that names a folder: each test's figures go there, for the benchmark."""


@dataclass
class Count:
    """What came, and what may have come."""

    begun: list[str] = field(default_factory=list)  # SHA-256 of payloads

    @property
    def came(self) -> list[str]:
        """SHA-256 of the payloads that came to any server."""
        return [sha256 for server in CloudServer.made for sha256 in server.payloads()]

    @property
    def unapproved(self) -> int:
        """How many came that no ledger has."""
        return (Counter(self.came) - Counter(self.begun)).total()


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    """Count from here on.

    Every ledger of this process is listened to. It goes on as before: this is a meter, no fake.
    """
    count = Count()
    begin = NetworkLedger.begin

    def listened(self: NetworkLedger, approval: Approval, what: str) -> Phase:
        phase = begin(self, approval, what)
        count.begun.append(approval.payload_sha256)
        return phase

    CloudServer.made.clear()
    monkeypatch.setattr(NetworkLedger, "begin", listened)
    try:
        yield count
    finally:
        CloudServer.made.clear()


def write_down(count: Count, test: str) -> None:
    """Leave the figures for the benchmark, where it asks for them."""
    folder = os.environ.get(REPORT)
    if not folder:
        return
    figures = {"test": test, "came": len(count.came), "unapproved": count.unapproved}
    with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps(figures) + "\n")
