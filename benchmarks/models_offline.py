"""Nothing leaves: a whole offline journey under strace, and what is planted before each detector.

The journey is the real program's, twice over: commands in a terminal, and the window by real keys
under Xvfb, with a lock and an unlock in it. Nothing is prepared, so the embedding model's export
by torch is in it as well.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.report import Row
from tests.detectors.journey import COMMANDS, in_window
from tests.detectors.tracing import Tracer
from tests.e2e.test_terminal import hush
from tests.trials import leaks
from tests.trials.outcome import Unable
from tests.virtual_screen import virtual_screen

_SEED: Final = 7
_INSTALLS: Final = 20
_TIMED: Final = """
import time
from assistant.sealing.choose import install, system_seal
seal = system_seal()
began = time.perf_counter()
install(seal)
print(time.perf_counter() - began)
"""


def rows(*, quick: bool = False) -> Sequence[Row]:
    """Measure: the journey, the plants, and what sealing costs.

    Args:
        quick: The terminal's part alone, and each leak planted once.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tracers = _in_terminal(root)
        words = f"{len(COMMANDS)} commands in a terminal"
        if not quick and shutil.which("Xvfb") and shutil.which("xdotool"):
            tracers.append(_in_window(root))
            words += ", and the window with lock and unlock"
        return [*_journey_rows(tracers, words), *_plant_rows(root, quick=quick), _cost()]


def _in_terminal(root: Path) -> list[Tracer]:
    tracers = []
    for number, command in enumerate(COMMANDS):
        tracer = Tracer(root / f"terminal-{number}")
        done = hush(root / "profile", *command, prefix=tuple(tracer.prefix))
        assert done.returncode == 0, done.stderr
        tracer.wait()
        tracers.append(tracer)
    return tracers


def _in_window(root: Path) -> Tracer:
    tracer = Tracer(root / "window")
    with virtual_screen() as screen:
        in_window(root / "other", screen, tracer)
    tracer.wait()
    return tracer


def _journey_rows(tracers: Sequence[Tracer], words: str) -> list[Row]:
    found = [call for tracer in tracers for call in tracer.leaks()]
    refused = [call for call in found if " = -1 E" in call]
    proofs = sum(tracer.proofs() for tracer in tracers)
    for call in found:
        print(f"  {call[:160]}")
    return [
        Row("internet sockets in the journey", len(found) - len(refused), "", words, 0),
        Row(
            "tries of libraries that the seal refused", len(refused), "", "torch's export: libuuid"
        ),
        Row("the seal's own tries, each refused", proofs, "", "three by each process", 3, "more"),
    ]


def _plant_rows(root: Path, *, quick: bool) -> list[Row]:
    name = "planted leaks that a detector missed"
    try:
        outcome = leaks.run(leaks.QUICK if quick else leaks.FULL, _SEED, root)
    except Unable as reason:
        return [Row(name, None, "", str(reason), 0)]
    caught = outcome.numbers["planted and caught"]
    return [Row(name, len(outcome.faults), "", f"{caught:.0f} caught; five detectors", 0)]


def _cost() -> Row:
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", _TIMED],
                env=os.environ,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(_INSTALLS)
    ]
    words = f"filter, Landlock and proof; median of {_INSTALLS} processes"
    return Row("sealing a process", statistics.median(times) * 1000, "ms", words)
