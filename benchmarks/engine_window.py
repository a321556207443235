"""The real window with the real engine, on a screen that nobody sees, its vault in a keyring."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from assistant.paths import Profile
from benchmarks.window import FIRST_RUN, HUSH
from tests.gnome_keyring import gnome_keyring
from tests.virtual_screen import Screen, virtual_screen

DEADLINE_SECONDS: Final = 60.0

_SETTINGS: Final = {"use_tuned": False, "lock_minutes": 0}
"""Tuning happens once, and a locked window is another row's."""


class OpenWindow:
    """A running window, driven by keys and watched through its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, screen: Screen) -> None:
        self._process = process
        self._log = log
        self._before = log.stat().st_size
        self._screen = screen

    @property
    def pids(self) -> list[int]:
        """The window's process and the engine's."""
        return [self._process.pid, self.engine_pid]

    @property
    def engine_pid(self) -> int:
        """The engine's process."""
        (child,) = psutil.Process(self._process.pid).children(recursive=True)
        return int(child.pid)

    def ask(self, text: str) -> None:
        """Type a question, wait for the end of its answer."""
        self._screen.focus(self._screen.windows(self._process.pid)[0])
        self._screen.type(text)
        self._screen.press("Return")
        self.wait_for("reply.ended")

    def wait_for(self, *events: str) -> None:
        """Wait until this run has logged all of these.

        Raises:
            RuntimeError: it ended, or has not within a minute.
        """
        end = time.monotonic() + DEADLINE_SECONDS
        while not all(f" {event}" in self._logged() for event in events):
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"the window has not logged {' and '.join(events)}")
            time.sleep(0.05)

    def _logged(self) -> str:
        return self._log.read_bytes()[self._before :].decode()


@contextmanager
def running_window() -> Iterator[OpenWindow]:
    """A window that is furnished and whose model is warm; gone with the context."""
    with (
        tempfile.TemporaryDirectory() as folder,
        gnome_keyring(Path(folder) / "home", unlock=True),
        virtual_screen() as screen,
    ):
        root = Path(folder) / "profile"
        subprocess.run([*FIRST_RUN, "--profile", str(root)], check=True, capture_output=True)
        profile = Profile(root)
        known = json.loads(profile.settings.read_text()) if profile.settings.exists() else {}
        profile.settings.write_text(json.dumps(known | _SETTINGS))
        with subprocess.Popen(
            [*HUSH, "--profile", str(root)], env=screen.environment, stdin=subprocess.DEVNULL
        ) as process:
            try:
                window = OpenWindow(process, root / "logs" / "hush.log", screen)
                window.wait_for("window.furnished", "engine.warm")
                yield window
            finally:
                process.terminate()
                process.wait(DEADLINE_SECONDS)
