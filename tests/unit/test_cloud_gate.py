"""The gate, asked for a cloud: the switch, whom one trusts, and the child that waits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from assistant.cancel import Cancel
from assistant.clock import SystemClock
from assistant.errors import ApprovalRefused, CloudRefused, NetworkRefused
from assistant.net.approvals import Approval
from assistant.net.deltas import unpack
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.metered import Metered
from assistant.net.records import By, Data, Failure, LedgerRow, Purpose, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.settings import Settings
from assistant.store.vault import Vault
from tests.cloud_server import ANSWER, CloudServer, Manner, refusing, starter
from tests.fakes.net import FakeMetered
from tests.lying_server import LyingServer
from tests.unit.asking import asking

pytestmark = pytest.mark.cloud

ROOT: Final = Path(__file__).parents[2]
KEY: Final = bytes(range(32))


class House:
    """A gate with real children, over a box on loopback."""

    def __init__(self, vault: Vault, box: CloudServer) -> None:
        self.box = box
        self.settings = Settings(cloud=True)
        self.metered = FakeMetered()
        self.clock = SystemClock()
        self.ledger = NetworkLedger(vault, KEY, self.clock)
        self.trusts = False
        self.started = 0
        self.closed = 0
        self._inner = starter(None)
        self.gate = GateKeeper(
            self,
            self.ledger,
            self.metered,
            lambda: self.settings,
            self.clock,
            trusted=lambda _: self.trusts,
        )
        self.request = asking(box.own)

    # A ``NetStarter``:
    reason = ""

    def start(self) -> Line:
        self.started += 1
        line = self._inner.start()

        def close() -> None:
            self.closed += 1
            line.close()

        return Line(line.requests, line.replies, close)

    def open_address(self, address: str) -> bool:
        return False

    def ask(self, approval: Approval, request: NetRequest | None = None) -> str:
        """Send it; the answer."""
        request = request or self.request
        permit = self.gate.open(approval, request, "A box", metered_ok=True)
        events = permit.run(request, Cancel())
        return "".join(unpack(event.data).text for event in events if isinstance(event, Data))

    def rows(self) -> list[LedgerRow]:
        """The ledger, the newest first."""
        return self.ledger.rows().result()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The cloud is on, and nothing is trusted."""
    with CloudServer() as box, Vault.open(tmp_path / "vault.db", KEY) as vault:
        house = House(vault, box)
        yield house
        house.gate.close()


def test_an_approved_question(house: House) -> None:
    """It is answered; the ledger says what was sent, by its hash, before and after."""
    approval = house.gate.approve(house.request)
    assert house.ask(approval) == ANSWER
    (row,) = house.rows()
    assert (row.purpose, row.host, row.what, row.by, row.result) == (
        Purpose.CLOUD,
        "127.0.0.1",
        "A box",
        By.PERSON,
        "ok",
    )
    assert (row.approval_id, row.payload_sha256) == (approval.id, house.box.payloads()[0])
    assert len(house.box.asked) == 1


def test_one_yes_is_one_question(house: House) -> None:
    """A second connection is refused, also after a failure."""
    house.box.manners = [refusing(503)]
    permit = house.gate.open(house.gate.approve(house.request), house.request, "A box")
    with pytest.raises(TransferFailed) as raised:
        list(permit.run(house.request, Cancel()))
    assert raised.value.failure is Failure.STATUS
    with pytest.raises(ApprovalRefused):
        permit.run(house.request, Cancel())
    assert house.box.reached == 1


def test_what_was_approved_is_bound_to_its_network(house: House) -> None:
    """That it stays on one's own network is a part of it."""
    assert house.request.own_network
    elsewhere = replace(house.request, own_network=False)
    assert elsewhere.payload_sha256 != house.request.payload_sha256


# --- The switch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [Settings(), Settings(cloud=True, local_only=True)])
@pytest.mark.parametrize("by", list(By))
@pytest.mark.parametrize("kind", ["cloud", "fetch"])
def test_switched_off(house: House, settings: Settings, by: By, kind: str) -> None:
    """Nobody approves anything, whoever it is; asking for the models' names is no exception."""
    house.settings, house.trusts = settings, True
    request = house.request
    if kind == "fetch":
        request = NetRequest(Purpose.CLOUD, f"{house.box.own}/models", own_network=True)
    with pytest.raises(NetworkRefused):
        house.gate.approve(request, by)
    assert house.box.reached == 0


