"""``hush models`` end to end: a profile, a vault, the real shelf and real engines, no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.app import Parts
from assistant.engine.process import ChildEngine
from assistant.settings import Settings
from assistant.shelf.catalogue import CatalogueKeeper
from tests.gguf_files import Plan
from tests.unit.side_engines import small_model
from tests.unit.terminals import Terminal


class Real(Terminal):
    """Small models of random weights in real engines."""

    def __init__(self, root: Path, starter: Path) -> None:
        super().__init__(root)
        self._starter = small_model(starter, "Starter")

    def parts(self) -> Parts:
        """As the app's own, but for the starter model, the keyring and the power."""
        return Parts(
            engine=ChildEngine,
            entrance=self.entrance,
            probe=lambda _: self.probe,
            starter=lambda: self._starter,
        )

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """What a command prints as JSON."""
        assert self.run("models", *words, "--json") == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def terminal(tmp_path: Path) -> Real:
    """A new profile."""
    return Real(tmp_path / "profile", tmp_path)


def test_from_a_file_to_a_better_one(terminal: Real, tmp_path: Path) -> None:
    """Imported, measured, made smaller, used, taken back, removed: each by its name."""
    model = small_model(tmp_path, "Mine", Plan(seed=5, name="Mine"))
    (mine,) = terminal.rows("import", str(model.path))
    assert mine["sha256"] == model.sha256
    assert mine["state"] == "ready"
    (bench,) = terminal.rows("bench", mine["sha256"][:12])
    assert bench["decode_tokens_per_second"] > 0
    assert bench["peak_memory"] > 1_000_000
    (made,) = terminal.rows("quantise", mine["name"], "Q8_0", "--ask", "abc")
    assert made["after"]["size"] < made["before"]["size"] == model.size
    listed = {row["sha256"]: row for row in terminal.rows("list")}
    assert listed[made["sha256"]]["made_from"] == model.sha256
    assert listed[mine["sha256"]]["measured"]["decode_tokens_per_second"] > 0
    assert terminal.rows("activate", made["sha256"])[0]["active"] is True
    assert terminal.run("models", "remove", made["sha256"], "--yes") == 2  # it is in use
    assert terminal.rows("rollback")[0]["name"] == "Starter"
    assert terminal.rows("remove", made["sha256"], "--yes")[0]["freed"] == made["after"]["size"]
    assert {row["name"] for row in terminal.rows("list")} == {"Starter", mine["name"]}


def test_nothing_was_ever_sent(terminal: Real) -> None:
    """The ledger of a new profile says so, and is whole; before there is one, so is that said."""
    assert terminal.run("network") == 4
    assert "nothing in this profile" in terminal.err
    assert terminal.rows("list")
    assert terminal.run("network", "--json") == 0
    found = json.loads(terminal.out)
    assert (found["bytes_out"], found["bytes_in"], found["intact"]) == (0, 0, True)
    assert terminal.run("network", "--export", "csv") == 0
    assert terminal.out.startswith("# 0 bytes sent.")


def test_a_download_names_all_and_sends_nothing(terminal: Real, tmp_path: Path) -> None:
    """A dry run says what would be sent; the tests' process has no way out, and that is told."""
    catalogue = CatalogueKeeper(tmp_path / "none", Settings).current()
    entry = next(one for one in catalogue.entries if one.usable)
    (shown,) = terminal.rows("download", entry.id, "--dry-run")
    assert (shown["url"], shown["bytes"]) == (entry.url, entry.size)
    approved = ("--approve", shown["payload_sha256"])
    assert terminal.run("models", "download", entry.id, *approved, "--json") == 9
    assert json.loads(terminal.out)["code"] == "network-refused"
    assert terminal.run("network") == 0
    assert terminal.out.startswith("0 bytes sent")


def test_without_a_vault_there_is_no_shelf(terminal: Real) -> None:
    """No way in, no models: said so, with the vault's exit code."""
    assert terminal.run("models", "list", passphrase=None) == 3
