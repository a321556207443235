"""The gate: what leaves was approved, is allowed now, and is written down before it leaves."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.cancel import Cancel
from assistant.errors import ApprovalRefused, HushError, NetworkRefused, VaultError
from assistant.events import Event, NetworkChanged
from assistant.net.approvals import VALID_SECONDS
from assistant.net.gate import MAX_RUNS, PERMIT_SECONDS, NetworkGate, Permit
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.meter import Meter
from assistant.net.metered import Metered
from assistant.net.records import (
    Answered,
    By,
    ChainVerdict,
    Data,
    Done,
    Failure,
    LedgerRow,
    Purpose,
    TransferFailed,
)
from assistant.net.request import NetRequest
from assistant.net.starting import BrokerStarter, Line, NetStarter, NoStarter
from assistant.net.transfer import Transfer
from assistant.settings import Settings
from assistant.store.vault import Vault
from tests.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakeMetered
from tests.lying_server import LyingServer, Manner
from tests.unit.netting import BODY, DEADLINE, Near

ROOT = Path(__file__).parents[2]


class Starter:
    """A ``NetStarter`` of children on threads.

    Args:
        near: Starts them.
    """

    def __init__(self, near: Near) -> None:
        self._near = near
        self.started = 0
        self.rows_before: list[LedgerRow] = []
        self.ledger: NetworkLedger | None = None
        self.reason = ""
        self.refuses = False
        self.takes_a_while: Callable[[], object] = lambda: None

    def start(self) -> Line:
        self.takes_a_while()
        if self.ledger:
            self.rows_before = self.ledger.rows().result()
        if self.refuses:
            raise NetworkRefused("No more children.")
        self.started += 1
        return self._near.line()

    def open_address(self, address: str) -> bool:
        return False


class Sleeping(FakeClock):
    """A laptop's clocks: the one that measures stands still while it sleeps."""

    def sleep(self, seconds: float) -> None:
        """Let time pass that nobody measures."""
        self._now += round(seconds * 1000)


class House:
    """A gate with all that stands behind it, over a server on loopback."""

    def __init__(self, vault: Vault, server: LyingServer, near: Near) -> None:
        self.clock = Sleeping()
        self.settings = Settings()
        self.metered = FakeMetered()
        self.ledger = NetworkLedger(vault, bytes(32), self.clock)
        self.starter = Starter(near)
        self.starter.ledger = self.ledger
        self.server = server
        self.events: list[Event] = []
        self.gate = self.keeper(self.starter, self.ledger)
        self.request = NetRequest(
            Purpose.MODEL, server.url(host="127.0.0.1"), max_bytes=len(BODY), plain_allowed=True
        )

    def keeper(self, starter: NetStarter, ledger: NetworkLedger | None) -> GateKeeper:
        """A gate over these."""
        return GateKeeper(
            starter, ledger, self.metered, lambda: self.settings, self.clock, self.events.append
        )

    def permit(self, request: NetRequest | None = None, *, metered_ok: bool = False) -> Permit:
        """One that a person gave."""
        request = request or self.request
        gate: NetworkGate = self.gate
        return gate.open(gate.approve(request), request, "Small 1B", metered_ok=metered_ok)

    def cloud(self) -> NetRequest:
        """A question in the cloud's name, which is switched on."""
        self.settings = replace(self.settings, cloud=True)
        return replace(self.request, purpose=Purpose.CLOUD, method="POST", body=b"hello")

    def fetch(self, permit: Permit, request: NetRequest | None = None) -> bytes:
        """What one connection brings."""
        events = permit.run(request or self.request, Cancel())
        return b"".join(event.data for event in events if isinstance(event, Data))

    def rows(self) -> list[LedgerRow]:
        """The ledger, the newest first."""
        return self.ledger.rows().result()


def checking(catalogue: NetRequest) -> Settings:
    """The settings of a person who lets Hush look for this catalogue."""
    return Settings(check_catalogue=True, catalogue_address=f" {catalogue.url} ")


@pytest.fixture
def server() -> Iterator[LyingServer]:
    """Without TLS: that is tested elsewhere."""
    with LyingServer(BODY) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, server: LyingServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Everything is allowed that a person approves."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Vault.open(tmp_path / "vault.db", bytes(32)) as vault:
        house = House(vault, server, Near(tmp_path / "nobody"))
        yield house
        house.gate.close()


