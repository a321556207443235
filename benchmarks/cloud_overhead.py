"""From a person's press to the first word, beyond what the server itself takes.

The real way: a preview of a stored question, the gate with its ledger over an encrypted vault, a
net child with the openai client, TLS. The server is in this process and answers at once; its own
time, from the last byte that it reads to the first that it writes, is taken off. The child waits,
as it does while somebody looks at what would be sent; beside it stands what it takes without that.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Final

from assistant.clock import SystemClock
from assistant.cloud.drafting import Drafting
from assistant.cloud.evidence import Evidence
from assistant.cloud.hidden import HiddenWords
from assistant.cloud.protocols import AskFor
from assistant.cloud.providers import ProviderShelf
from assistant.cloud.records import Provider
from assistant.cloud.service import CloudService, Rooms
from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import Watching
from assistant.events import Event, ReplyEnded, ReplyText
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.runs import Runs
from assistant.scrubber import Scrubber
from assistant.settings import Settings
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from benchmarks.report import Row, percentile
from tests.certificates import Authority, Certificate
from tests.cloud_server import CloudServer, starter
from tests.fakes.key_safe import FakeKeySafe
from tests.fakes.net import FakeMetered
from tests.fakes.online import FakeOnline

FULL: Final = 100
QUICK: Final = 10
BAR_MS: Final = 150.0
_SECONDS: Final = 60.0
_KEY: Final = "sk-benchmark-1"
_QUESTION: Final = "Which harbour did the letter from Lisbon come from? " * 20


def overhead_rows(*, quick: bool) -> Sequence[Row]:
    """Measure with a child that waits, and without.

    Args:
        quick: Few.
    """
    count = QUICK if quick else FULL
    with tempfile.TemporaryDirectory() as name:
        certificate = Authority(Path(name)).sign()
        with CloudServer(certificate) as server, _bench(Path(name), certificate, server) as bench:
            bench.once(waits=True)  # what is read from the disk for the first time
            ready = [bench.once(waits=True) for _ in range(count)]
            cold = [bench.once(waits=False) for _ in range(max(1, count // 10))]
    words = f"of {count} approvals, TLS, a child that waits"
    without = f"median of {len(cold)}, no child waits"
    return [
        Row(
            "consent to first byte, beyond the server's own time",
            median(ready),
            "ms",
            words,
            BAR_MS,
        ),
        Row("the same, 95 of 100", percentile(ready, 0.95), "ms", words),
        Row("the same, from nothing", median(cold), "ms", without),
        Row("until a child is ready", median(bench.readied), "ms", f"of {len(bench.readied)}"),
    ]


class _Bench:
    def __init__(
        self,
        server: CloudServer,
        vaults: Vaults,
        gate: GateKeeper,
        cloud: CloudService,
        events: SimpleQueue[tuple[float, Event]],
    ) -> None:
        self.readied: list[float] = []
        self._server = server
        self._vaults = vaults
        self._gate = gate
        self._cloud = cloud
        self._events = events

    def once(self, *, waits: bool) -> float:
        """Ask once; milliseconds from the press to the first word, without the server's."""
        question = self._vaults.kept.write(_question).result(_SECONDS)
        began = time.perf_counter()
        preview = self._cloud.preview(
            AskFor(question_id=question), lambda: None, prepares=waits
        ).result(_SECONDS)
        if waits and (child := self._gate._ready._waiting):
            child.settled.wait(_SECONDS)
            self.readied.append(1000 * (time.perf_counter() - began))
        shown = preview.composed
        if shown is None:
            raise RuntimeError(preview.problem)
        pressed = time.perf_counter()
        composed = preview.settle(shown.version)
        self._cloud.send(composed, self._gate.approve(composed.request))
        heard = self._first_word()
        self._cloud.leave(preview)
        asked = self._server.asked[-1]
        return 1000 * ((heard - pressed) - (asked.answered - asked.came))

    def _first_word(self) -> float:
        """When it came; returns once the answer is whole."""
        heard = 0.0
        while True:
            at, event = self._events.get(timeout=_SECONDS)
            if isinstance(event, ReplyText) and not heard:
                heard = at
            if isinstance(event, ReplyEnded):
                if event.error or not heard:
                    raise event.error or RuntimeError("no word came")
                return heard


@contextmanager
def _bench(folder: Path, certificate: Certificate, server: CloudServer) -> Iterator[_Bench]:
    """A house over a vault on the disk, with one provider that has a key."""
    clock, keys, settings = SystemClock(), FakeKeySafe(), Settings(cloud=True)
    events: SimpleQueue[tuple[float, Event]] = SimpleQueue()
    vaults = Vaults(Vault.open(folder / "vault.db", bytes(32)))
    kept = vaults.kept
    shelf, waiting = ProviderShelf(kept, keys, clock), WaitingList(kept, clock)

    def publish(event: Event) -> None:
        events.put((time.perf_counter(), event))

    watching = Watching(FakeOnline(), waiting, publish, clock, lambda: False)
    gate = GateKeeper(
        starter(certificate),
        NetworkLedger(kept, bytes(range(32)), clock),
        FakeMetered(),
        lambda: settings,
        clock,
        trusted=shelf.trusts,
    )
    provider = Provider("", "A box", server.own, "small-1", own_network=True)
    shelf.save(provider, _KEY).result(_SECONDS)
    rooms = Rooms(
        shelf,
        keys,
        waiting,
        watching,
        Evidence(vaults, Scrubber(kept, clock)),
        HiddenWords(kept),
        Drafting(vaults, lambda: settings, None),
    )
    cloud = CloudService(vaults, gate, Runs(), rooms, lambda: settings, publish, clock)
    try:
        yield _Bench(server, vaults, gate, cloud, events)
    finally:
        watching.close()
        gate.close()
        vaults.close()


def _question(connection: Connection) -> int:
    conversation = conversation_rows.create(connection, "A question", 1)
    return message_rows.add_question(connection, conversation.id, None, _QUESTION, 1, None).id
