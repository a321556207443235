"""The network's page and the status line's last part: the seal, the switch, every transfer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from assistant.errors import VaultDamaged, VaultLocked
from assistant.events import NetworkChanged
from assistant.net.gatekeeper import NOT_BEGUN, STOPPED
from assistant.net.records import By, ChainVerdict, Failure, NetworkSummary, Purpose
from assistant.sealing.protocol import SealReport
from tests.fakes.models_service import SENT, FakeModels, row
from tests.fakes.net import NOTHING_SENT
from tests.fakes.seal import NONE, PARTIAL, WHOLE
from tests.gui.fakes import FakeApp
from tests.gui.models_bench import ModelsBench
from ui.network import words
from ui.theme.style import Theme
from ui.theme.tokens import DARK
from ui.window import CHATS, NETWORK

_OURS = (NOT_BEGUN, STOPPED)
ROWS = (
    row(1),
    row(2, purpose=Purpose.CATALOGUE, what="", by=By.SETTING, host="models.example.org"),
    row(3, result="interrupted", bytes_out=None, bytes_in=None),
    row(4, ended=None, result="", bytes_out=None, bytes_in=None),
)


def with_transfers(_: FakeApp, models: FakeModels) -> None:
    """Some things were downloaded."""
    models.gate.told = SENT
    models.ledger.kept = list(ROWS)
    models.ledger.verdict = ChainVerdict(intact=True, rows=8, first_bad=None)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ModelsBench]:
    """The window, at the network."""
    bench = ModelsBench(qtbot, with_transfers, place=NETWORK)
    yield bench
    bench.close()


def said(page: QWidget) -> list[str]:
    """What the lines of transfers say."""
    return [f"{line._title.text()}\n{line._words.text()}" for line in page.lines]  # type: ignore[attr-defined] # a NetworkPage


def answer(
    bench: ModelsBench, file: Path
) -> Callable[[QWidget, str, Callable[[Path], object]], object]:
    """Ask for a file in the test's way."""

    def ask(_: QWidget, name: str, take: Callable[[Path], object]) -> None:
        assert name == "Hush network record.json"
        take(file)

    bench.workplace.models.network._ask_file = ask
    return ask


# What left --------------------------------------------------------------------------------


def test_nothing_was_sent(qtbot: QtBot) -> None:
    """Large, and true: no transfer ever was."""
    bench = ModelsBench(qtbot, place=NETWORK)
    assert bench.network.sent.text() == "0 bytes sent"
    assert "Nothing has left this laptop" in bench.network.received.text()
    assert bench.network._empty.isVisible()
    assert bench.window.status.sent_button.words == "sealed · nothing sent"
    bench.close()


def test_every_transfer_is_listed(bench: ModelsBench) -> None:
    """When, where to, why, how much, who approved, and how it ended."""
    assert bench.network.sent.text() == "12 kB sent"
    lines = said(bench.network)
    assert "A model: qwen3-1.7b-q4" in lines[0]
    assert "huggingface.co · 4 kB out, 1.1 GB in · approved by you · done" in lines[0]
    assert "The list of models" in lines[1]
    assert "allowed in the settings" in lines[1]
    assert "not known out, not known in" in lines[2]
    assert "interrupted" in lines[2]
    assert "under way" in lines[3]


def test_a_transfer_shows_as_it_happens(bench: ModelsBench) -> None:
    """The page and the status line follow."""
    bench.models.gate.told = replace(SENT, transfers=4, under_way=1)
    bench.models.ledger.kept = [row(0, ended=None, result=""), *ROWS]
    bench.app.sink(NetworkChanged())
    bench.settle()
    assert "1 transfer under way" in bench.network.received.text()
    assert len(bench.network.lines) == len(ROWS) + 1
    assert bench.window.status.sent_button.words == "sealed · receiving · 12 kB sent"


