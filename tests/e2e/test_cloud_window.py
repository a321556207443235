"""The sealed window asks elsewhere by the keyboard: shown, a part left out, sent, in the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.certificates import Authority
from tests.cloud_server import CloudServer
from tests.served import trusting
from tests.virtual_screen import Screen, needs_virtual_screen

pytestmark = needs_virtual_screen


def test_from_the_line_to_the_ledger(screen: Screen, tmp_path: Path) -> None:
    """The keyboard is on "Stay local"; what came is what was left in; the window has no way out.

    The server counts: one request, and the ledger has exactly that.
    """
    certificate = Authority(tmp_path).sign()
    environment = {**screen.environment, **trusting(certificate)}
    environment |= {"DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"}
    with CloudServer(certificate) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.e2e.cloud_window_child"),
                *(server.own, str(tmp_path / "profile")),
            ],
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        said = json.loads(done.stdout.splitlines()[-1])
        assert said["default"] == "Stay local"
        assert said["sealed"] is True
        (asked,) = server.asked
        messages = json.loads(asked.body)["messages"]
        assert [one["role"] for one in messages] == ["user"]  # the instructions were left out
        assert "anna.larsson" not in asked.body.decode()
        ((host, result, bytes_out, payload),) = said["rows"]
        assert (host, result) == ("127.0.0.1", "ok")
        assert bytes_out > len(asked.body)
        assert [payload] == server.payloads()
