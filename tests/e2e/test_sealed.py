"""What must go on behind the seal does: a window on X11, D-Bus, the keyring, the engine's child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.test_terminal import eventually, hush
from tests.e2e.test_window import QUESTION, WINDOW, OpenWindow
from tests.fakes.desktop import Service
from tests.gnome_keyring import gnome_keyring, needs_gnome_keyring
from tests.virtual_screen import Screen, needs_virtual_screen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the seal is Linux's")

STRICT, FREE = "2", "0"  # of "Seccomp:" in /proc/PID/status; proc(5)


def status(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (row.partition(":") for row in rows)}


def families(pid: int) -> dict[str, set[str]]:
    """The filter's mode, of the window with all its children, and of the broker."""
    found: dict[str, set[str]] = {"hush": {status(pid)["Seccomp"]}, "broker": set()}
    for child in psutil.Process(pid).children(recursive=True):
        is_broker = any(word.endswith("broker.py") for word in child.cmdline())
        found["broker" if is_broker else "hush"].add(status(child.pid)["Seccomp"])
    return found


@needs_virtual_screen
@needs_gnome_keyring
def test_a_window_with_bus_and_keyring(screen: Screen, folder: Path, tmp_path: Path) -> None:
    """It opens by the keyring alone, listens on the bus, and its model answers; all sealed."""
    with gnome_keyring(tmp_path / "home", unlock=True):
        first = hush(folder, "ask", QUESTION, "--keyring-only", passphrase=None)
        assert first.returncode == 0, first.stderr
        bus = Service(os.environ["DBUS_SESSION_BUS_ADDRESS"])
        before = set(bus.others())
        environment = {
            **screen.environment,
            "DBUS_SESSION_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"],
        }
        with subprocess.Popen(
            [*WINDOW, "--profile", str(folder)], env=environment, stdin=subprocess.DEVNULL
        ) as process:
            try:
                window = OpenWindow(process, folder, screen)
                window.wait_for("engine.warm")
                window.wait_for("window.furnished")
                window.ask("And of Italy?")
                eventually(lambda: set(bus.others()) - before)
                assert families(process.pid) == {"hush": {STRICT}, "broker": {FREE}}
                assert {task_mode(process.pid, task) for task in tasks(process.pid)} == {STRICT}
                window.quit()
            finally:
                process.kill()
        bus.close()


def tasks(pid: int) -> list[str]:
    """The threads of a process."""
    return [path.name for path in Path(f"/proc/{pid}/task").iterdir()]


def task_mode(pid: int, task: str) -> str:
    """The filter's mode of one thread; one that ended a moment ago has none to tell."""
    try:
        rows = Path(f"/proc/{pid}/task/{task}/status").read_text()
    except OSError:
        return STRICT
    return rows.split("Seccomp:\t")[1].split("\n")[0]
