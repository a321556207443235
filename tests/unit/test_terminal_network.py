"""``hush network``: what was sent, whether the ledger is whole, and all of it as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.net.records import ChainVerdict
from tests.fakes.models_service import row
from tests.unit.terminal_models import Hush


@pytest.fixture
def hush() -> Hush:
    """With a ledger."""
    return Hush()


def test_nothing_was_sent(hush: Hush) -> None:
    """It says so in bytes."""
    assert hush.run("network") == 0
    assert hush.out == "0 bytes sent, 0 received, 0 transfers\n"


def test_what_was_sent_is_listed(hush: Hush) -> None:
    """When, where to, why, how much each way, how it ended, and who approved it."""
    hush.ledger.kept = [row(1), row(2, bytes_out=None, bytes_in=None, result="interrupted")]
    assert hush.run("network") == 0
    totals, first, second = hush.out.splitlines()
    assert totals == "4,115 bytes sent, 1,107,409,272 received, 2 transfers"
    assert "huggingface.co" in first
    assert "qwen3-1.7b-q4" in first
    assert "ok  (person)" in first
    assert "–" in second
    assert "interrupted" in second


def test_whom_a_redirect_led_to(hush: Hush) -> None:
    """It stands beside whom was asked."""
    hush.ledger.kept = [row(1, reached="cdn.hf.co")]
    assert hush.run("network") == 0
    assert "huggingface.co → cdn.hf.co" in hush.out


def test_what_was_sent_for_a_program(hush: Hush) -> None:
    """One object: totals, verdict, transfers."""
    hush.ledger.kept = [row(1)]
    assert hush.run("network", "--json") == 0
    (found,) = hush.rows()
    assert found["bytes_out"] == 4_115
    assert found["intact"] is True
    assert found["transfers"][0]["host"] == "huggingface.co"
    assert found["transfers"][0]["purpose"] == "model"


def test_a_ledger_that_was_changed_has_its_own_exit_code(hush: Hush) -> None:
    """The first bad row is named, with a check and without."""
    hush.ledger.verdict = ChainVerdict(intact=False, rows=8, first_bad=3)
    assert hush.run("network", "--check") == 7
    assert "Row 3" in hush.err
    assert hush.out == ""
    assert hush.run("network", "--check", "--json") == 7
    assert hush.rows() == [{"intact": False, "rows": 8, "first_bad": 3}]
    assert hush.run("network") == 7


def test_all_of_it_is_exported(hush: Hush, tmp_path: Path) -> None:
    """To the terminal, or to a file of one's own."""
    assert hush.run("network", "--export", "json") == 0
    assert hush.out == "json: 0 bytes sent\n"
    file = tmp_path / "sent.csv"
    assert hush.run("network", "--export", "csv", "-o", str(file)) == 0
    assert file.read_text() == "csv: 0 bytes sent\n"
    assert "not encrypted" in hush.err
    assert hush.run("network", "--export", "csv", "-o", str(tmp_path)) == 2
