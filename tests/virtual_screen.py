"""A screen that nobody sees: Xvfb, keys pressed by xdotool, pictures taken from the root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_virtual_screen = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="Xvfb or xdotool is not installed",
)

_GRAB = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
picture = app.primaryScreen().grabWindow(0)
sys.exit(not picture.save(sys.argv[1]))
"""


@dataclass(frozen=True, slots=True)
class Screen:
    """A running Xvfb."""

    display: str

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to appear on it."""
        kept = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        return kept | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def windows(self, pid: int) -> list[str]:
        """Ids of the visible windows of a process."""
        return self._xdotool("search", "--onlyvisible", "--pid", str(pid), check=False).split()

    def title(self, window: str) -> str:
        """A window's title."""
        return self._xdotool("getwindowname", window).strip()

    def focus(self, window: str) -> None:
        """Give a window the keyboard, as a window manager would."""
        self._xdotool("windowfocus", "--sync", window)

    def press(self, *keys: str) -> None:
        """Press keys by their X names, one after the other: ``Return``, ``ctrl+n``."""
        self._xdotool("key", "--delay", "8", *keys)

    def type(self, text: str) -> None:
        """Type a text, key by key."""
        self._xdotool("type", "--delay", "8", text)

    def click(self, x: int, y: int) -> None:
        """Press the left button somewhere."""
        self._xdotool("mousemove", "--sync", str(x), str(y), "click", "1")

    def picture(self, path: Path) -> None:
        """Save what is on the screen as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-c", _GRAB, str(path)], env=self.environment, check=True, timeout=60
        )

    def _xdotool(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *words],  # noqa: S607 - the marker has looked for it
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
        )
        return done.stdout


@contextmanager
def virtual_screen(width: int = 1280, height: int = 800) -> Iterator[Screen]:
    """Run an Xvfb of this size for as long as the context lasts."""
    reader, writer = os.pipe()
    size = f"{width}x{height}x24"
    # Without -noreset it starts over whenever the last program leaves, and turns the next one away.
    screen = ["-screen", "0", size, "-noreset", "-nolisten", "tcp"]
    command = ["Xvfb", "-displayfd", str(writer), *screen]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        try:
            with os.fdopen(reader) as pipe:
                number = pipe.readline().strip()
            assert number, "Xvfb did not start"
            yield Screen(f":{number}")
        finally:
            server.terminate()
