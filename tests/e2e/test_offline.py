"""Nothing leaves: a whole offline journey in the real program, under each witness there is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.embed.shelf import EncoderShelf
from assistant.paths import Profile
from tests.detectors.capturing import require_capture
from tests.detectors.journey import COMMANDS, QUESTION, in_terminal, in_window
from tests.detectors.tracing import Tracer, needs_strace
from tests.e2e.test_terminal import hush, without_network
from tests.virtual_screen import Screen, needs_virtual_screen

ROOT = Path(__file__).parent.parent.parent
HEADERS = 24 + 16 + 14 + 20 + 8
"""Bytes before the mark that ends a capture, where nothing else was: of the file, and its own."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the detectors are Linux's")


@pytest.fixture(autouse=True)
def unspoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the tests were started with keeps a library quiet: Hush has to."""
    for name in ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path, encoder_shelf: EncoderShelf) -> Path:
    """A profile whose embedding model is exported already: that takes torch most of a minute."""
    profile = Profile(tmp_path / "profile")
    profile.prepare()
    shutil.copytree(encoder_shelf.folder, profile.encoders, dirs_exist_ok=True)
    return profile.root


@needs_strace
def test_in_the_terminal(folder: Path, tmp_path: Path) -> None:
    """No internet socket, no question for a name, nobody asked to do it; and the seal says so."""
    traces = []
    for number, words in enumerate(COMMANDS):
        tracer = Tracer(tmp_path / f"trace-{number}")
        done = hush(folder, *words, prefix=tuple(tracer.prefix))
        assert done.returncode == 0, done.stderr
        tracer.wait()
        traces.append(tracer)
    assert [call for tracer in traces for call in tracer.leaks()] == []
    assert sum(tracer.sockets() for tracer in traces) == 0
    assert all(tracer.proofs() >= 3 for tracer in traces), "each command is sealed"
    assert not any(tracer.started("assistant.net.child") for tracer in traces)
    brokers = [len(tracer.started("assistant/net/broker.py")) for tracer in traces]
    assert brokers == [words[0] == "doctor" for words in COMMANDS], "what fetches nothing has none"
    report = json.loads(done.stdout)
    for part in ("seal", "engine's seal"):
        assert (report[part]["level"], report[part]["proven"]) == ("whole", True)


@needs_strace
@needs_virtual_screen
def test_in_the_window(folder: Path, tmp_path: Path, screen: Screen) -> None:
    """First run, chat, note, search, tags, lock, unlock, chat: the new image is sealed as well."""
    tracer = Tracer(tmp_path / "trace")
    in_window(folder, screen, tracer)
    tracer.wait()
    assert tracer.leaks() == []
    assert tracer.proofs() >= 6, "before the lock and after it"
    assert not tracer.started("assistant.net.child")
    assert len(tracer.started("assistant/net/broker.py")) == 1, "it passes through the lock"


def test_with_the_network_unplugged(folder: Path) -> None:
    """All of it works where there is no network at all."""
    said = in_terminal(folder, without_network())
    assert "Paris" in said[0]
    assert QUESTION in said[-2]


@pytest.mark.parametrize("planted", [False, True])
def test_not_one_packet(folder: Path, planted: bool) -> None:
    """In a network of its own, where every packet is this journey's; and a plant is seen there."""
    require_capture()  # so this is root, whose own network it may be
    without_network()
    if not shutil.which("ip"):
        pytest.skip("ip is not installed")
    words = [str(folder), *(["plant"] if planted else [])]
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.detectors.enclosed", *words],  # noqa: S607 # looked for above
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=100,
        check=True,
    )
    told = json.loads(done.stdout)
    assert set(told["codes"]) == {0}
    assert told["word"] is planted
    assert (told["bytes"] > HEADERS) is planted
