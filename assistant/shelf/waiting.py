"""How long a process's threads could have run and did not, because other programs ran instead.

A speed that is measured beside a busy program is that program's fault, not the machine's. Linux
tells how long each thread waited for a core (``/proc/PID/task/TID/schedstat``, second number, in
nanoseconds; Documentation/scheduler/sched-stats.rst). Elsewhere nothing is told, and nothing is
taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

Waits = Mapping[str, float]
"""Seconds that each thread has waited since it began, by its name there."""

_PROC: Final = Path("/proc")


def waits(pid: int | None, proc: Path = _PROC) -> Waits:
    """Read how long each thread of a process has waited; empty where nobody tells.

    Args:
        pid: Whose; None: nobody's.
        proc: Where Linux tells it; the tests have another.
    """
    found: dict[str, float] = {}
    if pid is None:
        return found
    with suppress(OSError):
        for thread in (proc / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError, IndexError):  # it ended just now
                found[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
    return found


def waited(before: Waits, after: Waits) -> float:
    """Seconds that the one thread waited which waited longest: the others wait for it."""
    return max(
        (seconds - before[name] for name, seconds in after.items() if name in before), default=0.0
    )
