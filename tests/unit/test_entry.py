"""The ``hush`` command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.display import display_server

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
