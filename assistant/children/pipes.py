"""How a child process that runs llama.cpp is started, and how it takes its ends of the pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import BinaryIO, Final

_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_SET_VARIABLES: Final = {
    "GGML_NO_BACKTRACE": "1",
    "OPENBLAS_NUM_THREADS": "1",  # numpy comes with llama_cpp; more threads were 5-25 x slower
    # Threads that spin long at a barrier starve the one they wait for as soon as anything else
    # runs; this short a spin costs nothing on a quiet machine (docs/decisions/0004-short-spin.md).
    "GOMP_SPINCOUNT": "4000",
}


def start_child(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child with pipes for stdin and stdout, and only the environment that it needs.

    Raises:
        OSError: where the system refuses.
    """
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | _SET_VARIABLES,
        cwd=sys.prefix,
        start_new_session=True,  # Ctrl+C in a terminal is the parent's to handle
    )


def seize_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes to descriptors of our own, and point 0, 1 and 2 at nothing.

    llama.cpp and its libraries may print to descriptor 1; one byte between frames would break
    them all.

    Returns:
        What was stdin and what was stdout.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    return requests, replies
