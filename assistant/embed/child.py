"""The export's child process: the only one that ever loads torch.

Like the engine's child it has no vault, no key and no network. It may be killed at any time: what
it writes lies in a folder that nobody looks into before its parent gives it a name.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Any, BinaryIO, Final

from assistant.embed.request import read_request
from assistant.engine.frames import Frame, read_frame, write_frame
from assistant.engine.pipes import seize_stdio
from assistant.errors import EnvironmentProblem
from assistant.machine.hardening import harden_process
from assistant.machine.trace import trace_of

_NICENESS: Final = 10  # whatever else runs goes first
_EXIT_BUG: Final = 1

_ENVIRONMENT: Final = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
}
_REACHING_OUT: Final = frozenset(
    f"socket.{call}" for call in ("connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg")
)
"""Events of Python's audit (its documentation, "Audit events table")."""


def stay_offline() -> None:
    """Have the libraries look for nothing elsewhere, and refuse what would reach out all the same.

    Cannot be taken back: for a process of its own.
    """
    os.environ.update(_ENVIRONMENT)
    sys.addaudithook(_refuse_network)


def _refuse_network(event: str, _: tuple[Any, ...]) -> None:
    if event in _REACHING_OUT:
        raise PermissionError("this process has no network")


def _export(frame: Frame, replies: BinaryIO) -> Frame:
    # Not before the process is offline.
    from assistant.embed.exporter import Exporter

    def progress(share: float) -> None:
        write_frame(replies, {"op": "progress", "share": share})

    try:
        Exporter(read_request(frame), progress).run()
    except EnvironmentProblem as error:
        return {
            "op": "refused",
            "code": error.code,
            "message": error.message,
            "advice": error.advice,
        }
    return {"op": "exported"}


def _end_with_parent(requests: BinaryIO) -> None:
    requests.read()  # returns once the parent has closed its end
    os._exit(0)


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    harden_process()
    stay_offline()
    requests, replies = seize_stdio()
    if sys.platform != "win32":
        os.nice(_NICENESS)
    try:
        frame = read_frame(requests)
        if frame is None:
            return
        threading.Thread(target=_end_with_parent, args=(requests,), daemon=True).start()
        write_frame(replies, _export(frame, replies))
    except BrokenPipeError:
        pass
    except Exception as error:  # noqa: BLE001 - ours, so the parent logs where: it has the log
        with suppress(OSError):
            write_frame(replies, {"op": "crashed", "rows": trace_of(error)})
        os._exit(_EXIT_BUG)
    os._exit(0)  # the reader thread may be inside a read


if __name__ == "__main__":
    main()
