"""A real window watched for stalls while its vault is backed up.

``python -m benchmarks.vault_stall PROFILE FOLDER`` prints JSON; the backup goes to FOLDER.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEventLoop, QTimer

from assistant.access.entrance import Entrance
from assistant.app import App, Parts
from assistant.events import EventSink
from assistant.paths import Profile
from benchmarks.desktop import open_window
from benchmarks.harness import CHEAP
from benchmarks.report import percentile
from benchmarks.stall import Heart
from tests.fakes.engine import FakeEngine
from ui.window import Window

SETTLE_SECONDS: Final = 4.0  # start-up is another row's
IDLE_SECONDS: Final = 10.0
DEADLINE_SECONDS: Final = 900.0


def main() -> None:
    """Open the window, let it be, make a backup, print the gaps of both times."""
    profile, folder = Profile(Path(sys.argv[1])), Path(sys.argv[2])
    built: list[App] = []

    def build(_: Profile, sink: EventSink) -> App:
        parts = Parts(
            engine=FakeEngine,
            entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
        )
        built.append(App(profile, sink, parts))
        return built[0]

    with open_window(profile, build) as window:
        print(json.dumps(_watch(window, built, folder)))


def _watch(window: Window, built: list[App], folder: Path) -> dict[str, float]:
    from ui.chat.composer import Composer

    _live_until(lambda: window.findChild(Composer) is not None)
    _live_for(SETTLE_SECONDS)
    heart = Heart()
    heart.start()
    _live_for(IDLE_SECONDS)
    idle = list(heart.gaps)
    began = time.perf_counter()
    heart.start()
    made = built[0].backups.create(to=folder)
    _live_until(made.done)
    seconds = time.perf_counter() - began
    made.result()
    return {
        "seconds": seconds,
        "beats": len(heart.gaps),
        "idle_beats": len(idle),
        "idle_max_ms": max(idle),
        "p99_ms": percentile(heart.gaps, 0.99),
        "max_ms": max(heart.gaps),
    }


def _live_for(seconds: float) -> None:
    end = time.perf_counter() + seconds
    _live_until(lambda: time.perf_counter() > end)


def _live_until(condition: Callable[[], bool]) -> None:
    """Run the event loop as the product does; ``QTest.qWait`` sleeps 10 ms at a time in it."""
    loop, looks = QEventLoop(), QTimer(interval=50)
    end = time.perf_counter() + DEADLINE_SECONDS
    looks.timeout.connect(lambda: loop.quit() if condition() or time.perf_counter() > end else None)
    looks.start()
    loop.exec()
    looks.stop()
    if not condition():
        raise RuntimeError("the window did not get there")


if __name__ == "__main__":
    main()
