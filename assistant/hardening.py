"""What a process of Hush asks of the operating system for itself, before it holds anything."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def harden_process() -> None:
    """Keep this process's files and memory to its owner.

    Files it makes are readable by their owner only. A crash leaves no core dump, which would hold
    the conversation in clear, and on Linux no other process of the same user may trace it or read
    its memory. Children inherit the file mode and the core limit; the rest each asks for itself.
    """
    os.umask(0o077)
    if sys.platform == "win32":
        return  # no core files there; error reports are for the installer to switch off
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
