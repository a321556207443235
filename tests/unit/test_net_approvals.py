"""An approval: once, five minutes, for those bytes and that host."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from assistant.errors import ApprovalRefused
from assistant.net.approvals import VALID_SECONDS, Approvals
from assistant.net.records import By, Purpose
from assistant.net.request import NetRequest
from tests.fakes.clock import FakeClock

REQUEST = NetRequest(Purpose.MODEL, "https://models.test/a.gguf", max_bytes=10)


@pytest.fixture
def clock() -> FakeClock:
    """Stands still until told otherwise."""
    return FakeClock()


@pytest.fixture
def approvals(clock: FakeClock) -> Approvals:
    """None given yet."""
    return Approvals(clock)


def test_it_is_used_once(approvals: Approvals) -> None:
    """The second time it says that it was used."""
    approval = approvals.grant(REQUEST, By.PERSON)
    approvals.take(approval, REQUEST)
    with pytest.raises(ApprovalRefused, match="done once"):
        approvals.take(approval, REQUEST)


def test_it_says_what_was_approved(approvals: Approvals, clock: FakeClock) -> None:
    """Whom, what for, by whom and when; and each has an id of its own."""
    approval = approvals.grant(REQUEST, By.PERSON)
    assert (approval.host, approval.purpose, approval.by) == (
        "models.test",
        Purpose.MODEL,
        By.PERSON,
    )
    assert (approval.at, approval.expires) == (clock.now(), clock.elapsed() + VALID_SECONDS)
    assert len(bytes.fromhex(approval.id)) == 16
    assert approvals.grant(REQUEST, By.PERSON).id != approval.id


def test_five_minutes(approvals: Approvals, clock: FakeClock) -> None:
    """A moment before they are over it holds, and then no more."""
    early, late = (approvals.grant(REQUEST, By.PERSON) for _ in range(2))
    clock.advance(VALID_SECONDS - 0.1)
    approvals.take(early, REQUEST)
    clock.advance(0.1)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        approvals.take(late, REQUEST)


class Sleeping(FakeClock):
    """A laptop's clocks: the one that measures stands still while it sleeps."""

    def sleep(self, seconds: float) -> None:
        """Let time pass that nobody measures."""
        self._now += round(seconds * 1000)


def test_five_minutes_are_over_for_a_laptop_that_slept() -> None:
    """What was approved in the evening is not good the next morning, on another network."""
    clock = Sleeping()
    approvals = Approvals(clock)
    early, late = approvals.grant(REQUEST, By.PERSON), approvals.grant(REQUEST, By.PERSON)
    clock.sleep(VALID_SECONDS - 1)
    approvals.take(early, REQUEST)
    clock.sleep(1)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        approvals.take(late, REQUEST)


def test_five_minutes_are_over_though_somebody_set_the_clock_back() -> None:
    """The one that measures goes on."""
    clock = Sleeping()
    approvals = Approvals(clock)
    approval = approvals.grant(REQUEST, By.PERSON)
    clock.sleep(-86_400)
    clock.advance(VALID_SECONDS)
    with pytest.raises(ApprovalRefused, match="five minutes"):
        approvals.take(approval, REQUEST)


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, url="https://models.test/b.gguf"),
        replace(REQUEST, url="https://elsewhere.test/a.gguf"),
        replace(REQUEST, purpose=Purpose.CATALOGUE),
        replace(REQUEST, hosts=("*.elsewhere.test",)),
        replace(REQUEST, method="POST", body=b"canary"),
    ],
    ids=["address", "host", "purpose", "redirects", "body"],
)
def test_for_something_else_it_is_refused_and_gone(approvals: Approvals, other: NetRequest) -> None:
    """Who tried it once with other bytes cannot try again with the right ones."""
    approval = approvals.grant(REQUEST, By.PERSON)
    with pytest.raises(ApprovalRefused, match="not what you approved") as raised:
        approvals.take(approval, other)
    assert "canary" not in raised.value.sentence
    with pytest.raises(ApprovalRefused):
        approvals.take(approval, REQUEST)


def test_one_that_nobody_gave(approvals: Approvals, clock: FakeClock) -> None:
    """Made up, of another room, or changed on the way."""
    foreign = Approvals(clock).grant(REQUEST, By.PERSON)
    with pytest.raises(ApprovalRefused, match="Nobody approved"):
        approvals.take(foreign, REQUEST)
    approval = approvals.grant(REQUEST, By.PERSON)
    with pytest.raises(ApprovalRefused):
        approvals.take(replace(approval, expires=approval.expires + 1e9), REQUEST)
    by_setting = approvals.grant(REQUEST, By.SETTING)
    with pytest.raises(ApprovalRefused):
        approvals.take(replace(by_setting, by=By.PERSON), REQUEST)


def test_all_forgotten(approvals: Approvals) -> None:
    """What was approved and not used counts no more."""
    approval = approvals.grant(REQUEST, By.PERSON)
    approvals.clear()
    with pytest.raises(ApprovalRefused):
        approvals.take(approval, REQUEST)


def test_forgotten_for_one_purpose(approvals: Approvals) -> None:
    """What was approved for another one still counts."""
    asking = replace(REQUEST, purpose=Purpose.CLOUD)
    model, cloud = approvals.grant(REQUEST, By.PERSON), approvals.grant(asking, By.PERSON)
    approvals.clear([Purpose.CLOUD])
    approvals.take(model, REQUEST)
    with pytest.raises(ApprovalRefused):
        approvals.take(cloud, asking)


def test_they_do_not_pile_up(approvals: Approvals, clock: FakeClock) -> None:
    """What was given and never used is forgotten in the end; what was used likewise."""
    for number in range(100):
        approval = approvals.grant(REQUEST, By.PERSON)
        if number % 2:
            approvals.take(approval, REQUEST)
    clock.advance(3 * VALID_SECONDS)
    approvals.grant(REQUEST, By.PERSON)
    assert len(approvals._open) == 1
    assert not approvals._used


def test_a_thousand_races_for_one(approvals: Approvals) -> None:
    """Of eight threads that take it at the same moment exactly one gets it, every time."""
    threads = 8
    start = threading.Barrier(threads)
    rounds = [approvals.grant(REQUEST, By.PERSON) for _ in range(1000)]
    won = [0] * len(rounds)
    lock = threading.Lock()

    def take_all() -> None:
        for number, approval in enumerate(rounds):
            start.wait()
            try:
                approvals.take(approval, REQUEST)
            except ApprovalRefused:
                continue
            with lock:
                won[number] += 1

    racing = [threading.Thread(target=take_all) for _ in range(threads)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert won == [1] * len(rounds)
