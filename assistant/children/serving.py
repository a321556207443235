"""One request, answered once by a process of its own: the child's side of ``task``."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Final

from assistant.children.frames import Frame, read_frame, write_frame
from assistant.children.pipes import seize_stdio
from assistant.machine.hardening import harden_process
from assistant.machine.trace import trace_of

_NICENESS: Final = 10  # whatever else runs goes first
_EXIT_BUG: Final = 1

Tell = Callable[[Frame], None]
"""Sends a frame on the way: how far it is."""


def serve_once(
    answer: Callable[[Frame, Tell], Frame], prepare: Callable[[], None] = lambda: None
) -> None:
    """Serve one request on this process's stdin and stdout; the process ends with it.

    Args:
        answer: Does the work, and gives the frame that ends it.
        prepare: Called first of all, while stdin and stdout are still where they were.
    """
    harden_process()
    prepare()
    requests, replies = seize_stdio()
    if sys.platform != "win32":
        os.nice(_NICENESS)
    try:
        frame = read_frame(requests)
        if frame is None:
            return
        threading.Thread(target=_end_with_parent, args=(requests,), daemon=True).start()
        write_frame(replies, answer(frame, lambda said: write_frame(replies, said)))
    except BrokenPipeError:
        pass
    except Exception as error:  # noqa: BLE001 - ours, so the parent logs where: it has the log
        with suppress(OSError):
            write_frame(replies, {"op": "crashed", "rows": trace_of(error)})
        os._exit(_EXIT_BUG)
    os._exit(0)  # the reader thread may be inside a read


def _end_with_parent(requests: BinaryIO) -> None:
    requests.read()  # returns once the parent has closed its end
    os._exit(0)
