"""Interrupted downloads at a small count, and that the trial sees what it looks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.shelf.download import Fetching
from assistant.shelf.part import Part
from tests.lying_server import Asked
from tests.trials import downloads
from tests.trials.download_lies import LIES
from tests.trials.downloads import Counted
from tests.unit.fetching import begun, entry_of, random_body

SEED = 1  # always the same here; the benchmark draws another one each time
BODY = random_body(1000)
ENTRY = entry_of(BODY)


def test_downloads_survive_every_kind_of_round(tmp_path: Path) -> None:
    """Each kind once or twice; the benchmark does fifty, or five hundred."""
    outcome = downloads.run(len(downloads.KINDS), SEED, tmp_path)
    assert outcome.faults == (), "\n".join((f"seed {SEED}:", *outcome.faults))
    assert sum(number for what, number in outcome.numbers.items() if "killed" in what) > 0
    assert outcome.numbers["connections that went on"] > 0


def test_a_digest_that_nobody_compares_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong file is on the shelf then."""
    monkeypatch.setattr(downloads, "KINDS", ("lie",))
    monkeypatch.setattr(downloads, "LIES", {"wrong digest": LIES["wrong digest"]})
    monkeypatch.setattr(Part, "sha256", property(lambda part: part.path.name.partition(".")[0]))
    faults = downloads.run(1, SEED, tmp_path).faults
    assert any("a wrong file is on the shelf" in fault for fault in faults)
    assert any("ended with done, not ModelDamaged" in fault for fault in faults)


def test_a_part_that_is_not_gone_on_with_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are on the disk are fetched again then."""
    monkeypatch.setattr(downloads, "KINDS", ("lie",))
    monkeypatch.setattr(downloads, "LIES", {"gone": LIES["gone"]})
    begin = Fetching.run

    def forgetful(fetching: Fetching) -> None:
        fetching._part.drop()
        begin(fetching)

    monkeypatch.setattr(Fetching, "run", forgetful)
    faults = downloads.run(1, SEED, tmp_path).faults
    assert any("were there, and it was asked for from 0 on" in fault for fault in faults)


def faults_of(asked: list[Asked], here: int, folder: Path) -> list[str]:
    """What is found wrong of a run over these connections."""
    return list(downloads.run_faults(folder, ENTRY, here, asked, Counted()))


def asked_of(*connections: tuple[int, int]) -> Iterator[Asked]:
    """Connections by their first byte and how many were sent."""
    return (Asked("/model.gguf", offset, "", {}, sent) for offset, sent in connections)


@pytest.mark.parametrize(
    ("here", "connections", "seen"),
    [
        (0, [(0, 400), (400, 600)], 0),
        (0, [(0, 400), (300, 700)], 0),
        (400, [(400, 600)], 0),
        (400, [(0, 1000)], 1),
        (0, [(0, 400), (401, 599)], 1),
        (400, [(400, 100), (0, 1000)], 1),
        (1000, [(1000, 0)], 1),
    ],
)
def test_what_is_fetched_twice_or_left_out_is_seen(
    tmp_path: Path, here: int, connections: list[tuple[int, int]], seen: int
) -> None:
    """A gap, a step back, bytes that are here already."""
    assert len(faults_of(list(asked_of(*connections)), here, tmp_path)) == seen


def test_a_wrong_file_and_a_part_of_nothing_are_seen(tmp_path: Path) -> None:
    """Whatever the service says of itself."""
    place = tmp_path / "models" / f"sha256-{ENTRY.sha256}"
    place.mkdir(parents=True)
    (place / "model.gguf").write_bytes(BODY[:-1])
    (tmp_path / "models" / "active.json").write_bytes(b"{}")
    begun(tmp_path / "downloads", ENTRY, BODY[:400])
    (tmp_path / "downloads" / f"{ENTRY.sha256}.json").unlink()
    assert len(faults_of([], 0, tmp_path)) == 3
