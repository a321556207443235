"""``hush metrics``: a table for a person, numbers for a program, beside an open window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.app import App
from assistant.instance import Instance
from assistant.metrics import Metrics, MetricsService
from assistant.paths import Profile
from assistant.power.plan import Mode, Plan, Reason
from assistant.records import FinishReason, ReplyFigures
from assistant.store.vault import Vault
from assistant.terminal import parse
from assistant.terminal.measuring import as_data, as_table
from tests.fakes.clock import FakeClock
from tests.fakes.door import PASSPHRASE
from tests.unit.terminals import Terminal

FIGURES = ReplyFigures(
    "my diary's model", 600, 500, 40, 120.0, 128.0, 2048, 0, 0, FinishReason.STOP
)
HOUR = 3600  # seconds


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over a profile with a vault."""
    terminal = Terminal(tmp_path / "profile")
    assert terminal.run("ask", "where is Rome?") == 0
    return terminal


def measure(terminal: Terminal, *figures: ReplyFigures) -> None:
    """Have replies noted in the profile, as the app does."""
    with App(Profile(terminal.root), lambda _: None, terminal.parts()) as app:
        session = app.open_vault(secret=PASSPHRASE).result()
        for one in figures:
            session.metrics.reply_ended(one, Mode.FULL, 412_000_000, None)
        session.metrics.read(1).result()  # after what was written before


def data(terminal: Terminal) -> dict[str, Any]:
    """The one JSON object that was printed."""
    (line,) = terminal.out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def leaves(value: Any) -> Iterator[Any]:
    """Every value in there that is no object and no list."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from leaves(entry)
    else:
        yield value


@pytest.fixture
def found() -> Metrics:
    """Two replies on battery and one on mains, in an hour of each mode."""
    clock = FakeClock()
    with Vault.in_memory() as vault:
        service = MetricsService(vault, clock)
        for mode in Mode:
            service.mode_changed(Plan(mode, Reason.HOT))
            used = None if mode is Mode.FULL else 0.002
            service.reply_ended(FIGURES, mode, 412_000_000, used)
            clock.advance(HOUR)
        return service.read(1).result()


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "²", "9" * 5000, ""])
def test_not_understood(days: str) -> None:
    """Exit code 2, before anything is opened."""
    with pytest.raises(SystemExit) as caught:
        parse(["metrics", "--days", days])
    assert caught.value.code == 2


def test_before_anything_is_there(tmp_path: Path) -> None:
    """No vault: exit code 4, as for the list."""
    assert Terminal(tmp_path / "profile").run("metrics") == 4


def test_nothing_measured_yet(terminal: Terminal) -> None:
    """Said beside the output; a program gets its object all the same."""
    with App(Profile(terminal.root), lambda _: None, terminal.parts()) as app:
        app.open_vault(secret=PASSPHRASE).result().metrics.forget().result()
    assert terminal.run("metrics") == 0
    assert (terminal.out, "Nothing measured yet." in terminal.err) == ("", True)
    assert terminal.run("metrics", "--json") == 0
    assert data(terminal)["first_token_ms"] is None
    assert data(terminal)["replies"] == []


def test_measured_and_read(terminal: Terminal) -> None:
    """Beside whoever holds the profile; for a person and for a program."""
    measure(terminal, FIGURES, replace(FIGURES, first_token_ms=140.0))
    with Instance(Profile(terminal.root)):
        assert terminal.run("metrics", "--days", "1", "--json") == 0
        printed = data(terminal)
        assert terminal.run("metrics") == 0
    assert printed["days"] == 1
    assert [reply["first_token_ms"] for reply in printed["replies"][-2:]] == [120.0, 140.0]
    assert "replies in the last 7 days" in terminal.out
    assert "412 MB" in terminal.out


def test_a_locked_vault(terminal: Terminal) -> None:
    """Exit code 3: figures are kept as closely as chats."""
    assert terminal.run("metrics", passphrase="not this one") == 3
    assert terminal.out == ""


def test_the_table_is_aligned(found: Metrics) -> None:
    """Every figure ends in one column; what it means stands behind it."""
    assert as_table(found) == [
        "3 replies in the last day",
        "                     median  19 of 20",
        "first token          0.12 s  0.12 s or less",
        "speed        128.0 tokens/s  128.0 tokens/s or more",
        "peak memory          412 MB",
        "battery             0.05 Wh  for 1,000 tokens",
        "full                  1.0 h",
        "throttled             1.0 h",
        "paused                1.0 h",
    ]


@pytest.mark.parametrize(
    ("drain", "words"),
    [
        (None, "–  not measured: on mains, or the battery tells no watts"),
        (0.0, "0 Wh  for 1,000 tokens"),
        (0.0213, "0.021 Wh  for 1,000 tokens"),
        (9.96, "10 Wh  for 1,000 tokens"),
        (123.4, "123 Wh  for 1,000 tokens"),
    ],
)
def test_the_battery_in_words(found: Metrics, drain: float | None, words: str) -> None:
    """Two digits that mean something, and what is unknown is said to be."""
    (line,) = (
        line
        for line in as_table(replace(found, watt_hours_per_1000=drain))
        if line.startswith("battery")
    )
    assert line.endswith(f" {words}")


def test_what_is_unknown_is_no_zero(found: Metrics) -> None:
    """A dash for a person, null for a program."""
    bare = replace(
        found,
        first_token_ms=None,
        tokens_per_second=None,
        peak_memory_bytes=None,
        replies=(replace(found.replies[0], tokens_per_second=0.0, memory_bytes=0),),
    )
    assert [line.split()[-1] for line in as_table(bare)[2:5]] == ["–", "–", "–"]
    (reply,) = as_data(bare)["replies"]
    assert (reply["tokens_per_second"], reply["memory_bytes"]) == (None, None)


def test_a_program_gets_numbers_only(found: Metrics) -> None:
    """No name of a model, no title, no word: nothing that a person gave or wrote."""
    printed = as_data(found)
    assert {type(value) for value in leaves(printed)} == {int, float, type(None)}
    assert "diary" not in json.dumps(printed)
    assert printed["watt_hours_per_1000_tokens"] == pytest.approx(0.05)
    assert printed["modes"]["paused"] == [[printed["until"] - HOUR * 1000, printed["until"]]]