@pytest.mark.parametrize("when", ["before it opens", "before it runs"])
@pytest.mark.parametrize("settings", [Settings(), Settings(cloud=True, local_only=True)])
def test_switched_off_meanwhile(house: House, settings: Settings, when: str) -> None:
    """What was approved before counts no longer; nothing was sent, and nothing is in the ledger."""
    approval = house.gate.approve(house.request)
    if when == "before it opens":
        house.settings = settings
        with pytest.raises(NetworkRefused):
            house.gate.open(approval, house.request, "A box")
    else:
        permit = house.gate.open(approval, house.request, "A box")
        house.settings = settings
        with pytest.raises(NetworkRefused):
            list(permit.run(house.request, Cancel()))
    assert house.box.reached == 0
    assert house.rows() == []


def test_off_says_so(house: House) -> None:
    """As an error of its own, in words."""
    house.settings = Settings()
    with pytest.raises(CloudRefused, match="switched off"):
        house.gate.approve(house.request)
    house.settings = Settings(cloud=True, local_only=True)
    with pytest.raises(CloudRefused, match="stay on this computer"):
        house.gate.approve(house.request)


def test_a_model_is_fetched_while_the_cloud_is_off(house: House) -> None:
    """The switch is of the cloud alone."""
    house.settings = Settings()
    with LyingServer(b"model") as server:
        fetch = NetRequest(Purpose.MODEL, server.url(), plain_allowed=True, max_bytes=9)
        permit = house.gate.open(house.gate.approve(fetch), fetch, "A model")
        events = list(permit.run(fetch, Cancel()))
    assert [event.data for event in events if isinstance(event, Data)] == [b"model"]


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": Purpose.MODEL},
        {"purpose": Purpose.CATALOGUE},
        {"method": "GET"},
        {"hosts": ("*.elsewhere.test",)},
        {"options": "{}"},
        {"url": "https://api.hosted.test/v1/chat/completions"},
        {"own_network": False},
    ],
    ids=str,
)
def test_a_question_that_is_none(house: House, change: dict[str, object]) -> None:
    """What asks a cloud says that it does, so that the switch holds; and leads to one host."""
    odd = replace(house.request, **change)  # type: ignore[arg-type] # its own fields
    with pytest.raises(NetworkRefused):
        house.gate.approve(odd)


# --- Whom one trusts ------------------------------------------------------------------------------


def test_a_press_at_a_trusted_box(house: House) -> None:
    """Is enough, and the ledger says that it was one."""
    house.trusts = True
    assert house.ask(house.gate.approve(house.request, By.TRUST)) == ANSWER
    assert house.rows()[0].by is By.TRUST


def test_a_box_that_is_not_trusted(house: House) -> None:
    """Needs a look at what would be sent."""
    with pytest.raises(CloudRefused):
        house.gate.approve(house.request, By.TRUST)


def test_trust_that_was_taken_back(house: House) -> None:
    """Between the press and the sending."""
    house.trusts = True
    approval = house.gate.approve(house.request, By.TRUST)
    permit = house.gate.open(house.gate.approve(house.request, By.TRUST), house.request, "A box")
    house.trusts = False
    with pytest.raises(CloudRefused):
        house.gate.open(approval, house.request, "A box")
    with pytest.raises(CloudRefused):
        list(permit.run(house.request, Cancel()))
    assert house.box.reached == 0


@pytest.mark.parametrize("purpose", [Purpose.MODEL, Purpose.CATALOGUE, Purpose.CLOUD])
def test_nobody_else_is_trusted(house: House, purpose: Purpose) -> None:
    """No service on the internet, no model's host: whatever the list of providers says."""
    house.trusts = True
    hosted = NetRequest(purpose, "https://api.hosted.test/v1/models")
    with pytest.raises(NetworkRefused):
        house.gate.approve(hosted, By.TRUST)


# --- The meter ------------------------------------------------------------------------------------


def test_the_meter_is_not_read_where_it_changes_nothing(house: House) -> None:
    """It may take seconds, and the person said yes to it."""
    house.metered.metered = Metered.YES
    approval = house.gate.approve(house.request)
    permit = house.gate.open(approval, house.request, "A box", metered_ok=True)
    list(permit.run(house.request, Cancel()))
    assert house.metered.reads == 0
    with pytest.raises(NetworkRefused, match="nothing was sent"):
        house.gate.open(house.gate.approve(house.request), house.request, "A box")
    assert house.metered.reads == 1


