"""A look at the list goes out by one approval, ends when it is called off, and waits its turn."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.errors import ApprovalRefused, InputRefused, NetworkError, NetworkRefused
from assistant.net.gate import Permit
from assistant.net.metered import Metered
from assistant.net.records import Failure
from assistant.net.request import NetRequest
from assistant.settings import Settings
from assistant.shelf.catalogue import Bundle, CatalogueKeeper, Updated
from assistant.shelf.closing import Closing
from assistant.shelf.renewing import Renewing
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakeGate, failed, whole
from tests.unit.catalogue_signers import Publisher, as_file

PUBLISHER = Publisher()
ADDRESS = "https://mirror.test/hush/models.json"


class Keeper(CatalogueKeeper):
    """One that may be held before it asks, on the thread that looks."""

    def __init__(self, folder: Path, settings: Settings, bundle: Bundle, clock: Clock) -> None:
        super().__init__(folder, lambda: settings, lambda: bundle, clock)
        self.holds = False
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def update(self, permit: Permit, request: NetRequest, cancel: Cancel) -> Updated:
        self.begun.set()
        assert not self.holds or self.may_go_on.wait(20)
        return super().update(permit, request, cancel)


@dataclass
class Bench:
    """A keeper of the first list, a gate behind which the second one waits, and a look at it."""

    folder: Path
    closing: Closing = field(default_factory=Closing)
    gate: FakeGate = field(
        default_factory=lambda: FakeGate([whole(PUBLISHER.offer(PUBLISHER.catalogue(2)))])
    )

    def __post_init__(self) -> None:
        bundle = Bundle(as_file(PUBLISHER.root_envelope()), as_file(PUBLISHER.catalogue(1)))
        clock = FakeClock(round(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000))
        settings = Settings(catalogue_address=ADDRESS)
        self.keeper = Keeper(self.folder, settings, bundle, clock)
        self.renewing = Renewing(self.keeper, self.gate, self.closing)

    def look(self, cancel: Cancel | None = None, *, metered_ok: bool = False) -> Future[Updated]:
        """Say yes, and look."""
        request = self.keeper.request()
        assert request
        approval = self.gate.approve(request)
        return self.renewing.look(request, approval, cancel or Cancel(), metered_ok=metered_ok)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A new profile."""
    return Bench(tmp_path / "catalogue")


def test_a_newer_list_comes(bench: Bench) -> None:
    """And the ledger is told what it was; the permit is closed."""
    assert bench.look().result(20).version == 2
    assert bench.keeper.current().version == 2
    assert [what for _, what in bench.gate.opened] == ["catalogue"]
    assert bench.gate.permits[-1].closed


def test_it_goes_out_by_its_own_approval_once(bench: Bench) -> None:
    """A used one is none."""
    request = bench.keeper.request()
    assert request
    approval = bench.gate.approve(request)
    bench.renewing.look(request, approval, Cancel()).result(20)
    with pytest.raises(ApprovalRefused):
        bench.renewing.look(request, approval, Cancel()).result(20)


def test_a_connection_that_costs_takes_a_yes_of_its_own(bench: Bench) -> None:
    """As every download does."""
    bench.gate.metered_now = Metered.YES
    with pytest.raises(NetworkRefused):
        bench.look().result(20)
    assert bench.look(metered_ok=True).result(20).changed


def test_what_failed_is_told_as_it_is(bench: Bench) -> None:
    """The network's own words."""
    bench.gate.courses = [[failed(Failure.TLS)]]
    with pytest.raises(NetworkError, match="It failed"):
        bench.look().result(20)


@pytest.mark.parametrize("ends", ["cancel", "closing"])
def test_called_off_it_is_no_failure(bench: Bench, ends: str) -> None:
    """By the person, or because Hush closes; the list before stays."""
    bench.keeper.holds, cancel = True, Cancel()
    looked = bench.look(cancel)
    assert bench.keeper.begun.wait(20)
    if ends == "cancel":
        cancel.ask()
    else:
        bench.closing.close()
    bench.keeper.may_go_on.set()
    with pytest.raises(InputRefused, match="Stopped"):
        looked.result(20)
    assert bench.keeper.current().version == 1


def test_one_look_after_the_other(bench: Bench) -> None:
    """The second waits for its turn, and can be called off in the queue."""
    bench.keeper.holds, cancel = True, Cancel()
    first, second = bench.look(), bench.look(cancel)
    assert bench.keeper.begun.wait(20)
    cancel.ask()
    with pytest.raises(InputRefused, match="Stopped"):
        second.result(20)
    bench.keeper.may_go_on.set()
    assert first.result(20).version == 2
    assert len(bench.gate.permits) == 1
