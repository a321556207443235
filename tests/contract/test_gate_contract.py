"""What every ``NetworkGate`` and its permits keep: the real one, and the fake that others use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import ApprovalRefused, CloudRefused, NetworkRefused
from assistant.net.approvals import VALID_SECONDS
from assistant.net.gate import NetworkGate, Permit
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.metered import Metered
from assistant.net.records import Answered, By, Data, Done, Failure, Purpose, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.settings import Settings
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakeGate, FakeMetered, whole
from tests.lying_server import LyingServer
from tests.unit.netting import BODY, Near


class GateContract:
    """Subclasses bring a gate to ``BODY``, metered or not, and the request for it."""

    @pytest.fixture
    def gate(self) -> NetworkGate:
        raise NotImplementedError

    @pytest.fixture
    def request_(self) -> NetRequest:
        raise NotImplementedError

    def be(self, metered: Metered) -> None:
        """Have the connection be so."""
        raise NotImplementedError

    def switch(self, *, cloud: bool) -> None:
        """Turn the cloud on or off."""
        raise NotImplementedError

    def trust(self) -> None:
        """Trust every box on one's own network."""
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError

    def waiting(self) -> str:
        """Of which kind a child waits; empty: none does."""
        raise NotImplementedError

    @pytest.fixture
    def question(self, request_: NetRequest) -> NetRequest:
        """For the same, in the cloud's name, at a box on one's own network."""
        own = replace(request_, purpose=Purpose.CLOUD, plain_allowed=False, own_network=True)
        return own if own.is_sound else replace(own, url="http://box.local/v1/models")

    @pytest.fixture
    def permit(self, gate: NetworkGate, request_: NetRequest) -> Permit:
        """One that a person gave."""
        return gate.open(gate.approve(request_), request_, "one")

    def test_an_approved_transfer(self, permit: Permit, request_: NetRequest) -> None:
        first, *pieces, last = permit.run(request_, Cancel())
        assert isinstance(first, Answered)
        assert first.status == 200
        assert first.headers["content-length"] == str(len(BODY))
        assert all(isinstance(piece, Data) for piece in pieces)
        assert b"".join(piece.data for piece in pieces if isinstance(piece, Data)) == BODY
        assert isinstance(last, Done)
        assert last.bytes_in > len(BODY)

    def test_an_approval_is_for_one_permit(self, gate: NetworkGate, request_: NetRequest) -> None:
        approval = gate.approve(request_)
        gate.open(approval, request_, "one")
        with pytest.raises(ApprovalRefused):
            gate.open(approval, request_, "one")

    def test_an_approval_is_for_one_request(self, gate: NetworkGate, request_: NetRequest) -> None:
        other = replace(request_, url="https://elsewhere.test/")
        with pytest.raises(ApprovalRefused):
            gate.open(gate.approve(request_), other, "one")

    def test_a_permit_is_for_one_request(self, permit: Permit, request_: NetRequest) -> None:
        with pytest.raises(ApprovalRefused):
            next(permit.run(replace(request_, url="https://elsewhere.test/"), Cancel()))

    def test_where_to_go_on_may_differ(self, permit: Permit, request_: NetRequest) -> None:
        rest = replace(request_, headers=(("Range", "bytes=0-"),))
        assert isinstance(next(permit.run(rest, Cancel())), Answered)

    def test_a_closed_permit_asks_nobody(self, permit: Permit, request_: NetRequest) -> None:
        with permit:
            pass
        with pytest.raises(ApprovalRefused):
            next(permit.run(request_, Cancel()))

    def test_what_is_not_sound_is_not_approved(
        self, gate: NetworkGate, request_: NetRequest
    ) -> None:
        for url in ("http://elsewhere.test/", "https://me@elsewhere.test/", "elsewhere"):
            with pytest.raises(NetworkRefused):
                gate.approve(replace(request_, url=url))

    def test_a_metered_connection_wants_a_yes(
        self, gate: NetworkGate, request_: NetRequest
    ) -> None:
        self.be(Metered.YES)
        with pytest.raises(NetworkRefused):
            gate.open(gate.approve(request_), request_, "one")
        permit = gate.open(gate.approve(request_), request_, "one", metered_ok=True)
        assert isinstance(next(permit.run(request_, Cancel())), Answered)
        assert gate.metered is Metered.YES

    def test_the_meter_is_read_when_somebody_waits_for_it(self, gate: NetworkGate) -> None:
        for metered in Metered:
            self.be(metered)
            assert gate.read_metered() is metered

    def test_cancelled(self, permit: Permit, request_: NetRequest) -> None:
        cancel = Cancel()
        events = permit.run(request_, cancel)
        next(events)
        cancel.ask()
        with pytest.raises(TransferFailed) as raised:
            for _ in events:
                pass
        assert raised.value.failure is Failure.CANCELLED

    def test_all_stopped(self, gate: NetworkGate, permit: Permit, request_: NetRequest) -> None:
        unused = gate.approve(request_)
        gate.stop_all()
        with pytest.raises(ApprovalRefused):
            next(permit.run(request_, Cancel()))
        with pytest.raises(ApprovalRefused):
            gate.open(unused, request_, "one")
        again = gate.open(gate.approve(request_), request_, "one")
        assert isinstance(next(again.run(request_, Cancel())), Answered)

    def test_the_cloud_stopped(
        self, gate: NetworkGate, permit: Permit, request_: NetRequest, question: NetRequest
    ) -> None:
        self.switch(cloud=True)
        unused, elsewhere = gate.approve(request_), gate.approve(question)
        asking = gate.open(gate.approve(question), question, "one")
        gate.stop(Purpose.CLOUD)
        with pytest.raises(ApprovalRefused):
            next(asking.run(question, Cancel()))
        with pytest.raises(ApprovalRefused):
            gate.open(elsewhere, question, "one")
        assert isinstance(next(permit.run(request_, Cancel())), Answered)
        gate.open(unused, request_, "one")

    def test_what_is_for_the_cloud_ends_with_its_approval(
        self, gate: NetworkGate, permit: Permit, request_: NetRequest, question: NetRequest
    ) -> None:
        self.switch(cloud=True)
        asking = gate.open(gate.approve(question), question, "one")
        self.wait(VALID_SECONDS)
        with pytest.raises(ApprovalRefused):
            next(asking.run(question, Cancel()))
        assert isinstance(next(permit.run(request_, Cancel())), Answered)

    def test_the_cloud_is_off_until_it_is_on(self, gate: NetworkGate, question: NetRequest) -> None:
        with pytest.raises(CloudRefused):
            gate.approve(question)
        self.switch(cloud=True)
        approval = gate.approve(question)
        self.switch(cloud=False)
        with pytest.raises(CloudRefused):
            gate.open(approval, question, "one")

    def test_what_is_for_the_cloud_runs_once(self, gate: NetworkGate, question: NetRequest) -> None:
        self.switch(cloud=True)
        permit = gate.open(gate.approve(question), question, "one")
        assert isinstance(next(permit.run(question, Cancel())), Answered)
        with pytest.raises(ApprovalRefused):
            next(permit.run(question, Cancel()))

    def test_a_press_is_enough_where_one_trusts(
        self, gate: NetworkGate, question: NetRequest, request_: NetRequest
    ) -> None:
        self.switch(cloud=True)
        with pytest.raises(CloudRefused):
            gate.approve(question, By.TRUST)
        self.trust()
        gate.open(gate.approve(question, By.TRUST), question, "one")
        with pytest.raises(CloudRefused):
            gate.approve(request_, By.TRUST)

    def test_at_most_one_child_waits(self, gate: NetworkGate) -> None:
        gate.prepare("cloud")
        assert self.waiting() == "", "the cloud is off"
        self.switch(cloud=True)
        gate.prepare("cloud")
        assert self.waiting() == "cloud"
        gate.prepare("fetch")
        assert self.waiting() == "fetch"
        gate.discard()
        assert self.waiting() == ""
        gate.prepare("cloud")
        gate.stop_all()
        assert self.waiting() == ""

    def test_it_tells_what_was_sent(self, gate: NetworkGate) -> None:
        summary = gate.summary().result()
        assert (summary.transfers, summary.bytes_out, summary.intact) == (0, 0, True)
        assert (summary.can_send, summary.why_not) == (True, "")


