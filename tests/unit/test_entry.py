"""The ``hush`` command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.display import display_server, is_elsewhere

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("environment", "platform", "answer"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "freebsd14", False),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_has_display(environment: dict[str, str], platform: str, answer: bool) -> None:
    """Only systems with a display server can be without one."""
    assert bool(display_server(environment, platform)) is answer


@pytest.mark.parametrize(
    ("environment", "answer"),
    [
        ({"DISPLAY": ":0"}, False),
        ({"DISPLAY": ":1.0"}, False),
        ({"DISPLAY": "unix:0"}, False),
        ({"DISPLAY": "/private/x/org.xquartz:0"}, False),
        ({"DISPLAY": "localhost:10.0"}, True),
        ({"DISPLAY": "192.0.2.7:0"}, True),
        ({"DISPLAY": "[::1]:0"}, True),
        ({"DISPLAY": "tcp/host:0"}, True),
        ({"DISPLAY": "host:0", "WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"DISPLAY": "host:0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ({}, False),
    ],
)
def test_a_display_elsewhere(environment: dict[str, str], answer: bool) -> None:
    """Its socket is an internet socket, on this machine or not."""
    assert is_elsewhere(environment, "linux") is answer
    assert not is_elsewhere(environment, "win32")


def test_a_display_that_the_seal_forbids(tmp_path: Path) -> None:
    """Said in words, where Qt would only abort; the terminal works."""
    code = "import os; os.environ['DISPLAY'] = 'localhost:10.0'; sys.exit(main(sys.argv[1:]))"
    done = run(code, profile=tmp_path / "profile")
    assert done.stderr.startswith("hush: This display is reached over the network")
    assert "PySide6" not in done.stderr


def run(code: str, *arguments: str, profile: Path) -> subprocess.CompletedProcess[str]:
    """Run the entry point in a process of its own, with no display."""
    displays = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in displays}
    return subprocess.run(
        [sys.executable, "-c", f"import sys; from ui.entry import main; {code}", *arguments],
        cwd=ROOT,
        env=environment | {"HUSH_PROFILE": str(profile)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_subcommand_needs_no_qt(tmp_path: Path) -> None:
    """It runs in the terminal, and nothing of Qt is even imported."""
    code = "main(sys.argv[1:]); print(any(name.startswith('PySide6') for name in sys.modules))"
    done = run(code, "list", profile=tmp_path / "profile")
    assert done.stdout == "False\n"
    assert "There is nothing in this profile yet." in done.stderr


def test_without_a_display(tmp_path: Path) -> None:
    """It says so in one line and goes on in the terminal, where nobody sits here."""
    done = run("sys.exit(main(sys.argv[1:]))", profile=tmp_path / "profile")
    assert done.stderr.startswith("hush: There is no display here")
    assert "PySide6" not in done.stderr


def test_a_passphrase_that_cannot_be_read(tmp_path: Path) -> None:
    """Said before any window is opened, with the exit code of a locked vault."""
    code = "import os; os.environ['QT_QPA_PLATFORM'] = 'none'; sys.exit(main(sys.argv[1:]))"
    done = run(code, "--passphrase-fd", "77", profile=tmp_path / "profile")
    assert done.returncode == 3
    assert done.stderr.startswith("hush: No passphrase could be read")
