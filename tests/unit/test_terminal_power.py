"""What the terminal says and does where the machine is hot or its battery low."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.power.plan import Heat, Readings
from tests.fakes.power import FakeProbe
from tests.unit.terminals import Terminal

TOO_HOT = Readings(on_mains=False, battery=0.5, heat=Heat.CRITICAL)
WARM = Readings(on_mains=False, battery=0.18, heat=Heat.FAIR)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over a profile with a vault."""
    terminal = Terminal(tmp_path / "profile")
    assert terminal.run("ask", "where is Rome?") == 0
    return terminal


def test_says_why_it_is_slower(terminal: Terminal) -> None:
    """Once, and the answer comes."""
    terminal.probe = FakeProbe(WARM)
    assert terminal.run("ask", "hello") == 0
    assert "18 %" in terminal.err
    assert "hello" in terminal.out


def test_goes_on_slowly_where_that_is_wanted(terminal: Terminal) -> None:
    """Where Hush would pause, ``--slowly`` has the answer come all the same."""
    terminal.probe = FakeProbe(TOO_HOT)
    assert terminal.run("ask", "--slowly", "hello") == 0
    assert "hello" in terminal.out


def test_tells_a_program(terminal: Terminal) -> None:
    """As an event of its own, with numbers and words but no content."""
    terminal.probe = FakeProbe(WARM)
    assert terminal.run("ask", "--json", "hello") == 0
    events = [json.loads(line) for line in terminal.out.splitlines()]
    (power,) = [event for event in events if event["event"] == "power"]
    assert (power["mode"], power["reason"]) == ("throttled", "warm-on-battery")