class TestFakeGate(GateContract):
    """The one that other tests use."""

    @pytest.fixture
    def gate(self) -> NetworkGate:
        self._trusts, self._clock = False, FakeClock()
        self._gate = FakeGate([whole(BODY)], clock=self._clock, trusted=lambda _: self._trusts)
        self._gate.cloud = False
        return self._gate

    def switch(self, *, cloud: bool) -> None:
        self._gate.cloud = cloud

    def trust(self) -> None:
        self._trusts = True

    def wait(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def waiting(self) -> str:
        return self._gate.prepared

    @pytest.fixture
    def request_(self) -> NetRequest:
        return NetRequest(Purpose.MODEL, "https://files.test/whole", max_bytes=len(BODY))

    def be(self, metered: Metered) -> None:
        self._gate.metered_now = metered


class NearStarter:
    """Starts children on threads.

    Args:
        near: The one who does.
    """

    reason = ""

    def __init__(self, near: Near) -> None:
        self._near = near

    def start(self) -> Line:
        return self._near.line()

    def open_address(self, address: str) -> bool:
        return False


class TestGateKeeper(GateContract):
    """The real one, over a real server."""

    @pytest.fixture
    def server(self) -> Iterator[LyingServer]:
        with LyingServer(BODY) as server:
            yield server

    @pytest.fixture
    def gate(self, tmp_path: Path) -> Iterator[NetworkGate]:
        clock = self._clock = FakeClock()
        self._metered = FakeMetered()
        with Vault.open(tmp_path / "vault.db", bytes(32)) as vault:
            ledger = NetworkLedger(vault, bytes(32), clock)
            starter = NearStarter(Near(tmp_path / "nobody"))
            self._settings, self._trusts = Settings(), False
            self._gate = GateKeeper(
                starter,
                ledger,
                self._metered,
                lambda: self._settings,
                clock,
                trusted=lambda _: self._trusts,
            )
            yield self._gate
            self._gate.close()

    def switch(self, *, cloud: bool) -> None:
        self._settings = replace(self._settings, cloud=cloud)

    def trust(self) -> None:
        self._trusts = True

    def wait(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def waiting(self) -> str:
        waiting = self._gate._ready._waiting
        return waiting.kind if waiting else ""

    @pytest.fixture
    def request_(self, server: LyingServer) -> NetRequest:
        address = server.url(host="127.0.0.1")
        return NetRequest(Purpose.MODEL, address, max_bytes=len(BODY), plain_allowed=True)

    def be(self, metered: Metered) -> None:
        self._metered.metered = metered