def test_a_transfer_that_ends_with_the_session(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault is closed already when its end is told: nothing is asked of it, nothing breaks."""
    asked: list[bool] = []

    def summary() -> Future[NetworkSummary]:
        asked.append(True)
        raise VaultLocked("The vault is closed.")

    monkeypatch.setattr(bench.models.gate, "summary", summary)
    bench.workplace.handle(NetworkChanged())
    assert asked


def test_many_transfers_come_in_parts(qtbot: QtBot) -> None:
    """A page of twenty; more on request."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.ledger.kept = [row(number) for number in range(45)]

    bench = ModelsBench(qtbot, prepare, place=NETWORK)
    assert len(bench.network.lines) == 20
    bench.click(bench.network.more_button)
    bench.click(bench.network.more_button)
    assert len(bench.network.lines) == 45
    assert not bench.network.more_button.isVisible()
    bench.close()


def test_a_line_that_says_the_same_stays(qtbot: QtBot) -> None:
    """Another transfer stands above it; the keyboard stays where the person is."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.ledger.kept = [row(number) for number in range(3, 0, -1)]

    bench = ModelsBench(qtbot, prepare, place=NETWORK)
    before = bench.network.lines
    bench.models.ledger.kept.insert(0, row(4))
    bench.app.sink(NetworkChanged())
    bench.settle()
    assert bench.network.lines[1:] == before
    places = [bench.network._list.indexOf(line) for line in bench.network.lines]
    assert places == [0, 1, 2, 3]
    bench.close()


def test_more_than_are_read_at_once(qtbot: QtBot) -> None:
    """The list goes on to the very first one, however many there are; also while more come."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.ledger.kept = [row(number) for number in range(45)]

    bench = ModelsBench(qtbot, prepare, place=NETWORK)
    network = bench.workplace.models.network
    network._wanted = 20  # as if so few were read at once
    network.refresh()
    bench.settle()
    assert len(bench.network.lines) == 20
    for shown in (40, 45):
        assert bench.network.more_button.isVisible()
        bench.click(bench.network.more_button)
        bench.settle()
        assert len(bench.network.lines) == shown
    assert not bench.network.more_button.isVisible()
    bench.models.ledger.kept.insert(0, row(46))
    bench.app.sink(NetworkChanged())
    bench.settle()
    assert len(bench.network.lines) == 46
    bench.close()


def test_a_session_that_writes_nothing_sends_nothing(qtbot: QtBot) -> None:
    """It says so; there is no record to check or export."""
    bench = ModelsBench(qtbot, offered=False, place=NETWORK)
    assert "so nothing can be sent in it either" in bench.network.received.text()
    assert not bench.network.record.isVisible()
    bench.close()


# The record -------------------------------------------------------------------------------


def test_checking_the_record(bench: ModelsBench) -> None:
    """Whole, and then not: which row, and what that means."""
    check, _ = bench.network.record_line.stops
    bench.click(check)
    assert bench.network.record_line.said == "All 8 rows are as Hush wrote them."
    bench.models.ledger.verdict = ChainVerdict(intact=False, rows=8, first_bad=5)
    bench.click(check)
    assert "Row 5 is not as Hush wrote it" in bench.network.record_line.said


@pytest.mark.parametrize(("name", "form"), [("r.json", "json"), ("r.csv", "csv"), ("r", "json")])
def test_exporting_the_record(bench: ModelsBench, tmp_path: Path, name: str, form: str) -> None:
    """The file's name says what it is to be."""
    answer(bench, tmp_path / name)
    _, export = bench.network.record_line.stops
    bench.click(export)
    bench.settle()
    assert (tmp_path / name).read_text() == f"{form}: 0 bytes sent\n"
    assert bench.network.record_line.said == f"The record is written to {name}."


def test_a_record_that_cannot_be_exported(bench: ModelsBench, tmp_path: Path) -> None:
    """Nothing is written, and why is said."""
    answer(bench, tmp_path / "r.json")
    bench.models.ledger.problem = VaultDamaged("The record cannot be read.")
    _, export = bench.network.record_line.stops
    bench.click(export)
    assert bench.network.record_line.said == "The record cannot be read."
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(bench: ModelsBench, tmp_path: Path) -> None:
    """A folder where the file should be: said, nothing lost."""
    (tmp_path / "r.json").mkdir()
    answer(bench, tmp_path / "r.json")
    _, export = bench.network.record_line.stops
    bench.click(export)
    bench.settle()
    assert bench.network.record_line.said
    assert "is written to" not in bench.network.record_line.said


def test_a_damaged_record_is_said_in_the_status_line(qtbot: QtBot) -> None:
    """In words, not by colour alone."""

    def prepare(_: FakeApp, models: FakeModels) -> None:
        models.gate.told = replace(SENT, intact=False)

    bench = ModelsBench(qtbot, prepare, place=CHATS)
    assert bench.window.status.sent_button.words == "sealed · network record damaged"
    bench.close()


# Local only -------------------------------------------------------------------------------


def test_local_only(bench: ModelsBench) -> None:
    """The switch is kept, and both ways; the page is read anew with it."""
    assert bench.focus is bench.network.local_only.switch
    bench.models.gate.told = replace(SENT, can_send=False, why_not="Local only is on.")
    bench.press("Space")
    assert bench.app.settings.local_only
    assert not bench.network.why_not.isVisible()  # the switch says it
    bench.press("Space")
    assert not bench.app.settings.local_only


def test_local_only_from_the_settings(bench: ModelsBench) -> None:
    """Wherever it is turned, the page shows it."""
    settings = replace(bench.app.settings, local_only=True)
    bench.workplace.preferences.change(settings)
    bench.settle()
    assert bench.network.local_only.switch.isChecked()


def test_why_nothing_could_leave(bench: ModelsBench) -> None:
    """Said where the switch is, unless the switch is why."""
    bench.models.gate.told = replace(SENT, can_send=False, why_not="The way out is gone.")
    bench.app.sink(NetworkChanged())
    bench.settle()
    assert bench.network.why_not.text() == "The way out is gone."
    assert bench.network.why_not.isVisible()


# The seal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seal", "status", "layers"),
    [(WHOLE, "sealed", 2), (PARTIAL, "sealed in part", 2), (NONE, "not sealed", 1)],
)
def test_the_seal_in_words(qtbot: QtBot, seal: SealReport, status: str, layers: int) -> None:
    """How far, by what, whether it was tried; where there is none, said plainly."""
    bench = ModelsBench(qtbot, seal=seal, place=NETWORK)
    assert bench.window.status.sent_button.words == f"{status} · nothing sent"
    assert seal.sentence in bench.window.status.sent_button.toolTip()
    assert seal.sentence in bench.network._seal_words.text()
    tried = "was refused" if seal.proven else "could not be shown"
    assert tried in bench.network._seal_words.text()
    assert len(bench.network._layers) == layers
    bench.close()


