"""Races of edits and a press at a small count, and that the trial sees what it looks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cloud.preview import Preview
from assistant.cloud.records import Composed
from tests.trials import cloud_races

SEED = 1  # always the same here; the benchmark draws another one each time
pytestmark = pytest.mark.cloud


def test_what_was_seen_is_what_is_sent(tmp_path: Path) -> None:
    """A few races; the benchmark does fifty, or a thousand."""
    outcome = cloud_races.run(4, SEED, tmp_path)
    assert outcome.faults == (), "\n".join((f"seed {SEED}:", *outcome.faults))
    assert outcome.numbers["sent"] == 4
    assert outcome.numbers["edits"] > 0


def test_a_byte_more_than_was_seen_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview that settles something else than what it showed."""
    settle = Preview.settle

    def sloppy(preview: Preview, version: int) -> Composed:
        settled = settle(preview, version)
        request = replace(settled.request, body=settled.request.body + b" ")
        return replace(settled, request=request)

    monkeypatch.setattr(Preview, "settle", sloppy)
    (fault, *_) = cloud_races.run(1, SEED, tmp_path).faults
    assert "not what was seen" in fault
    assert "body" in fault


def test_a_version_that_nobody_saw_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview that settles the newest version, whichever was seen, and again and again."""
    monkeypatch.setattr(
        Preview, "settle", lambda preview, _version: preview.look_again() or _wait(preview)
    )
    faults = cloud_races.run(1, SEED, tmp_path).faults
    assert any("not what was seen: version" in fault for fault in faults)
    assert any("settled twice" in fault for fault in faults)


def _wait(preview: Preview) -> Composed:
    while (composed := preview.composed) is None:
        pass
    return composed
