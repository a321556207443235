"""An approved transfer of the real program's parts, packet by packet: it carries what was approved.

The process that fetches is sealed and holds a vault with words in it; its broker starts the real
net child. Without TLS, or the packets would prove nothing; ``tests/unit/test_net_child`` has that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant import __version__
from tests.detectors.capturing import Capture, require_capture
from tests.detectors.tracing import Tracer, needs_strace
from tests.lying_server import LyingServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the detectors are Linux's")

ROOT = Path(__file__).parent.parent.parent
WORDS = ("heron-velvet-quill", "otter-copper-lilac", "magpie-silver-thyme")
BODY = b"just a file, which anybody may have " * 500

FETCHING = """
import json, os, sys
from pathlib import Path
from assistant.outside import part_from_internet
outside = part_from_internet()
from assistant.cancel import Cancel
from assistant.clock import SystemClock
from assistant.drafts import DraftService
from assistant.net.gatekeeper import GateKeeper
from assistant.net.ledger import NetworkLedger
from assistant.net.records import Data, Purpose
from assistant.net.request import NetRequest
from assistant.settings import Settings
from assistant.store.vault import Vault
from tests.fakes.net import FakeMetered

folder, url, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
typed = sys.stdin.readline().strip()
with Vault.open(folder / "vault.db", bytes(32)) as vault:
    DraftService(vault).save(None, typed).result()
    settings = Settings(system_prompt=sys.stdin.readline().strip())
    ledger = NetworkLedger(vault, bytes(32), SystemClock())
    gate = GateKeeper(outside.net, ledger, FakeMetered(), lambda: settings, SystemClock())
    request = NetRequest(Purpose.MODEL, url, max_bytes=size, plain_allowed=True)
    with gate.open(gate.approve(request), request, "Small 1B") as permit:
        events = list(permit.run(request, Cancel()))
    body = b"".join(event.data for event in events if isinstance(event, Data))
    summary = gate.summary().result()
    gate.close()
    kept = DraftService(vault).load().result()
outside.net.close()
print(json.dumps({
    "level": outside.seal.level, "bytes": len(body), "kept": kept == {None: typed},
    "out": summary.bytes_out, "in": summary.bytes_in, "transfers": summary.transfers,
}))
"""


def fetch(folder: Path, server: LyingServer, *prefix: str) -> dict[str, Any]:
    """Fetch the server's file from behind a seal; what the process says of it."""
    command = [sys.executable, "-c", FETCHING, str(folder), server.url(host="127.0.0.1")]
    quiet = {name: it for name, it in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [*prefix, *command, str(len(BODY))],
        cwd=ROOT,
        env=quiet | {"A_SECRET": WORDS[2]},
        input=f"{WORDS[0]}\n{WORDS[1]}\n",
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_packets_of_a_transfer(tmp_path: Path) -> None:
    """The request and the file are in them; no word of the vault, a setting or a variable is."""
    require_capture()
    with LyingServer(BODY) as server:
        port = int(re.findall(r":(\d+)", server.url(host="127.0.0.1"))[0])
        with Capture(port) as capture:
            told = fetch(tmp_path, server)
            packets = capture.end()
    assert (told["level"], told["bytes"], told["kept"]) == ("whole", len(BODY), True)
    assert BODY[:100] in packets, "the witness is blind"
    assert [word for word in WORDS if word.encode() in packets] == []
    request = packets[packets.index(b"GET /") :].partition(b"\r\n\r\n")[0].decode()
    assert request.splitlines() == [
        "GET /model.gguf HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "accept: */*",
        "accept-encoding: identity",
        "connection: close",
        f"user-agent: Hush/{__version__}",
    ], "nothing besides"
    assert (told["transfers"], told["in"] >= len(BODY), told["out"] > 0) == (1, True, True)


@needs_strace
def test_only_the_net_child_has_a_socket(tmp_path: Path) -> None:
    """Not the process that asked for it, nor the broker."""
    tracer = Tracer(tmp_path / "trace")
    with LyingServer(BODY) as server:
        assert fetch(tmp_path, server, *tracer.prefix)["bytes"] == len(BODY)
    tracer.wait()
    (child,) = tracer.started("assistant.net.child")
    assert tracer.sockets() >= 1, "the witness is blind"
    assert {thread for thread, _ in tracer.leaks_by_thread()} == {child}