# Getting there ----------------------------------------------------------------------------


def test_ways_to_the_page(bench: ModelsBench) -> None:
    """From the status line and from the settings; Esc leaves."""
    bench.window.go_to(CHATS)
    bench.click(bench.window.status.sent_button)
    assert bench.window.place == NETWORK
    bench.press("Esc")
    assert bench.window.place == CHATS
    bench.press("Ctrl+7")
    bench.workplace._places.settings._network.click()
    assert bench.window.place == NETWORK


@pytest.mark.parametrize(("scale", "width"), [(3.0, 900), (1.0, 640)])
def test_nothing_is_cut(bench: ModelsBench, scale: float, width: int) -> None:
    """Narrow windows and 300 % text."""
    bench.window.apply(Theme(DARK, scale))
    bench.window.resize(width, 600)
    bench.settle()
    for line in (bench.network.record_line, *bench.network.lines):
        left = line.mapTo(bench.network, line.rect().topLeft()).x()
        assert left + line.width() <= bench.network.width()


# The words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (NOTHING_SENT, "0 bytes sent"),
        (SENT, "12 kB sent"),
        (replace(SENT, bytes_out=0), "0 bytes sent"),
    ],
)
def test_how_much_was_sent(summary: NetworkSummary, expected: str) -> None:
    """Zero is only said where it is true."""
    assert words.sent(summary) == expected


def test_what_nobody_counted_is_not_called_nothing() -> None:
    """A transfer that broke off may have sent something."""
    summary = replace(SENT, bytes_out=0, unknown=1)
    assert "nothing sent" not in words.status(summary, WHOLE)[0]
    assert "0 bytes" not in words.sent(summary)
    assert "1 transfer broke off uncounted" in words.received(summary)


@pytest.mark.parametrize("result", ["", "ok", NOT_BEGUN, STOPPED, "interrupted", *Failure])
def test_every_result_has_words(result: str) -> None:
    """None is shown as the code that the ledger keeps."""
    last = words.row_words(row(1, result=str(result))).rsplit(" · ", 1)[-1]
    assert " " in last or last == "done"


def test_who_ended_it() -> None:
    """The person, Hush, or nobody: for it was never begun. A server is blamed for what it did."""
    said = {result: words.row_words(row(1, result=result)) for result in (*Failure, *_OURS)}
    assert [result for result, one in said.items() if "by you" in one.rsplit(" · ", 1)[-1]] == [
        Failure.CANCELLED
    ]
    assert [result for result, one in said.items() if "server refused" in one] == [Failure.STATUS]
    assert "nothing left" in said[NOT_BEGUN]
    assert "by Hush" in said[STOPPED]


def test_whom_it_came_to() -> None:
    """Where a redirect led to another host, both are said."""
    assert "huggingface.co → cdn.hf.co · " in words.row_words(row(1, reached="cdn.hf.co"))
    assert "→" not in words.row_words(row(1))


# The settings -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["http://example.org/list.json", "file:///etc/passwd", "list"])
def test_an_address_that_is_not_asked(bench: ModelsBench, address: str) -> None:
    """Only https: anything else is refused in words, and the earlier one stands."""
    row = bench.workplace._places.settings._rows["catalogue_address"]
    row._field.setText(address)
    row._give()
    assert "needs an address that begins with https://" in row._problem.text()
    assert bench.app.settings.catalogue_address == ""


def test_an_address_for_newer_lists(bench: ModelsBench) -> None:
    """It is kept as it was typed."""
    row = bench.workplace._places.settings._rows["catalogue_address"]
    row._field.setText(" https://models.example.org/list.json ")
    row._give()
    bench.settle()
    assert bench.app.settings.catalogue_address == "https://models.example.org/list.json"
