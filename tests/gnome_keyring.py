"""GNOME's keyring, for real, on a session bus and in a home folder made for one test."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE = 10.0  # seconds: generous, the machine may be busy

BUS = shutil.which("dbus-daemon") or ""
KEYRING = shutil.which("gnome-keyring-daemon") or ""
needs_gnome_keyring = pytest.mark.skipif(
    not (BUS and KEYRING), reason="dbus-daemon or gnome-keyring-daemon is not installed"
)


# No services to activate: nothing prompts, and no second keyring starts beside the test's own.
BUS_CONFIG = """<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*"/> <allow receive_sender="*"/> <allow own="*"/>
  </policy>
</busconfig>"""


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program beside the test, to be ended with it."""
    quiet = subprocess.DEVNULL
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=quiet, env=environment, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextlib.contextmanager
def gnome_keyring(home: Path, *, unlock: bool) -> Iterator[None]:
    """Run a session bus of the test's own with GNOME's keyring on it."""
    home.mkdir(mode=0o700, exist_ok=True)
    config = home / "bus.conf"
    config.write_text(BUS_CONFIG)
    environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_DATA_HOME"):
        environment.pop(name, None)  # nothing of the real session is used
    bus = [BUS, f"--config-file={config}", "--nofork", "--print-address=1"]
    keyring = [KEYRING, "--foreground", "--components=secrets", *(["--unlock"] * unlock)]
    with running(bus, environment) as bus_process:
        assert bus_process.stdout is not None
        address = bus_process.stdout.readline().strip()
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
        with (
            owner_change(address, "org.freedesktop.secrets") as wait,
            running(keyring, environment) as keyring_process,
            pytest.MonkeyPatch.context() as patch,
        ):
            assert keyring_process.stdin is not None
            keyring_process.stdin.write("throw-away\n")
            keyring_process.stdin.close()
            wait()
            patch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            yield


@contextlib.contextmanager
def owner_change(address: str, name: str) -> Iterator[Callable[[], object]]:
    """Watch a name on a bus; what is handed out waits until somebody owns it."""
    from jeepney import MatchRule, message_bus  # comes with keyring, on Linux only
    from jeepney.io.blocking import open_dbus_connection

    rule = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
    rule.add_arg_condition(0, name)
    with open_dbus_connection(address) as connection, connection.filter(rule) as changes:
        connection.send_and_get_reply(message_bus.AddMatch(rule))
        yield lambda: connection.recv_until_filtered(changes, timeout=DEADLINE)