def test_an_approved_transfer(house: House) -> None:
    """It comes through, and the ledger says when, where to, why, who and how much."""
    with house.permit() as permit:
        events = list(permit.run(house.request, Cancel()))
    assert isinstance(events[0], Answered)
    assert b"".join(event.data for event in events[1:-1] if isinstance(event, Data)) == BODY
    assert isinstance(events[-1], Done)
    (row,) = house.rows()
    assert (row.what, row.host, row.by, row.purpose, row.result) == (
        "Small 1B",
        "127.0.0.1",
        By.PERSON,
        Purpose.MODEL,
        "ok",
    )
    assert (row.bytes_out, row.bytes_in) == (events[-1].bytes_out, events[-1].bytes_in)
    assert row.payload_sha256 == house.request.payload_sha256
    assert house.ledger.check().result() == ChainVerdict(True, 2, None)
    assert house.events == [NetworkChanged(), NetworkChanged()]
    summary = house.gate.summary().result()
    assert (summary.transfers, summary.bytes_in, summary.under_way) == (1, row.bytes_in, 0)
    assert summary.can_send


def test_it_is_written_down_before_anything_can_leave(house: House) -> None:
    """When the child is started, the row is on the disk."""
    house.fetch(house.permit())
    (row,) = house.starter.rows_before
    assert (row.what, row.ended, row.result) == ("Small 1B", None, "")


def test_its_end_is_written_down_before_anybody_hears_of_it(house: House) -> None:
    """Whoever is told that it is done can rely on the ledger."""
    for event in house.permit().run(house.request, Cancel()):
        if isinstance(event, Done):
            assert house.rows()[0].result == "ok"
        else:
            assert house.rows()[0].result == ""


def test_nothing_leaves_before_it_is_asked_for(house: House) -> None:
    """Neither an approval nor a permit asks anybody."""
    house.permit().close()
    assert house.starter.started == 0
    assert house.server.asked == []
    assert house.rows() == []


def test_a_failure_is_written_down_too(house: House) -> None:
    """With its name, and with the bytes until then."""
    house.server.manners = [Manner(cut_at=1000)]
    with pytest.raises(TransferFailed):
        house.fetch(house.permit())
    (row,) = house.rows()
    assert row.result == "cut"
    assert row.bytes_out
    assert row.bytes_in
    assert row.bytes_in > 1000


# --- Approvals and permits ------------------------------------------------------------------------


def test_an_approval_opens_one_permit(house: House) -> None:
    """And only for what was approved, for five minutes."""
    approval = house.gate.approve(house.request)
    house.gate.open(approval, house.request, "one")
    with pytest.raises(ApprovalRefused):
        house.gate.open(approval, house.request, "one")
    other = replace(house.request, url=house.server.url("/other", "127.0.0.1"))
    with pytest.raises(ApprovalRefused):
        house.gate.open(house.gate.approve(house.request), other, "one")
    late = house.gate.approve(house.request)
    house.clock.advance(VALID_SECONDS)
    with pytest.raises(ApprovalRefused):
        house.gate.open(late, house.request, "one")


def test_a_permit_is_for_what_was_approved(house: House) -> None:
    """Where to go on may differ, and nothing else."""
    permit = house.permit()
    assert house.fetch(permit, replace(house.request, headers=(("Range", "bytes=9-"),))) == BODY[9:]
    for other in (
        replace(house.request, url=house.server.url("/other", "127.0.0.1")),
        replace(house.request, url=house.server.url(host="localhost")),
        replace(house.request, hosts=("*.elsewhere.test",)),
        replace(house.request, purpose=Purpose.CLOUD),
        replace(house.request, method="POST", body=b"canary"),
        replace(house.request, headers=(("X-More", "canary"),)),
        replace(house.request, plain_allowed=False),
    ):
        with pytest.raises(ApprovalRefused):
            permit.run(other, Cancel())
    assert house.starter.started == 1


