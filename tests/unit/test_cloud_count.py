"""What counts requests without an approval sees one."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.cloud_count import REPORT, counting, write_down
from tests.cloud_server import CloudServer


def test_a_planted_request_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody approved it, so it is one too many; and it is written down for the benchmark."""
    monkeypatch.setenv(REPORT, str(tmp_path))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with counting(monkeypatch) as count, CloudServer() as server:
        assert count.unapproved == 0
        with opener.open(f"{server.own}/models", timeout=20) as answer:
            assert answer.status == 200
        assert len(count.came) == count.unapproved == 1
        write_down(count, "planted")
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text()) == {"test": "planted", "came": 1, "unapproved": 1}
