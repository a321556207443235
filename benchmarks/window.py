"""The window: how soon it stands, how soon the model is warm, and whether it ever stalls."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from benchmarks.report import Row
from tests.gnome_keyring import gnome_keyring
from tests.virtual_screen import Screen, virtual_screen

STARTS: Final = 9
HUSH: Final = [sys.executable, "-c", "import sys; from ui.entry import main; sys.exit(main())"]
FIRST_RUN: Final = (sys.executable, "-m", "assistant", "ask", "Hello", "--keyring-only")
_STAMP: Final = re.compile(r"^(\S+) INFO (\S+)", re.MULTILINE)


def measure_start() -> list[Row]:
    """Process start to visible window, and from there to a warm model; a vault in a keyring.

    Times are those of the log: ``window.shown`` is written after the window's first paint.
    """
    shown, warm = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        gnome_keyring(Path(folder) / "home", unlock=True),
        virtual_screen() as screen,
    ):
        profile = Path(folder) / "profile"
        subprocess.run(
            [*FIRST_RUN, "--profile", str(profile)],
            check=True,
            capture_output=True,
        )
        for _ in range(STARTS + 1):  # the first warms the disk's cache
            began, stamps = _start(screen, profile)
            shown.append(stamps["window.shown"] - began)
            warm.append(stamps["engine.warm"] - stamps["window.shown"])
    how = f"median of {STARTS} starts under Xvfb"
    return [
        Row("window visible, from process start", statistics.median(shown[1:]), "s", how, 0.8),
        Row("model warm after that", statistics.median(warm[1:]), "s", how, 1.5),
    ]


def measure_stall() -> list[Row]:
    """Gaps between the beats of a 1 ms timer while 20,000 characters stream in.

    In a process of its own, in a real window: ``benchmarks.stall``.
    """
    with tempfile.TemporaryDirectory() as folder, virtual_screen() as screen:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.stall", folder],
            env=screen.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
    gaps = json.loads(done.stdout)
    how = (
        f"{gaps['characters']:,} characters at {gaps['tokens_per_second']:,.0f} tokens/s "
        f"into {gaps['messages']} messages, {gaps['beats']:,} beats"
    )
    return [
        Row("GUI thread stall while streaming, p99", gaps["p99_ms"], "ms", how, 16),
        Row("GUI thread stall while streaming, max", gaps["max_ms"], "ms", how, 50),
        Row("GUI thread stall while opening the chat, max", gaps["open_max_ms"], "ms", "the same"),
    ]


def _start(screen: Screen, profile: Path) -> tuple[float, dict[str, float]]:
    log = profile / "logs" / "hush.log"
    before = log.stat().st_size
    began = time.time()
    with subprocess.Popen(
        [*HUSH, "--profile", str(profile)], env=screen.environment, stdin=subprocess.DEVNULL
    ) as process:
        stamps: dict[str, float] = {}
        while not {"window.furnished", "engine.warm"} <= stamps.keys():
            if time.time() - began > 60 or process.poll() is not None:
                raise RuntimeError("the window did not come up")
            time.sleep(0.02)
            written = log.read_bytes()[before:].decode()
            stamps = {
                name: datetime.fromisoformat(at).astimezone().timestamp()
                for at, name in _STAMP.findall(written)
            }
        process.terminate()
    return began, stamps