def test_a_permit_is_used_up(house: House) -> None:
    """After so many connections, and after so long; what is for the cloud runs once."""
    house.server.body = b"a"
    permit = house.permit()
    for _ in range(MAX_RUNS):
        house.fetch(permit)
    with pytest.raises(ApprovalRefused):
        permit.run(house.request, Cancel())
    late = house.permit()
    house.clock.advance(PERMIT_SECONDS)
    with pytest.raises(ApprovalRefused):
        late.run(house.request, Cancel())
    cloud = house.cloud()
    once = house.permit(cloud)
    house.fetch(once, cloud)
    with pytest.raises(ApprovalRefused):
        once.run(cloud, Cancel())


@pytest.mark.parametrize("how", ["advance", "sleep"])
def test_what_asks_a_cloud_ends_with_its_approval(house: House, how: str) -> None:
    """After five minutes, those that a laptop slept through included; a download goes on."""
    cloud = house.cloud()
    asking, fetching = house.permit(cloud), house.permit()
    getattr(house.clock, how)(VALID_SECONDS)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        asking.run(cloud, Cancel())
    assert house.rows() == []
    assert house.fetch(fetching) == BODY


@pytest.mark.parametrize("how", ["advance", "sleep"])
def test_an_approval_that_ends_while_a_child_is_started(house: House, how: str) -> None:
    """Nothing is handed to that child, and the ledger says that nothing was begun."""
    cloud = house.cloud()
    lines: list[Line] = []
    start = house.starter.start

    def slow() -> Line:
        getattr(house.clock, how)(VALID_SECONDS)
        lines.append(start())
        return lines[-1]

    house.starter.start = slow  # type: ignore[method-assign] # its own, after a while
    permit = house.permit(cloud)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        house.fetch(permit, cloud)
    assert house.server.asked == []
    (row,) = house.rows()
    assert (row.result, row.bytes_out, row.bytes_in) == ("not-begun", 0, 0)
    assert lines[0].requests.closed, "the child was let go"
    assert house.fetch(house.permit()) == BODY, "five minutes are of the cloud's alone"


def test_a_closed_permit(house: House) -> None:
    """Asks nobody any more."""
    with house.permit() as permit:
        pass
    with pytest.raises(ApprovalRefused):
        permit.run(house.request, Cancel())


@pytest.mark.parametrize("url", ["http://models.test/", "https://u@models.test/", "models.test"])
def test_what_cannot_be_approved(house: House, url: str) -> None:
    """An address without TLS, or one that is none."""
    with pytest.raises(NetworkRefused, match="https"):
        house.gate.approve(replace(house.request, url=url))