# --- The child that waits -------------------------------------------------------------------------


def test_the_child_that_waits_does_it(house: House) -> None:
    """One child in all."""
    house.gate.prepare("cloud")
    assert house.ask(house.gate.approve(house.request)) == ANSWER
    assert house.started == 1
    assert house.box.reached == 1


@pytest.mark.parametrize("settings", [Settings(), Settings(cloud=True, local_only=True)])
def test_none_waits_where_nothing_may_leave(house: House, settings: Settings) -> None:
    """Off, and local only."""
    house.settings = settings
    house.gate.prepare("cloud")
    house.gate.close()
    assert house.started == 0


@pytest.mark.parametrize("how", ["discard", "stop_all", "close"])
def test_none_waits_any_more(house: House, how: str) -> None:
    """Nobody will ask; all is stopped; Hush ends."""
    house.gate.prepare("cloud")
    waiting = house.gate._ready._waiting
    assert waiting
    assert waiting.settled.wait(20)
    getattr(house.gate, how)()
    assert house.ask(house.gate.approve(house.request)) == ANSWER
    assert house.started == 2


def test_cut_in_the_middle_by_local_only(house: House) -> None:
    """What came is kept by whoever asked; the ledger says why it ended."""
    house.box.manners = [Manner(stall_at=1)]
    permit = house.gate.open(house.gate.approve(house.request), house.request, "A box")
    events = permit.run(house.request, Cancel())
    while not isinstance(next(events), Data):
        pass
    house.settings = replace(house.settings, local_only=True)
    house.gate.stop_all()
    with pytest.raises(TransferFailed) as raised:
        list(events)
    assert raised.value.failure is Failure.LOCAL_ONLY
    assert house.rows()[0].result == "local-only"


# --- Who may say yes ------------------------------------------------------------------------------

_MAY_APPROVE: Final = {
    "ui/network/approving.py",
    "ui/cloud/consenting.py",
    "assistant/terminal/model_approving.py",
    "assistant/terminal/cloud_asking.py",
    "assistant/terminal/cloud_desk.py",
    "assistant/terminal/cloud.py",
    "assistant/model_room.py",
}
_NEVER: Final = ("ui/chat/", "ui/markdown/", "assistant/engine/")
"""Where what a model writes comes through."""


def _nodes(word: str, places: str | tuple[str, ...] = "") -> Iterator[tuple[str, ast.AST]]:
    """Every piece of every file in these places in which a word stands, with the file's."""
    for path in (*ROOT.glob("assistant/**/*.py"), *ROOT.glob("ui/**/*.py")):
        text, place = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        if word in text and place.startswith(places):
            yield from ((place, node) for node in ast.walk(ast.parse(text)))


def test_who_may_approve() -> None:
    """The gate's ``approve`` is used in few files, each of them a person's yes or the setting."""
    found = {
        place
        for place, node in _nodes("approve")
        if isinstance(node, ast.Attribute) and node.attr == "approve"
    }
    assert "ui/network/approving.py" in found, "the look finds what there is"
    assert found - _MAY_APPROVE == set()


def test_nobody_makes_an_approval() -> None:
    """But the gate's own register of them."""
    for place, node in _nodes("Approval"):
        made = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("Approval", "Approvals")
        )
        assert not made or place.startswith("assistant/net/"), place


def test_only_the_consent_in_the_window_trusts() -> None:
    """A terminal's command never does: a script could give it."""
    found = {
        place
        for place, node in _nodes("By.TRUST")
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("By.TRUST")
    }
    assert "assistant/net/gatekeeper.py" in found, "the look finds what there is"
    assert found <= {"ui/cloud/consenting.py", "assistant/net/gatekeeper.py"}


def test_what_a_model_writes_comes_to_nobody_who_approves() -> None:
    """Nothing in the chat, in Markdown or in the engine imports one of those files."""
    may = {place.removesuffix(".py").replace("/", ".") for place in _MAY_APPROVE}
    looked_at = set()
    for place, node in _nodes("import", _NEVER):
        looked_at.add(place)
        names: set[str] = set()
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            names = {one.name for one in node.names}
        assert not names & may, place
    assert "ui/chat/controller.py" in looked_at, "the look finds what there is"
