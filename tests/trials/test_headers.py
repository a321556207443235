"""Mutated headers at a small count, and that the trial sees what it looks for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import EngineError
from assistant.shelf.preflight import refused
from assistant.shelf.records import Passed, Refused
from tests.trials import headers

SEED = 1  # always the same here; the benchmark draws another one each time


def test_every_header_has_a_verdict(tmp_path: Path) -> None:
    """The benchmark does five hundred, or twenty thousand."""
    outcome = headers.run(25, SEED, tmp_path)
    assert outcome.faults == (), "\n".join((f"seed {SEED}:", *outcome.faults))
    assert outcome.numbers["refused"] > 0
    assert outcome.numbers["refused"] + outcome.numbers["passed"] == 25


def test_what_goes_wrong_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error, a verdict that is late, a write to the vault."""
    lock = threading.Lock()
    calls = []

    def examine(path: Path, cancel: Cancel) -> Passed | Refused:
        with lock:
            calls.append(path)
            number = len(calls)
        if number == 1:
            raise EngineError("It could not be started.")
        if number == 2:
            raise RuntimeError
        if number == 3:
            with (tmp_path / "vault.db-wal").open("ab") as file:
                file.write(b"x")
        return refused("magic")

    monkeypatch.setattr(headers, "LONGEST_SECONDS", -1.0)
    outcome = headers.run(4, SEED, tmp_path, examine)
    assert sum("no verdict" in fault and "after" not in fault for fault in outcome.faults) == 2
    assert sum("after" in fault for fault in outcome.faults) == 4
    assert any("files of the vault" in fault for fault in outcome.faults)