def test_a_setting_approves_the_catalogue_alone(house: House) -> None:
    """And only while it is on; never a model, never the cloud."""
    catalogue = replace(house.request, purpose=Purpose.CATALOGUE)
    with pytest.raises(NetworkRefused):
        house.gate.approve(catalogue, By.SETTING)
    house.settings = checking(catalogue)
    house.gate.approve(catalogue, By.SETTING)
    for purpose in (Purpose.MODEL, Purpose.CLOUD):
        with pytest.raises(NetworkRefused):
            house.gate.approve(replace(house.request, purpose=purpose), By.SETTING)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://elsewhere.test/canary"},
        {"method": "POST"},
        {"body": b"canary"},
        {"headers": (("X-More", "canary"),)},
        {"headers": (("Authorization", "canary"),)},
        {"headers": (("Range", "bytes=9-"),)},
        {"options": "canary"},
        {"hosts": ("*.elsewhere.test",)},
        {"kind": "chat"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_setting_approves_nothing_that_rides_along(house: House, change: dict[str, Any]) -> None:
    """Only the bare address that the person set; also where it is added after the approval."""
    catalogue = replace(house.request, purpose=Purpose.CATALOGUE)
    house.settings = checking(catalogue)
    more = replace(catalogue, **change)
    with pytest.raises(NetworkRefused, match="Only you"):
        house.gate.approve(more, By.SETTING)
    permit = house.gate.open(house.gate.approve(catalogue, By.SETTING), catalogue, "catalogue")
    with pytest.raises(HushError):
        house.fetch(permit, more)
    assert house.starter.started == 0
    assert house.rows() == []


def test_a_setting_approves_one_connection(house: House) -> None:
    """Of the address as it is set then: one that was changed meanwhile is not asked."""
    catalogue = replace(house.request, purpose=Purpose.CATALOGUE)
    house.settings = checking(catalogue)
    once = house.gate.open(house.gate.approve(catalogue, By.SETTING), catalogue, "catalogue")
    assert house.fetch(once, catalogue) == BODY
    with pytest.raises(ApprovalRefused):
        house.fetch(once, catalogue)
    late = house.gate.open(house.gate.approve(catalogue, By.SETTING), catalogue, "catalogue")
    house.settings = replace(house.settings, catalogue_address="https://elsewhere.test/")
    with pytest.raises(NetworkRefused, match="Only you"):
        house.fetch(late, catalogue)
    assert house.starter.started == 1


def test_races_for_one_approval(house: House) -> None:
    """Of eight threads at once one opens it, fifty times over."""
    start = threading.Barrier(8)
    approvals = [house.gate.approve(house.request) for _ in range(50)]
    opened = []

    def race() -> None:
        for approval in approvals:
            start.wait()
            try:
                house.gate.open(approval, house.request, "one")
            except ApprovalRefused:
                continue
            opened.append(approval.id)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert sorted(opened) == sorted(approval.id for approval in approvals)


# --- What may not leave now -----------------------------------------------------------------------


def test_local_only(house: House) -> None:
    """No permit is opened and none is used; no child is started; the words say why."""
    permit = house.permit()
    approval = house.gate.approve(house.request)
    house.settings = Settings(local_only=True)
    with pytest.raises(NetworkRefused, match="stay on this computer"):
        house.gate.open(approval, house.request, "one")
    with pytest.raises(NetworkRefused):
        house.fetch(permit)
    assert house.starter.started == 0
    assert house.rows() == []
    summary = house.gate.summary().result()
    assert not summary.can_send
    assert "stay on this computer" in summary.why_not


def test_local_only_in_the_middle_of_a_transfer(house: House) -> None:
    """It ends at once, and stays ended when the switch is moved back."""
    house.server.manners = [Manner(stall_at=100_000)]
    permit = house.permit()
    unused = house.gate.approve(house.request)
    events = permit.run(house.request, Cancel())
    next(events)
    assert house.gate.summary().result().under_way == 1
    house.settings = Settings(local_only=True)
    house.gate.stop_all()
    with pytest.raises(TransferFailed) as raised:
        list(events)
    assert raised.value.failure is Failure.LOCAL_ONLY
    (row,) = house.rows()
    assert row.result == "local-only"
    assert row.bytes_in
    assert house.gate.summary().result().under_way == 0
    house.settings = Settings()
    with pytest.raises(ApprovalRefused):
        permit.run(house.request, Cancel())
    with pytest.raises(ApprovalRefused):
        house.gate.open(unused, house.request, "one")
    assert house.fetch(house.permit()) == BODY


@pytest.mark.parametrize("local_only", [False, True])
def test_stopped_just_before_it_begins(house: House, *, local_only: bool) -> None:
    """A stop that comes between the permit and its first connection counts, and says why."""
    events = house.permit().run(house.request, Cancel())

    def stop() -> None:
        house.settings = Settings(local_only=local_only)
        house.gate.stop_all()
        house.settings = Settings()

    house.starter.takes_a_while = stop
    with pytest.raises(TransferFailed) as raised:
        next(events)
    why = Failure.LOCAL_ONLY if local_only else Failure.CANCELLED
    assert raised.value.failure is why
    assert house.rows()[0].result == why.value
    assert house.server.asked == []


# --- The cloud alone ------------------------------------------------------------------------------


def test_the_cloud_switched_off_in_the_middle(house: House) -> None:
    """Its question ends; a download beside it goes on to its end."""
    house.server.manners = [Manner(stall_at=100_000), Manner(trickle=0.02)]
    cloud = house.cloud()
    asking = house.permit(cloud).run(cloud, Cancel())
    next(asking)
    fetching = house.permit().run(house.request, Cancel())
    next(fetching)
    house.settings = replace(house.settings, cloud=False)
    house.gate.stop(Purpose.CLOUD)
    with pytest.raises(TransferFailed) as raised:
        list(asking)
    assert raised.value.failure is Failure.CANCELLED
    assert "stay on this computer" not in raised.value.sentence
    assert b"".join(event.data for event in fetching if isinstance(event, Data)) == BODY
    assert [row.result for row in house.rows()] == ["ok", "cancelled"]


def test_the_cloud_switched_off_just_before_it_begins(house: House) -> None:
    """It is not said that Hush is to stay on this computer: it is not."""
    cloud = house.cloud()
    events = house.permit(cloud).run(cloud, Cancel())
    house.starter.takes_a_while = lambda: house.gate.stop(Purpose.CLOUD)
    with pytest.raises(TransferFailed) as raised:
        next(events)
    assert raised.value.failure is Failure.CANCELLED
    assert "stay on this computer" not in raised.value.sentence
    assert house.server.asked == []


def test_nothing_leaves_without_a_ledger(house: House) -> None:
    """Unsaved, private and read-only sessions have none."""
    gate = house.keeper(house.starter, None)
    approval = gate.approve(house.request)
    with pytest.raises(NetworkRefused, match="no vault"):
        gate.open(approval, house.request, "one")
    summary = gate.summary().result()
    assert (summary.transfers, summary.can_send) == (0, False)


def test_nothing_leaves_that_cannot_be_written_down(house: House, tmp_path: Path) -> None:
    """The vault is closed, or the disk is full: no child is started."""
    with Vault.open(tmp_path / "other.db", bytes(32)) as vault:
        ledger = NetworkLedger(vault, bytes(32), house.clock)
        gate = house.keeper(house.starter, ledger)
        permit = gate.open(gate.approve(house.request), house.request, "one")
    with pytest.raises(VaultError):
        house.fetch(permit)
    assert house.starter.started == 0


def test_the_broker_has_ended(house: House) -> None:
    """It is refused with its words."""
    gate = house.keeper(NoStarter("It has ended."), house.ledger)
    with pytest.raises(NetworkRefused, match=r"It has ended\."):
        gate.open(gate.approve(house.request), house.request, "one")
    assert gate.summary().result().why_not == "It has ended."


def test_a_child_that_cannot_be_started(house: House) -> None:
    """Is in the ledger, as not begun, with nothing sent: no server refused it."""
    house.starter.refuses = True
    with pytest.raises(NetworkRefused):
        house.fetch(house.permit())
    (row,) = house.rows()
    assert (row.result, row.bytes_out, row.bytes_in) == ("not-begun", 0, 0)


def test_a_child_that_dies_in_the_middle(house: House) -> None:
    """Nobody counted what it sent, and the ledger says just that."""
    house.server.manners = [Manner(stall_at=100_000)]
    lines: list[Line] = []
    start = house.starter.start

    def remembered() -> Line:
        lines.append(start())
        return lines[0]

    house.starter.start = remembered  # type: ignore[method-assign] # its own line, kept
    events = house.permit().run(house.request, Cancel())
    next(events)
    lines[0].close()
    with pytest.raises(TransferFailed) as raised:
        list(events)
    assert raised.value.failure is Failure.CHILD
    (row,) = house.rows()
    assert (row.result, row.bytes_out, row.bytes_in) == ("child", None, None)
    assert house.gate.summary().result().unknown == 1


@pytest.mark.parametrize("odd", [MemoryError, SystemExit, RuntimeError])
def test_what_nobody_thought_of_leaves_no_row_open(
    house: House, monkeypatch: pytest.MonkeyPatch, odd: type[BaseException]
) -> None:
    """Whatever breaks on this side: the transfer's end is written down, its bytes unknown."""

    def breaks(transfer: Transfer) -> Iterator[Data]:
        yield Data(b"a")
        raise odd

    monkeypatch.setattr(Transfer, "_hear", breaks)
    with pytest.raises(odd):
        house.fetch(house.permit())
    (row,) = house.rows()
    assert (row.result, row.bytes_out, row.bytes_in) == ("interrupted", None, None)
    assert house.ledger.check().result() == ChainVerdict(True, 2, None)


def test_who_stops_listening_at_the_end_ends_it_once(house: House) -> None:
    """The row of its end is the only one."""
    for event in (events := house.permit().run(house.request, Cancel())):
        if isinstance(event, Done):
            break
    events.close()  # type: ignore[attr-defined] # a generator
    assert house.ledger.check().result() == ChainVerdict(True, 2, None)
    assert house.rows()[0].result == "ok"


def test_a_metered_connection(house: House) -> None:
    """Only where the person said yes to that; and again at each connection, read anew."""
    house.metered.metered = Metered.YES
    with pytest.raises(NetworkRefused, match="by volume"):
        house.permit()
    assert house.fetch(house.permit(metered_ok=True)) == BODY
    house.metered.metered = Metered.NO
    permit = house.permit()
    house.metered.metered = Metered.YES
    with pytest.raises(NetworkRefused, match="by volume"):
        house.fetch(permit)


def test_a_setting_never_uses_a_connection_that_may_be_metered(house: House) -> None:
    """Not even one of which nothing is known; and no consent stands in for that."""
    catalogue = replace(house.request, purpose=Purpose.CATALOGUE)
    house.settings = checking(catalogue)
    for metered in (Metered.YES, Metered.UNKNOWN):
        house.metered.metered = metered
        house.clock.advance(61)
        approval = house.gate.approve(catalogue, By.SETTING)
        with pytest.raises(NetworkRefused):
            house.gate.open(approval, catalogue, "catalogue", metered_ok=True)
    house.metered.metered = Metered.NO
    house.clock.advance(61)
    approval = house.gate.approve(catalogue, By.SETTING)
    assert house.fetch(house.gate.open(approval, catalogue, "catalogue"), catalogue) == BODY
    assert house.rows()[0].by is By.SETTING
    late = house.gate.approve(catalogue, By.SETTING)
    house.settings = Settings()
    with pytest.raises(NetworkRefused, match="Only you"):
        house.gate.open(late, catalogue, "catalogue")


def test_an_unknown_connection_is_the_persons_to_judge(house: House) -> None:
    """The sheet says that it is not known; what was approved goes."""
    house.metered.metered = Metered.UNKNOWN
    assert house.fetch(house.permit()) == BODY


# --- Stopping -------------------------------------------------------------------------------------


def test_a_cancel_on_the_way(house: House) -> None:
    """From any thread; the ledger has what was sent until then."""
    house.server.manners = [Manner(stall_at=100_000)]
    cancel = Cancel()
    events = house.permit().run(house.request, cancel)
    next(events)
    threading.Thread(target=cancel.ask).start()
    with pytest.raises(TransferFailed) as raised:
        list(events)
    assert raised.value.failure is Failure.CANCELLED
    (row,) = house.rows()
    assert row.result == "cancelled"
    assert row.bytes_out


def test_a_cancel_before_it_begins(house: House) -> None:
    """Nothing is asked."""
    cancel = Cancel()
    cancel.ask()
    with pytest.raises(TransferFailed):
        list(house.permit().run(house.request, cancel))
    assert house.server.asked == []


@pytest.mark.parametrize("by_a_person", [False, True])
def test_whoever_goes_away_ends_it(house: House, *, by_a_person: bool) -> None:
    """Closing the iterator stops it, with its bytes in the ledger, and who wanted it."""
    house.server.manners = [Manner(stall_at=100_000)]
    cancel = Cancel()
    events = house.permit().run(house.request, cancel)
    next(events)
    if by_a_person:
        cancel.ask()
    events.close()  # type: ignore[attr-defined] # a generator
    (row,) = house.rows()
    assert row.result == ("cancelled" if by_a_person else "stopped")
    assert row.bytes_out
    assert house.gate.summary().result().under_way == 0


def test_closing_waits_for_the_last_row(house: House) -> None:
    """The vault is closed next: what was under way is in the ledger by then, with its bytes."""
    house.server.manners = [Manner(stall_at=100_000)]
    began = threading.Event()
    failed: list[Failure] = []

    def work() -> None:
        try:
            for _ in house.permit().run(house.request, Cancel()):
                began.set()
        except TransferFailed as error:
            failed.append(error.failure)

    working = threading.Thread(target=work)
    working.start()
    assert began.wait(DEADLINE)
    house.gate.close()
    (row,) = house.rows()
    assert row.result == "cancelled"
    assert row.bytes_out
    working.join(DEADLINE)
    assert failed == [Failure.CANCELLED]


# --- Over the broker ------------------------------------------------------------------------------


def test_over_the_broker_and_tls(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, as it runs: a process that the broker starts, and a certificate."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    starter = BrokerStarter.begin()
    try:
        with LyingServer(BODY, certificate=authority.sign()) as server:
            gate = house.keeper(starter, house.ledger)
            request = NetRequest(Purpose.MODEL, server.url(host="localhost"), max_bytes=len(BODY))
            permit = gate.open(gate.approve(request), request, "one")
            assert house.fetch(permit, request) == BODY
    finally:
        starter.close()
    assert house.rows()[0].result == "ok"


# --- The meter ------------------------------------------------------------------------------------


class HeldProbe(FakeMetered):
    """One that answers when it is let."""

    def __init__(self) -> None:
        super().__init__(Metered.YES)
        self.let = threading.Event()

    def read(self) -> Metered:
        self.let.wait(DEADLINE)
        return super().read()


class BrokenProbe(FakeMetered):
    """One that raises what it should not."""

    def __init__(self) -> None:
        super().__init__(Metered.YES)
        self.is_broken = True

    def read(self) -> Metered:
        if self.is_broken:
            raise RuntimeError
        return super().read()


def test_a_bus_that_hangs_holds_nobody_up() -> None:
    """Nothing is known until it answers; then it is."""
    probe = HeldProbe()
    meter = Meter(probe, FakeClock(), seconds=0.01)
    assert meter.known() is Metered.UNKNOWN
    assert meter.now() is Metered.UNKNOWN
    probe.let.set()
    patient = Meter(probe, FakeClock(), seconds=DEADLINE)
    assert patient.now() is Metered.YES
    assert patient.known() is Metered.YES


def test_for_showing_the_meter_is_read_once_in_a_minute() -> None:
    """However often it is asked for."""
    probe, clock = FakeMetered(Metered.NO), FakeClock()
    meter = Meter(probe, clock)
    assert meter.now() is Metered.NO
    for _ in range(5):
        assert meter.known() is Metered.NO
    assert probe.reads == 1
    clock.advance(61)
    probe.metered = Metered.YES
    meter.known()
    assert meter.now() is Metered.YES
    assert probe.reads >= 2


def test_before_a_transfer_the_meter_is_read_anew() -> None:
    """What was so a moment ago may be so no longer."""
    probe = FakeMetered(Metered.NO)
    meter = Meter(probe, FakeClock())
    for metered in (Metered.NO, Metered.YES, Metered.NO):
        probe.metered = metered
        assert meter.now() is metered
    assert probe.reads == 3


@pytest.mark.logs_problems
def test_a_meter_that_breaks_is_asked_again() -> None:
    """Nothing is known then; and the next reading is one."""
    probe = BrokenProbe()
    meter = Meter(probe, FakeClock())
    assert meter.now() is Metered.UNKNOWN
    assert meter.known() is Metered.UNKNOWN
    probe.is_broken = False
    assert meter.now() is Metered.YES


# --- Who may say yes ------------------------------------------------------------------------------


def test_only_a_person_or_the_setting_says_yes() -> None:
    """In all of Hush ``approve`` is called by the window and the terminal, or by the setting."""
    found = []
    for path in [*ROOT.glob("assistant/**/*.py"), *ROOT.glob("ui/**/*.py")]:
        place = path.relative_to(ROOT).as_posix()
        for call in re.findall(r"\.approve\(([^)]*)\)", path.read_text(encoding="utf-8")):
            persons = place.startswith(("ui/", "assistant/terminal/"))
            if not persons and "By.SETTING" not in call:
                found.append(place)
    assert found == []


def test_errors_hold_no_content(house: House) -> None:
    """Neither addresses with their keys nor bodies are in any words."""
    secret = replace(house.request, url=house.server.url("/canary?key=canary", "127.0.0.1"))
    house.server.manners = [Manner(status=500)]
    raised: list[HushError] = []
    for attempt in (
        lambda: house.fetch(house.permit(secret), secret),
        lambda: house.permit().run(secret, Cancel()),
        lambda: house.gate.approve(replace(secret, url="http://canary.test/canary")),
    ):
        with pytest.raises(HushError) as error:
            attempt()
        raised.append(error.value)
    assert not any("canary" in f"{one!r} {one.sentence}" for one in raised)
    assert isinstance(house.gate.summary(), Future)
