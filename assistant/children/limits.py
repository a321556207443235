"""Limits for code from a model file: its chat template, which may loop or grow without end.

Jinja's sandbox keeps a template from the interpreter's insides, but neither from loops in loops nor
from ``"x" * 10 ** 9``, and no exception interrupts ``10 ** 10 ** 9``, which never lets another
thread of Python run. So time is watched by a thread that needs no interpreter, and ends the
process.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

RENDER_SECONDS: Final = 3.0
"""A template takes milliseconds; so a machine may be a hundred times busier than this one."""

RENDER_BYTES: Final = 256 * 1024 * 1024
"""Address space that rendering may add. Past it Python raises ``MemoryError``."""

EXIT_TOO_LONG: Final = 1
"""With this ``faulthandler`` ends the process (``_exit(1)``, says its documentation)."""


@contextmanager
def limited(seconds: float = RENDER_SECONDS, more_bytes: int = RENDER_BYTES) -> Iterator[None]:
    """Run the body for so long and with so much more memory; past the time the process ends.

    The limit of memory holds on Linux only: elsewhere nothing tells how much is mapped, or the
    system does not heed it.
    """
    with Path(os.devnull).open("w") as nothing:
        # The trace that it writes, of files and lines, is nobody's to read.
        faulthandler.dump_traceback_later(seconds, exit=True, file=nothing)
        try:
            with _memory_limited(more_bytes):
                yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def _memory_limited(more_bytes: int) -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + more_bytes
    lower = min(value for value in (limit, soft, hard) if value != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (lower, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
