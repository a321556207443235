"""The net child: the only process of Hush with sockets to the internet. It lives for one request.

It gets exactly that request on stdin, tells on stdout what came of it, and ends; also when its
parent goes away, or says so. It is given no vault, no key, no setting and no file of the person's.
It writes to none: the system lets it write no byte to a file. Where there is Landlock it can open,
remove and start none either: it reads its own program, the system's libraries and settings, and
certificates (before Landlock's version 3, Linux 6.2, it may still cut a file short that it knows
the name of). Elsewhere it could read and remove what the person can.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the rest is read, in which somebody could write its memory
    from assistant.machine.hardening import harden_process

    harden_process()

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import BinaryIO, Final

from assistant.children.frames import BrokenFrame
from assistant.children.pipes import seize_stdio
from assistant.machine.trace import trace_of
from assistant.net.confined import read_only_system
from assistant.net.fetching import fetch
from assistant.net.framing import read_frame
from assistant.net.records import Failure
from assistant.net.request import MAX_BODY, NetRequest
from assistant.net.telling import Broken, Telling

_EXIT_BUG: Final = 1

Handler = Callable[[NetRequest, Telling], None]
"""Does one kind of request."""

HANDLERS: Final[Mapping[str, Handler]] = {"fetch": fetch}


def main() -> None:
    """Do the one request on stdin."""
    _write_no_files()
    requests, replies = seize_stdio()
    read_only_system()  # before the first thread: it covers those that come after it
    os._exit(serve(requests, Telling(replies)))  # the listening thread may be inside a read


def serve(requests: BinaryIO, telling: Telling) -> int:
    """Do the one request that comes; how the process is to end.

    Args:
        requests: From the parent.
        telling: To the parent.
    """
    try:
        request = _request(requests)
        if request is None:
            return 0
        threading.Thread(target=_listen, args=(requests, telling), daemon=True).start()
        handler = HANDLERS.get(request.kind)
        if not handler:
            raise ValueError("no such kind of request")
        handler(request, telling)
    except Broken as broken:
        with suppress(OSError):
            telling.failed(broken)
    except ConnectionError:
        pass  # the parent is gone
    except Exception as error:  # noqa: BLE001 - ours, so the parent logs where: it has the log
        with suppress(OSError):
            telling.crashed(trace_of(error))
        return _EXIT_BUG
    return 0


def _request(stream: BinaryIO) -> NetRequest | None:
    """Read it, and its body; None where the parent changed its mind.

    Raises:
        BrokenFrame, ValueError, KeyError, TypeError: it is none.
    """
    frame = read_frame(stream)
    if frame is None:
        return None
    if isinstance(frame, bytes) or frame["op"] != "request":
        raise BrokenFrame("no request")
    size = int(frame["body_bytes"])
    if not 0 <= size <= MAX_BODY:
        raise BrokenFrame("too large")
    body = bytearray()
    while len(body) < size:
        part = read_frame(stream)
        if part is None:
            return None
        if not isinstance(part, bytes):
            raise BrokenFrame("no body")
        body += part
    return NetRequest.from_frame(frame, bytes(body))


def _listen(requests: BinaryIO, telling: Telling) -> None:
    """End with the parent, or when it says so."""
    try:
        frame = read_frame(requests)
    except (BrokenFrame, OSError):
        frame = None
    if isinstance(frame, dict) and frame["op"] == "cancel":
        telling.stop(Failure.CANCELLED)
    else:
        telling.leave()


def _write_no_files() -> None:
    """Whatever a server makes of this process, it leaves nothing on the disk."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main()
